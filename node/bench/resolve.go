package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// ResolveOptions size the resolution workload.
type ResolveOptions struct {
	Rounds int
	DIDs   int // how many there are to choose from
	Conns  int
	Count  int // requests a round
}

// Resolve measures GET /1.0/identifiers/{did} of DIDs among many, beside a net/http handler that
// writes bytes of the same number under the same headers.
func Resolve(ctx context.Context, o ResolveOptions) (row Row, err error) {
	row = Row{Name: fmt.Sprintf("GET of a DID among %d, %d connections", o.DIDs, o.Conns), Unit: "/s", Peer: "net/http, same bytes", Aim: "≥ 0.75, p99 ≤ 2×"}
	dev, err := startCluster(ctx, 1)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	dids, err := creations(dev.Domain, "agents", o.DIDs)
	if err != nil {
		return row, err
	}
	if err := sendBulk(ctx, dev.URLs, dids); err != nil {
		return row, err
	}
	requests := make([][]byte, len(dids))
	for i, d := range dids {
		requests[i] = getRequest("/1.0/identifiers/"+url.PathEscape(string(d.did)), "application/did-resolution")
	}
	bare, address, err := serveSameBytes(ctx, dev.URLs[0]+"/1.0/identifiers/"+url.PathEscape(string(dids[0].did)))
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	// A fixed stride visits every DID before any comes again.
	request := func(i int) []byte { return requests[i*7919%len(requests)] }
	var ours, theirs result
	row, err = alternate(row, o.Rounds, func() (float64, error) {
		ours, err = load{addrs: addresses(dev), conns: o.Conns, total: o.Count, status: http.StatusOK, request: request}.run(ctx)
		return ours.rate, err
	}, func() (float64, error) {
		theirs, err = load{addrs: []string{address}, conns: o.Conns, total: o.Count, status: http.StatusOK, request: request}.run(ctx)
		return theirs.rate, err
	})
	a, b := percentile(ours.took, 0.99), percentile(theirs.took, 0.99)
	row.Notes = map[string]string{"p99": fmt.Sprintf("%s, peer %s (%.2f×)", a.Round(time.Microsecond), b.Round(time.Microsecond), float64(a)/float64(max(b, 1)))}
	return row, err
}

// serveSameBytes starts a handler that answers anything with what target answers now.
func serveSameBytes(ctx context.Context, target string) (*http.Server, string, error) {
	header, body, err := fetch(ctx, target)
	if err != nil {
		return nil, "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		if _, err := w.Write(body); err != nil {
			return // the generator closed the connection
		}
	})}
	go server.Serve(listener) // ends with Close
	return server, listener.Addr().String(), nil
}

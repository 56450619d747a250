package httpapi

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// Whoever asks after a write has been confirmed sees it, however many replies are kept.
func TestReadersSeeEveryConfirmedWrite(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "busy")
	var confirmed atomic.Int64
	confirmed.Store(1)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for i := range 4 {
		n := n.within(t)
		target := []string{identifiers + string(a.id), a.logPath()}[i%2]
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				least := confirmed.Load()
				if got := versions(n.get(target)); got < least {
					t.Errorf("%s: version %d after %d was confirmed", target, got, least)
					return
				}
			}
		})
	}
	for range 25 {
		a.post(a.update(webvh.UpdateOptions{}))
		confirmed.Add(1)
	}
	close(done)
	readers.Wait()
}

// versions is the number of the newest version in a resolution result or a log.
func versions(got answer) int64 {
	if got.header.Get("Content-Type") == api.TypeJSONLines {
		return int64(strings.Count(string(got.body), "\n"))
	}
	var res struct {
		DIDDocumentMetadata struct{ VersionNumber int64 }
	}
	got.json(http.StatusOK, &res)
	return res.DIDDocumentMetadata.VersionNumber
}

// A client that goes away in the middle of a bulk request gives its place back.
func TestBulkClientThatGoesAway(t *testing.T) {
	n := startNode(t, func(c *Config) { c.BulkRequests = 1 })
	a := n.draft(webvh.CreateOptions{}, "agents", "abandoned")
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.server.URL+"/v1/records", r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", api.TypeNDJSON)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		res, err := n.server.Client().Do(req)
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		if err == nil {
			t.Error("the request ended by itself")
		}
	}()
	if _, err := w.Write(bulkBody(didLine(a.entry.Value))); err != nil {
		t.Fatal(err)
	}
	wait, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	if err := n.ledger.Wait(wait, 2); err != nil { // the line has been applied: the request is under way
		t.Fatal(err)
	}
	n.post("/v1/records", api.TypeNDJSON, nil).refused(api.RateLimited)
	cancel()
	<-ended
	for n.post("/v1/records", api.TypeNDJSON, nil).status != http.StatusOK {
		if wait.Err() != nil {
			t.Fatal("the place was never given back")
		}
	}
}

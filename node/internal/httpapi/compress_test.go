package httpapi

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"gzip": true, "GZip": true, "x-gzip": true, "br, gzip": true, "gzip;q=0.001": true, "gzip ; q=1.000": true, "*": true,
		"deflate, *;q=0.1": true, "identity, gzip": true, "identity;q=0.5, gzip;q=0.5": true, "identity;q=0, gzip;q=0.2": true,
		"": false, "br": false, "identity": false, "gzip;q=0": false, "gzip;q=0.000": false, "*;q=0": false, "gzip;q=0, *": false,
		"gzip;q=0.2, identity;q=0.8": false, "gzip;q=2": false, "gzip;q=-1": false, "gzip;q=1e0": false, "gzip;q=NaN": false,
		"gzip;q=": false, "gzip;level=9": false, "gzip q=1": false, "gzipped": false, ",;,": false,
	} {
		if got := acceptsGzip([]string{header}); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
	if acceptsGzip(nil) || !acceptsGzip([]string{"br", "gzip"}) {
		t.Error("no field, or two")
	}
}

// TestRepliesAreCompressed: of a large body a client that asks for gzip gets the same bytes, compressed, and is told so; small
// ones, and all that others get, go out as they are.
func TestRepliesAreCompressed(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "acme")
	publish := func(name string) string {
		vc := issuer.issueAs(jcs.Member{Name: "name", Value: jcs.FromString(name)})
		n.post("/v1/credentials", "application/json", registerBody(vc, true)).json(http.StatusCreated, &api.Receipt{})
		return "/v1/credentials/" + record.CredentialDigest(vc).String()
	}
	large, small := publish(strings.Repeat("permit ", 1000)), publish("permit")

	plain := n.get(large, "Accept", api.TypeCredential, "Accept-Encoding", "identity")
	packed := n.get(large, "Accept", api.TypeCredential, "Accept-Encoding", "gzip")
	for _, a := range []answer{plain, packed} {
		if a.status != http.StatusOK || a.header.Get("Vary") != "Accept, Accept-Encoding" || a.header.Get("Content-Length") != strconv.Itoa(len(a.body)) {
			t.Errorf("%d, %d bytes, %v", a.status, len(a.body), a.header)
		}
	}
	if plain.header.Get("Content-Encoding") != "" || len(plain.body) < minCompressed || len(packed.body) > len(plain.body)/4 {
		t.Errorf("%d bytes, compressed %d", len(plain.body), len(packed.body))
	}
	if got := unzip(t, packed); !bytes.Equal(got, plain.body) {
		t.Errorf("other bytes: %.100s", got)
	}
	tag := packed.header.Get("ETag")
	if tag != "W/"+plain.header.Get("ETag") {
		t.Errorf("entity tags %s and %s", plain.header.Get("ETag"), tag)
	}
	for _, known := range []string{tag, plain.header.Get("ETag")} {
		a := n.get(large, "Accept", api.TypeCredential, "Accept-Encoding", "gzip", "If-None-Match", known)
		if a.status != http.StatusNotModified || len(a.body) != 0 || a.header.Get("Vary") != "Accept, Accept-Encoding" || a.header.Get("Content-Encoding") != "" {
			t.Errorf("If-None-Match %s: %d, %v", known, a.status, a.header)
		}
	}
	head := n.do(http.MethodHead, large, nil, "Accept", api.TypeCredential, "Accept-Encoding", "gzip")
	if len(head.body) != 0 || head.header.Get("Content-Encoding") != "gzip" || head.header.Get("Content-Length") != packed.header.Get("Content-Length") {
		t.Errorf("HEAD: %v", head.header)
	}
	a := n.get(small, "Accept", api.TypeCredential, "Accept-Encoding", "gzip")
	if a.status != http.StatusOK || a.header.Get("Content-Encoding") != "" || a.header.Get("Vary") != "Accept" {
		t.Errorf("a small one: %d, %v", a.status, a.header)
	}
}

// TestCompressionHasPlaces: while all places are taken, what is asked for goes out uncompressed.
func TestCompressionHasPlaces(t *testing.T) {
	for range cap(compressing) {
		compressing <- struct{}{}
	}
	defer func() {
		for range cap(compressing) {
			<-compressing
		}
	}()
	body, h := bytes.Repeat([]byte("permit "), 1000), http.Header{}
	r := &http.Request{Header: http.Header{"Accept-Encoding": {"gzip"}}}
	if got := encode(h, r, body); !bytes.Equal(got, body) || h[keyEncoding] != nil {
		t.Errorf("%d bytes, %v", len(got), h)
	}
}

func unzip(t *testing.T, a answer) []byte {
	t.Helper()
	if a.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("not compressed: %v", a.header)
	}
	z, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

package faulttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// creation is the first log entry of a new DID, ready to be posted.
type creation struct {
	path string
	key  multikey.PrivateKey
	body []byte
}

// newCreation signs a first entry for a path such as agents/bot.
func newCreation(t *testing.T, path string) creation {
	t.Helper()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := webvh.Create(webvh.CreateOptions{Domain: domain, Path: strings.Split(path, "/"), Time: time.Now()}, key)
	if err != nil {
		t.Fatal(err)
	}
	return creation{path: path, key: key, body: append(entry.Value.Canonical(), '\n')}
}

// post sends the entry to a server.
func (c creation) post(client *http.Client, s *server) (reply, error) {
	return post(client, s.url+"/"+c.path+"/did.jsonl", api.TypeJSONLines, c.body)
}

// create registers a new DID at the server and returns the receipt, which the server has to give. What
// surely was not applied, or may not have been, is sent again, as clients do.
func (s *server) create(path string) (receipt api.Receipt) {
	s.t.Helper()
	entry := newCreation(s.t, path)
	eventually(s.t, fmt.Sprintf("%s accepts %s", s.id, path), func() bool {
		got, err := entry.post(http.DefaultClient, s)
		if err != nil || got.status == http.StatusServiceUnavailable {
			return false
		}
		if got.status/100 != 2 {
			s.t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
		if err := json.Unmarshal(got.body, &receipt); err != nil {
			s.t.Fatal(err)
		}
		return true
	})
	return receipt
}

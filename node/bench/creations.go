package bench

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
)

// A creation is one agent's did:webvh genesis entry, and where it is to be posted.
type creation struct {
	did    did.ID
	target string // the request target, "/…/did.jsonl"
	entry  jcs.Value
	line   []byte // the entry's canonical bytes
}

// creations makes n distinct DIDs with a key of their own each, as n agents would.
func creations(domain, prefix string, n int) ([]creation, error) {
	made := make([]creation, n)
	return made, onAllCores(n, func(i int) (err error) {
		made[i], err = create(domain, []string{prefix, fmt.Sprint("agent-", i)})
		return err
	})
}

// onAllCores calls f for 0 to n-1, dealt over the cores; each core stops at its first error.
func onAllCores(n int, f func(i int) error) error {
	errs := make([]error, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for w := range errs {
		group.Go(func() {
			for i := w; i < n && errs[w] == nil; i += len(errs) {
				errs[w] = f(i)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func create(domain string, path []string) (creation, error) {
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		return creation{}, err
	}
	entry, err := webvh.Create(webvh.CreateOptions{
		Domain: domain, Path: path, Time: time.Now().Add(-time.Minute),
		Document: func(id did.ID) jcs.Value { return document(id, key.Public().String()) },
	}, key)
	if err != nil {
		return creation{}, err
	}
	id, _ := entry.State.GetString("id")
	return creation{did: did.ID(id), target: "/" + strings.Join(path, "/") + "/did.jsonl", entry: entry.Value, line: entry.Value.Canonical()}, nil
}

// document is what a small agent publishes: one key to authenticate and assert with.
func document(id did.ID, key string) jcs.Value {
	method := jcs.FromString(string(id) + "#key-1")
	return jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString("https://www.w3.org/ns/did/v1"), jcs.FromString("https://w3id.org/security/multikey/v1"))},
		jcs.Member{Name: "id", Value: jcs.FromString(string(id))},
		jcs.Member{Name: "authentication", Value: jcs.Array(method)},
		jcs.Member{Name: "assertionMethod", Value: jcs.Array(method)},
		jcs.Member{Name: "verificationMethod", Value: jcs.Array(jcs.Object(
			jcs.Member{Name: "id", Value: method},
			jcs.Member{Name: "type", Value: jcs.FromString("Multikey")},
			jcs.Member{Name: "controller", Value: jcs.FromString(string(id))},
			jcs.Member{Name: "publicKeyMultibase", Value: jcs.FromString(key)},
		))},
	)
}

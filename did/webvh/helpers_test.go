package webvh_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
)

// epoch is the versionTime of first entries in tests.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// day returns the time n days after epoch.
func day(n int) time.Time { return epoch.AddDate(0, 0, n) }

// key returns a key that is the same whenever its name is.
func key(t testing.TB, name string) multikey.PrivateKey {
	t.Helper()
	seed := sha256.Sum256([]byte("tabard webvh test key " + name))
	k, err := multikey.NewPrivate(multikey.Ed25519, seed[:])
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func public(t testing.TB, name string) string { return key(t, name).Public().String() }

func witnessID(t testing.TB, name string) webvh.WitnessID {
	return webvh.WitnessID{ID: "did:key:" + public(t, name)}
}

// document is a one-key document, as an agent would have it.
func document(t testing.TB, keyName string) func(did.ID) jcs.Value {
	return func(id did.ID) jcs.Value {
		s := string(id)
		method := s + "#key-1"
		str := jcs.FromString
		return jcs.Object(
			jcs.Member{Name: "@context", Value: jcs.Array(str("https://www.w3.org/ns/did/v1"), str("https://w3id.org/security/multikey/v1"))},
			jcs.Member{Name: "id", Value: str(s)},
			jcs.Member{Name: "verificationMethod", Value: jcs.Array(jcs.Object(
				jcs.Member{Name: "id", Value: str(method)},
				jcs.Member{Name: "type", Value: str("Multikey")},
				jcs.Member{Name: "controller", Value: str(s)},
				jcs.Member{Name: "publicKeyMultibase", Value: str(public(t, keyName))},
			))},
			jcs.Member{Name: "authentication", Value: jcs.Array(str(method))},
			jcs.Member{Name: "assertionMethod", Value: jcs.Array(str(method))},
		)
	}
}

// chain builds a log through the public interface.
type chain struct {
	t       testing.TB
	state   webvh.State
	entries []webvh.Entry
	proofs  []webvh.WitnessProof
}

func create(t testing.TB, signer string, change func(*webvh.CreateOptions)) *chain {
	t.Helper()
	o := webvh.CreateOptions{Domain: "example.com", Path: []string{"agents", "a1"}, Document: document(t, "doc"), Time: epoch}
	if change != nil {
		change(&o)
	}
	e, err := webvh.Create(o, key(t, signer))
	if err != nil {
		t.Fatal(err)
	}
	c := &chain{t: t}
	c.accept(e)
	return c
}

// accept judges an entry without its witnesses, whose proofs come later.
func (c *chain) accept(e webvh.Entry) {
	c.t.Helper()
	c.entries = append(c.entries, e)
	if e.Number == 1 {
		c.state = webvh.StateAfter(nil, e)
	} else {
		c.state = webvh.StateAfter(&c.state, e)
	}
}

func (c *chain) update(signer string, change func(*webvh.UpdateOptions)) *chain {
	c.t.Helper()
	e, err := c.tryUpdate(signer, change)
	if err != nil {
		c.t.Fatal(err)
	}
	c.accept(e)
	return c
}

func (c *chain) tryUpdate(signer string, change func(*webvh.UpdateOptions)) (webvh.Entry, error) {
	last := c.entries[len(c.entries)-1]
	o := webvh.UpdateOptions{Document: last.State, Time: day(last.Number)}
	if change != nil {
		change(&o)
	}
	return webvh.Update(c.state, o, key(c.t, signer))
}

// witness adds proofs of the newest entry.
func (c *chain) witness(names ...string) *chain {
	c.t.Helper()
	for _, name := range names {
		p, err := webvh.WitnessSign(c.state.VersionID, day(c.state.Number-1), key(c.t, name))
		if err != nil {
			c.t.Fatal(err)
		}
		c.proofs = append(c.proofs, p)
	}
	return c
}

func (c *chain) log() []byte {
	var out []byte
	for _, e := range c.entries {
		out = append(e.Value.Append(out), '\n')
	}
	return out
}

func (c *chain) witnessFile() []byte {
	if c.proofs == nil {
		return nil
	}
	return webvh.FormatWitnessFile(c.proofs).Canonical()
}

func (c *chain) verify() (*webvh.Log, error) {
	return webvh.VerifyLog(c.log(), c.witnessFile(), day(100))
}

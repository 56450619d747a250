package httpapi

import (
	"crypto/sha256"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// forge makes the next entry of an agent with whatever parameters and state, its hash right and its
// proof by that key: wrong in nothing but what the test is about.
func (a *agent) forge(parameters string, state jcs.Value, by multikey.PrivateKey) []byte {
	a.n.t.Helper()
	params, err := jcs.Decode([]byte(parameters))
	if err != nil {
		a.n.t.Fatal(err)
	}
	draft := jcs.Object(
		jcs.Member{Name: "versionId", Value: jcs.FromString(a.state.VersionID)},
		jcs.Member{Name: "versionTime", Value: jcs.FromString(a.n.now.Add(40 * time.Minute).Format("2006-01-02T15:04:05Z"))},
		jcs.Member{Name: "parameters", Value: params}, jcs.Member{Name: "state", Value: state})
	sum := sha256.Sum256(draft.Canonical())
	hash, err := multibase.Encode(multibase.Base58BTC, append([]byte{0x12, 0x20}, sum[:]...))
	if err != nil {
		a.n.t.Fatal(err)
	}
	draft = draft.With("versionId", jcs.FromString(strconv.Itoa(a.state.Number+1)+"-"+hash[1:]))
	name := by.Public().String()
	signer := &agent{n: a.n, key: by}
	signed := signer.signAs(draft, "did:key:"+name+"#"+name)
	p, _ := signed.Get("proof")
	return signed.With("proof", jcs.Array(p)).Canonical()
}

func TestForgedEntries(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "plain")
	b := n.register("agents", "other")
	next := newKey(t)
	rotating := n.draft(webvh.CreateOptions{NextKeyHashes: []string{webvh.KeyHash(next.Public().String())}}, "agents", "rotating")
	rotating.post(rotating.entry)
	portable := n.draft(webvh.CreateOptions{Portable: true}, "agents", "portable")
	portable.post(portable.entry)
	doc := func(a *agent) jcs.Value { return document(a.id, a.key.Public()) }
	as := func(a *agent, id string) jcs.Value {
		return doc(a).With("id", jcs.FromString(id))
	}
	swapped := strings.Replace(string(a.id), a.state.SCID, b.state.SCID, 1)
	moved := strings.Replace(string(a.id), "plain", "elsewhere", 1)
	for _, c := range []struct {
		name string
		of   *agent
		body []byte
		code api.Code
	}{
		{"unauthorised key", a, a.forge(`{}`, doc(a), next), "unauthorised-key"},
		{"unknown method", a, a.forge(`{"method":"did:webvh:9.0"}`, doc(a), a.key), "method-unknown"},
		{"unknown parameter", a, a.forge(`{"frobnicate":true}`, doc(a), a.key), "parameters-invalid"},
		{"changed SCID parameter", a, a.forge(`{"scid":"`+b.state.SCID+`"}`, doc(a), a.key), "parameters-invalid"},
		{"zero witness threshold", a, a.forge(`{"witness":{"threshold":0,"witnesses":[{"id":"did:key:`+next.Public().String()+`"}]}}`, doc(a), a.key), "witness-parameter"},
		{"portable set late", a, a.forge(`{"portable":true}`, doc(a), a.key), "portability"},
		{"state of no DID", a, a.forge(`{}`, as(a, "did:web:registry.example"), a.key), "state-id"},
		{"document that is none", a, a.forge(`{}`, doc(a).With("verificationMethod", jcs.FromString("x")), a.key), "document-invalid"},
		{"pre-rotation with a key not committed to", rotating, rotating.forge(`{"updateKeys":["`+rotating.key.Public().String()+`"],"nextKeyHashes":[]}`, doc(rotating), rotating.key), "pre-rotation"},
		{"pre-rotation without new keys", rotating, rotating.forge(`{}`, doc(rotating), rotating.key), "pre-rotation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := n.within(t)
			n.unchanged(func() { n.post(c.of.logPath(), "text/jsonl", c.body).refused(c.code) })
		})
	}
	// At the URL of the DID that they claim to be of.
	n.unchanged(func() {
		n.post("/agents/plain/did.jsonl", "text/jsonl", a.forge(`{}`, as(a, swapped), a.key)).refused("path-taken")
		fresh := n.draft(webvh.CreateOptions{}, "agents", "fresh")
		state, err := webvh.Genesis(fresh.entry, nil, webvh.Context{Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		fresh.state = state
		second := fresh.forge(`{}`, as(fresh, strings.Replace(string(fresh.id), state.SCID, "QmNXZqU7XNYkPT9JLFJHbJzsV6i4CBVkRn6wDBwfFQZ6c7", 1)), fresh.key)
		n.post("/agents/fresh/did.jsonl", "text/jsonl", append(append(fresh.entry.Value.Canonical(), '\n'), second...)).refused("scid-mismatch")
		n.post("/agents/elsewhere/did.jsonl", "text/jsonl", a.forge(`{}`, as(a, moved), a.key)).refused("portability")
		n.post("/agents/other/did.jsonl", "text/jsonl", portable.forge(`{}`,
			as(portable, strings.Replace(string(portable.id), "portable", "other", 1)).With("alsoKnownAs", jcs.Array(jcs.FromString(string(portable.id)))), portable.key)).refused("path-taken")
	})
}

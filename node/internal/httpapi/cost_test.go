package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// rates gives a node's clients so many tokens at once, of which hardly any come back while a test runs.
func rates(t *testing.T, writes, verifications int) func(*Config) {
	t.Helper()
	slow := func(burst int) admission.Rate { return admission.Rate{PerSecond: 0.001, Burst: burst} }
	policy, err := admission.New(admission.Config{Writes: slow(writes), Verifications: slow(verifications)})
	if err != nil {
		t.Fatal(err)
	}
	return func(c *Config) { c.Admission = policy }
}

// heavyLog is a log of an agent's with 16 signatures an entry.
func heavyLog(t *testing.T, n *testNode, entries int, path ...string) []byte {
	t.Helper()
	keys := make([]multikey.PrivateKey, webvh.MaxEntryProofs)
	names := make([]string, len(keys))
	for i := range keys {
		keys[i] = newKey(t)
		names[i] = keys[i].Public().String()
	}
	e, err := webvh.Create(webvh.CreateOptions{Domain: testDomain, Path: path, Time: n.now, UpdateKeys: names}, keys[0])
	var prev *webvh.State
	var log []byte
	for i := range entries {
		if err != nil {
			t.Fatal(err)
		}
		p, _ := e.Value.Get("proof")
		proofs := append([]jcs.Value{}, proofsOf(jcs.Object(jcs.Member{Name: "proof", Value: p}))...)
		for j, key := range keys[1:] {
			signed, err := proof.Sign(e.Value.Without("proof"), key, proof.SignOptions{
				VerificationMethod: "did:key:" + names[j+1] + "#" + names[j+1], Purpose: did.AssertionMethod, Created: n.now})
			if err != nil {
				t.Fatal(err)
			}
			proofs = append(proofs, proofsOf(signed)...)
		}
		log = append(e.Value.With("proof", jcs.Array(proofs...)).Append(log), '\n')
		states, err2 := webvh.Candidates(prev, []webvh.Entry{e}, webvh.Context{Now: time.Now()})
		if err2 != nil {
			t.Fatal(err2)
		}
		prev = &states[0]
		e, err = webvh.Update(*prev, webvh.UpdateOptions{Document: e.State, Time: n.now.Add(time.Duration(i+1) * time.Second)}, keys[0])
	}
	return log
}

// A megabyte of log with thousands of signatures cost its sender as much as one status change.
func TestWritesAreChargedByTheirSignatures(t *testing.T) {
	n := startNode(t, rates(t, 100, 100))
	log := heavyLog(t, n, 60, "heavy", "a") // 960 signatures, 360 kB: 240 and 22 tokens
	if got := n.post("/heavy/a/did.jsonl", api.TypeJSONLines, log); got.status != http.StatusTooManyRequests {
		t.Fatalf("more than is left after the body: %d %s", got.status, got.body)
	}
	n = startNode(t, rates(t, 100, 100))
	small := heavyLog(t, n, 20, "heavy", "b") // 320 signatures and 116 kB: 80 and 8 tokens
	if got := n.post("/heavy/b/did.jsonl", api.TypeJSONLines, small); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	left := 0
	for ; left < 100; left++ {
		if got := n.post("/v1/status", api.TypeJSON, []byte("{}")); got.status == http.StatusTooManyRequests {
			break
		}
	}
	if left < 8 || left > 16 {
		t.Errorf("%d tokens of 100 are left", left)
	}
}

// What no node will verify is refused for what is wrong with it.
func TestWriteWithTooManySignatures(t *testing.T) {
	n := startNode(t, rates(t, 1000, 1))
	n.unchanged(func() {
		log := heavyLog(t, n, record.MaxSignatures/webvh.MaxEntryProofs+1, "heavy", "a")
		n.post("/heavy/a/did.jsonl", api.TypeJSONLines, log).refused("too-many-signatures")
	})
}

// A body that does not say how large it is is charged for as it comes, and so is a line of a bulk request.
func TestBodiesAreChargedByTheirSize(t *testing.T) {
	body := []byte(`{"pad":"` + strings.Repeat("x", 40*bytesPerToken) + `"}`)
	for name, send := range map[string]func(n *testNode) answer{
		"of known size": func(n *testNode) answer { return n.post("/v1/status", api.TypeJSON, body) },
		"chunked": func(n *testNode) answer {
			return n.do(http.MethodPost, "/v1/status", io.MultiReader(bytes.NewReader(body)), "Content-Type", api.TypeJSON)
		},
		"bulk": func(n *testNode) answer { return n.post("/v1/records", api.TypeNDJSON, body) },
	} {
		n := startNode(t, rates(t, 44, 1))
		send(n)
		for i := range 3 {
			n.post("/v1/status", api.TypeJSON, []byte("{}")).refused("malformed")
			_ = i
		}
		n.post("/v1/status", api.TypeJSON, []byte("{}")).refused(api.RateLimited)
		_ = name
	}
}

// A verification costs what it embeds, and what it took to read it as RDF.
func TestVerificationsAreChargedByWhatTheyTake(t *testing.T) {
	n := startNode(t, rates(t, 100, 20))
	a := n.register("issuer")
	credentials := make([]jcs.Value, 24)
	for i := range credentials {
		credentials[i] = a.issue(strings.Repeat("x", i+1))
	}
	presentation := jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString("https://www.w3.org/ns/credentials/v2"))},
		jcs.Member{Name: "type", Value: jcs.Array(jcs.FromString("VerifiablePresentation"))},
		jcs.Member{Name: "verifiableCredential", Value: jcs.Array(credentials...)},
	)
	if cost := documentCost(presentation); cost != 24 {
		t.Errorf("24 credentials cost %v signatures", cost)
	}
	body := jcs.Object(jcs.Member{Name: "presentation", Value: presentation}).Canonical()
	verified := 0
	for range 20 {
		got := n.post("/presentations/verify", api.TypeJSON, body)
		if got.status == http.StatusTooManyRequests {
			break
		}
		verified++
	}
	if verified < 2 || verified > 4 {
		t.Errorf("20 tokens paid for %d presentations of 24 credentials", verified)
	}
}

func TestDearerSignatures(t *testing.T) {
	doc := func(text string) jcs.Value {
		v, err := jcs.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	long := strings.Repeat("z", 130)
	for text, want := range map[string]float64{
		`{"proof":{"proofValue":"z1"}}`:                                  1,
		`{"proof":[{"proofValue":"z1"},{"proofValue":"` + long + `"}]}`:  2 + dearest - 1,
		`{"a":[{"proof":{}},{"b":{"proof":{}}}],"c":"one. two. three."}`: 2,
		`"eyJhbGciOiJFZERTQSJ9.e30.c2ln"`:                                1,
		`{"id":"data:application/vc+jwt,eyJhbGciOiJFZERTQSJ9.e30.c2ln"}`: 1,
		`{}`: 0,
	} {
		if got := documentCost(doc(text)); got != want {
			t.Errorf("%s costs %v, want %v", text, got, want)
		}
	}
}

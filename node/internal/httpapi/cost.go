package httpapi

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// What a token of a rate pays for: a request of an ordinary size with a few signatures takes one. A
// signature takes some 70 µs of every node, 16 KiB of JSON 0.3 ms, a step of reading RDF half a microsecond.
const (
	signaturesPerToken = 4
	bytesPerToken      = 16 << 10
	stepsPerToken      = 1 << 10
	// tokensPerLook is what it takes to ask another host.
	tokensPerLook = 4
)

// charged takes what can be told of a request's cost from its head: a token for the request and what
// its body takes to read. A body of unknown size is charged for as it comes; the lines of a bulk request
// each for themselves.
func (s *server) charged(rt route, r *http.Request) error {
	class := rt.methods.class(r.Method)
	tokens := 1.0
	if r.Method == http.MethodPost && rt.name != bulkRoute {
		if r.ContentLength >= 0 {
			tokens += float64(min(r.ContentLength, api.MaxBody) / bytesPerToken)
		} else {
			r.Body = &meteredBody{ReadCloser: r.Body, pay: s.payer(class, r)}
		}
	}
	if wait, ok := s.Admission.AllowN(class, r, tokens); !ok {
		return rateLimited(wait)
	}
	return nil
}

const bulkRoute = "/v1/records"

// meteredBody charges for every bytesPerToken of a body.
type meteredBody struct {
	io.ReadCloser
	pay  func(tokens float64)
	read int
}

func (b *meteredBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += n
	if due := b.read / bytesPerToken; due > 0 {
		b.read -= due * bytesPerToken
		b.pay(float64(due))
	}
	return n, err
}

// payer charges the client of a request for what was done for it.
func (s *server) payer(class admission.Class, r *http.Request) func(tokens float64) {
	return func(tokens float64) { s.Admission.Charge(class, r, tokens) }
}

// afford takes the tokens for the signatures of a request before any is verified; the one taken at its
// head pays for the first few.
func (s *server) afford(class admission.Class, r *http.Request, signatures float64) error {
	tokens := signatures/signaturesPerToken - 1
	if tokens <= 0 {
		return nil
	}
	if wait, ok := s.Admission.AllowN(class, r, tokens); !ok {
		return rateLimited(wait)
	}
	return nil
}

// affordOp takes the tokens for the signatures of an operation. What has more than the ledger takes is
// refused without: nobody verifies it.
func (s *server) affordOp(r *http.Request, op record.Op) error {
	n := op.Signatures()
	if n > record.MaxSignatures {
		return nil
	}
	return s.afford(admission.Write, r, float64(n)+dearer(op.Proof))
}

// documentCost is the same of a credential or presentation, and of all that it embeds.
func documentCost(v jcs.Value) float64 {
	cost := 0.0
	if text, ok := v.Str(); ok {
		return tokenCost(text)
	}
	for name, member := range v.Members() {
		if name == "proof" {
			cost += float64(len(proofsOf(v))) + dearer(member)
			continue
		}
		cost += documentCost(member)
	}
	for item := range v.Elems() {
		cost += documentCost(item)
	}
	return cost
}

// dearest is what a signature of P-384 costs, in those of Ed25519.
const dearest = 6

// dearer is what proofs of P-384, which one tells by their length, cost beyond others.
func dearer(proofs jcs.Value) (more float64) {
	const longest = 100 // characters of a proof by any other key
	if proofs.IsObject() {
		proofs = jcs.Array(proofs)
	}
	for p := range proofs.Elems() {
		if value, _ := p.GetString("proofValue"); len(value) > longest {
			more += dearest - 1
		}
	}
	return more
}

// tokenCost is that of a string that may be a token, or the URL of an envelope around one. What a token
// has in it shows when it is opened.
func tokenCost(text string) float64 {
	if strings.HasPrefix(text, "ey") || strings.HasPrefix(text, "data:application/v") {
		return float64(strings.Count(text, ".") / 2)
	}
	return 0
}

// bill counts what a verification comes to.
type bill struct {
	signatures atomic.Int64
	steps      jsonld.Meter
}

// count has a verifier's work counted, and ended when the client is gone: whoever it is for looks at the
// request's context before he believes a verdict.
func (b *bill) count(ctx context.Context, v *credential.Verifier) {
	verify := v.Signature
	v.Signature = func(key multikey.PublicKey, message, sig []byte) bool {
		b.signatures.Add(1)
		return ctx.Err() == nil && verify(key, message, sig)
	}
	if v.Processor == nil {
		v.Processor = jsonld.Default()
	}
	v.Processor = v.Processor.Metering(&b.steps)
}

// settleBill charges for what went beyond the signatures that were paid for.
func (s *server) settleBill(r *http.Request, b *bill, paid float64) {
	tokens := max(0, (float64(b.signatures.Load())-max(paid, signaturesPerToken))/signaturesPerToken)
	s.Admission.Charge(admission.Verify, r, tokens+float64(b.steps.Steps())/stepsPerToken)
}

package bench

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// forger makes credentials that are signed as they should be, or not at all.
type forger struct{ key multikey.PrivateKey }

func newForger(t multikey.Type) (forger, error) {
	k, err := multikey.Generate(t)
	return forger{k}, err
}

func (f forger) id() string { return string(key.FromPublic(f.key.Public())) }

// forged counts documents, so that no two are the same.
var forged atomic.Int64

// unsigned is a credential about a subject, given as JSON, with a vocabulary for anything.
func (f forger) unsigned(contexts, subject string) (jcs.Value, error) {
	return jcs.Decode(fmt.Appendf(nil, `{"@context":[%s%s],"id":"urn:hostile:%d",
		"type":["VerifiableCredential"],"issuer":%q,"credentialSubject":%s}`, credentialsV2, contexts, forged.Add(1), f.id(), subject))
}

const undefinedTerms = `,"https://www.w3.org/ns/credentials/undefined-terms/v2"`

// forged has n proofs of which the signature is nonsense.
func (f forger) forged(doc jcs.Value, suite string, n int, chain bool) (jcs.Value, error) {
	signed, err := signAs(jcs.Object(jcs.Member{Name: "a", Value: jcs.FromInt(1)}), f.key, proof.SignOptions{Purpose: did.AssertionMethod})
	if err != nil {
		return doc, err
	}
	p, _ := signed.Get("proof")
	var proofs []jcs.Value
	for i := range n {
		one := p.With("cryptosuite", jcs.FromString(suite)).With("id", jcs.FromString(fmt.Sprint("urn:proof:", i)))
		if chain && i > 0 {
			one = one.With("previousProof", jcs.FromString(fmt.Sprint("urn:proof:", i-1)))
		}
		proofs = append(proofs, one)
	}
	return doc.With("proof", jcs.Array(proofs...)), nil
}

// disclosed signs n times so that parts can be shown, and shows all.
func (f forger) disclosed(doc jcs.Value, n int) (jcs.Value, error) {
	proofs := make([]jcs.Value, n)
	shown := doc
	for i := range proofs {
		signed, err := signAs(doc, f.key, proof.SignOptions{Purpose: did.AssertionMethod, Cryptosuite: proof.ECDSASD2023, MandatoryPointers: []string{"/issuer"}})
		if err != nil {
			return doc, err
		}
		if shown, err = proof.Derive(signed, []string{""}, proof.DeriveOptions{}); err != nil {
			return doc, err
		}
		proofs[i], _ = shown.Get("proof")
	}
	return shown.With("proof", jcs.Array(proofs...)), nil
}

// chained signs n times, each time what was there before.
func (f forger) chained(doc jcs.Value, suite string, n int, chain bool) (jcs.Value, error) {
	for i := range n {
		opt := proof.SignOptions{Purpose: did.AssertionMethod, Cryptosuite: suite, ID: fmt.Sprint("urn:proof:", i)}
		if chain && i > 0 {
			opt.PreviousProof = []string{fmt.Sprint("urn:proof:", i-1)}
		}
		var err error
		if doc, err = signAs(doc, f.key, opt); err != nil {
			return doc, err
		}
	}
	return doc, nil
}

// verdict judges what a text holds as a node does.
func verdict(b []byte) error {
	doc, err := jcs.Decode(b)
	if err != nil {
		return err
	}
	v := credential.Verifier{Resolver: key.NewCache(16), Now: time.Now(), Lists: noLists{}}
	var said credential.Verdict
	if isPresentation(doc) {
		said = v.VerifyPresentation(context.Background(), doc, credential.PresentationOptions{AllowUnsecured: true})
	} else {
		said = v.Verify(context.Background(), doc)
	}
	return unverified(said)
}

func isPresentation(doc jcs.Value) bool {
	types, _ := doc.Get("type")
	name, _ := types.At(0).Str()
	return strings.HasSuffix(name, "Presentation")
}

// unverified is why a verdict is not good; nil if it is.
func unverified(v credential.Verdict) error {
	if v.Verified {
		return nil
	}
	for _, c := range v.Checks {
		if c.Outcome == credential.Failed {
			for _, inner := range v.Credentials {
				if err := unverified(inner); err != nil {
					return fmt.Errorf("%s: %w", c.Code, err)
				}
			}
			return fmt.Errorf("%s: %s", c.Code, c.Detail)
		}
	}
	return fmt.Errorf("not verified")
}

// presentationOf holds as many credentials as may be, none like another.
func presentationOf(one func() (jcs.Value, error)) (jcs.Value, error) {
	items := make([]jcs.Value, credential.MaxCredentials)
	for i := range items {
		var err error
		if items[i], err = one(); err != nil {
			return jcs.Value{}, err
		}
	}
	return jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString(credential.ContextV2))},
		jcs.Member{Name: "type", Value: jcs.Array(jcs.FromString(credential.PresentationType))},
		jcs.Member{Name: "verifiableCredential", Value: jcs.Array(items...)},
	), nil
}

// A hostileDocument is a credential or presentation.
type hostileDocument struct {
	name    string
	refused bool
	make    func() (jcs.Value, error)
}

// cliqueSubject is a credential's subject that knows n things which know each other.
func cliqueSubject(n int) string {
	return `{"id":"urn:x","k":[` + strings.ReplaceAll(cliqueObjects(n), `"urn:p"`, `"k"`) + `]}`
}

// ringSubject knows n things, each of which knows the next.
func ringSubject(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(`{"id":"_:n%d","k":"_:n%d"}`, i, (i+1)%n)
	}
	return `{"id":"urn:x","k":[` + strings.Join(parts, ",") + `]}`
}

const cliqueContext = `,{"k":{"@id":"urn:p","@type":"@id"}}`

func hostileDocuments() ([]hostileDocument, error) {
	ed, err := newForger(multikey.Ed25519)
	if err != nil {
		return nil, err
	}
	p256, err := newForger(multikey.P256)
	if err != nil {
		return nil, err
	}
	clique := func(size, proofs int, chain bool) func() (jcs.Value, error) {
		return func() (jcs.Value, error) {
			doc, err := ed.unsigned(cliqueContext, cliqueSubject(size))
			if err != nil {
				return doc, err
			}
			return ed.forged(doc, proof.EdDSARDFC2022, proofs, chain)
		}
	}
	wide := func(n int) (jcs.Value, error) {
		return ed.unsigned(undefinedTerms, `{"id":"urn:x","a":[`+each(n, `"v#"`)+`]}`)
	}
	disclosed := func(statements, proofs int) (jcs.Value, error) {
		doc, err := p256.unsigned(undefinedTerms, `{"id":"urn:x","a":[`+each(statements, `"#"`)+`]}`)
		if err != nil {
			return doc, err
		}
		return p256.disclosed(doc, proofs)
	}
	labels := func(n int) (jcs.Value, error) {
		doc, err := p256.unsigned(undefinedTerms, `{"id":"urn:x","a":[`+each(n, `{"b":"#"}`)+`]}`)
		if err != nil {
			return doc, err
		}
		return p256.disclosed(doc, 1)
	}
	full := func(one func() (jcs.Value, error)) func() (jcs.Value, error) {
		return func() (jcs.Value, error) { return presentationOf(one) }
	}
	signed := func(subject string, proofs int) func() (jcs.Value, error) {
		return func() (jcs.Value, error) {
			doc, err := ed.unsigned(cliqueContext, subject)
			if err != nil {
				return doc, err
			}
			return ed.chained(doc, proof.EdDSARDFC2022, proofs, true)
		}
	}
	return []hostileDocument{
		{"clique of 7, 9 proofs that hold", true, signed(cliqueSubject(7), 9)},
		{"clique of 6, 9 proofs that hold", false, signed(cliqueSubject(6), 9)},
		{"ring of 400, 9 proofs that hold", true, signed(ringSubject(400), 9)},
		{"presentation of 16 rings of 150, proofs that hold", true, full(signed(ringSubject(150), 1))},
		{"presentation of 16 rings of 300, proofs that hold", true, full(signed(ringSubject(300), 1))},
		{"presentation of 16 rings of 100, 9 proofs that hold", true, full(signed(ringSubject(100), 9))},
		{"clique of 7", true, clique(7, 1, false)},
		{"clique of 12", true, clique(12, 1, false)},
		{"clique of 5, 16 proofs", true, clique(5, 16, false)},
		{"clique of 6, chain of 16 proofs", true, clique(6, 16, true)},
		{"chain of 16 proofs of P-256, JCS, 60,000 values", false, func() (jcs.Value, error) {
			doc, err := p256.unsigned(undefinedTerms, `{"id":"urn:x","a":[`+each(60000, `#`)+`]}`)
			if err != nil {
				return doc, err
			}
			return p256.chained(doc, proof.ECDSAJCS2019, 16, true)
		}},
		{"16 proofs as RDF of 20,000 statements", false, func() (jcs.Value, error) {
			doc, err := wide(20000)
			if err != nil {
				return doc, err
			}
			return ed.chained(doc, proof.EdDSARDFC2022, 16, false)
		}},
		{"chain of 16 proofs as RDF of 7,000 statements", true, func() (jcs.Value, error) {
			doc, err := wide(7000)
			if err != nil {
				return doc, err
			}
			return ed.forged(doc, proof.EdDSARDFC2022, 16, true)
		}},
		{"2,000 statements disclosed", false, func() (jcs.Value, error) { return disclosed(2000, 1) }},
		{"1,000 labels disclosed", false, func() (jcs.Value, error) { return labels(1000) }},
		{"2,000 statements disclosed, 5 proofs", true, func() (jcs.Value, error) { return disclosed(2000, 5) }},
		{"600 statements disclosed, 16 proofs", true, func() (jcs.Value, error) { return disclosed(600, 16) }},
		{"presentation of 16, 600 statements disclosed", true, full(func() (jcs.Value, error) { return disclosed(600, 1) })},
		{"presentation of 16, 250 labels disclosed", false, full(func() (jcs.Value, error) { return labels(250) })},
		{"presentation of 16 cliques of 5", true, full(clique(5, 1, false))},
		{"presentation of 16 cliques of 4, 6 proofs", true, full(clique(4, 6, true))},
		{"presentation of 16, 16 proofs of P-256 each", false, full(func() (jcs.Value, error) {
			doc, err := p256.unsigned(undefinedTerms, `{"id":"urn:x","a":1}`)
			if err != nil {
				return doc, err
			}
			return p256.chained(doc, proof.ECDSARDFC2019, 16, false)
		})},
		{"presentation of 16, 3,000 statements each", true, full(func() (jcs.Value, error) {
			doc, err := wide(3000)
			if err != nil {
				return doc, err
			}
			return ed.forged(doc, proof.EdDSARDFC2022, 1, false)
		})},
	}, nil
}

func proofAttacks() ([]attack, error) {
	documents, err := hostileDocuments()
	var list []attack
	for _, d := range documents {
		list = append(list, attack{"credential", d.name, d.refused, func(context.Context) (int, func() error, error) {
			doc, err := d.make()
			if err != nil {
				return 0, nil, err
			}
			text := doc.Canonical()
			return len(text), func() error { return verdict(text) }, nil
		}})
	}
	return list, err
}

// noLists has no status list at all.
type noLists struct{}

func (noLists) StatusList(context.Context, string, time.Time) (credential.ListDocument, error) {
	return credential.ListDocument{}, fmt.Errorf("no status list is at hand")
}

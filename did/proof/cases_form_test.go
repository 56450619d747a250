package proof_test

import (
	"slices"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
)

// shapes are wrong before anything is compared or computed.
func (m *maker) shapes() []vector {
	d := m.document
	ed := m.sign(d, m.ed)
	p := member(ed, "proof")
	with := func(name string, v jcs.Value) jcs.Value { return m.attach(d, d, m.config(d, m.ed).With(name, v), m.ed) }
	one := jcs.FromInt(1)
	return []vector{
		{Name: "document-is-an-array", Source: integrity + "4.4", Input: jcs.Array(ed), Code: parsing},
		{Name: "no-proof", Source: integrity + "4.4", Input: d, Code: parsing},
		{Name: "proof-is-a-string", Source: integrity + "4.4", Input: d.With("proof", text("z")), Code: parsing},
		{Name: "proof-is-null", Source: integrity + "4.4", Input: d.With("proof", jcs.Value{}), Code: parsing},
		{Name: "no-proof-in-the-set", Source: integrity + "4.4", Input: d.With("proof", jcs.Array()), Code: parsing},
		{Name: "set-with-a-string", Source: integrity + "4.4", Input: d.With("proof", jcs.Array(p, text("z"))), Code: parsing},
		{Name: "set-within-a-set", Source: integrity + "4.4", Input: d.With("proof", jcs.Array(jcs.Array(p))), Code: parsing},
		{Name: "seventeen-proofs", Source: "at most 16 are read", Input: d.With("proof", jcs.Array(slices.Repeat([]jcs.Value{p}, 17)...)), Code: parsing},
		{Name: "type-missing", Source: integrity + "4.4", Input: cut(ed, "type"), Code: unverified},
		{Name: "verification-method-missing", Source: integrity + "4.4", Input: cut(ed, "verificationMethod"), Code: unverified},
		{Name: "proof-purpose-missing", Source: integrity + "4.4", Input: cut(ed, "proofPurpose"), Code: unverified},
		{Name: "type-is-an-array", Source: integrity + "2.1", Input: with("type", jcs.Array(text(proof.Type))), Code: parsing},
		{Name: "verification-method-is-an-object", Source: integrity + "2.1", Code: parsing,
			Input: with("verificationMethod", jcs.Object(jcs.Member{Name: "id", Value: member(p, "verificationMethod")}))},
		{Name: "proof-value-is-a-number", Source: integrity + "2.1", Input: edit(ed, "proofValue", one), Code: parsing},
		{Name: "created-is-a-number", Source: integrity + "2.1", Input: with("created", one), Code: parsing},
		{Name: "created-is-a-date", Source: integrity + "2.1: dateTimeStamp", Input: with("created", text("2026-01-01")), Code: unverified},
		{Name: "created-on-february-30", Source: integrity + "2.1: dateTimeStamp", Input: with("created", text("2026-02-30T00:00:00Z")), Code: unverified},
		{Name: "created-empty", Source: integrity + "2.1: dateTimeStamp", Input: with("created", text("")), Code: unverified},
		{Name: "expires-with-a-space", Source: integrity + "2.1: dateTimeStamp", Input: with("expires", text("2027-01-01 00:00:00Z")), Code: unverified},
		{Name: "id-is-not-a-url", Source: integrity + "2.1", Input: with("id", text("proof 1")), Code: unverified},
		{Name: "domain-with-a-number", Source: integrity + "2.1", Input: with("domain", jcs.Array(text("example.com"), one)), Code: parsing},
		{Name: "domain-empty-set", Source: integrity + "2.1", Input: with("domain", jcs.Array()), Code: parsing},
		{Name: "challenge-is-an-array", Source: integrity + "2.1", Input: with("challenge", jcs.Array(text("1"))), Code: parsing},
		{Name: "previous-proof-is-an-object", Source: integrity + "2.1", Input: with("previousProof", jcs.Object()), Code: parsing},
		{Name: "type-ed25519-signature-2018", Source: suites + "2.2.1", Input: with("type", text("Ed25519Signature2018")), Code: unverified},
		{Name: "cryptosuite-missing", Source: integrity + "2.1", Input: cut(ed, "cryptosuite"), Code: unverified},
		{Name: "cryptosuite-unknown", Source: suites + "2.2.1", Input: with("cryptosuite", text("eddsa-jcs-2023")), Code: unverified},
		{Name: "cryptosuite-that-is-not-of-these", Source: "not of the suites known", Input: with("cryptosuite", text("bbs-2023")), Code: unverified},
		{Name: "cryptosuite-in-capitals", Source: suites + "2.2.1", Input: with("cryptosuite", text("EDDSA-JCS-2022")), Code: unverified},
	}
}

// expectations are about what the verifier asks for.
func (m *maker) expectations() []vector {
	d := m.document
	type opt = proof.SignOptions
	domain := func(names ...string) jcs.Value { return m.sign(d, m.ed, func(o *opt) { o.Domain = names }) }
	expires := func(t time.Time) jcs.Value { return m.sign(d, m.ed, func(o *opt) { o.Expires = t }) }
	challenge := m.sign(d, m.ed, func(o *opt) { o.Domain, o.Challenge = []string{"a.example"}, "1235abcd6789" })
	authentication := m.sign(d, m.ed, func(o *opt) { o.Purpose = did.Authentication })
	const noDomain, noChallenge = "INVALID_DOMAIN_ERROR", "INVALID_CHALLENGE_ERROR"
	ab := expect{Domain: []string{"a.example", "b.example"}}
	both := expect{Domain: []string{"a.example"}, Challenge: "1235abcd6789"}
	assertion, login := expect{Purpose: "assertionMethod"}, expect{Purpose: "authentication"}
	return []vector{
		{Name: "purpose-as-expected", Source: integrity + "4.4", Options: login, Input: authentication, Code: valid},
		{Name: "purpose-other-than-expected", Source: integrity + "4.4", Options: assertion, Input: authentication, Code: unverified},
		{Name: "purpose-differs-in-one-of-a-set", Source: integrity + "4.5", Options: assertion, Input: m.sign(m.sign(d, m.p256), m.ed, func(o *opt) { o.Purpose = did.Authentication }), Code: unverified},
		{Name: "purpose-that-is-no-relationship", Source: cid + "2.3", Input: m.attach(d, d, m.config(d, m.ed).With("proofPurpose", text("verificationMethod")), m.ed), Code: unverified},
		{Name: "domain-string-for-a-set-of-one", Source: integrity + "4.4", Options: expect{Domain: []string{"a.example"}}, Input: domain("a.example"), Code: valid},
		{Name: "domain-in-another-order", Source: integrity + "4.4: as a set", Options: ab, Input: domain("b.example", "a.example"), Code: valid},
		{Name: "domain-twice-the-same", Source: integrity + "4.4: as a set", Options: expect{Domain: []string{"a.example"}}, Code: valid,
			Input: m.attach(d, d, m.config(d, m.ed).With("domain", jcs.Array(text("a.example"), text("a.example"))), m.ed)},
		{Name: "domain-not-asked-for", Source: integrity + "4.4", Input: domain("a.example"), Code: valid},
		{Name: "domain-missing", Source: integrity + "4.4", Options: ab, Input: m.sign(d, m.ed), Code: noDomain},
		{Name: "domain-subset", Source: integrity + "4.4", Options: ab, Input: domain("a.example"), Code: noDomain},
		{Name: "domain-superset", Source: integrity + "4.4", Options: ab, Input: domain("a.example", "b.example", "c.example"), Code: noDomain},
		{Name: "domain-in-capitals", Source: integrity + "4.4: the same strings", Options: ab, Input: domain("A.example", "b.example"), Code: noDomain},
		{Name: "challenge-as-expected", Source: integrity + "4.4", Options: both, Input: challenge, Code: valid},
		{Name: "challenge-other-than-expected", Source: integrity + "4.4", Options: expect{Domain: both.Domain, Challenge: "2"}, Input: challenge, Code: noChallenge},
		{Name: "challenge-missing", Source: integrity + "4.4", Options: both, Input: domain("a.example"), Code: noChallenge},
		{Name: "domain-is-checked-before-challenge", Source: integrity + "4.4", Options: expect{Domain: []string{"b.example"}, Challenge: "2"}, Input: challenge, Code: noDomain},
		{Name: "purpose-is-checked-before-domain", Source: integrity + "4.4", Options: expect{Purpose: "authentication", Domain: []string{"b.example"}}, Input: challenge, Code: unverified},
		{Name: "challenge-is-checked-before-cryptosuite", Source: integrity + "4.4", Options: both, Input: edit(domain("a.example"), "cryptosuite", text("x")), Code: noChallenge},
		{Name: "expired", Source: integrity + "2.1", Input: expires(now.Add(-time.Second)), Code: unverified},
		{Name: "expires-now", Source: integrity + "2.1", Input: expires(now), Code: unverified},
		{Name: "expires-in-one-second", Source: integrity + "2.1", Input: expires(now.Add(time.Second)), Code: valid},
		{Name: "expired-without-offset", Source: integrity + "2.1: interpreted as UTC", Input: m.attach(d, d, m.config(d, m.ed).With("expires", text("2026-06-01T00:00:00")), m.ed), Code: unverified},
		{Name: "expired-with-offset", Source: integrity + "2.1", Input: m.attach(d, d, m.config(d, m.ed).With("expires", text("2026-06-01T01:30:00+02:00")), m.ed), Code: unverified},
	}
}

// contexts are about the @context of the JCS suites' proofs.
func (m *maker) contexts() []vector {
	d := m.document
	list := member(d, "@context")
	first, second, third := list.At(0), list.At(1), text("https://example.com/context/v1")
	grown := func(doc jcs.Value) jcs.Value { return doc.With("@context", jcs.Array(first, second, third)) }
	bare := m.config(d, m.ed).Without("@context")
	proofContext := func(doc, context jcs.Value) jcs.Value {
		return m.attach(doc, doc.With("@context", context), bare.With("@context", context), m.ed)
	}
	const clause = suites + "3.3.2, step 4"
	return []vector{
		{Name: "context-added-behind-the-signed-ones", Source: clause, Input: grown(m.sign(d, m.ed)), Code: valid},
		{Name: "set-whose-second-proof-has-more-context", Source: clause, Input: m.sign(grown(m.sign(d, m.ed)), m.p256), Code: valid},
		{Name: "proof-without-context-covers-the-document-s", Source: clause, Input: m.attach(d, d, bare, m.ed), Code: valid},
		{Name: "context-as-string-is-a-prefix", Source: clause, Input: proofContext(d, first), Code: valid},
		{Name: "context-added-to-a-proof-without", Source: clause, Input: grown(m.attach(d, d, bare, m.ed)), Code: unverified},
		{Name: "context-inserted-in-front", Source: clause, Input: m.sign(d, m.ed).With("@context", jcs.Array(third, first, second)), Code: unverified},
		{Name: "context-in-another-order", Source: clause, Input: m.sign(d, m.ed).With("@context", jcs.Array(second, first)), Code: unverified},
		{Name: "context-removed-at-the-end", Source: clause, Input: m.sign(d, m.ed).With("@context", jcs.Array(first)), Code: unverified},
		{Name: "context-removed", Source: clause, Input: m.sign(d, m.ed).Without("@context"), Code: unverified},
		{Name: "context-only-in-the-proof", Source: clause, Input: m.attach(m.noTerms, m.noTerms, bare.With("@context", list), m.ed), Code: unverified},
		{Name: "context-removed-from-the-proof", Source: clause, Input: cut(m.sign(d, m.ed), "@context"), Code: unverified},
		{Name: "context-of-the-proof-is-empty", Source: "an empty prefix would leave every context unsigned", Input: proofContext(d, jcs.Array()), Code: unverified},
		{Name: "context-of-the-proof-swapped", Source: clause, Input: edit(m.sign(d, m.ed), "@context", jcs.Array(first)), Code: unverified},
	}
}

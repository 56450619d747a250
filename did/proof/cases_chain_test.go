package proof_test

import (
	"slices"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// chains are about previousProof.
func (m *maker) chains() []vector {
	d := m.document
	id := func(s string, previous ...string) func(*proof.SignOptions) {
		return func(o *proof.SignOptions) { o.ID, o.PreviousProof = s, previous }
	}
	first := m.sign(d, m.ed, id("urn:proof:1"))
	second := m.sign(first, m.p256, id("urn:proof:2", "urn:proof:1"))
	third := m.sign(second, m.p384, id("", "urn:proof:2", "urn:proof:1"))
	list := func(doc jcs.Value) []jcs.Value { return slices.Collect(member(doc, "proof").Elems()) }
	set := func(proofs ...jcs.Value) jcs.Value { return d.With("proof", jcs.Array(proofs...)) }
	p := list(third)
	later := member(m.sign(d, m.ed, id("urn:proof:1"), func(o *proof.SignOptions) { o.Nonce = "x" }), "proof")
	config := func(k multikey.PrivateKey, previous jcs.Value) jcs.Value {
		return m.config(d, k).With("previousProof", previous)
	}
	one := text("urn:proof:1")
	loop := config(m.ed, text("urn:proof:9")).With("id", text("urn:proof:9"))
	const clause = integrity + "4.5"
	return []vector{
		{Name: "chain-of-two", Source: clause, Input: second, Code: valid},
		{Name: "chain-of-three-signing-both-before", Source: clause, Input: third, Code: valid},
		{Name: "chain-beside-an-independent-proof", Source: clause, Input: m.sign(second, m.other), Code: valid},
		{Name: "chain-written-in-another-order", Source: clause + ": no proof covers the order", Input: set(p[1], p[0]), Code: valid},
		{Name: "previous-proof-missing", Source: clause, Input: set(p[1]), Code: unverified},
		{Name: "one-of-two-previous-proofs-missing", Source: clause, Input: set(p[0], p[2]), Code: unverified},
		{Name: "previous-proof-replaced-by-another-of-that-id", Source: clause, Input: set(later, p[1]), Code: unverified},
		{Name: "previous-proof-with-another-id", Source: clause, Input: set(p[0].With("id", text("urn:proof:3")), p[1]), Code: unverified},
		{Name: "two-proofs-of-the-id", Source: clause + ": which one was meant is not said", Input: set(p[0], later, p[1]), Code: unverified},
		{Name: "two-proofs-of-the-id-both-signed", Source: clause + ": one proof, not several", Code: unverified,
			Input: m.attach(set(p[0], later), set(p[0], later), config(m.p256, one), m.p256)},
		{Name: "previous-proof-does-not-hold", Source: clause, Code: unverified,
			Input: m.chainOn(first.With("proof", member(first, "proof").With("nonce", text("x"))))},
		{Name: "previous-proofs-not-signed", Source: clause + ": hashed without the previous proofs", Code: unverified,
			Input: m.attach(first, d, config(m.p256, one), m.p256)},
		{Name: "previous-proof-signed-as-object", Source: clause + ": an array even of one", Code: unverified,
			Input: m.attach(first, first, config(m.p256, one), m.p256)},
		{Name: "previous-proof-signed-without-proof-value", Source: clause, Code: unverified,
			Input: m.attach(first, d.With("proof", jcs.Array(member(first, "proof").Without("proofValue"))), config(m.p256, one), m.p256)},
		{Name: "previous-proof-names-itself", Source: clause, Code: unverified,
			Input: m.attach(d, d.With("proof", jcs.Array(loop)), loop, m.ed)},
		{Name: "previous-proof-empty", Source: clause, Input: m.attach(first, d, config(m.p256, text("")), m.p256), Code: unverified},
	}
}

// chainOn signs on top of the one proof that doc has, whatever it is worth.
func (m *maker) chainOn(doc jcs.Value) jcs.Value {
	config := m.config(doc, m.p256).With("previousProof", text("urn:proof:1"))
	return m.attach(doc, doc.With("proof", jcs.Array(member(doc, "proof"))), config, m.p256)
}

// documents are of DIDs whose keys are right or wrong in one respect each.
func (m *maker) documents() map[string]jcs.Value {
	method := func(id string, k multikey.PrivateKey) jcs.Value {
		return jcs.Object(
			jcs.Member{Name: "id", Value: text(id + "#key")},
			jcs.Member{Name: "type", Value: text("Multikey")},
			jcs.Member{Name: "controller", Value: text(id)},
			jcs.Member{Name: "publicKeyMultibase", Value: text(k.Public().String())})
	}
	document := func(id string, method jcs.Value, rel string) jcs.Value {
		return jcs.Object(
			jcs.Member{Name: "id", Value: text(id)},
			jcs.Member{Name: "verificationMethod", Value: jcs.Array(method)},
			jcs.Member{Name: rel, Value: jcs.Array(text(id + "#key"))})
	}
	made := map[string]jcs.Value{"did:example:deactivated": jcs.Object()}
	add := func(name, rel string, change func(jcs.Value) jcs.Value) {
		id := "did:example:" + name
		made[id] = document(id, change(method(id, m.ed)), rel)
	}
	set := func(name, value string) func(jcs.Value) jcs.Value {
		return func(v jcs.Value) jcs.Value { return v.With(name, text(value)) }
	}
	const assertion = "assertionMethod"
	add("good", assertion, set("type", "Multikey"))
	add("authentication-only", "authentication", set("type", "Multikey"))
	add("foreign-controller", assertion, set("controller", "did:example:good"))
	add("expired-key", assertion, set("expires", "2026-06-01T00:00:00Z"))
	add("expiring-key", assertion, set("expires", "2026-06-01T00:00:01Z"))
	add("revoked-key", assertion, set("revoked", "2026-01-01T00:00:00Z"))
	add("broken-key", assertion, set("publicKeyMultibase", "z6Mk"))
	add("small-order-key", assertion, set("publicKeyMultibase", smallOrder()))
	add("unknown-key-type", assertion, set("type", "QuantumKey2030"))
	add("key-2020", assertion, set("type", "Ed25519VerificationKey2020"))
	made["did:example:other-id"] = made["did:example:good"]
	return made
}

// smallOrder is the Multikey of the Ed25519 identity, under which Go's crypto
// verifies any message.
func smallOrder() string {
	return encoded('z', append([]byte{0xed, 0x01, 1}, make([]byte, 31)...))
}

// retrieval is about the key that verificationMethod names.
func (m *maker) retrieval() []vector {
	d := m.document
	by := func(method string) jcs.Value {
		return m.attach(d, d, m.config(d, m.ed).With("verificationMethod", text(method)), m.ed)
	}
	own := string(key.FromPublic(m.ed.Public()))
	const clause = cid + "3.3"
	const (
		noMethod, noURL = "INVALID_VERIFICATION_METHOD", "INVALID_VERIFICATION_METHOD_URL"
		noDocument      = "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT"
		noID, noRel     = "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID", "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"
	)
	return []vector{
		{Name: "key-in-a-document", Source: clause, Input: by("did:example:good#key"), Code: valid},
		{Name: "key-that-expires-later", Source: cid + "2.2", Input: by("did:example:expiring-key#key"), Code: valid},
		{Name: "method-is-not-a-url", Source: clause, Input: by("key"), Code: noURL},
		{Name: "method-without-fragment", Source: clause, Input: by(own), Code: noURL},
		{Name: "method-is-https", Source: clause + ": only DIDs are resolved", Input: by("https://example.com/issuer#key"), Code: noURL},
		{Name: "method-relative", Source: clause, Input: by("#key"), Code: noURL},
		{Name: "did-key-fragment-of-another-key", Source: clause, Input: by(own + "#" + m.other.Public().String()), Code: noMethod},
		{Name: "did-key-fragment-unknown", Source: clause, Input: by(own + "#key"), Code: noMethod},
		{Name: "did-key-malformed", Source: clause, Input: by("did:key:z6MkInvalid#z6MkInvalid"), Code: noDocument},
		{Name: "did-key-of-small-order", Source: "Ed25519 identity: verifies any message", Input: by("did:key:" + smallOrder() + "#" + smallOrder()), Code: noDocument},
		{Name: "method-with-query", Source: clause, Input: by("did:example:good?versionId=1#key"), Code: noID},
		{Name: "method-with-path", Source: clause, Input: by("did:example:good/keys#key"), Code: noID},
		{Name: "did-unknown", Source: clause, Input: by("did:example:unknown#key"), Code: noDocument},
		{Name: "did-deactivated", Source: clause, Input: by("did:example:deactivated#key"), Code: noDocument},
		{Name: "document-of-another-id", Source: clause, Input: by("did:example:other-id#key"), Code: noID},
		{Name: "method-not-in-the-document", Source: clause, Input: by("did:example:good#key2"), Code: noMethod},
		{Name: "method-of-another-controller", Source: clause, Input: by("did:example:foreign-controller#key"), Code: noMethod},
		{Name: "method-not-for-this-purpose", Source: clause, Input: by("did:example:authentication-only#key"), Code: noRel},
		{Name: "key-expired", Source: cid + "2.2", Input: by("did:example:expired-key#key"), Code: noMethod},
		{Name: "key-revoked", Source: cid + "2.2", Input: by("did:example:revoked-key#key"), Code: noMethod},
		{Name: "key-malformed", Source: cid + "2.2.2", Input: by("did:example:broken-key#key"), Code: noMethod},
		{Name: "key-of-small-order", Source: "Ed25519 identity: verifies any message", Input: by("did:example:small-order-key#key"), Code: noMethod},
		{Name: "key-of-unknown-type", Source: clause, Input: by("did:example:unknown-key-type#key"), Code: noMethod},
	}
}

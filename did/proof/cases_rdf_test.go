package proof_test

import (
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

const (
	dataLoss      = "DATA_LOSS_DETECTION_ERROR"
	untransformed = "PROOF_TRANSFORMATION_ERROR"

	ecdsa2019 = "Data Integrity ECDSA Cryptosuites 1.0, "
	eddsa2022 = "Data Integrity EdDSA Cryptosuites 1.0, "
)

func (m *maker) rdfVectors() vectorFile {
	f := vectorFile{
		Description: "Documents secured with eddsa-rdfc-2022, ecdsa-rdfc-2019 and Ed25519Signature2020, alone and beside the JCS suites; " +
			"otherwise as verify.json. Contexts are those published by W3C and others under the URLs used.",
		Source:    "made by go test ./did/proof -update from fixed keys; each case names the clause it is about",
		Documents: m.documents(),
	}
	for _, group := range [][]vector{m.rdfPositive(), m.rdfSignatures(), m.rdfLosses(), m.rdfContexts(), m.rdfHidden(), m.rdfChains(), m.older()} {
		f.Cases = append(f.Cases, group...)
	}
	return f.dated()
}

// strict is a document whose terms are all defined, none by a vocabulary for
// whatever comes.
func (m *maker) strict() jcs.Value {
	return m.decode(`{"@context":["https://www.w3.org/ns/credentials/v2",{"@protected":true,"alumniOf":"https://schema.org/alumniOf","member":"https://schema.org/member"}],
		"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":["VerifiableCredential"],"issuer":"https://vc.example/issuers/5678",
		"validFrom":"2026-01-01T00:00:00Z","credentialSubject":{"id":"did:example:abcdefgh","alumniOf":"The School of Examples"}}`)
}

// blanks has blank nodes that SHA-256 and SHA-384 put into different orders.
func (m *maker) blanks() jcs.Value {
	return m.strict().With("credentialSubject", m.decode(`[{"member":[{"alumniOf":"A"},{"alumniOf":"B"},{"alumniOf":"C"},{"alumniOf":"D"}]},{"alumniOf":"E"}]`))
}

func (m *maker) rdfPositive() []vector {
	d, s := m.document, m.strict()
	type opt = proof.SignOptions
	ed := m.sign(d, m.ed, rdfc(m.ed))
	old := m.decode(`{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/security/data-integrity/v2"],"type":"VerifiableCredential",
		"issuer":"https://vc.example/issuers/5678","issuanceDate":"2026-01-01T00:00:00Z","credentialSubject":{"id":"did:example:abcdefgh"}}`)
	return []vector{
		{Name: "rdfc-ed25519", Source: eddsa2022 + "3.2", Input: ed, Code: valid},
		{Name: "rdfc-p-256", Source: ecdsa2019 + "3.2", Input: m.sign(d, m.p256, rdfc(m.p256)), Code: valid},
		{Name: "rdfc-p-384-hashes-with-sha-384", Source: ecdsa2019 + "3: SHA-384 inside RDFC-1.0 as well", Input: m.sign(m.blanks(), m.p384, rdfc(m.p384)), Code: valid},
		{Name: "rdfc-data-model-1.1", Source: eddsa2022 + "3.2", Input: m.sign(old, m.ed, rdfc(m.ed)), Code: valid},
		{Name: "rdfc-array-of-one-for-a-value", Source: eddsa2022 + "3.2.3: the same statements", Code: valid,
			Input: m.sign(s, m.ed, rdfc(m.ed)).With("credentialSubject", jcs.Array(member(s, "credentialSubject")))},
		{Name: "rdfc-keyword-for-its-alias-in-the-subject", Source: integrity + "4.6: the same statements, and readers of subjects know the keyword", Code: valid,
			Input: m.sign(s, m.ed, rdfc(m.ed)).With("credentialSubject", m.decode(`{"@id":"did:example:abcdefgh","alumniOf":"The School of Examples"}`))},
		{Name: "rdfc-set-with-jcs", Source: integrity + "2.1.1", Input: m.sign(m.sign(ed, m.p256), m.p384, rdfc(m.p384)), Code: valid},
		{Name: "rdfc-all-members", Source: integrity + "2.1", Code: valid, Options: expect{Purpose: "authentication", Domain: []string{"b.example", "a.example"}, Challenge: "x"},
			Input: m.sign(s, m.ed, rdfc(m.ed), func(o *opt) {
				o.Purpose, o.Domain, o.Challenge, o.Nonce = did.Authentication, []string{"a.example", "b.example"}, "x", "n"
				o.ID, o.Expires = "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544", now.Add(time.Second)
			})},
		{Name: "rdfc-created-in-the-future", Source: integrity + "4.4: has no check of created", Code: valid,
			Input: m.sign(s, m.ed, rdfc(m.ed), func(o *opt) { o.Created = now.Add(time.Hour) })},
		{Name: "rdfc-text-beyond-the-basic-plane", Source: "RDF Dataset Canonicalization 1.0, 5: in code point order", Code: valid,
			Input: m.sign(m.strict().With("credentialSubject", m.decode(`[{"alumniOf":"\ud83d\ude00"},{"alumniOf":"\ufb33\b\u2028\""}]`)), m.ed, rdfc(m.ed))},
	}
}

// rdfSignatures are wrong in what was signed or how it is written.
func (m *maker) rdfSignatures() []vector {
	d := m.strict()
	ed, p256 := m.sign(d, m.ed, rdfc(m.ed)), m.sign(d, m.p256, rdfc(m.p256))
	sig := m.signature(member(ed, "proof"))
	config := m.rdfConfig(d, m.ed)
	blanks := m.blanks()
	p384 := m.sign(blanks, m.p384, rdfc(m.p384))
	config384 := m.rdfConfig(blanks, m.p384)
	flipped := append([]byte(nil), sig...)
	flipped[3] ^= 4
	concat := func(a, b []byte) []byte { return append(append([]byte(nil), a...), b...) }
	type opt = proof.SignOptions
	name := func(doc jcs.Value, suite string) jcs.Value { return edit(doc, "cryptosuite", text(suite)) }
	jcsConfig := m.config(d, m.ed)
	return []vector{
		{Name: "rdfc-statement-changed", Source: eddsa2022 + "3.2.2", Input: ed.With("issuer", text("https://vc.example/issuers/5679")), Code: unverified},
		{Name: "rdfc-statement-added", Source: eddsa2022 + "3.2.2", Input: ed.With("name", text("x")), Code: unverified},
		{Name: "rdfc-statement-removed", Source: eddsa2022 + "3.2.2", Input: ed.Without("validFrom"), Code: unverified},
		{Name: "rdfc-subject-id-removed", Source: eddsa2022 + "3.2.2", Input: ed.With("credentialSubject", member(d, "credentialSubject").Without("id")), Code: unverified},
		{Name: "rdfc-created-changed", Source: eddsa2022 + "3.2.5", Input: edit(ed, "created", text("2026-01-01T00:00:01Z")), Code: unverified},
		{Name: "rdfc-nonce-added", Source: eddsa2022 + "3.2.5", Input: edit(ed, "nonce", text("x")), Code: unverified},
		{Name: "rdfc-id-added-to-proof", Source: eddsa2022 + "3.2.5", Input: edit(ed, "id", text("urn:x:1")), Code: unverified},
		{Name: "rdfc-expires-removed", Source: eddsa2022 + "3.2.5", Code: unverified,
			Input: cut(m.sign(d, m.ed, rdfc(m.ed), func(o *opt) { o.Expires = now.Add(-time.Hour) }), "expires")},
		{Name: "rdfc-expired", Source: integrity + "2.1", Input: m.sign(d, m.ed, rdfc(m.ed), func(o *opt) { o.Expires = now }), Code: unverified},
		{Name: "rdfc-purpose-other-than-expected", Source: integrity + "4.4", Options: expect{Purpose: "authentication"}, Input: ed, Code: unverified},
		{Name: "rdfc-domain-other-than-expected", Source: integrity + "4.4", Options: expect{Domain: []string{"a.example"}}, Input: ed, Code: "INVALID_DOMAIN_ERROR"},
		{Name: "rdfc-challenge-other-than-expected", Source: integrity + "4.4", Options: expect{Challenge: "a"}, Input: ed, Code: "INVALID_CHALLENGE_ERROR"},
		{Name: "rdfc-signature-bit-flipped", Source: eddsa2022 + "3.2.7", Input: put(ed, encoded(multibase.Base58BTC, flipped)), Code: unverified},
		{Name: "rdfc-document-hash-first", Source: eddsa2022 + "3.2.4: the configuration comes first", Code: unverified,
			Input: put(ed, m.value(m.ed, concat(m.rdfHash(m.ed, d), m.rdfHash(m.ed, config))))},
		{Name: "rdfc-configuration-hashed-with-proof-value", Source: eddsa2022 + "3.2.2, step 2", Code: unverified,
			Input: put(ed, m.value(m.ed, concat(m.rdfHash(m.ed, config.With("proofValue", text("z"))), m.rdfHash(m.ed, d))))},
		{Name: "rdfc-configuration-hashed-as-json", Source: eddsa2022 + "3.2.5", Input: put(ed, m.value(m.ed, concat(hash(m.ed, config), m.rdfHash(m.ed, d)))), Code: unverified},
		{Name: "rdfc-document-hashed-as-json", Source: eddsa2022 + "3.2.3", Input: put(ed, m.value(m.ed, concat(m.rdfHash(m.ed, config), hash(m.ed, d)))), Code: unverified},
		{Name: "rdfc-only-the-document-hash-signed", Source: eddsa2022 + "3.2.4", Input: put(ed, m.value(m.ed, m.rdfHash(m.ed, d))), Code: unverified},
		{Name: "rdfc-statements-signed-without-hash", Source: eddsa2022 + "3.2.4", Input: put(ed, m.value(m.ed, concat(m.quads(m.ed, config), m.quads(m.ed, d)))), Code: unverified},
		{Name: "rdfc-p-384-hashed-with-sha-256", Source: ecdsa2019 + "3.2.4", Code: unverified,
			Input: put(p384, m.value(m.p384, concat(sum(m.p256, m.quads(m.p384, config384)), sum(m.p256, m.quads(m.p384, blanks)))))},
		{Name: "rdfc-p-384-canonicalised-with-sha-256", Source: ecdsa2019 + "3: SHA-384 MUST be used inside RDFC-1.0", Code: unverified,
			Input: put(p384, m.value(m.p384, concat(sum(m.p384, m.quads(m.p256, config384)), sum(m.p384, m.quads(m.p256, blanks)))))},
		{Name: "rdfc-jcs-signature-under-the-rdfc-name", Source: eddsa2022 + "3.2", Input: name(m.sign(d, m.ed), proof.EdDSARDFC2022), Code: unverified},
		{Name: "rdfc-jcs-hashes-under-the-rdfc-name", Source: eddsa2022 + "3.2", Code: unverified,
			Input: m.attach(d, d, jcsConfig.With("cryptosuite", text(proof.EdDSARDFC2022)), m.ed)},
		{Name: "rdfc-signature-under-the-jcs-name", Source: eddsa2022 + "3.3", Input: name(ed, proof.EdDSAJCS2022), Code: unverified},
		{Name: "rdfc-hashes-under-the-jcs-name", Source: eddsa2022 + "3.3", Code: unverified,
			Input: m.attachRDF(d, d, config.With("cryptosuite", text(proof.EdDSAJCS2022)), m.ed)},
		{Name: "rdfc-signature-under-the-sd-name", Source: ecdsa2019 + "3.6.7", Input: name(p256, proof.ECDSASD2023), Code: unverified},
		{Name: "rdfc-der-signature", Source: ecdsa2019 + "3: r and s, never DER", Input: put(p256, m.der(member(p256, "proof"))), Code: unverified},
		{Name: "rdfc-base64url-proof-value", Source: eddsa2022 + "3.2.1: base58-btc", Input: put(ed, encoded(multibase.Base64url, sig)), Code: unverified},
		{Name: "rdfc-proof-value-63-bytes", Source: eddsa2022 + "3.2.6", Input: put(ed, encoded(multibase.Base58BTC, sig[:63])), Code: unverified},
		{Name: "rdfc-proof-value-missing", Source: integrity + "2.1", Input: cut(ed, "proofValue"), Code: unverified},
		{Name: "rdfc-signed-by-another-key", Source: eddsa2022 + "3.2.7", Input: m.attachRDF(d, d, config.Without("@context"), m.other), Code: unverified},
		{Name: "rdfc-ed25519-key-named-for-ecdsa", Source: ecdsa2019 + "2.1", Code: unverified,
			Input: m.attachRDF(d, d, config.Without("@context").With("cryptosuite", text(proof.ECDSARDFC2019)), m.ed)},
		{Name: "rdfc-p-256-key-named-for-eddsa", Source: eddsa2022 + "2.1", Code: unverified,
			Input: m.attachRDF(d, d, m.rdfConfig(d, m.p256).Without("@context").With("cryptosuite", text(proof.EdDSARDFC2022)), m.p256)},
		{Name: "rdfc-p-256-signature-under-a-p-384-key", Source: ecdsa2019 + "3.2.6", Code: unverified,
			Input: edit(p256, "verificationMethod", text(key.MethodID(m.p384.Public())))},
		{Name: "rdfc-method-not-for-this-purpose", Source: cid + "3.3", Code: "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
			Input: m.attachRDF(d, d, config.Without("@context").With("verificationMethod", text("did:example:authentication-only#key")), m.ed)},
	}
}

// rdfLosses are documents or proofs of which JSON-LD would drop something, or that
// are none.
func (m *maker) rdfLosses() []vector {
	s := m.strict()
	ed := m.sign(s, m.ed, rdfc(m.ed))
	subject := func(text string) jcs.Value { return ed.With("credentialSubject", m.decode(text)) }
	context := func(text string) jcs.Value {
		return ed.With("@context", jcs.Array(member(s, "@context").At(0), member(s, "@context").At(1), m.decode(text)))
	}
	const clause = integrity + "2.4.3"
	return []vector{
		{Name: "rdfc-dropped-term", Source: clause, Input: ed.With("unknownTerm", text("x")), Code: dataLoss},
		{Name: "rdfc-dropped-term-in-the-subject", Source: clause, Input: subject(`{"id":"did:example:abcdefgh","alumniOf":"The School of Examples","unknownTerm":1}`), Code: dataLoss},
		{Name: "rdfc-dropped-term-in-the-proof", Source: clause, Input: edit(ed, "unknownTerm", text("x")), Code: dataLoss},
		{Name: "rdfc-dropped-term-with-null", Source: clause + ": a term mapped to null", Input: context(`{"dropped":null}`).With("dropped", text("x")), Code: dataLoss},
		{Name: "rdfc-relative-type", Source: clause, Input: ed.With("type", m.decode(`["VerifiableCredential","Undefined"]`)), Code: dataLoss},
		{Name: "rdfc-relative-type-in-the-subject", Source: clause, Input: subject(`{"id":"did:example:abcdefgh","type":"Undefined","alumniOf":"x"}`), Code: dataLoss},
		{Name: "rdfc-relative-id", Source: clause, Input: ed.With("id", text("credentials/1")), Code: dataLoss},
		{Name: "rdfc-relative-id-of-the-subject", Source: clause, Input: subject(`{"id":"abcdefgh","alumniOf":"The School of Examples"}`), Code: dataLoss},
		{Name: "rdfc-relative-issuer", Source: clause, Input: ed.With("issuer", text("issuers/5678")), Code: dataLoss},
		{Name: "rdfc-keyword-that-is-none", Source: clause, Input: ed.With("@ignored", text("x")), Code: dataLoss},
		{Name: "rdfc-document-without-context", Source: clause, Input: ed.Without("@context"), Code: dataLoss},
		{Name: "rdfc-empty-context", Source: clause, Input: ed.With("@context", jcs.Array()), Code: dataLoss},
		{Name: "rdfc-unknown-context", Source: "contexts are never loaded", Input: context(`"https://context.example/v1"`), Code: untransformed},
		{Name: "rdfc-context-is-a-number", Source: "JSON-LD 1.1 API, 5.1: invalid local context", Input: context(`1`), Code: untransformed},
		{Name: "rdfc-context-redefines-a-protected-term", Source: "JSON-LD 1.1 API, 5.1: protected term redefinition", Input: context(`{"VerifiableCredential":"https://evil.example/credential"}`), Code: untransformed},
		{Name: "rdfc-context-nullified", Source: "JSON-LD 1.1 API, 5.1: invalid context nullification", Input: context(`null`), Code: untransformed},
		{Name: "rdfc-id-is-a-number", Source: "JSON-LD 1.1 API, 5.5: invalid @id value", Input: ed.With("id", jcs.FromInt(1)), Code: untransformed},
		{Name: "rdfc-type-is-an-object", Source: "JSON-LD 1.1 API, 5.5: invalid type value", Input: ed.With("type", m.decode(`["VerifiableCredential",{"id":"urn:x:1"}]`)), Code: untransformed},
		{Name: "rdfc-poisoned-graph", Source: "RDF Dataset Canonicalization 1.0, 7.1: dataset poisoning", Input: subject(clique), Code: untransformed},
	}
}

// clique is ten blank nodes that all know each other, which takes RDFC-1.0 ten
// factorial steps to tell apart.
var clique = func() string {
	nodes := "["
	for i := range 10 {
		if i > 0 {
			nodes += ","
		}
		nodes += `{"id":"_:b` + string(rune('0'+i)) + `","member":[`
		for j := range 10 {
			if j > 0 {
				nodes += ","
			}
			nodes += `{"id":"_:b` + string(rune('0'+j)) + `"}`
		}
		nodes += "]}"
	}
	return nodes + "]"
}()

// rdfContexts are about proofs with an @context, which the configuration takes
// from the document.
func (m *maker) rdfContexts() []vector {
	s := m.strict()
	context := member(s, "@context")
	config := m.rdfConfig(s, m.ed)
	other := m.decode(`["https://www.w3.org/ns/credentials/v2",{"purpose":"https://example.com/purpose","note":"https://example.com/note"}]`)
	note := config.With("note", text("x"))
	own := func(config, context jcs.Value) jcs.Value {
		value := m.value(m.ed, append(m.rdfHash(m.ed, config.With("@context", context)), m.rdfHash(m.ed, s)...))
		return attached(s, config.With("@context", context).With("proofValue", text(value)))
	}
	elsewhere := s.With("@context", jcs.Array(context.At(0), context.At(1), m.decode(`{"note":"https://example.com/another"}`)))
	moved := func() jcs.Value {
		value := m.value(m.ed, append(m.rdfHash(m.ed, note.With("@context", other)), m.rdfHash(m.ed, elsewhere)...))
		return attached(elsewhere, note.With("@context", other).With("proofValue", text(value)))
	}
	const clause = eddsa2022 + "3.2.5, step 4"
	return []vector{
		{Name: "rdfc-proof-with-the-document-s-context", Source: clause, Input: own(config, context), Code: valid},
		{Name: "rdfc-proof-with-a-context-that-says-the-same", Source: clause, Input: own(config, context.At(0)), Code: valid},
		{Name: "rdfc-context-added-that-says-nothing-new", Source: clause, Code: valid,
			Input: m.sign(s, m.ed, rdfc(m.ed)).With("@context", jcs.Array(context.At(0), context.At(1), m.decode(`{"unused":"https://example.com/unused"}`)))},
		{Name: "rdfc-context-added-that-changes-a-term", Source: clause, Code: unverified,
			Input: m.sign(m.document, m.ed, rdfc(m.ed)).With("@context", jcs.Array(member(m.document, "@context").At(0), member(m.document, "@context").At(1), m.decode(`{"alumniOf":"https://example.com/other"}`)))},
		{Name: "rdfc-proof-context-defines-a-term-otherwise", Source: clause + ": the document's", Input: moved(), Code: unverified},
		{Name: "rdfc-proof-context-defines-what-the-document-s-does-not", Source: clause + ": the document's", Input: own(note, other), Code: dataLoss},
		{Name: "rdfc-proof-context-added", Source: clause, Code: unverified,
			Input: edit(m.sign(s, m.ed, rdfc(m.ed)), "@context", m.decode(`{"@vocab":"https://evil.example/"}`))},
		{Name: "rdfc-proof-context-unknown", Source: clause, Code: unverified,
			Input: edit(m.sign(s, m.ed, rdfc(m.ed)), "@context", text("https://context.example/v1"))},
		{Name: "rdfc-proof-context-empty", Source: clause, Input: edit(m.sign(s, m.ed, rdfc(m.ed)), "@context", jcs.Array()), Code: unverified},
	}
}

// rdfHidden say what was signed, but elsewhere than who reads the JSON looks for
// it: a credential that has expired, say, would have no validUntil.
func (m *maker) rdfHidden() []vector {
	d := m.strict().With("validUntil", text("2026-05-01T00:00:00Z")).With("credentialStatus", m.decode(`{"id":"https://vc.example/status/3#94567","type":"BitstringStatusListEntry",
		"statusPurpose":"revocation","statusListIndex":"94567","statusListCredential":"https://vc.example/status/3"}`))
	ed := m.sign(d, m.ed, rdfc(m.ed))
	status := member(d, "credentialStatus")
	context := func(doc jcs.Value, more string) jcs.Value {
		return doc.With("@context", jcs.Array(member(d, "@context").At(0), member(d, "@context").At(1), m.decode(more)))
	}
	const until = `{"@type":"http://www.w3.org/2001/XMLSchema#dateTime","@value":"2026-05-01T00:00:00Z"}`
	late := ed.Without("validUntil")
	self := d.With("credentialSubject", m.decode(`{"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":"VerifiableCredential","alumniOf":"x"}`))
	moved := m.sign(self, m.ed, rdfc(m.ed)).Without("validUntil").With("credentialSubject", member(self, "credentialSubject").With("validUntil", text("2026-05-01T00:00:00Z")))
	ends := func(o *proof.SignOptions) {
		o.ID, o.Expires = "urn:proof:1", time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	}
	expired := m.sign(m.strict(), m.ed, rdfc(m.ed), ends)
	challenged := m.sign(m.strict(), m.ed, rdfc(m.ed), func(o *proof.SignOptions) { o.Challenge = "x" })
	withNote := context(m.strict(), `{"note":"https://example.com/note"}`)
	noted := m.attachRDF(withNote, withNote, m.rdfConfig(withNote, m.ed).Without("@context").With("note", text("x")), m.ed)
	known := m.sign(d.With("credentialSubject", m.decode(`{"id":"did:example:abcdefgh","member":{"id":"https://vc.example/status/3#94567"}}`)), m.ed, rdfc(m.ed))
	const clause = integrity + "4.6"
	with := func(context, subject string) jcs.Value {
		doc := d.With("@context", jcs.Array(member(d, "@context").At(0), m.decode(context))).With("credentialSubject", m.decode(subject))
		return m.sign(doc, m.ed, rdfc(m.ed))
	}
	return []vector{
		{Name: "rdfc-hidden-by-nothing", Source: clause, Input: ed, Code: valid},
		{Name: "rdfc-inline-context-that-hides-nothing", Source: clause, Input: context(ed, `{"other":"https://example.com/other"}`), Code: valid},
		{Name: "rdfc-list-and-its-credential-of-one-id", Source: clause, Code: valid,
			Input: m.sign(d.With("credentialSubject", m.decode(`{"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":"BitstringStatusList","statusPurpose":"revocation","encodedList":"u"}`)), m.ed, rdfc(m.ed))},
		{Name: "rdfc-valid-until-under-another-name", Source: clause, Code: unverified,
			Input: context(late, `{"note":{"@id":"https://www.w3.org/2018/credentials#validUntil","@type":"http://www.w3.org/2001/XMLSchema#dateTime"}}`).With("note", text("2026-05-01T00:00:00Z"))},
		{Name: "rdfc-valid-until-under-another-name-with-a-decoy", Source: clause, Code: unverified,
			Input: m.withDecoy(d)},
		{Name: "rdfc-valid-until-by-its-iri", Source: clause, Input: late.With("https://www.w3.org/2018/credentials#validUntil", m.decode(until)), Code: unverified},
		{Name: "rdfc-valid-until-by-a-prefix", Source: clause, Code: unverified,
			Input: context(late, `{"c":{"@id":"https://www.w3.org/2018/","@prefix":true}}`).With("c:credentials#validUntil", m.decode(until))},
		{Name: "rdfc-valid-until-by-a-vocabulary", Source: clause, Code: unverified,
			Input: context(late, `{"@vocab":"https://www.w3.org/2018/"}`).With("credentials#validUntil", m.decode(until))},
		{Name: "rdfc-valid-until-in-a-nest", Source: clause, Code: unverified,
			Input: context(late, `{"note":"@nest"}`).With("note", m.decode(`{"validUntil":"2026-05-01T00:00:00Z"}`))},
		{Name: "rdfc-valid-until-included", Source: clause, Code: unverified,
			Input: late.With("@included", m.decode(`[{"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":"VerifiableCredential","validUntil":"2026-05-01T00:00:00Z"}]`))},
		{Name: "rdfc-valid-until-in-the-subject-of-the-same-id", Source: clause, Input: moved, Code: unverified},
		{Name: "rdfc-status-under-another-name", Source: clause, Code: unverified,
			Input: context(ed.Without("credentialStatus"), `{"note":{"@id":"https://www.w3.org/2018/credentials#credentialStatus","@type":"@id"}}`).With("note", status)},
		{Name: "rdfc-status-reversed", Source: clause, Code: unverified,
			Input: context(ed.Without("credentialStatus"), `{"note":{"@reverse":"https://www.w3.org/2018/credentials#credentialStatus","@type":"@id"}}`).With("@included",
				jcs.Array(status.With("note", member(d, "id"))))},
		{Name: "rdfc-status-reversed-under-its-own-name", Source: clause, Code: unverified,
			Input: context(known.Without("credentialStatus"), `{"credentialStatus":{"@reverse":"https://www.w3.org/2018/credentials#credentialStatus","@type":"@id"}}`).With("credentialSubject",
				m.decode(`{"id":"did:example:abcdefgh"}`).With("member", status.With("credentialStatus", member(d, "id"))))},
		{Name: "rdfc-purpose-of-the-status-under-another-name", Source: clause, Code: unverified,
			Input: ed.With("credentialStatus", status.Without("statusPurpose").With("https://www.w3.org/ns/credentials/status#statusPurpose", text("revocation")))},
		{Name: "rdfc-expires-of-the-proof-under-another-name", Source: clause, Code: unverified, Input: context(cut(expired, "expires"),
			`{"note":{"@id":"https://w3id.org/security#expiration","@type":"http://www.w3.org/2001/XMLSchema#dateTime"}}`).With("proof",
			member(expired, "proof").Without("expires").With("note", text("2026-05-01T00:00:00Z")))},
		{Name: "rdfc-purpose-of-the-proof-stands-for-another", Source: clause, Code: unverified, Input: m.remapped(map[string]string{
			"assertionMethod": "https://w3id.org/security#authenticationMethod"}, func(o *proof.SignOptions) { o.Purpose = did.Authentication }, "proofPurpose", "assertionMethod")},
		{Name: "rdfc-nonce-of-the-proof-stands-for-its-challenge", Source: clause, Code: unverified, Input: m.remapped(map[string]string{
			"nonce": "https://w3id.org/security#challenge", "challenge": "https://w3id.org/security#nonce"},
			func(o *proof.SignOptions) { o.Challenge, o.Nonce = "of-another-verifier", "of-this-one" }, "challenge", "of-this-one", "nonce", "of-another-verifier")},
		{Name: "rdfc-proof-defined-in-line-as-usual", Source: clause, Code: valid, Input: m.remapped(nil, nil)},
		{Name: "rdfc-expires-of-the-proof-by-its-iri", Source: clause, Input: edit(cut(expired, "expires"), "https://w3id.org/security#expiration", m.decode(until)), Code: unverified},
		{Name: "rdfc-expires-of-the-proof-included", Source: clause, Code: unverified,
			Input: edit(cut(expired, "expires"), "@included", m.decode(`[{"id":"urn:proof:1","https://w3id.org/security#expiration":`+until+`}]`))},
		{Name: "rdfc-challenge-of-the-proof-by-its-iri", Source: clause, Code: unverified,
			Input: edit(cut(challenged, "challenge"), "https://w3id.org/security#challenge", text("x"))},
		{Name: "rdfc-member-of-the-proof-with-a-context", Source: clause, Code: valid, Input: noted},
		{Name: "rdfc-id-as-keyword", Source: clause, Input: ed.Without("id").With("@id", member(d, "id")), Code: unverified},
		{Name: "rdfc-type-as-keyword", Source: clause, Input: ed.Without("type").With("@type", member(d, "type")), Code: unverified},
		{Name: "rdfc-id-under-another-name", Source: clause, Input: context(ed.Without("id"), `{"ident":"@id"}`).With("ident", member(d, "id")), Code: unverified},
		{Name: "rdfc-credential-inside-the-subject", Source: clause, Code: valid, Input: with(`{"holds":"https://example.com/holds"}`,
			`{"id":"did:example:a","holds":{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"urn:uuid:1","type":"VerifiableCredential","issuer":"did:example:other",
			"validUntil":"2020-01-01T00:00:00Z","credentialSubject":{"id":"did:example:a"}}}`)},
		{Name: "rdfc-credential-inside-the-subject-by-the-same-id", Source: clause, Code: unverified,
			Input: moveIn(with(`{"holds":"https://example.com/holds"}`, `{"id":"did:example:a","holds":{"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":"VerifiableCredential"}}`))},
		{Name: "rdfc-terms-named-like-schemes", Source: clause, Code: valid,
			Input: with(`{"data":"https://example.com/data","urn":"https://example.com/urn"}`, `{"id":"did:example:a","data":"x","urn":"y"}`)},
		{Name: "rdfc-aliases-of-keywords-in-the-subject", Source: clause, Code: valid,
			Input: with(`{"href":"@id","kind":"@type","P":"https://example.com/P","page":"https://example.com/page"}`, `{"id":"did:example:a","page":{"href":"https://example.com/1","kind":"P"}}`)},
		{Name: "rdfc-alias-of-the-id-of-the-subject", Source: clause, Code: unverified,
			Input: with(`{"href":"@id","page":"https://example.com/page"}`, `{"id":"did:example:a","page":"x"}`).
				With("credentialSubject", m.decode(`{"href":"did:example:a","page":"x"}`))},
		{Name: "rdfc-type-of-the-subject-as-keyword", Source: clause, Code: valid,
			Input: with(`{"gx":"https://example.com/gx#"}`, `{"id":"did:example:a","@type":"gx:LegalPerson","gx:legalName":"x"}`)},
		{Name: "rdfc-reverse-term-in-the-subject", Source: clause, Code: valid,
			Input: with(`{"memberOf":{"@reverse":"https://example.com/member"},"named":"https://example.com/named"}`, `{"id":"did:example:a","memberOf":{"id":"https://example.com/o","named":"x"}}`)},
		{Name: "rdfc-nest-in-the-subject", Source: clause, Code: valid,
			Input: with(`{"labels":"@nest","named":{"@id":"https://example.com/named","@nest":"labels"}}`, `{"id":"did:example:a","labels":{"named":"x"}}`)},
		{Name: "rdfc-node-written-twice", Source: clause, Code: valid,
			Input: with(`{"knows":{"@id":"https://example.com/knows","@type":"@id"},"named":"https://example.com/named"}`,
				`{"id":"did:example:a","named":"x","knows":{"id":"did:example:b","named":"y","knows":{"id":"did:example:a","named":"z"}}}`)},
		{Name: "rdfc-null-is-no-claim", Source: "JSON-LD 1.1, 4.4", Code: valid,
			Input: with(`{"named":"https://example.com/named","page":"https://example.com/page"}`, `{"id":"did:example:a","named":"x"}`).
				With("credentialSubject", m.decode(`{"id":"did:example:a","named":"x","page":null}`))},
		{Name: "rdfc-type-of-the-status-under-another-name", Source: clause, Code: unverified,
			Input: context(ed, `{"Other":{"@id":"https://www.w3.org/ns/credentials/status#BitstringStatusListEntry","@context":{
				"statusPurpose":"https://www.w3.org/ns/credentials/status#statusPurpose","statusListIndex":"https://www.w3.org/ns/credentials/status#statusListIndex",
				"statusListCredential":{"@id":"https://www.w3.org/ns/credentials/status#statusListCredential","@type":"@id"}}}}`).With("credentialStatus", status.With("type", text("Other")))},
		{Name: "rdfc-type-of-the-schema-by-its-iri", Source: clause, Code: valid,
			Input: m.sign(d.With("credentialSchema", m.decode(`{"id":"https://example.com/schema","type":"JsonSchema"}`)), m.ed, rdfc(m.ed)).
				With("credentialSchema", m.decode(`{"id":"https://example.com/schema","type":"https://www.w3.org/2018/credentials#JsonSchema"}`))},
		{Name: "rdfc-index-of-the-status-added-elsewhere", Source: clause, Code: unverified,
			Input: indexElsewhere(m, d, status)},
		{Name: "rdfc-document-in-a-graph", Source: clause, Code: unverified,
			Input: jcs.Object(jcs.Member{Name: "@context", Value: member(d, "@context")}, jcs.Member{Name: "proof", Value: member(ed, "proof")},
				jcs.Member{Name: "@graph", Value: jcs.Array(d.Without("@context"))})},
	}
}

// moveIn has validUntil in a node of the same id inside the subject.
func moveIn(doc jcs.Value) jcs.Value {
	subject := member(doc, "credentialSubject")
	until := member(doc, "validUntil")
	return doc.Without("validUntil").With("credentialSubject", subject.With("holds", member(subject, "holds").With("validUntil", until)))
}

// indexElsewhere has the index of the status entry in the subject, where a node has the
// entry's id.
func indexElsewhere(m *maker, d, status jcs.Value) jcs.Value {
	inner := m.decode(`{"id":"https://vc.example/status/3#94567","type":"BitstringStatusListEntry"}`)
	subject := func(entry jcs.Value) jcs.Value {
		return m.decode(`{"id":"did:example:abcdefgh"}`).With("member", entry)
	}
	signed := m.sign(d.With("credentialSubject", subject(inner)), m.ed, rdfc(m.ed))
	return signed.With("credentialStatus", status.Without("statusListIndex")).
		With("credentialSubject", subject(inner.With("statusListIndex", member(status, "statusListIndex"))))
}

// withDecoy has a member validUntil in its subject, which means something else, in
// place of the real one, which has another name.
func (m *maker) withDecoy(d jcs.Value) jcs.Value {
	first := member(d, "@context").At(0)
	plain := d.With("@context", jcs.Array(first, m.decode(`{"alumniOf":"https://schema.org/alumniOf"}`)))
	return m.sign(plain, m.ed, rdfc(m.ed)).Without("validUntil").
		With("@context", jcs.Array(first, m.decode(`{"validUntil":"https://schema.org/alumniOf","note":{"@id":"https://www.w3.org/2018/credentials#validUntil","@type":"http://www.w3.org/2001/XMLSchema#dateTime"}}`))).
		With("credentialSubject", m.decode(`{"id":"did:example:abcdefgh","validUntil":"The School of Examples"}`)).
		With("note", text("2026-05-01T00:00:00Z"))
}

// rdfChains are about several proofs, of which some are RDF.
func (m *maker) rdfChains() []vector {
	s := m.strict()
	chained := func(k multikey.PrivateKey, id string, previous ...string) []func(*proof.SignOptions) {
		return []func(*proof.SignOptions){rdfc(k), func(o *proof.SignOptions) { o.ID, o.PreviousProof = id, previous }}
	}
	const one, two = "urn:proof:1", "urn:proof:2"
	first := m.sign(s, m.ed, chained(m.ed, one)...)
	second := m.sign(first, m.p256, chained(m.p256, two, one)...)
	third := m.sign(second, m.p384, func(o *proof.SignOptions) { o.PreviousProof = []string{two, one} })
	viaJCS := m.sign(m.sign(s, m.ed, func(o *proof.SignOptions) { o.ID = one }), m.p256, chained(m.p256, "", one)...)
	set := func(proofs ...jcs.Value) jcs.Value { return s.With("proof", jcs.Array(proofs...)) }
	p := func(doc jcs.Value, i int) jcs.Value { return member(doc, "proof").At(i) }
	later := member(m.sign(s, m.ed, rdfc(m.ed), func(o *proof.SignOptions) { o.ID, o.Nonce = one, "x" }), "proof")
	config := m.rdfConfig(s, m.p256).Without("@context").With("previousProof", text(one))
	loop := m.rdfConfig(s, m.ed).Without("@context").With("id", text(one)).With("previousProof", text(one))
	around := func(id, previous string, k multikey.PrivateKey) jcs.Value {
		return member(m.sign(s, k, rdfc(k)), "proof").With("id", text(id)).With("previousProof", text(previous))
	}
	unknown := func(change func(jcs.Value) jcs.Value) jcs.Value {
		return attached(first, change(member(m.sign(s, m.p256), "proof")))
	}
	const clause = integrity + "4.5"
	return []vector{
		{Name: "rdfc-chain-of-three-with-jcs", Source: clause, Input: third, Code: valid},
		{Name: "rdfc-on-top-of-jcs", Source: clause, Input: viaJCS, Code: valid},
		{Name: "rdfc-previous-proof-missing", Source: clause, Input: set(p(second, 1)), Code: unverified},
		{Name: "rdfc-one-of-two-previous-proofs-missing", Source: clause, Input: set(p(third, 0), p(third, 2)), Code: unverified},
		{Name: "rdfc-previous-proof-replaced", Source: clause, Input: set(later, p(second, 1)), Code: unverified},
		{Name: "rdfc-previous-proof-of-two-of-that-id", Source: clause, Input: set(p(second, 0), later, p(second, 1)), Code: unverified},
		{Name: "rdfc-previous-proofs-not-signed", Source: clause + ": hashed without the previous proofs", Code: unverified,
			Input: m.attachRDF(first, s, config, m.p256)},
		{Name: "rdfc-previous-proof-signed-without-proof-value", Source: clause, Code: unverified,
			Input: m.attachRDF(first, s.With("proof", member(first, "proof").Without("proofValue")), config, m.p256)},
		{Name: "rdfc-previous-proof-removed-from-the-configuration", Source: clause, Input: set(p(second, 0), p(second, 1).Without("previousProof")), Code: unverified},
		{Name: "rdfc-previous-proof-names-itself", Source: clause, Input: m.attachRDF(s, s.With("proof", loop), loop, m.ed), Code: unverified},
		{Name: "rdfc-previous-proofs-in-a-circle", Source: clause, Input: set(around(one, two, m.ed), around(two, one, m.p256)), Code: unverified},
		{Name: "rdfc-previous-proof-does-not-hold", Source: clause, Code: unverified,
			Input: m.attachRDF(first.With("proof", member(first, "proof").With("nonce", text("x"))), s.With("proof", member(first, "proof").With("nonce", text("x"))), config, m.p256)},
		{Name: "rdfc-one-bad-proof-in-a-set", Source: clause + ": every proof", Input: attached(first, member(m.sign(s, m.p256, rdfc(m.p256)), "proof").With("nonce", text("x"))), Code: unverified},
		{Name: "unknown-cryptosuite-beside-a-good-proof", Source: clause + ": every proof", Code: unverified,
			Input: unknown(func(p jcs.Value) jcs.Value { return p.With("cryptosuite", text("quantum-rdfc-2030")) })},
		{Name: "unknown-type-beside-a-good-proof", Source: clause + ": every proof", Code: unverified,
			Input: unknown(func(p jcs.Value) jcs.Value { return p.With("type", text("QuantumSignature2030")) })},
		{Name: "expired-beside-a-good-proof", Source: clause + ": every proof", Code: unverified,
			Input: m.sign(first, m.p256, rdfc(m.p256), func(o *proof.SignOptions) { o.Expires = now })},
	}
}

// older is about Ed25519Signature2020.
func (m *maker) older() []vector {
	d := m.decode(`{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/security/suites/ed25519-2020/v1",{"alumniOf":"https://schema.org/alumniOf"}],
		"type":"VerifiableCredential","issuer":"https://vc.example/issuers/5678","issuanceDate":"2026-01-01T00:00:00Z","credentialSubject":{"id":"did:example:abcdefgh","alumniOf":"x"}}`)
	config := m.rdfConfig(m.strict(), m.ed).Without("@context", "cryptosuite").With("type", text(proof.Ed25519Signature2020))
	good := m.attachRDF(d, d, config, m.ed)
	with := func(name, value string) jcs.Value { return m.attachRDF(d, d, config.With(name, text(value)), m.ed) }
	sig := m.signature(member(good, "proof"))
	newer := d.With("@context", m.decode(`["https://www.w3.org/2018/credentials/v1","https://w3id.org/security/data-integrity/v2",{"alumniOf":"https://schema.org/alumniOf"}]`))
	const clause = eddsa2022 + "A.2"
	return []vector{
		{Name: "2020-multikey", Source: clause, Input: good, Code: valid},
		{Name: "2020-verification-key-2020", Source: clause, Input: with("verificationMethod", "did:example:key-2020#key"), Code: valid},
		{Name: "2020-beside-a-jcs-proof", Source: integrity + "2.1.1", Input: m.sign(good, m.p256), Code: valid},
		{Name: "2020-statement-changed", Source: clause, Input: good.With("issuer", text("https://vc.example/issuers/5679")), Code: unverified},
		{Name: "2020-created-missing", Source: clause + ": MUST be a date", Input: m.attachRDF(d, d, config.Without("created"), m.ed), Code: unverified},
		{Name: "2020-created-is-a-date-without-time", Source: clause, Input: edit(good, "created", text("2026-01-01")), Code: unverified},
		{Name: "2020-expired", Source: integrity + "2.1", Input: with("expires", "2026-05-01T00:00:00Z"), Code: unverified},
		{Name: "2020-base64url-proof-value", Source: clause + ": base-58-btc", Input: put(good, encoded(multibase.Base64url, sig)), Code: unverified},
		{Name: "2020-jws-for-proof-value", Source: clause + ": proofValue", Input: edit(cut(good, "proofValue"), "jws", text("a..b")), Code: unverified},
		{Name: "2020-document-hash-first", Source: clause, Code: unverified,
			Input: put(good, m.value(m.ed, append(m.rdfHash(m.ed, d), m.rdfHash(m.ed, config.With("@context", member(d, "@context")))...)))},
		{Name: "2020-document-without-the-suite-s-context", Source: integrity + "2.4.3", Input: attached(newer, member(good, "proof")), Code: dataLoss},
		{Name: "2020-signature-under-data-integrity-proof", Source: clause, Code: dataLoss,
			Input: edit(edit(good, "type", text(proof.Type)), "cryptosuite", text(proof.EdDSARDFC2022))},
		{Name: "2020-type-over-a-rdfc-signature", Source: clause, Code: unverified,
			Input: edit(attached(d, member(m.sign(newer, m.ed, rdfc(m.ed)), "proof").Without("cryptosuite")), "type", text(proof.Ed25519Signature2020))},
		{Name: "2020-jcs-hashes", Source: clause, Input: m.attach(d, d, config, m.ed), Code: unverified},
		{Name: "2020-p-256-key", Source: clause, Code: unverified,
			Input: edit(good, "verificationMethod", text(key.MethodID(m.p256.Public())))},
		{Name: "2020-ed25519-key-of-the-wrong-type-of-method", Source: clause, Input: with("verificationMethod", "did:example:unknown-key-type#key"), Code: "INVALID_VERIFICATION_METHOD"},
		{Name: "2020-type-as-url", Source: clause + ": a string", Input: edit(good, "type", text("https://w3id.org/security#Ed25519Signature2020")), Code: unverified},
		{Name: "2018-type", Source: "not of the suites known", Input: edit(good, "type", text("Ed25519Signature2018")), Code: unverified},
	}
}

// remapped signs a credential of version 1.1, and then has an inline context define
// the terms of its proof: as they are known, but for some of them. The members of the
// proof that are given in pairs are written anew.
func (m *maker) remapped(terms map[string]string, opt func(*proof.SignOptions), members ...string) jcs.Value {
	m.t.Helper()
	const v1 = "https://www.w3.org/2018/credentials/v1"
	doc := m.decode(`{"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":["VerifiableCredential"],"issuer":"https://vc.example/issuers/5678",
		"issuanceDate":"2026-01-01T00:00:00Z","credentialSubject":{"id":"did:example:abcdefgh"}}`)
	signed := m.sign(doc.With("@context", jcs.Array(text(v1), text("https://w3id.org/security/data-integrity/v2"))), m.ed, rdfc(m.ed), func(o *proof.SignOptions) {
		if opt != nil {
			opt(o)
		}
	})
	iri := func(name, usual string) string {
		if other, ok := terms[name]; ok {
			return `"` + other + `"`
		}
		return `"` + usual + `"`
	}
	const sec = "https://w3id.org/security#"
	inline := m.decode(`{"DataIntegrityProof":{"@id":"` + sec + `DataIntegrityProof","@context":{
		"created":{"@id":"http://purl.org/dc/terms/created","@type":"http://www.w3.org/2001/XMLSchema#dateTime"},
		"challenge":` + iri("challenge", sec+"challenge") + `,"nonce":` + iri("nonce", sec+"nonce") + `,
		"cryptosuite":{"@id":"` + sec + `cryptosuite","@type":"` + sec + `cryptosuiteString"},
		"verificationMethod":{"@id":"` + sec + `verificationMethod","@type":"@id"},
		"proofPurpose":{"@id":"` + sec + `proofPurpose","@type":"@vocab","@context":{
			"assertionMethod":` + iri("assertionMethod", sec+"assertionMethod") + `}}}}}`)
	p := member(signed, "proof")
	for i := 0; i+1 < len(members); i += 2 {
		p = p.With(members[i], text(members[i+1]))
	}
	return signed.With("@context", jcs.Array(text(v1), inline)).With("proof", p)
}

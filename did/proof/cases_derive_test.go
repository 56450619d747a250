package proof_test

import (
	"slices"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
)

const ungenerated = "PROOF_GENERATION_ERROR"

func (m *maker) derivations() []deriveVector {
	d := m.sailing()
	base := m.disclosable(d, m.p256, "/issuer", "/credentialSubject/sails/1")
	bare := m.disclosable(d, m.p256)
	parts := func(i int, v any) jcs.Value {
		p := m.parts(base)
		p[i] = v
		return put(base, pack(baseHeader, p))
	}
	signatures := m.parts(base)[3].([]any)
	named := func(id string) jcs.Value {
		return member(m.sign(d, m.p256, by(proof.ECDSASD2023), func(o *proof.SignOptions) { o.ID, o.Random = id, noise() }), "proof")
	}
	two := d.With("proof", jcs.Array(named("urn:proof:1"), named("urn:proof:2")))
	list := m.decode(`{"@context":["https://www.w3.org/ns/credentials/v2",{"steps":{"@id":"https://example.com/steps","@container":"@list"},"note":"https://example.com/note"}],
		"type":"VerifiableCredential","issuer":"https://vc.example/issuers/5678","credentialSubject":{"steps":[{"note":"a"},"b","c"]}}`)
	const pointers, functions, value = "RFC 6901, ", ecdsa2019 + "3.4.12", ecdsa2019 + "3.5.3"
	return []deriveVector{
		{Name: "one-value", Source: functions, Input: base, Pointers: []string{"/validFrom"}, Code: valid},
		{Name: "values-in-two-arrays", Source: functions, Input: base, Pointers: []string{"/credentialSubject/sails/2/size", "/credentialSubject/boards/0"}, Code: valid},
		{Name: "whole-array", Source: functions, Input: base, Pointers: []string{"/credentialSubject/boards"}, Code: valid},
		{Name: "whole-document", Source: pointers + "5", Input: base, Pointers: []string{""}, Code: valid},
		{Name: "what-is-mandatory-anyway", Source: functions, Input: base, Pointers: []string{"/issuer"}, Code: valid},
		{Name: "one-base-proof-of-two", Source: functions, Input: two, Pointers: []string{"/issuer"}, ProofID: "urn:proof:2", Code: valid},
		{Name: "whole-rdf-list", Source: "JSON-LD 1.1, 4.3.1", Input: m.disclosable(list, m.p256, "/issuer"), Pointers: []string{"/credentialSubject/steps"}, Code: valid},
		{Name: "part-of-an-rdf-list", Source: "JSON-LD 1.1, 4.3.1: a shorter list is another list", Input: m.disclosable(list, m.p256, "/issuer"), Pointers: []string{"/credentialSubject/steps/1"}, Code: ungenerated},
		{Name: "pointer-at-nothing", Source: functions, Input: base, Pointers: []string{"/validUntil"}, Code: ungenerated},
		{Name: "pointer-into-a-string", Source: functions, Input: base, Pointers: []string{"/issuer/id"}, Code: ungenerated},
		{Name: "pointer-without-slash", Source: pointers + "3", Input: base, Pointers: []string{"validFrom"}, Code: ungenerated},
		{Name: "pointer-as-fragment", Source: pointers + "6", Input: base, Pointers: []string{"#/validFrom"}, Code: ungenerated},
		{Name: "pointer-past-the-end", Source: pointers + "4", Input: base, Pointers: []string{"/credentialSubject/sails/3"}, Code: ungenerated},
		{Name: "pointer-behind-the-end", Source: pointers + "4: -", Input: base, Pointers: []string{"/credentialSubject/sails/-"}, Code: ungenerated},
		{Name: "pointer-with-a-leading-zero", Source: pointers + "4", Input: base, Pointers: []string{"/credentialSubject/sails/01"}, Code: ungenerated},
		{Name: "pointer-with-a-negative-index", Source: pointers + "4", Input: base, Pointers: []string{"/credentialSubject/sails/-1"}, Code: ungenerated},
		{Name: "pointer-with-a-bad-escape", Source: pointers + "3", Input: base, Pointers: []string{"/~2"}, Code: ungenerated},
		{Name: "pointer-with-a-tilde-at-the-end", Source: pointers + "3", Input: base, Pointers: []string{"/~"}, Code: ungenerated},
		{Name: "pointer-with-a-slash-at-the-end", Source: pointers + "4", Input: base, Pointers: []string{"/credentialSubject/"}, Code: ungenerated},
		{Name: "pointer-into-the-proof", Source: functions + ": of the unsecured document", Input: base, Pointers: []string{"/proof/created"}, Code: ungenerated},
		{Name: "513-pointers", Source: "at most 512 are read", Input: base, Pointers: slices.Repeat([]string{"/issuer"}, 513), Code: ungenerated},
		{Name: "nothing-to-show", Source: functions, Input: bare, Pointers: []string{}, Code: ungenerated},
		{Name: "two-base-proofs-unnamed", Source: functions, Input: two, Pointers: []string{"/issuer"}, Code: ungenerated},
		{Name: "base-proof-of-another-name", Source: functions, Input: two, Pointers: []string{"/issuer"}, ProofID: "urn:proof:3", Code: unverified},
		{Name: "no-proof-to-derive-from", Source: functions, Input: d, Pointers: []string{"/issuer"}, Code: parsing},
		{Name: "proof-of-another-suite", Source: functions, Input: m.sign(d, m.ed), Pointers: []string{"/issuer"}, Code: unverified},
		{Name: "derived-proof-to-derive-from", Source: value, Input: m.derive(base, "/validFrom"), Pointers: []string{"/issuer"}, Code: unverified},
		{Name: "base-value-of-four-parts", Source: value, Input: put(base, pack(baseHeader, m.parts(base)[:4])), Pointers: []string{"/issuer"}, Code: unverified},
		{Name: "base-value-with-derived-header", Source: value, Input: put(base, pack(derivedHeader, m.parts(base))), Pointers: []string{"/issuer"}, Code: unverified},
		{Name: "base-value-hmac-key-of-16-bytes", Source: value, Input: parts(2, make([]byte, 16)), Pointers: []string{"/validFrom"}, Code: unverified},
		{Name: "base-value-other-hmac-key", Source: value, Input: parts(2, make([]byte, 32)), Pointers: []string{"/validFrom", "/credentialSubject"}, Code: unverified},
		{Name: "base-value-signature-missing", Source: value, Input: parts(3, signatures[1:]), Pointers: []string{"/validFrom"}, Code: unverified},
		{Name: "base-value-signatures-swapped", Source: value, Input: parts(3, append([]any{signatures[1], signatures[0]}, signatures[2:]...)), Pointers: []string{""}, Code: unverified},
		{Name: "base-value-pointer-at-nothing", Source: value, Input: parts(4, []any{"/nothing"}), Pointers: []string{"/validFrom"}, Code: ungenerated},
		{Name: "base-value-pointers-as-numbers", Source: value, Input: parts(4, []any{1}), Pointers: []string{"/validFrom"}, Code: unverified},
		{Name: "base-value-pointer-removed", Source: value, Input: parts(4, []any{"/issuer"}), Pointers: []string{"/validFrom"}, Code: unverified},
		{Name: "base-proof-of-another-document", Source: ecdsa2019 + "3.5.4", Input: base.With("name", text("x")), Pointers: []string{"/name"}, Code: unverified},
		{Name: "base-document-changed", Source: ecdsa2019 + "3.5.4", Input: base.With("validFrom", text("2020-01-01T00:00:00Z")), Pointers: []string{"/validFrom"}, Code: unverified},
		{Name: "base-document-with-a-dropped-term", Source: integrity + "2.4.3", Input: base.With("@ignored", text("x")), Pointers: []string{"/validFrom"}, Code: dataLoss},
		{Name: "base-document-with-a-reserved-iri", Source: "blank nodes are given names while parts are selected", Input: base.With("id", text("urn:bnid:0")), Pointers: []string{"/validFrom"}, Code: ungenerated},
	}
}

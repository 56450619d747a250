package proof_test

import (
	"bytes"
	"encoding/hex"
	"slices"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// sailing is a document with ids, blank nodes, and blank nodes in blank nodes.
func (m *maker) sailing() jcs.Value {
	return m.decode(`{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],
		"type":["VerifiableCredential","SailingCredential"],"issuer":"https://vc.example/issuers/5678","validFrom":"2026-01-01T00:00:00Z",
		"credentialSubject":{"sailNumber":"Earth101","sails":[{"size":5.5,"sailName":"Kihei","year":2023},{"size":6.1,"sailName":"Lahaina","year":2023},{"size":7,"sailName":"Lahaina","year":2020}],
		"boards":[{"boardName":"CompFoil170","brand":"Wailea","year":2022},{"boardName":"Kanaha Custom","brand":"Wailea","year":2019}]}}`)
}

func (m *maker) discloseVectors() vectorFile {
	f := vectorFile{
		Description: "Documents with proofs of ecdsa-sd-2023, as a verifier gets them; otherwise as verify.json.",
		Source:      "made by go test ./did/proof -update from fixed keys; each case names the clause it is about",
		Documents:   m.documents(),
	}
	for _, group := range [][]vector{m.disclosed(), m.disclosedValues(), m.disclosedParts()} {
		f.Cases = append(f.Cases, group...)
	}
	return f.dated()
}

func (m *maker) disclosed() []vector {
	d := m.sailing()
	base := m.disclosable(d, m.p256, "/issuer", "/credentialSubject/sails/1")
	some := m.derive(base, "/credentialSubject/boards/0/year", "/validFrom")
	two := base.With("proof", jcs.Array(member(base, "proof"), member(m.sign(d, m.ed), "proof")))
	type opt = proof.SignOptions
	timed := func(o *opt) {
		o.MandatoryPointers, o.Random, o.Expires = []string{"/issuer"}, noise(), now
	}
	const clause = ecdsa2019 + "3.6.7"
	return []vector{
		{Name: "sd-some-of-it", Source: clause, Input: some, Code: valid},
		{Name: "sd-only-what-is-mandatory", Source: clause, Input: m.derive(base), Code: valid},
		{Name: "sd-everything", Source: clause, Input: m.derive(base, ""), Code: valid},
		{Name: "sd-nothing-mandatory", Source: clause, Input: m.derive(m.disclosable(d, m.p256), "/credentialSubject/sails/0/size"), Code: valid},
		{Name: "sd-from-a-set", Source: clause, Input: m.derive(two, "/validFrom"), Code: valid},
		{Name: "sd-beside-another-proof-of-the-same", Source: integrity + "2.1.1", Input: m.sign(some, m.ed), Code: valid},
		{Name: "sd-base-proof-itself", Source: clause + ": for the holder alone", Input: base, Code: unverified},
		{Name: "sd-other-proof-kept-on-the-derived-document", Source: integrity + "4.5: every proof", Input: attached(some, member(m.sign(d, m.ed), "proof")), Code: unverified},
		{Name: "sd-mandatory-statement-left-out", Source: clause, Input: some.Without("issuer"), Code: unverified},
		{Name: "sd-mandatory-statement-changed", Source: clause, Input: some.With("issuer", text("https://vc.example/issuers/5679")), Code: unverified},
		{Name: "sd-statement-changed", Source: clause, Input: some.With("validFrom", text("2025-01-01T00:00:00Z")), Code: unverified},
		{Name: "sd-statement-added", Source: clause, Input: some.With("validUntil", text("2036-01-01T00:00:00Z")), Code: unverified},
		{Name: "sd-statement-left-out", Source: clause, Input: some.Without("validFrom"), Code: unverified},
		{Name: "sd-statement-of-another-object", Source: clause, Input: m.swapped(base), Code: unverified},
		{Name: "sd-dropped-term", Source: integrity + "2.4.3", Input: some.With("@ignored", text("x")), Code: dataLoss},
		{Name: "sd-relative-id", Source: integrity + "2.4.3", Input: some.With("id", text("x")), Code: dataLoss},
		{Name: "sd-unknown-context", Source: "contexts are never loaded", Input: some.With("@context", jcs.Array(member(some, "@context").At(0), text("https://context.example/v1"))), Code: untransformed},
		{Name: "sd-created-changed", Source: clause, Input: edit(some, "created", text("2026-01-02T00:00:00Z")), Code: unverified},
		{Name: "sd-domain-added", Source: clause, Input: edit(some, "domain", text("a.example")), Code: unverified},
		{Name: "sd-challenge-other-than-expected", Source: integrity + "4.4", Options: expect{Challenge: "x"}, Input: some, Code: "INVALID_CHALLENGE_ERROR"},
		{Name: "sd-expired", Source: integrity + "2.1", Input: m.derive(m.sign(d, m.p256, by(proof.ECDSASD2023), timed), "/validFrom"), Code: unverified},
		{Name: "sd-expires-removed", Source: clause, Input: cut(m.derive(m.sign(d, m.p256, by(proof.ECDSASD2023), timed), "/validFrom"), "expires"), Code: unverified},
		{Name: "sd-previous-proof", Source: "a derived document cannot carry what previousProof binds", Input: edit(m.sign(some, m.ed), "previousProof", text("urn:x:1")).With("proof", jcs.Array(
			member(some, "proof").With("previousProof", text("urn:proof:1")), member(m.sign(some.Without("proof"), m.ed, func(o *opt) { o.ID = "urn:proof:1" }), "proof"))), Code: unverified},
		{Name: "sd-method-of-another-key", Source: clause, Input: edit(some, "verificationMethod", text(key.MethodID(m.key(multikey.P256, 9).Public()))), Code: unverified},
		{Name: "sd-p-384-key", Source: ecdsa2019 + "3.6: P-256", Input: edit(some, "verificationMethod", text(key.MethodID(m.p384.Public()))), Code: unverified},
		{Name: "sd-ed25519-key", Source: ecdsa2019 + "3.6: P-256", Input: edit(some, "verificationMethod", text(key.MethodID(m.ed.Public()))), Code: unverified},
		{Name: "sd-under-the-rdfc-name", Source: ecdsa2019 + "3.2", Input: edit(some, "cryptosuite", text(proof.ECDSARDFC2019)), Code: unverified},
	}
}

// swapped says of one sail what was signed of another.
func (m *maker) swapped(base jcs.Value) jcs.Value {
	some := m.derive(base, "/credentialSubject/sails/0/size", "/credentialSubject/sails/2/sailName")
	subject := member(some, "credentialSubject")
	sails := slices.Collect(member(subject, "sails").Elems())
	size := member(sails[0], "size")
	sails[0], sails[2] = sails[0].Without("size"), sails[2].With("size", size)
	return some.With("credentialSubject", subject.With("sails", jcs.Array(sails...)))
}

// disclosedValues are proof values that are no derived proof values.
func (m *maker) disclosedValues() []vector {
	base := m.disclosable(m.sailing(), m.p256, "/issuer", "/credentialSubject/sails/1")
	some := m.derive(base, "/credentialSubject/boards/0/year", "/validFrom")
	good := func() []any { return m.parts(some) }
	data := derivedHeader + string(encodeCBOR(good()))
	value, _ := member(some, "proof").GetString("proofValue")
	changed := func(change func(p []any) []any) jcs.Value { return put(some, pack(derivedHeader, change(good()))) }
	set := func(i int, v any) jcs.Value { return changed(func(p []any) []any { p[i] = v; return p }) }
	part := func(i int) []byte { return good()[i].([]byte) }
	numbers := make([]int, 64)
	const clause = ecdsa2019 + "3.5.8"
	return []vector{
		{Name: "sd-value-base58", Source: clause, Input: put(some, "z"+value[1:]), Code: unverified},
		{Name: "sd-value-padded", Source: clause + ": without padding", Input: put(some, value+"="), Code: unverified},
		{Name: "sd-value-base64-not-url", Source: clause, Input: put(some, value[:40]+"+"+value[41:]), Code: unverified},
		{Name: "sd-value-only-header", Source: clause, Input: put(some, "u"), Code: unverified},
		{Name: "sd-value-base-header-over-derived-parts", Source: clause, Input: put(some, pack(baseHeader, good())), Code: unverified},
		{Name: "sd-value-derived-header-over-base-parts", Source: clause, Input: put(base, pack(derivedHeader, m.parts(base))), Code: unverified},
		{Name: "sd-value-unknown-header", Source: clause, Input: put(some, pack("\xd9\x5d\x02", good())), Code: unverified},
		{Name: "sd-value-without-cbor", Source: clause, Input: put(some, wrap(derivedHeader)), Code: unverified},
		{Name: "sd-value-truncated", Source: clause, Input: put(some, wrap(data[:len(data)-1])), Code: unverified},
		{Name: "sd-value-truncated-in-a-signature", Source: clause, Input: put(some, wrap(data[:200])), Code: unverified},
		{Name: "sd-value-with-something-behind", Source: clause, Input: put(some, wrap(data+"\x00")), Code: unverified},
		{Name: "sd-value-null", Source: clause, Input: put(some, wrap(derivedHeader+"\xf6")), Code: unverified},
		{Name: "sd-value-of-four-parts", Source: clause, Input: changed(func(p []any) []any { return p[:4] }), Code: unverified},
		{Name: "sd-value-of-six-parts", Source: clause, Input: changed(func(p []any) []any { return append(p, 1) }), Code: unverified},
		{Name: "sd-value-indefinite-length", Source: "RFC 8949, 4.2: not deterministic", Input: put(some, wrap(derivedHeader+"\x9f"+data[4:]+"\xff")), Code: unverified},
		{Name: "sd-value-tagged", Source: clause + ": tagging MUST NOT be used", Input: put(some, wrap(derivedHeader+"\x85\xd8\x40"+data[4:])), Code: unverified},
		{Name: "sd-value-array-longer-than-the-data", Source: "allocation by announced length", Input: put(some, wrap(data[:3]+"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff")), Code: unverified},
		{Name: "sd-base-signature-of-63-bytes", Source: clause, Input: set(0, part(0)[:63]), Code: unverified},
		{Name: "sd-base-signature-as-numbers", Source: clause, Input: set(0, numbers), Code: unverified},
		{Name: "sd-base-signature-as-text", Source: clause, Input: set(0, hex.EncodeToString(part(0))[:64]), Code: unverified},
		{Name: "sd-base-signature-null", Source: clause, Input: set(0, nil), Code: unverified},
		{Name: "sd-public-key-without-prefix", Source: clause, Input: set(1, part(1)[2:]), Code: unverified},
		{Name: "sd-public-key-with-the-prefix-of-p-384", Source: ecdsa2019 + "3.6.5", Input: set(1, append([]byte{0x81, 0x24}, part(1)[2:]...)), Code: unverified},
		{Name: "sd-public-key-not-on-the-curve", Source: ecdsa2019 + "3.6.5", Input: set(1, append([]byte{0x80, 0x24, 5}, part(1)[3:]...)), Code: unverified},
		{Name: "sd-signatures-null", Source: clause, Input: set(2, nil), Code: unverified},
		{Name: "sd-signature-of-65-bytes", Source: clause, Input: set(2, []any{make([]byte, 65)}), Code: unverified},
		{Name: "sd-labels-as-array", Source: clause, Input: set(3, []any{make([]byte, 32)}), Code: unverified},
		{Name: "sd-indexes-as-text", Source: clause, Input: set(4, []any{"0"}), Code: unverified},
		{Name: "sd-indexes-as-fractions", Source: clause, Input: set(4, []any{0.5}), Code: unverified},
		{Name: "sd-indexes-negative", Source: clause, Input: set(4, []any{-1}), Code: unverified},
	}
}

// disclosedParts are derived proof values whose parts do not go together.
func (m *maker) disclosedParts() []vector {
	d := m.sailing()
	base := m.disclosable(d, m.p256, "/issuer", "/credentialSubject/sails/1")
	some := m.derive(base, "/credentialSubject/boards/0/year", "/validFrom")
	good := func() []any { return m.parts(some) }
	set := func(i int, v any) jcs.Value {
		p := good()
		p[i] = v
		return put(some, pack(derivedHeader, p))
	}
	signatures := good()[2].([]any)
	indexes := good()[4].([]any)
	labels := func(change func(map[any]any)) jcs.Value {
		l := good()[3].(map[any]any)
		change(l)
		return set(3, l)
	}
	const zero, one = uint64(0), uint64(1)
	all := m.parts(m.derive(base, ""))
	foreign := m.derive(m.disclosable(d.With("validFrom", text("2020-01-01T00:00:00Z")), m.p256, "/issuer", "/credentialSubject/sails/1"), "/credentialSubject/boards/0/year", "/validFrom")
	doubled := func() string {
		p := good()
		l := p[3].(map[any]any)
		head := append([]byte{0x85}, encodeCBOR(p[0])...)
		head = append(append(head, encodeCBOR(p[1])...), encodeCBOR(p[2])...)
		head = append(head, 0xa0|byte(len(l)+1), 0)
		head = append(head, encodeCBOR(l[zero])...)
		head = append(head, encodeCBOR(l)[1:]...)
		return wrap(derivedHeader + string(append(head, encodeCBOR(p[4])...)))
	}
	const clause = ecdsa2019 + "3.5.9"
	return []vector{
		{Name: "sd-signature-missing", Source: ecdsa2019 + "3.6.7, step 3", Input: set(2, signatures[1:]), Code: unverified},
		{Name: "sd-signature-too-many", Source: ecdsa2019 + "3.6.7, step 3", Input: set(2, append(slices.Clone(signatures), signatures[0])), Code: unverified},
		{Name: "sd-no-signatures", Source: ecdsa2019 + "3.6.7, step 3", Input: set(2, []any{}), Code: unverified},
		{Name: "sd-signatures-swapped", Source: ecdsa2019 + "3.6.7", Input: set(2, append([]any{signatures[1], signatures[0]}, signatures[2:]...)), Code: unverified},
		{Name: "sd-signature-of-zeros", Source: ecdsa2019 + "3.6.7", Input: set(2, append([]any{make([]byte, 64)}, signatures[1:]...)), Code: unverified},
		{Name: "sd-signatures-of-all-statements", Source: ecdsa2019 + "3.6.7, step 3", Input: set(2, all[2]), Code: unverified},
		{Name: "sd-labels-missing", Source: clause, Input: set(3, map[any]any{}), Code: unverified},
		{Name: "sd-label-missing-at-the-end", Source: clause, Input: labels(func(l map[any]any) { delete(l, uint64(len(l)-1)) }), Code: unverified},
		{Name: "sd-label-gap", Source: clause + ": c14n labels have no gaps", Input: labels(func(l map[any]any) { l[uint64(9)] = l[zero]; delete(l, zero) }), Code: unverified},
		{Name: "sd-label-too-many", Source: clause, Input: labels(func(l map[any]any) { l[uint64(len(l))] = make([]byte, 32) }), Code: unverified},
		{Name: "sd-label-twice", Source: clause + ": two blank nodes would become one", Input: labels(func(l map[any]any) { l[one] = l[zero] }), Code: unverified},
		{Name: "sd-labels-swapped", Source: clause, Input: labels(func(l map[any]any) { l[one], l[zero] = l[zero], l[one] }), Code: unverified},
		{Name: "sd-label-of-31-bytes", Source: clause, Input: labels(func(l map[any]any) { l[zero] = l[zero].([]byte)[:31] }), Code: unverified},
		{Name: "sd-label-beyond-range", Source: clause, Input: labels(func(l map[any]any) { l[^zero] = l[zero]; delete(l, zero) }), Code: unverified},
		{Name: "sd-label-negative", Source: clause, Input: labels(func(l map[any]any) { l[int64(-1)] = l[zero]; delete(l, zero) }), Code: unverified},
		{Name: "sd-label-key-is-text", Source: clause, Input: labels(func(l map[any]any) { l["c14n0"] = l[zero]; delete(l, zero) }), Code: unverified},
		{Name: "sd-label-key-doubled", Source: "RFC 8949, 5.6: duplicate map keys", Input: put(some, doubled()), Code: unverified},
		{Name: "sd-indexes-decrease", Source: clause, Input: set(4, append([]any{indexes[1], indexes[0]}, indexes[2:]...)), Code: unverified},
		{Name: "sd-index-twice", Source: clause, Input: set(4, append([]any{indexes[0], indexes[0]}, indexes[1:]...)), Code: unverified},
		{Name: "sd-index-beyond-the-statements", Source: clause, Input: set(4, append(slices.Clone(indexes[1:]), 99)), Code: unverified},
		{Name: "sd-index-beyond-range", Source: clause, Input: set(4, append(slices.Clone(indexes[1:]), ^zero)), Code: unverified},
		{Name: "sd-index-missing", Source: clause + ": a mandatory statement passed off as selected", Input: set(4, indexes[1:]), Code: unverified},
		{Name: "sd-index-of-another-statement", Source: clause, Input: set(4, append(slices.Clone(indexes[:len(indexes)-1]), indexes[len(indexes)-1].(uint64)-1)), Code: unverified},
		{Name: "sd-no-indexes", Source: clause, Input: set(4, []any{}), Code: unverified},
		{Name: "sd-statement-key-replaced", Source: ecdsa2019 + "3.6.7: the issuer signs the key", Input: m.usurped(some), Code: unverified},
		{Name: "sd-proof-of-another-document", Source: ecdsa2019 + "3.6.7", Input: some.With("proof", member(foreign, "proof")), Code: unverified},
		{Name: "sd-base-signature-of-another-document", Source: ecdsa2019 + "3.6.7", Code: unverified,
			Input: set(0, m.parts(m.derive(m.disclosable(d, m.p256, "/type"), "/validFrom"))[0])},
	}
}

// usurped has statements signed with the key of somebody else, which is put in
// place of the issuer's.
func (m *maker) usurped(some jcs.Value) jcs.Value {
	changed := m.sailing().With("validFrom", text("2020-01-01T00:00:00Z"))
	own := m.sign(changed, m.key(multikey.P256, 77), by(proof.ECDSASD2023), func(o *proof.SignOptions) {
		o.MandatoryPointers = []string{"/issuer", "/credentialSubject/sails/1"}
		o.Random = bytes.NewReader(append(bytes.Repeat([]byte{0x5a}, 32), bytes.Repeat([]byte{0x23}, 32)...))
	})
	other := m.derive(own, "/credentialSubject/boards/0/year", "/validFrom")
	p := m.parts(other)
	p[0] = m.parts(some)[0]
	return other.With("proof", member(put(some, pack(derivedHeader, p)), "proof"))
}

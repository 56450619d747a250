package proof_test

import (
	"encoding/asn1"
	"math/big"
	"strings"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

const (
	valid      = "valid"
	parsing    = "PARSING_ERROR"
	unverified = "PROOF_VERIFICATION_ERROR"

	integrity = "Data Integrity 1.0, "
	suites    = "Data Integrity EdDSA and ECDSA Cryptosuites 1.0, "
	cid       = "Controlled Identifiers 1.0, "
)

func (m *maker) vectors() vectorFile {
	f := vectorFile{
		Description: "Documents secured with eddsa-jcs-2022 and ecdsa-jcs-2019, what the verifier expects (purpose, domain as a set, challenge, " +
			"the time), and the outcome: valid, or the error type without https://w3id.org/security#. documents are what DIDs other than did:key " +
			"resolve to; an empty one is deactivated. All proofs of a document must hold.",
		Source:    "made by go test ./did/proof -update from fixed keys; each case names the clause it is about",
		Documents: m.documents(),
	}
	for _, group := range [][]vector{
		m.positive(), m.chains(), m.shapes(), m.expectations(), m.contexts(), m.signatures(), m.retrieval(),
	} {
		f.Cases = append(f.Cases, group...)
	}
	return f.dated()
}

// dated has now in every case that has no time of its own.
func (f vectorFile) dated() vectorFile {
	for i := range f.Cases {
		if f.Cases[i].Options.Now == "" {
			f.Cases[i].Options.Now = now.Format(time.RFC3339)
		}
	}
	return f
}

func text(s string) jcs.Value { return jcs.FromString(s) }

func (m *maker) positive() []vector {
	d := m.document
	type opt = proof.SignOptions
	high := m.sign(d, m.p256)
	return []vector{
		{Name: "ed25519", Source: suites + "3.3", Input: m.sign(d, m.ed), Code: valid},
		{Name: "p-256", Source: suites + "3.3", Input: m.sign(d, m.p256), Code: valid},
		{Name: "p-384-hashes-with-sha-384", Source: suites + "3.3.4", Input: m.sign(d, m.p384), Code: valid},
		{Name: "ecdsa-signature-with-the-other-s", Source: "FIPS 186-5, 6.4.2: both s and n-s verify", Code: valid,
			Input: edit(high, "proofValue", text(m.otherS(member(high, "proof"))))},
		{Name: "without-created", Source: integrity + "2.1", Input: m.sign(d, m.ed, func(o *opt) { o.Created = time.Time{} }), Code: valid},
		{Name: "created-without-offset", Source: integrity + "2.1: interpreted as UTC", Code: valid,
			Input: m.attach(d, d, m.config(d, m.ed).With("created", text("2026-01-01T00:00:00")), m.ed)},
		{Name: "created-with-offset-and-fraction", Source: integrity + "2.1", Code: valid,
			Input: m.attach(d, d, m.config(d, m.ed).With("created", text("2026-01-01T01:00:00.25+01:00")), m.ed)},
		{Name: "expires-without-offset-just-after-now", Source: integrity + "2.1: interpreted as UTC", Code: valid,
			Input: m.attach(d, d, m.config(d, m.ed).With("expires", text("2026-06-01T00:00:01")), m.ed)},
		{Name: "unknown-members-of-the-proof-are-signed", Source: suites + "3.3.5", Code: valid,
			Input: m.attach(d, d, m.config(d, m.ed).With("https://example/term", jcs.FromInt(1)), m.ed)},
		{Name: "array-of-one-proof", Source: integrity + "2.1", Code: valid,
			Input: d.With("proof", jcs.Array(member(m.sign(d, m.ed), "proof")))},
		{Name: "document-without-context", Source: integrity + "2.1", Input: m.sign(m.noTerms, m.ed), Code: valid},
		{Name: "set-of-three-suites", Source: integrity + "2.1.1", Input: m.sign(m.sign(m.sign(d, m.ed), m.p256), m.p384), Code: valid},
		{Name: "text-beyond-the-basic-plane", Source: "RFC 8785, 3.2.3: members sorted by UTF-16", Code: valid,
			Input: m.sign(m.noTerms.With("\U0001F600", text("\u20ac")).With("\uFB33", text("\b\u2028<&>\"")), m.ed)},
	}
}

// otherS replaces s by n-s in a P-256 proof.
func (m *maker) otherS(p jcs.Value) string {
	n, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	sig := m.signature(p)
	s := new(big.Int).SetBytes(sig[32:])
	n.Sub(n, s).FillBytes(sig[32:])
	return encoded(multibase.Base58BTC, sig)
}

func (m *maker) signature(p jcs.Value) []byte {
	value, _ := p.GetString("proofValue")
	_, sig, err := multibase.Decode(value)
	if err != nil {
		m.t.Fatal(err)
	}
	return sig
}

// signatures are wrong in what was signed or how it is written.
func (m *maker) signatures() []vector {
	d := m.document
	ed, p256 := m.sign(d, m.ed), m.sign(d, m.p256)
	sig := m.signature(member(ed, "proof"))
	config := m.config(d, m.ed)
	flipped := append([]byte(nil), sig...)
	flipped[40] ^= 1
	sign := func(k multikey.PrivateKey, message ...[]byte) string {
		var all []byte
		for _, part := range message {
			all = append(all, part...)
		}
		return m.value(k, all)
	}
	p384 := m.config(d, m.p384)
	narrow := m.p256 // hashes with SHA-256
	return []vector{
		{Name: "document-changed", Source: suites + "3.3.2", Input: ed.With("issuer", text("https://vc.example/issuers/5679")), Code: unverified},
		{Name: "document-member-added", Source: suites + "3.3.2", Input: ed.With("name", text("x")), Code: unverified},
		{Name: "document-member-removed", Source: suites + "3.3.2", Input: ed.Without("id"), Code: unverified},
		{Name: "created-changed", Source: suites + "3.3.5", Input: edit(ed, "created", text("2026-01-01T00:00:01Z")), Code: unverified},
		{Name: "created-removed", Source: suites + "3.3.5", Input: cut(ed, "created"), Code: unverified},
		{Name: "member-added-to-proof", Source: suites + "3.3.5", Input: edit(ed, "nonce", text("x")), Code: unverified},
		{Name: "signature-bit-flipped", Source: suites + "3.3.7", Input: put(ed, encoded(multibase.Base58BTC, flipped)), Code: unverified},
		{Name: "document-hash-first", Source: suites + "3.3.4: the configuration comes first", Code: unverified,
			Input: put(ed, sign(m.ed, hash(m.ed, d), hash(m.ed, config)))},
		{Name: "configuration-hashed-with-proof-value", Source: suites + "3.3.1", Code: unverified,
			Input: put(ed, sign(m.ed, hash(m.ed, member(ed, "proof")), hash(m.ed, d)))},
		{Name: "configuration-hashed-without-context", Source: suites + "3.3.1", Code: unverified,
			Input: put(ed, sign(m.ed, hash(m.ed, config.Without("@context")), hash(m.ed, d)))},
		{Name: "only-the-document-hash-signed", Source: suites + "3.3.4", Input: put(ed, sign(m.ed, hash(m.ed, d))), Code: unverified},
		{Name: "p-384-with-sha-256", Source: suites + "3.3.4", Code: unverified,
			Input: d.With("proof", p384.With("proofValue", text(sign(m.p384, hash(narrow, p384), hash(narrow, d)))))},
		{Name: "der-signature", Source: suites + "3.3.6: r and s, never DER", Input: put(p256, m.der(member(p256, "proof"))), Code: unverified},
		{Name: "base64url-proof-value", Source: suites + "3.3.1: base58-btc", Input: put(ed, encoded(multibase.Base64url, sig)), Code: unverified},
		{Name: "base16-proof-value", Source: suites + "3.3.1: base58-btc", Input: put(ed, encoded(multibase.Base16, sig)), Code: unverified},
		{Name: "proof-value-without-header", Source: cid + "2.4", Input: put(ed, encoded(multibase.Base58BTC, sig)[1:]), Code: unverified},
		{Name: "proof-value-outside-the-alphabet", Source: cid + "2.4", Input: put(ed, encoded(multibase.Base58BTC, sig)[:80]+"0OIl"), Code: unverified},
		{Name: "proof-value-63-bytes", Source: suites + "3.3.6", Input: put(ed, encoded(multibase.Base58BTC, sig[:63])), Code: unverified},
		{Name: "proof-value-65-bytes", Source: suites + "3.3.6", Input: put(ed, encoded(multibase.Base58BTC, append(sig[:64:64], 0))), Code: unverified},
		{Name: "proof-value-with-leading-zero-byte", Source: suites + "3.3.6", Input: put(ed, "z1"+encoded(multibase.Base58BTC, sig)[1:]), Code: unverified},
		{Name: "proof-value-of-20000-digits", Source: "base58 costs the square of its length", Input: put(ed, "z"+strings.Repeat("2", 20000)), Code: unverified},
		{Name: "proof-value-empty", Source: cid + "2.4", Input: put(ed, ""), Code: unverified},
		{Name: "proof-value-only-header", Source: cid + "2.4", Input: put(ed, "z"), Code: unverified},
		{Name: "proof-value-missing", Source: integrity + "2.1", Input: cut(ed, "proofValue"), Code: unverified},
		{Name: "signed-by-another-key", Source: suites + "3.3.7", Input: m.attach(d, d, config, m.other), Code: unverified},
		{Name: "ed25519-key-named-for-ecdsa", Source: suites + "2.1", Input: m.attach(d, d, config.With("cryptosuite", text(proof.ECDSAJCS2019)), m.ed), Code: unverified},
		{Name: "p-256-key-named-for-eddsa", Source: suites + "2.1", Code: unverified,
			Input: m.attach(d, d, m.config(d, m.p256).With("cryptosuite", text(proof.EdDSAJCS2022)), m.p256)},
		{Name: "p-256-signature-under-a-p-384-key", Source: suites + "3.3.6", Code: unverified,
			Input: m.attach(d, d, m.config(d, m.p256).With("verificationMethod", text(key.MethodID(m.p384.Public()))), m.p256)},
		{Name: "one-bad-proof-in-a-set", Source: integrity + "4.5: every proof", Input: attached(m.sign(d, m.p256), member(put(ed, encoded(multibase.Base58BTC, flipped)), "proof")), Code: unverified},
	}
}

func (m *maker) der(p jcs.Value) string {
	sig := m.signature(p)
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])})
	if err != nil {
		m.t.Fatal(err)
	}
	return encoded(multibase.Base58BTC, der)
}

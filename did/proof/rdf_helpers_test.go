package proof_test

import (
	"bytes"
	"encoding/base64"

	"github.com/fxamacker/cbor/v2"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// by names a cryptosuite for Sign.
func by(suite string) func(*proof.SignOptions) {
	return func(o *proof.SignOptions) { o.Cryptosuite = suite }
}

// rdfc is the suite of RDFC-1.0 for a key.
func rdfc(k multikey.PrivateKey) func(*proof.SignOptions) {
	if k.Public().Type() == multikey.Ed25519 {
		return by(proof.EdDSARDFC2022)
	}
	return by(proof.ECDSARDFC2019)
}

// quads is the canonical form of v by RDFC-1.0 with the hash of k.
func (m *maker) quads(k multikey.PrivateKey, v jcs.Value) []byte {
	m.t.Helper()
	h := jsonld.SHA256
	if k.Public().Type() == multikey.P384 {
		h = jsonld.SHA384
	}
	text, err := jsonld.Default().Canonicalize(v, h)
	if err != nil {
		m.t.Fatal(err)
	}
	return text
}

// rdfHash is the hash that k signs of v as RDF.
func (m *maker) rdfHash(k multikey.PrivateKey, v jcs.Value) []byte { return sum(k, m.quads(k, v)) }

// rdfConfig returns the configuration that Sign would make for doc, with the
// document's @context as it is hashed.
func (m *maker) rdfConfig(doc jcs.Value, k multikey.PrivateKey) jcs.Value {
	return member(m.sign(doc.Without("proof"), k, rdfc(k)), "proof").Without("proofValue").With("@context", member(doc, "@context"))
}

// attachRDF signs as Sign does, but whatever configuration is given, over
// whatever document, and puts the proof on doc beside those that are there.
func (m *maker) attachRDF(doc, signed, config jcs.Value, k multikey.PrivateKey) jcs.Value {
	m.t.Helper()
	hashed := config.With("@context", member(signed, "@context"))
	value := m.value(k, append(m.rdfHash(k, hashed), m.rdfHash(k, signed)...))
	return attached(doc, config.With("proofValue", jcs.FromString(value)))
}

// put gives the proof of a document another proofValue.
func put(doc jcs.Value, value string) jcs.Value { return edit(doc, "proofValue", text(value)) }

// noise is a source of randomness that is always the same: the HMAC key, then the
// secret of the statements' key.
func noise() *bytes.Reader {
	return bytes.NewReader(append(bytes.Repeat([]byte{0x5a}, 32), bytes.Repeat([]byte{0x17}, 32)...))
}

// disclosable is doc with a base proof of ecdsa-sd-2023 by k.
func (m *maker) disclosable(doc jcs.Value, k multikey.PrivateKey, mandatory ...string) jcs.Value {
	m.t.Helper()
	return m.sign(doc, k, by(proof.ECDSASD2023), func(o *proof.SignOptions) {
		o.MandatoryPointers, o.Random = mandatory, noise()
	})
}

func (m *maker) derive(doc jcs.Value, pointers ...string) jcs.Value {
	m.t.Helper()
	derived, err := proof.Derive(doc, pointers, proof.DeriveOptions{})
	if err != nil {
		m.t.Fatal(err)
	}
	return derived
}

// parts are the items of a proof value of ecdsa-sd-2023.
func (m *maker) parts(doc jcs.Value) []any {
	m.t.Helper()
	value, _ := member(doc, "proof").GetString("proofValue")
	data, err := base64.RawURLEncoding.DecodeString(value[1:])
	if err != nil {
		m.t.Fatal(err)
	}
	var parts []any
	if err := cbor.Unmarshal(data[3:], &parts); err != nil {
		m.t.Fatal(err)
	}
	return parts
}

const (
	baseHeader    = "\xd9\x5d\x00"
	derivedHeader = "\xd9\x5d\x01"
)

// pack writes a proof value of ecdsa-sd-2023.
func pack(header string, parts []any) string { return wrap(header + string(encodeCBOR(parts))) }

func wrap(data string) string { return "u" + base64.RawURLEncoding.EncodeToString([]byte(data)) }

func encodeCBOR(v any) []byte {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	data, err := mode.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

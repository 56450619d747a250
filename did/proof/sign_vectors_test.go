package proof_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// signFile is vectors/proof/sign.json.
type signFile struct {
	Description string       `json:"description"`
	Source      string       `json:"source"`
	Cases       []signVector `json:"cases"`
}

// signVector has every value that comes up while a document is signed.
type signVector struct {
	Name                 string    `json:"name"`
	Source               string    `json:"source"`
	SecretKeyMultibase   string    `json:"secretKeyMultibase"`
	Cryptosuite          string    `json:"cryptosuite"`
	Document             jcs.Value `json:"document"`
	Created              string    `json:"created"`
	CanonicalDocument    string    `json:"canonicalDocument"`
	CanonicalProofConfig string    `json:"canonicalProofConfig"`
	HashData             string    `json:"hashData"`
	Signature            string    `json:"signature"`
	Secured              jcs.Value `json:"secured"`
}

func (m *maker) signVector(name, source string, doc jcs.Value, k multikey.PrivateKey) signVector {
	secured := m.sign(doc, k)
	p := member(secured, "proof")
	config := p.Without("proofValue")
	return signVector{
		Name: name, Source: source, SecretKeyMultibase: k.Multibase(), Document: doc,
		Cryptosuite:          proof.SuiteFor(k.Public().Type()),
		Created:              options(k).Created.Format(time.RFC3339),
		CanonicalDocument:    string(doc.Canonical()),
		CanonicalProofConfig: string(config.Canonical()),
		HashData:             hex.EncodeToString(append(hash(k, config), hash(k, doc)...)),
		Signature:            hex.EncodeToString(m.signature(p)),
		Secured:              secured,
	}
}

// rdfSignVector is signVector for the suites of RDFC-1.0.
func (m *maker) rdfSignVector(name, source string, doc jcs.Value, k multikey.PrivateKey) signVector {
	secured := m.sign(doc, k, rdfc(k))
	p := member(secured, "proof")
	suite, _ := p.GetString("cryptosuite")
	canonical := m.quads(k, doc)
	config := m.quads(k, p.Without("proofValue").With("@context", member(doc, "@context")))
	return signVector{
		Name: name, Source: source, SecretKeyMultibase: k.Multibase(), Cryptosuite: suite, Document: doc,
		Created:              options(k).Created.Format(time.RFC3339),
		CanonicalDocument:    string(canonical),
		CanonicalProofConfig: string(config),
		HashData:             hex.EncodeToString(append(sum(k, config), sum(k, canonical)...)),
		Signature:            hex.EncodeToString(m.signature(p)),
		Secured:              secured,
	}
}

// TestSignVectors runs vectors/proof/sign.json, which it also writes with -update.
// The values in it are computed here without Sign, but for secured.
func TestSignVectors(t *testing.T) {
	m := newMaker(t)
	made := signFile{
		Description: "Every value that comes up while signing: secret Multikey of the key, whose did:key is the verification method; " +
			"proofPurpose assertionMethod; cryptosuite; created; canonical forms (JSON of RFC 8785, or N-Quads of RDFC-1.0); hashData and signature in hexadecimal; the secured document. " +
			"Signatures are deterministic: RFC 8032, and RFC 6979 with the hash of the curve.",
		Source: "made by go test ./did/proof -update from fixed keys, of which anybody knows the secret",
		Cases: []signVector{
			m.signVector("ed25519", suites+"3.3", m.document, m.ed),
			m.signVector("p-256", suites+"3.3", m.document, m.p256),
			m.signVector("p-384", suites+"3.3: SHA-384 throughout", m.document, m.p384),
			m.signVector("without-context", suites+"3.3", m.noTerms, m.ed),
			m.rdfSignVector("rdfc-ed25519", eddsa2022+"3.2", m.document, m.ed),
			m.rdfSignVector("rdfc-p-256", ecdsa2019+"3.2", m.blanks(), m.p256),
			m.rdfSignVector("rdfc-p-384", ecdsa2019+"3.2: SHA-384 throughout", m.blanks(), m.p384),
		},
	}
	var file signFile
	vectorsInto(t, "sign.json", made, &file)
	for _, v := range file.Cases {
		t.Run(v.Name, func(t *testing.T) {
			k, err := multikey.ParsePrivate(v.SecretKeyMultibase)
			if err != nil {
				t.Fatal(err)
			}
			opt := options(k)
			if opt.Created, err = time.Parse(time.RFC3339, v.Created); err != nil {
				t.Fatal(err)
			}
			opt.Cryptosuite = v.Cryptosuite
			secured, err := proof.Sign(v.Document, k, opt)
			if err != nil || !secured.Equal(v.Secured) {
				t.Errorf("got %s, %v", secured.Canonical(), err)
			}
			sig, err := hex.DecodeString(v.Signature)
			if err != nil {
				t.Fatal(err)
			}
			message, err := hex.DecodeString(v.HashData)
			if err != nil || !k.Public().Verify(message, sig) {
				t.Errorf("hashData is not what the signature is of: %v", err)
			}
		})
	}
}

// TestSignRefuses what would give a proof that does not verify or says nothing.
func TestSignRefuses(t *testing.T) {
	m := newMaker(t)
	full := m.document
	for range proof.MaxProofs {
		full = m.sign(full, m.ed)
	}
	for _, tt := range []struct {
		name   string
		doc    jcs.Value
		key    multikey.PrivateKey
		change func(*proof.SignOptions)
		code   string
	}{
		{"array", jcs.Array(), m.ed, nil, proof.GenerationError},
		{"no key", m.document, multikey.PrivateKey{}, nil, proof.GenerationError},
		{"X25519", m.document, m.key(multikey.X25519, 1), nil, proof.GenerationError},
		{"no purpose", m.document, m.ed, func(o *proof.SignOptions) { o.Purpose = "" }, proof.GenerationError},
		{"unknown purpose", m.document, m.ed, func(o *proof.SignOptions) { o.Purpose = "fun" }, proof.GenerationError},
		{"no method", m.document, m.ed, func(o *proof.SignOptions) { o.VerificationMethod = "" }, proof.GenerationError},
		{"id", m.document, m.ed, func(o *proof.SignOptions) { o.ID = "1" }, proof.GenerationError},
		{"previous proof", m.document, m.ed, func(o *proof.SignOptions) { o.PreviousProof = []string{"urn:x:1"} }, proof.GenerationError},
		{"seventeenth", full, m.ed, nil, proof.GenerationError},
		{"malformed proof there", m.document.With("proof", text("z")), m.ed, nil, proof.ParsingError},
	} {
		opt := options(m.ed)
		if tt.change != nil {
			tt.change(&opt)
		}
		if _, err := proof.Sign(tt.doc, tt.key, opt); typeOf(err) != tt.code {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	opt := options(m.ed)
	opt.Purpose, opt.Domain = did.Authentication, []string{"b", "a", "b"}
	signed, err := proof.Sign(m.document, m.ed, opt)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(member(member(signed, "proof"), "domain").Canonical()); got != `["b","a"]` {
		t.Errorf("domain %s", got)
	}
}

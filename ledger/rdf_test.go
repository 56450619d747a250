package ledger

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/record"
)

// rdfCredential is an unsecured credential all of whose terms are defined.
func (a *agent) rdfCredential(subject string) jcs.Value {
	return obj(
		"@context", strs("https://www.w3.org/ns/credentials/v2"),
		"type", strs("VerifiableCredential"),
		"id", "urn:example:"+subject,
		"issuer", string(a.id()),
		"validFrom", "2026-01-01T00:00:00Z",
		"credentialSubject", jcs.Array(obj("id", "did:example:"+subject), obj("id", "did:example:other")),
	)
}

func signWith(t testing.TB, doc jcs.Value, k multikey.PrivateKey, method, suite string, purpose did.Relationship, at time.Time) jcs.Value {
	t.Helper()
	v, err := proof.Sign(doc, k, proof.SignOptions{VerificationMethod: method, Purpose: purpose, Created: at, Cryptosuite: suite})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// overRDF secures a document with eddsa-rdfc-2022.
func (a *agent) overRDF(doc jcs.Value, purpose did.Relationship, at time.Time) jcs.Value {
	return signWith(a.t, doc, a.key, a.method(), proof.EdDSARDFC2022, purpose, at)
}

// rewritten is the credential written otherwise: it means the same.
func rewritten(c jcs.Value) jcs.Value {
	subjects, _ := c.Get("credentialSubject")
	return c.With("credentialSubject", jcs.Array(subjects.At(1), subjects.At(0))).Without("type").With("type", text("VerifiableCredential"))
}

// TestRevokedCredentialWrittenOtherwise is the credential that was revoked.
func TestRevokedCredentialWrittenOtherwise(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	c := a.overRDF(a.rdfCredential("s"), did.AssertionMethod, epoch)
	out := f.accept(f.credentialOp(c, true))
	digest := record.CredentialDigest(c)
	f.change(a, digest.String(), record.Revoked)
	other := rewritten(c)
	otherDigest := record.CredentialDigest(other)
	if otherDigest == digest {
		t.Fatal("it is written alike")
	}
	again := f.accept(f.credentialOp(other, true))
	if again.Completes != out.Seq {
		t.Errorf("registered anew: %+v, was %+v", again, out)
	}
	v := f.l.View()
	defer v.Close()
	quads, err := jsonld.Default().Canonicalize(other.Without("proof"), jsonld.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	known, ok, err := v.CredentialByGraph(sha256.Sum256(quads), a.id())
	if err != nil || !ok || record.Hash(known) != digest {
		t.Fatalf("of that graph: %x, %v, %v", known, ok, err)
	}
	if status, known, err := v.CredentialStatus(known, a.id()); err != nil || !known || status.Status != credential.Revoked {
		t.Errorf("status %+v, %v, %v", status, known, err)
	}
	if status, known, err := v.CredentialStatus(otherDigest, a.id()); err != nil || !known || status.Status != credential.Revoked {
		t.Errorf("by its other digest: status %+v, %v, %v", status, known, err)
	}
	if _, ok, err := v.CredentialByGraph(sha256.Sum256(quads), f.registry.id()); ok || err != nil {
		t.Errorf("of another issuer: %v, %v", ok, err)
	}
	p, err := v.At(out.Seq - 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := p.CredentialByGraph(sha256.Sum256(quads), a.id()); ok || err != nil {
		t.Errorf("before it was registered: %v, %v", ok, err)
	}
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestSuitesOverRDF: each is taken with its content, and held to it where that is there.
func TestSuitesOverRDF(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	for _, test := range []struct {
		kind  multikey.Type
		suite string
	}{{multikey.Ed25519, proof.EdDSARDFC2022}, {multikey.P256, proof.ECDSARDFC2019}, {multikey.P384, proof.ECDSARDFC2019}} {
		seed := bytes.Repeat([]byte{9}, 32)
		if test.kind == multikey.P384 {
			seed = seed48(9)
		}
		k, err := multikey.NewPrivate(test.kind, seed)
		if err != nil {
			t.Fatal(err)
		}
		id := key.FromPublic(k.Public())
		for _, publish := range []bool{false, true} {
			doc := a.rdfCredential(test.suite+map[bool]string{true: "-shown"}[publish]).With("issuer", text(string(id)))
			c := signWith(t, doc, k, key.MethodID(k.Public()), test.suite, did.AssertionMethod, epoch)
			f.refuse(must(t)(record.NewDigestOp(record.CredentialDigest(c), id, proofOf(c))), record.ProofInvalid)
			f.refuse(f.credentialOp(spoil(c), publish), record.ProofInvalid)
			f.accept(f.credentialOp(c, publish))
		}
	}
	f.accept(f.listOp(a, a.statusList(elsewhere("1"), "suspension", 3)))
	at := f.now.Add(time.Second)
	f.accept(must(t)(record.NewStatusListOp(a.overRDF(a.statusList(elsewhere("1"), "suspension", 5), did.AssertionMethod, at))))
	at = f.now.Add(time.Second)
	vp := obj("@context", strs("https://www.w3.org/ns/credentials/v2"), "type", strs("VerifiablePresentation"), "holder", string(a.id()))
	f.accept(must(t)(record.NewWhoisOp(a.overRDF(vp, did.Authentication, at))))
	f.accept(f.whoisOp(a, a.presentation("s"))) // the one before is gone, and cannot be checked again
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestProofsOverRDFThatAreRefused for what the ledger reads as it is written.
func TestProofsOverRDFThatAreRefused(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	undefined := strs("https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2")
	change := statement(f.ledgerID(), string(a.id()), record.Revoked, f.now).With("@context", undefined)
	f.refuse(must(t)(record.NewStatusOp(a.overRDF(change, did.AssertionMethod, epoch))), record.CryptosuiteNotAllowed)
	seed := bytes.Repeat([]byte{9}, 32)
	k, err := multikey.NewPrivate(multikey.P256, seed)
	if err != nil {
		t.Fatal(err)
	}
	id := key.FromPublic(k.Public())
	doc := a.rdfCredential("s").With("issuer", text(string(id)))
	base, err := proof.Sign(doc, k, proof.SignOptions{VerificationMethod: key.MethodID(k.Public()), Purpose: did.AssertionMethod,
		Cryptosuite: proof.ECDSASD2023, MandatoryPointers: []string{"/issuer"}})
	if err != nil {
		t.Fatal(err)
	}
	derived, err := proof.Derive(base, []string{"/credentialSubject"}, proof.DeriveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	f.refuse(f.credentialOp(derived, false), record.CryptosuiteNotAllowed)
	f.refuse(f.credentialOp(base, false), record.CryptosuiteNotAllowed)
	lost := a.overRDF(a.rdfCredential("s"), did.AssertionMethod, epoch).With("colour", text("red"))
	f.refuse(f.credentialOp(lost, false), record.ProofInvalid)
	unknown := a.overRDF(a.rdfCredential("s"), did.AssertionMethod, epoch).With("@context", strs("https://www.w3.org/ns/credentials/v2", "https://nowhere.example/v1"))
	f.refuse(f.credentialOp(unknown, false), record.ProofInvalid)
	f.refuse(must(t)(record.NewWhoisOp(a.overRDF(obj("@context", strs("https://www.w3.org/ns/credentials/undefined-terms/v2"),
		"type", strs("VerifiablePresentation")), did.Authentication, f.now))), record.PresentationInvalid)
}

// TestCostlyGraphsAreRefusedSoon: with a small part of what one document may cost.
func TestCostlyGraphsAreRefusedSoon(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	var nodes []string
	for i := range 12 {
		var others []string
		for j := range 12 {
			if i != j {
				others = append(others, `{"id":"_:b`+string(rune('a'+j))+`"}`)
			}
		}
		nodes = append(nodes, `{"id":"_:b`+string(rune('a'+i))+`","https://example.com/p":[`+strings.Join(others, ",")+`]}`)
	}
	c := a.overRDF(a.rdfCredential("s"), did.AssertionMethod, epoch).With("credentialSubject", parse(t, `{"id":"did:example:s","https://example.com/q":[`+strings.Join(nodes, ",")+"]}"))
	start := time.Now()
	f.refuse(f.credentialOp(c, false), record.ProofInvalid)
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %s", took)
	} else {
		t.Logf("judged twice in %s: %v", took, f.why(f.credentialOp(c, false)))
	}
}

package ledger

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

type refusalCase struct {
	name string
	want record.Code
	op   func(f *fixture) record.Op
}

// refusals has at least one operation for every code that Apply can give, named
// after what it must not get away with.
var refusals = []refusalCase{
	{"status change without target", record.Malformed, func(f *fixture) record.Op {
		return f.statusOp(f.agent("a").sign(statement(f.ledgerID(), "", record.Revoked, f.now)))
	}},
	{"status change with an unknown member", record.Malformed, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.statusOp(a.sign(statement(f.ledgerID(), string(a.id()), record.Revoked, f.now).With("until", jcs.FromString("tomorrow"))))
	}},
	{"status change with two proofs", record.Malformed, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.statusOp(a.sign(a.sign(statement(f.ledgerID(), string(a.id()), record.Revoked, f.now))))
	}},
	{"status change that is invalid from the future", record.Malformed, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.statusOp(a.sign(statement(f.ledgerID(), string(a.id()), record.Revoked, f.now).
			With("invalidFrom", jcs.FromString("2030-01-01T00:00:00Z"))))
	}},
	{"status change with a long reason", record.Malformed, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.statusOp(a.sign(statement(f.ledgerID(), string(a.id()), record.Revoked, f.now).
			With("reason", jcs.FromString(strings.Repeat("x", record.MaxReason+1)))))
	}},
	{"status change of another ledger", record.UnknownLedger, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.statusOp(a.sign(statement(a.state.SCID, string(a.id()), record.Revoked, f.now)))
	}},
	{"DID on another domain", record.WrongDomain, func(f *fixture) record.Op {
		return f.didOp(newAgent(f, "a", []string{"a"}, func(o *webvh.CreateOptions) { o.Domain = "elsewhere.example" }))
	}},
	{"DID on the same host and another port", record.WrongDomain, func(f *fixture) record.Op {
		return f.didOp(newAgent(f, "a", []string{"a"}, func(o *webvh.CreateOptions) { o.Domain = domain + ":8443" }))
	}},
	{"DID with its host in capitals", record.StateID, func(f *fixture) record.Op {
		return f.didOp(newAgent(f, "a", []string{"a"}, spelt(domain, strings.ToUpper(domain))))
	}},
	{"DID with its path encoded needlessly", record.StateID, func(f *fixture) record.Op {
		return f.didOp(newAgent(f, "a", []string{"agents", "a"}, spelt(":agents", ":%61gents")))
	}},
	{"DID whose path no did:web DID can have", record.StateID, func(f *fixture) record.Op {
		return f.didOp(newAgent(f, "a", []string{"a%b"}, nil))
	}},
	{"registry moving its own DID", record.WrongDomain, func(f *fixture) record.Op {
		f.registry.t = f
		e := moved(f.registry, "elsewhere.example")
		return f.entryOp(e)
	}},
	{"second DID at the root", record.ReservedPath, func(f *fixture) record.Op {
		return f.didOp(newAgent(f, "a", nil, nil))
	}},
	{"DID under a route of the registry", record.ReservedPath, func(f *fixture) record.Op {
		return f.didOp(newAgent(f, "a", []string{"v1", "a"}, nil))
	}},
	{"DID under .well-known", record.ReservedPath, func(f *fixture) record.Op {
		return f.didOp(newAgent(f, "a", []string{".well-known"}, nil))
	}},
	{"path of another DID", record.PathTaken, func(f *fixture) record.Op {
		f.agent("a")
		return f.didOp(newAgent(f, "b", []string{"agents", "a"}, nil))
	}},
	{"path of a deactivated DID", record.PathTaken, func(f *fixture) record.Op {
		a := f.agent("a")
		a.deactivate()
		f.accept(f.didOp(a))
		return f.didOp(newAgent(f, "b", []string{"agents", "a"}, nil))
	}},
	{"second update of one version", record.StalePredecessor, func(f *fixture) record.Op {
		a := f.agent("a")
		fork := *a
		a.update(webvh.UpdateOptions{}, "first")
		f.accept(f.didOp(a))
		return f.entryOp(fork.update(webvh.UpdateOptions{}, "second"))
	}},
	{"update that skips a version", record.StalePredecessor, func(f *fixture) record.Op {
		a := f.agent("a")
		a.update(webvh.UpdateOptions{})
		return f.entryOp(a.update(webvh.UpdateOptions{}))
	}},
	{"update of a DID that is not here", record.StalePredecessor, func(f *fixture) record.Op {
		return f.entryOp(newAgent(f, "a", []string{"a"}, nil).update(webvh.UpdateOptions{}))
	}},
	{"update of a DID that has moved away", record.DIDMoved, func(f *fixture) record.Op {
		a := newAgent(f, "a", []string{"a"}, portable)
		f.accept(f.didOp(a))
		moved(a, "elsewhere.example")
		f.accept(f.didOp(a))
		return f.entryOp(a.update(webvh.UpdateOptions{Document: a.document(a.id()).With("alsoKnownAs", strs("did:webvh:x"))}))
	}},
	{"update of a revoked DID", record.DIDRevoked, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id()), record.Revoked)
		return f.entryOp(a.update(webvh.UpdateOptions{}))
	}},
	{"credential of an unregistered issuer", record.IssuerUnresolvable, func(f *fixture) record.Op {
		a := newAgent(f, "a", []string{"a"}, nil)
		return f.credentialOp(a.sign(a.credential("s")), false)
	}},
	{"credential of an https issuer", record.IssuerUnresolvable, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.credentialOp(a.sign(a.credential("s").With("issuer", jcs.FromString("https://example.com/issuer"))), false)
	}},
	{"credential of a foreign did:web issuer", record.IssuerUnresolvable, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.credentialOp(a.sign(a.credential("s").With("issuer", jcs.FromString("did:web:example.com"))), false)
	}},
	{"credential signed by somebody else", record.IssuerNotAuthorised, func(f *fixture) record.Op {
		a, b := f.agent("a"), f.agent("b")
		return f.credentialOp(b.sign(a.credential("s")), false)
	}},
	{"credential of a suspended issuer", record.IssuerNotAuthorised, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id()), record.Suspended)
		return f.credentialOp(a.sign(a.credential("s")), false)
	}},
	{"credential of a deactivated issuer", record.IssuerNotAuthorised, func(f *fixture) record.Op {
		a := f.agent("a")
		a.deactivate()
		f.accept(f.didOp(a))
		return f.credentialOp(a.sign(a.credential("s")), false)
	}},
	{"credential signed with a key that is not for assertions", record.IssuerNotAuthorised, func(f *fixture) record.Op {
		a := newAgent(f, "a", []string{"a"}, nil)
		a.pending = nil
		a = newAgent(f, "a", []string{"a"}, func(o *webvh.CreateOptions) {
			o.Document = func(id did.ID) jcs.Value { return a.document(id).Without("assertionMethod") }
		})
		f.accept(f.didOp(a))
		return f.credentialOp(a.sign(a.credential("s")), false)
	}},
	{"credential changed after signing", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.credentialOp(a.sign(a.credential("s")).With("id", jcs.FromString("urn:example:other")), false)
	}},
	{"credential with a context that its proof does not cover", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.credentialOp(a.sign(a.credential("s")).With("@context",
			strs("https://www.w3.org/ns/credentials/v2", "https://example.com/context")), false)
	}},
	{"credential signed for authentication", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.credentialOp(signBy(f, a.credential("s"), a.key, a.method(), did.Authentication), false)
	}},
	{"credential with an expired proof", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		v, err := proof.Sign(a.credential("s"), a.key, proof.SignOptions{
			VerificationMethod: a.method(), Purpose: did.AssertionMethod, Expires: f.now.Add(-time.Hour)})
		if err != nil {
			f.Fatal(err)
		}
		return f.credentialOp(v, false)
	}},
	{"credential without proof", record.ProofInvalid, func(f *fixture) record.Op {
		return f.credentialOp(f.agent("a").credential("s"), false)
	}},
	{"digest with the proof of another one", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		c := a.sign(a.credential("s"))
		p, _ := c.Get("proof")
		return must(f)(record.NewDigestOp(record.CredentialDigest(a.credential("t")), a.id(), p))
	}},
	{"digest with a proof for authentication", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		c := signBy(f, a.credential("s"), a.key, a.method(), did.Authentication)
		p, _ := c.Get("proof")
		return must(f)(record.NewDigestOp(record.CredentialDigest(c), a.id(), p))
	}},
	{"digest signed by somebody else", record.IssuerNotAuthorised, func(f *fixture) record.Op {
		a, b := f.agent("a"), f.agent("b")
		c := a.sign(a.credential("s"))
		p, _ := c.Get("proof")
		return must(f)(record.NewDigestOp(record.CredentialDigest(c), b.id(), p))
	}},
	{"digest signed over SHA-384", record.ProofInvalid, func(f *fixture) record.Op {
		k, err := multikey.NewPrivate(multikey.P384, seed48(7))
		if err != nil {
			f.Fatal(err)
		}
		id := key.FromPublic(k.Public())
		c := signBy(f, f.agent("a").credential("s").With("issuer", jcs.FromString(string(id))), k, key.MethodID(k.Public()), did.AssertionMethod)
		p, _ := c.Get("proof")
		return must(f)(record.NewDigestOp(record.CredentialDigest(c), id, p))
	}},
	{"credential without type", record.CredentialInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.credentialOp(a.sign(a.credential("s").Without("type")), false)
	}},
	{"expired credential", record.CredentialInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.credentialOp(a.sign(a.credential("s").With("validUntil", jcs.FromString("2026-01-01T00:00:01Z"))), false)
	}},
	{"credential under another digest", record.DigestMismatch, func(f *fixture) record.Op {
		a := f.agent("a")
		op := f.credentialOp(a.sign(a.credential("s")), false)
		return reencode(f, op.Payload().With("digest", jcs.FromString(strings.Repeat("ab", 32))))
	}},
	{"status of a credential that is not registered", record.UnknownTarget, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.changeOp(a, strings.Repeat("ab", 32), record.Revoked)
	}},
	{"status of a DID that is not registered", record.UnknownTarget, func(f *fixture) record.Op {
		return f.changeOp(f.agent("a"), string(newAgent(f, "b", []string{"b"}, nil).id()), record.Revoked)
	}},
	{"status of a foreign did:web DID", record.UnknownTarget, func(f *fixture) record.Op {
		return f.changeOp(f.agent("a"), "did:web:example.com", record.Revoked)
	}},
	{"revoking somebody else's credential", record.NotAuthorised, func(f *fixture) record.Op {
		a, b := f.agent("a"), f.agent("b")
		c := a.sign(a.credential("s"))
		f.accept(f.credentialOp(c, false))
		return f.changeOp(b, record.CredentialDigest(c).String(), record.Revoked)
	}},
	{"revoking a credential through a registration of the same digest", record.NotAuthorised, func(f *fixture) record.Op {
		a, b := f.agent("a"), f.agent("b")
		c := a.sign(a.credential("s"))
		f.accept(f.credentialOp(c, false))
		return f.changeOp(b, record.CredentialDigest(c).String(), record.Suspended)
	}},
	{"revoking somebody else's DID", record.NotAuthorised, func(f *fixture) record.Op {
		return f.changeOp(f.agent("a"), string(f.agent("b").id()), record.Revoked)
	}},
	{"controlled DID revoking its controller", record.NotAuthorised, func(f *fixture) record.Op {
		owner := f.agent("owner")
		return f.changeOp(f.agent("a", string(owner.id())), string(owner.id()), record.Revoked)
	}},
	{"DID lifting its controller's suspension", record.NotAuthorised, func(f *fixture) record.Op {
		owner := f.agent("owner")
		a := f.agent("a", string(owner.id()))
		f.change(owner, string(a.id()), record.Suspended)
		return f.changeOp(a, string(a.id()), record.Active)
	}},
	{"suspended DID lifting its suspension through a controller it gave itself", record.NotAuthorised, func(f *fixture) record.Op {
		owner, accomplice := f.agent("owner"), f.agent("accomplice")
		a := f.agent("a", string(owner.id()))
		f.change(owner, string(a.id()), record.Suspended)
		a.controller = []string{string(accomplice.id())}
		a.update(webvh.UpdateOptions{})
		f.accept(f.didOp(a))
		return f.changeOp(accomplice, string(a.id()), record.Active)
	}},
	{"suspended controller", record.NotAuthorised, func(f *fixture) record.Op {
		owner := f.agent("owner")
		a := f.agent("a", string(owner.id()))
		f.change(owner, string(owner.id()), record.Suspended)
		return f.changeOp(owner, string(a.id()), record.Revoked)
	}},
	{"deactivated controller", record.NotAuthorised, func(f *fixture) record.Op {
		owner := f.agent("owner")
		a := f.agent("a", string(owner.id()))
		owner.deactivate()
		f.accept(f.didOp(owner))
		return f.changeOp(owner, string(a.id()), record.Revoked)
	}},
	{"status change signed for authentication", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.statusOp(signBy(f, statement(f.ledgerID(), string(a.id()), record.Revoked, f.now), a.key, a.method(), did.Authentication))
	}},
	{"status change altered after signing", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		v := a.sign(statement(f.ledgerID(), string(a.id()), record.Suspended, f.now))
		return f.statusOp(v.With("status", jcs.FromString("revoked")))
	}},
	{"reinstating what is revoked", record.FinalStatus, func(f *fixture) record.Op {
		a := f.agent("a")
		c := a.sign(a.credential("s"))
		f.accept(f.credentialOp(c, false))
		f.change(a, record.CredentialDigest(c).String(), record.Revoked)
		return f.changeOp(a, record.CredentialDigest(c).String(), record.Active)
	}},
	{"revoked DID reinstating itself", record.FinalStatus, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id()), record.Revoked)
		return f.changeOp(a, string(a.id()), record.Active)
	}},
	{"activating what is active", record.NoChange, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.changeOp(a, string(a.id()), record.Active)
	}},
	{"suspending what is suspended", record.NoChange, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id()), record.Suspended)
		return f.changeOp(a, string(a.id()), record.Suspended)
	}},
	{"status change dated before the last one", record.IssuedNotLater, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id()), record.Suspended)
		return f.statusOp(a.sign(statement(f.ledgerID(), string(a.id()), record.Active, f.now)))
	}},
	{"status change from the future", record.IssuedInFuture, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.statusOp(a.sign(statement(f.ledgerID(), string(a.id()), record.Revoked, f.now.Add(time.Hour))))
	}},
	{"record of 64 KiB", record.RecordTooLarge, func(f *fixture) record.Op {
		a := f.agent("a")
		doc := a.document(a.id()).With("comment", jcs.FromString(strings.Repeat("x", record.MaxRecord)))
		return f.entryOp(a.update(webvh.UpdateOptions{Document: doc}))
	}},

	{"entry without state", record.EntryMalformed, func(f *fixture) record.Op {
		return f.entryOp(newAgent(f, "a", []string{"a"}, nil).pending[0].Without("state"))
	}},
	{"entry beyond the method's limit", record.EntryTooLarge, func(f *fixture) record.Op {
		a := f.agent("a")
		e := a.update(webvh.UpdateOptions{})
		state, _ := e.Get("state")
		return f.entryOp(e.With("state", state.With("comment", jcs.FromString(strings.Repeat("x", webvh.MaxEntryBytes)))))
	}},
	{"versionId without number", record.VersionID, func(f *fixture) record.Op {
		return f.entryOp(newAgent(f, "a", []string{"a"}, nil).pending[0].With("versionId", jcs.FromString("x-y")))
	}},
	{"entry of another predecessor", record.EntryHashMismatch, func(f *fixture) record.Op {
		a := f.agent("a")
		e := a.update(webvh.UpdateOptions{})
		return f.entryOp(e.With("versionTime", jcs.FromString("2026-01-02T03:04:59Z")))
	}},
	{"first entry with the SCID of another one", record.SCIDMismatch, func(f *fixture) record.Op {
		a, b := newAgent(f, "a", []string{"a"}, nil), newAgent(f, "b", []string{"b"}, nil)
		text := strings.ReplaceAll(string(a.pending[0].Canonical()), a.state.SCID, b.state.SCID)
		return f.entryOp(parse(f, text))
	}},
	{"versionTime equal to the predecessor's", record.VersionTime, func(f *fixture) record.Op {
		a := f.agent("a")
		e := a.update(webvh.UpdateOptions{})
		return f.entryOp(e.With("versionTime", jcs.FromString(epoch.Format(time.RFC3339))))
	}},
	{"versionTime in the future", record.VersionTimeFuture, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.entryOp(a.update(webvh.UpdateOptions{Time: f.now.Add(10 * time.Minute)}))
	}},
	{"unknown parameter", record.ParametersInvalid, func(f *fixture) record.Op {
		return f.entryOp(withParameter(f.agent("a").update(webvh.UpdateOptions{}), "colour", jcs.FromString("red")))
	}},
	{"unknown method", record.MethodUnknown, func(f *fixture) record.Op {
		return f.entryOp(withParameter(newAgent(f, "a", []string{"a"}, nil).pending[0], "method", jcs.FromString("did:webvh:9.9")))
	}},
	{"update by a key that is not an update key", record.UnauthorisedKey, func(f *fixture) record.Op {
		a := f.agent("a")
		e := a.update(webvh.UpdateOptions{})
		k := keyOf(f, "intruder").Public().String()
		return f.entryOp(signBy(f, e.Without("proof"), keyOf(f, "intruder"), "did:key:"+k+"#"+k, did.AssertionMethod).
			With("proof", jcs.Array(proofOf(signBy(f, e.Without("proof"), keyOf(f, "intruder"), "did:key:"+k+"#"+k, did.AssertionMethod)))))
	}},
	{"key that was not committed to", record.PreRotation, func(f *fixture) record.Op {
		a := newAgent(f, "a", []string{"a"}, func(o *webvh.CreateOptions) {
			o.NextKeyHashes = []string{webvh.KeyHash(keyOf(f, "next").Public().String())}
		})
		f.accept(f.didOp(a))
		fork := *a
		fork.state.NextKeyHashes = nil
		return f.entryOp(fork.update(webvh.UpdateOptions{}))
	}},
	{"entry with a changed signature", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		e := a.update(webvh.UpdateOptions{})
		p := proofOf(e)
		value, _ := p.GetString("proofValue")
		return f.entryOp(e.With("proof", jcs.Array(p.With("proofValue", jcs.FromString("z2"+value[2:])))))
	}},
	{"entry whose proof expires", record.ProofInvalid, func(f *fixture) record.Op {
		return f.entryOp(expiring(f, f.agent("a").update(webvh.UpdateOptions{}), keyOf(f, "a")))
	}},
	{"witness proof that expires", record.ProofInvalid, func(f *fixture) record.Op {
		a := witnessed(f, "a", 1, "w1")
		return f.didOp(a, expiringItem(f, a.state.VersionID, "w1"))
	}},
	{"staged witness proof that expires", record.ProofInvalid, func(f *fixture) record.Op {
		return must(f)(record.NewWitnessOp([]jcs.Value{expiringItem(f, "1-QmOne", "w1")}))
	}},
	{"entry of another cryptosuite", record.CryptosuiteNotAllowed, func(f *fixture) record.Op {
		e := f.agent("a").update(webvh.UpdateOptions{})
		return f.entryOp(e.With("proof", jcs.Array(proofOf(e).With("cryptosuite", jcs.FromString("ecdsa-jcs-2019")))))
	}},
	{"witness threshold of zero", record.WitnessParameter, func(f *fixture) record.Op {
		w := obj("threshold", jcs.FromInt(0), "witnesses", jcs.Array(obj("id", string(key.FromPublic(keyOf(f, "w").Public())))))
		return f.entryOp(withParameter(f.agent("a").update(webvh.UpdateOptions{}), "witness", w))
	}},
	{"entry that nobody witnessed", record.WitnessThreshold, func(f *fixture) record.Op {
		return f.didOp(witnessed(f, "a", 1, "w1", "w2"))
	}},
	{"entry witnessed by a stranger", record.WitnessThreshold, func(f *fixture) record.Op {
		a := witnessed(f, "a", 1, "w1")
		return f.didOp(a, witnessItem(f, a.state.VersionID, "stranger"))
	}},
	{"one witness counted twice", record.WitnessThreshold, func(f *fixture) record.Op {
		a := witnessed(f, "a", 2, "w1", "w2")
		return f.didOp(a, witnessItem(f, a.state.VersionID, "w1"), witnessItem(f, a.state.VersionID, "w1"))
	}},
	{"witness file without versionId", record.WitnessProof, func(f *fixture) record.Op {
		return must(f)(record.NewWitnessOp([]jcs.Value{obj("proof", jcs.Array())}))
	}},
	{"staged witness proof of another version", record.WitnessProof, func(f *fixture) record.Op {
		item := witnessItem(f, "1-QmOne", "w1").With("versionId", jcs.FromString("1-QmTwo"))
		return must(f)(record.NewWitnessOp([]jcs.Value{item}))
	}},
	{"staged witness proof of 5 KiB", record.WitnessProof, func(f *fixture) record.Op {
		p := paddedProof(f, "1-QmOne", "w1", jcs.FromString(strings.Repeat("x", 5<<10)))
		return must(f)(record.NewWitnessOp([]jcs.Value{obj("versionId", "1-QmOne", "proof", jcs.Array(p))}))
	}},
	{"document of another method", record.StateID, func(f *fixture) record.Op {
		e := f.agent("a").update(webvh.UpdateOptions{})
		state, _ := e.Get("state")
		return f.entryOp(e.With("state", state.With("id", jcs.FromString("did:web:registry.example:agents:a"))))
	}},
	{"moving a DID that is not portable", record.Portability, func(f *fixture) record.Op {
		a := f.agent("a")
		fork := *a
		fork.state.Portable = true
		return f.entryOp(moved(&fork, "elsewhere.example"))
	}},
	{"update of a deactivated DID", record.AlreadyDeactivated, func(f *fixture) record.Op {
		a := f.agent("a")
		a.deactivate()
		f.accept(f.didOp(a))
		a.state.Deactivated = false
		a.state.UpdateKeys = []string{a.key.Public().String()}
		return f.entryOp(a.update(webvh.UpdateOptions{}))
	}},
	{"state that is no DID document", record.DocumentInvalid, func(f *fixture) record.Op {
		e := f.agent("a").update(webvh.UpdateOptions{})
		state, _ := e.Get("state")
		return f.entryOp(e.With("state", state.With("verificationMethod", jcs.FromString("none"))))
	}},
}

// allRefusals are those of every kind of operation.
func allRefusals() []refusalCase { return slices.Concat(refusals, newRefusals, budgetRefusals) }

func TestRefusals(t *testing.T) {
	seen := make(map[record.Code]bool)
	for _, test := range allRefusals() {
		seen[test.want] = true
		t.Run(fmt.Sprintf("%s/%s", test.want, strings.ReplaceAll(test.name, " ", "-")), func(t *testing.T) {
			f := newFixture(t)
			f.refuse(test.op(f), test.want)
			CheckInvariants(t, f.l)
		})
	}
	for _, code := range record.Codes() {
		// Admission is a node's affair, not Apply's.
		if !seen[code] && code != record.Accepted && code != record.NotAdmitted {
			t.Errorf("no operation is refused as %s", code)
		}
	}
}

func TestEmptyLedgerTakesOnlyARoot(t *testing.T) {
	f := emptyFixture(t)
	a := newAgent(t, "a", []string{"a"}, nil)
	f.refuse(f.didOp(a), record.UnknownLedger)
	f.refuse(f.credentialOp(a.sign(a.credential("s")), false), record.UnknownLedger)
	f.refuse(f.changeOp(a, string(a.id()), record.Revoked), record.UnknownLedger)
	f.refuse(must(t)(record.NewWitnessOp([]jcs.Value{witnessItem(t, "1-Qm", "w")})), record.UnknownLedger)
	out := f.accept(f.didOp(f.registry))
	if out.Seq != 0 || out.Count != 1 {
		t.Errorf("record 0 has outcome %+v", out)
	}
	v := f.l.View()
	defer v.Close()
	if v.LedgerID() != f.registry.state.SCID || v.Domain() != domain || v.RegistryDID() != f.registry.id() {
		t.Errorf("the ledger is %s on %s, by %s", v.LedgerID(), v.Domain(), v.RegistryDID())
	}
	CheckInvariants(t, f.l)
}

// portable lets a DID move.
func portable(o *webvh.CreateOptions) { o.Portable = true }

// moved makes the entry that moves a DID to another domain.
func moved(a *agent, to string) jcs.Value {
	a.t.Helper()
	id := did.ID(strings.Replace(string(a.id()), domain, to, 1))
	doc := a.document(id).With("alsoKnownAs", strs(string(a.id())))
	if !a.state.Portable {
		a.state.Portable = true
	}
	return a.update(webvh.UpdateOptions{Document: doc})
}

// witnessed is an agent, not registered yet, whose entries need witnesses.
func witnessed(t testing.TB, name string, threshold int, witnesses ...string) *agent {
	t.Helper()
	w := webvh.Witness{Threshold: threshold}
	for _, name := range witnesses {
		w.Witnesses = append(w.Witnesses, webvh.WitnessID{ID: string(key.FromPublic(keyOf(t, name).Public()))})
	}
	return newAgent(t, name, []string{"agents", name}, func(o *webvh.CreateOptions) { o.Witness = w })
}

// witnessItem is an item of a did-witness.json with a proof by each witness.
func witnessItem(t testing.TB, versionID string, witnesses ...string) jcs.Value {
	t.Helper()
	var proofs []jcs.Value
	for _, name := range witnesses {
		p, err := webvh.WitnessSign(versionID, epoch, keyOf(t, name))
		if err != nil {
			t.Fatal(err)
		}
		proofs = append(proofs, p.Proof.Value)
	}
	return obj("versionId", versionID, "proof", jcs.Array(proofs...))
}

func withParameter(e jcs.Value, name string, value jcs.Value) jcs.Value {
	p, _ := e.Get("parameters")
	return e.With("parameters", p.With(name, value))
}

// proofOf is the only proof of a document.
func proofOf(v jcs.Value) jcs.Value {
	p, _ := v.Get("proof")
	if p.IsArray() {
		return p.At(0)
	}
	return p
}

func parse(t testing.TB, text string) jcs.Value {
	t.Helper()
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func seed48(b byte) []byte {
	seed := make([]byte, 48)
	for i := range seed {
		seed[i] = b
	}
	return seed
}

// reencode makes an operation of a payload that no constructor makes.
func reencode(t testing.TB, payload jcs.Value) record.Op {
	t.Helper()
	op, err := record.DecodeOp(command(payload.Canonical()))
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// spelt has a DID written in another way than its own.
func spelt(old, new string) func(*webvh.CreateOptions) {
	return func(o *webvh.CreateOptions) {
		document := o.Document
		o.Document = func(id did.ID) jcs.Value { return document(did.ID(strings.Replace(string(id), old, new, 1))) }
	}
}

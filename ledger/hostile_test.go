package ledger

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// expiring signs an entry or an approval anew, with a proof that expires.
func expiring(t testing.TB, doc jcs.Value, k multikey.PrivateKey) jcs.Value {
	t.Helper()
	name := k.Public().String()
	v, err := proof.Sign(doc.Without("proof"), k, proof.SignOptions{
		VerificationMethod: "did:key:" + name + "#" + name, Purpose: did.AssertionMethod, Expires: epoch.AddDate(1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func expiringItem(t testing.TB, versionID, witness string) jcs.Value {
	t.Helper()
	p := proofOf(expiring(t, obj("versionId", versionID), keyOf(t, witness)))
	return obj("versionId", versionID, "proof", jcs.Array(p))
}

// paddedProof is a valid proof of a witness with a member that means nothing.
func paddedProof(t testing.TB, versionID, witness string, padding jcs.Value) jcs.Value {
	t.Helper()
	k := keyOf(t, witness)
	plain := proofOf(expiring(t, obj("versionId", versionID), k)).Without("proofValue", "expires").With("padding", padding)
	return signProof(t, obj("versionId", versionID), plain, k)
}

// signProof completes a proof with whatever members it has (Data Integrity EdDSA, 3.3).
func signProof(t testing.TB, doc, config jcs.Value, k multikey.PrivateKey) jcs.Value {
	t.Helper()
	c, d := digestOf(config), digestOf(doc)
	signature, err := k.Sign(append(c[:], d[:]...))
	if err != nil {
		t.Fatal(err)
	}
	return config.With("proofValue", jcs.FromString(base58(t, signature)))
}

func nested(levels int) jcs.Value {
	v := jcs.FromInt(0)
	for range levels {
		v = jcs.Array(v)
	}
	return v
}

// TestDeepRecordsCanBeReadAgain: what a command may nest, a record may, and so must
// all that reads records. A deeper one is no operation.
func TestDeepRecordsCanBeReadAgain(t *testing.T) {
	f := newFixture(t)
	deep := func(name string, levels int) *agent {
		return newAgent(t, name, []string{name}, func(o *webvh.CreateOptions) {
			plain := o.Document
			o.Document = func(id did.ID) jcs.Value { return plain(id).With("deep", nested(levels)) }
		})
	}
	const room = record.MaxDepth - 4 // entries, entry, state around it, and the payload
	a := deep("a", room)
	op := f.didOp(a)
	first := f.accept(op)
	if out := f.apply(op, op); out[0] != first || out[1] != first {
		t.Errorf("resubmitted: %+v", out)
	}
	f.change(a, string(a.id()), record.Suspended) // reads the document
	v := f.l.View()
	defer v.Close()
	for seq, data := range v.Records(0, 10) {
		if _, err := jcs.Decode(data); err != nil {
			t.Errorf("record %d: %v", seq, err)
		}
	}
	if _, err := record.NewDIDOp(deep("b", room+1).pending, nil); err == nil {
		t.Error("an operation that nests deeper was made")
	}
}

// TestProofsSetAsideCannotGrowWithoutBound: many large proofs of one version are
// stored and read again, and those that came first stay.
func TestProofsSetAsideCannotGrowWithoutBound(t *testing.T) {
	f := newFixture(t)
	padding := make([]jcs.Value, 1700) // as many values as fit
	for n := range view.MaxStagedProofs + 8 {
		p := paddedProof(t, "1-QmOne", fmt.Sprint("w", n), jcs.Array(padding[:700]...))
		op := f.witnessOp(obj("versionId", "1-QmOne", "proof", jcs.Array(p)))
		if n < view.MaxStagedProofs {
			f.accept(op)
		} else {
			f.refuse(op, record.StagingFull)
		}
	}
	v := f.l.View()
	defer v.Close()
	staged, err := v.Staged("1-QmOne")
	if err != nil {
		t.Fatal(err)
	}
	proofs, _ := staged.At(0).Get("proof")
	if proofs.Len() != view.MaxStagedProofs {
		t.Errorf("%d proofs are set aside", proofs.Len())
	}
}

// TestWitnessFileStaysReadable: with ever new witnesses did-witness.json grows; the
// entry that would make it larger than resolvers read is refused, not fatal.
func TestWitnessFileStaysReadable(t *testing.T) {
	f := newFixture(t)
	witness := func(n int) webvh.Witness {
		id := string(key.FromPublic(keyOf(t, fmt.Sprint("w", n)).Public()))
		return webvh.Witness{Threshold: 1, Witnesses: []webvh.WitnessID{{ID: id}}}
	}
	a := newAgent(t, "a", []string{"a"}, func(o *webvh.CreateOptions) { o.Witness = witness(0) })
	padding := make([]jcs.Value, 700)
	approve := func(n int) jcs.Value {
		p := paddedProof(t, a.state.VersionID, fmt.Sprint("w", n), jcs.Array(padding...))
		return obj("versionId", a.state.VersionID, "proof", jcs.Array(p))
	}
	f.accept(f.didOp(a, approve(0)))
	const most = 1 << 16 / 700
	for n := 1; ; n++ {
		w := witness(n)
		a.update(webvh.UpdateOptions{Witness: &w})
		op := f.didOp(a, approve(n-1))
		out := f.apply(op)[0]
		if out.Code == record.EntryTooLarge {
			f.refuse(op, record.EntryTooLarge)
			return
		}
		if out.Code != record.Accepted || n > most {
			t.Fatalf("update %d: %s", n, out.Code)
		}
	}
}

// TestRevocationIsNotAnsweredWithAStrangersReceipt: a stranger who registered the
// digest as well makes the same change first.
func TestRevocationIsNotAnsweredWithAStrangersReceipt(t *testing.T) {
	f := newFixture(t)
	a, stranger := f.agent("a"), f.agent("stranger")
	c := a.sign(a.credential("s"))
	digest := record.CredentialDigest(c)
	f.accept(f.credentialOp(c, false))
	f.accept(must(t)(record.NewDigestOp(digest, stranger.id(), proofOf(stranger.sign(a.credential("s"))))))
	change := statement(f.ledgerID(), digest.String(), record.Revoked, f.now.Add(time.Second))
	theirs := f.accept(f.statusOp(stranger.sign(change)))
	ours := f.accept(f.statusOp(a.sign(change)))
	if ours.Seq == theirs.Seq {
		t.Error("both changes have one receipt")
	}
	if e := f.credentialStatus(digest, a); e.Status != string(record.Revoked) {
		t.Errorf("the credential is %s", e.Status)
	}
	if again := f.accept(f.statusOp(a.sign(change))); again != ours {
		t.Errorf("sent again: %+v, the first time %+v", again, ours)
	}
	CheckInvariants(t, f.l)
}

// TestSuspendedDIDDoesNotShakeOffItsControllers by leaving them out of its document.
func TestSuspendedDIDDoesNotShakeOffItsControllers(t *testing.T) {
	f := newFixture(t)
	owner, stranger := f.agent("owner"), f.agent("stranger")
	a := f.agent("a", string(owner.id()))
	id := string(a.id())
	f.change(owner, id, record.Suspended)
	a.controller = nil
	a.update(webvh.UpdateOptions{})
	f.accept(f.didOp(a))
	f.refuse(f.changeOp(stranger, id, record.Revoked), record.NotAuthorised)
	f.change(owner, id, record.Active)
	f.refuse(f.changeOp(owner, id, record.Suspended), record.NotAuthorised) // the document counts again
	b := f.agent("b", string(owner.id()))
	f.change(owner, string(b.id()), record.Suspended)
	b.controller = nil
	b.update(webvh.UpdateOptions{})
	f.accept(f.didOp(b))
	f.change(owner, string(b.id()), record.Revoked)
	CheckInvariants(t, f.l)
}

// TestFalseWitnessProofsAreVerifiedOnce, however many entries they would approve.
func TestFalseWitnessProofsAreVerifiedOnce(t *testing.T) {
	f := newFixture(t)
	a := witnessed(t, "a", 1, "w")
	const entries, forged = 40, 50
	for range entries - 1 {
		a.update(webvh.UpdateOptions{})
	}
	item := witnessItem(t, a.state.VersionID, "w")
	good := item.Canonical()
	list, _ := parse(t, string(good)).Get("proof")
	genuine := list.At(0)
	proofs := make([]jcs.Value, 0, forged+1)
	for n := range forged {
		wrong := obj("versionId", fmt.Sprint(n))
		proofs = append(proofs, signProof(t, wrong, genuine.Without("proofValue"), keyOf(t, "w")))
	}
	op := f.didOp(a, obj("versionId", a.state.VersionID, "proof", jcs.Array(append(proofs, genuine)...)))
	checks := 0
	f.l.cfg.Verify = func(k multikey.PublicKey, message, signature []byte) bool {
		checks++
		return k.Verify(message, signature)
	}
	f.accept(op)
	if most := entries + 2*(forged+1); checks > most {
		t.Errorf("%d signatures checked, want at most %d", checks, most)
	}
}

// TestVersionsOfAnyYearAreFoundByTime, also before those that nanoseconds reach.
func TestVersionsOfAnyYearAreFoundByTime(t *testing.T) {
	f := newFixture(t)
	year := func(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }
	a := newAgent(t, "a", []string{"a"}, func(o *webvh.CreateOptions) { o.Time = year(1000) })
	a.update(webvh.UpdateOptions{Time: year(1600)})
	a.update(webvh.UpdateOptions{Time: year(2000)})
	f.accept(f.didOp(a))
	v := f.l.View()
	defer v.Close()
	for at, want := range map[int]int{1200: 1, 1600: 2, 1999: 2, 2001: 3} {
		res, err := v.Resolve(t.Context(), a.id(), did.Options{VersionTime: year(at)})
		if err != nil || res.Metadata.VersionNumber != want {
			t.Errorf("year %d: version %d, %v; want %d", at, res.Metadata.VersionNumber, err, want)
		}
	}
}

func digestOf(v jcs.Value) [32]byte { return sha256.Sum256(v.Canonical()) }

func base58(t testing.TB, b []byte) string {
	t.Helper()
	s, err := multibase.Encode(multibase.Base58BTC, b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOldViewLeavesNoDocumentsBehind: a reader of what a restoration has replaced has
// no part in what comes after it.
func TestOldViewLeavesNoDocumentsBehind(t *testing.T) {
	replaced, f := newFixture(t), newFixture(t)
	x, y := replaced.agent("x"), f.agent("y") // both are record 1
	old := replaced.l.View()
	defer old.Close()
	if err := replaced.l.RestoreSnapshot(bytes.NewReader(snapshotOf(t, f.l)), nil); err != nil {
		t.Fatal(err)
	}
	if res, err := old.Resolve(t.Context(), x.id(), did.Options{}); err != nil || res.Document.ID() != x.id() {
		t.Fatalf("the old view: %v", err)
	}
	v := replaced.l.View()
	defer v.Close()
	if res, err := v.Resolve(t.Context(), y.id(), did.Options{}); err != nil || res.Document.ID() != y.id() {
		t.Errorf("%s resolves to the document of %s: %v", y.id(), res.Document.ID(), err)
	}
}

package ledger

import (
	"bytes"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/record"
)

func digestOp(t testing.TB, c jcs.Value) record.Op {
	t.Helper()
	issuer, _ := c.GetString("issuer")
	return must(t)(record.NewDigestOp(record.CredentialDigest(c), did.ID(issuer), proofOf(c)))
}

// again applies an operation that says nothing new: its outcome is that given, and
// nothing changes.
func (f *fixture) again(op record.Op, want record.Outcome) {
	f.Helper()
	before := dump(f, f.l)
	if got := f.accept(op); got != want {
		f.Errorf("again: %+v, was %+v", got, want)
	}
	if !bytes.Equal(before, dump(f, f.l)) {
		f.Error("saying the same again changed the views")
	}
}

// TestHolderRegistersTheDigestFirst: the issuer's own registration, with the content,
// claims its entries all the same.
func TestHolderRegistersTheDigestFirst(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	c := a.revocable("s", 5)
	digest := record.CredentialDigest(c)
	first := f.accept(digestOp(t, c))
	f.again(digestOp(t, c), first)
	full := f.accept(f.credentialOp(c, false))
	if full.Completes != first.Seq || full.Seq != f.l.Size()-1 || full.Count != 1 {
		t.Fatalf("outcome %+v, the first was %+v", full, first)
	}
	f.again(digestOp(t, c), first)
	f.again(f.credentialOp(c, false), full)
	published := f.accept(f.credentialOp(c, true))
	if published.Completes != full.Seq {
		t.Fatalf("outcome %+v, the one before was %+v", published, full)
	}
	f.again(digestOp(t, c), first)
	f.again(f.credentialOp(c, false), full)
	f.again(f.credentialOp(c, true), published)
	f.refuse(f.changeOp(a, string(a.id())+"/status-lists/revocation/0#5", record.Revoked), record.IndexTaken)
	f.refuse(f.credentialOp(a.revocable("other", 5), false), record.IndexTaken)
	f.change(a, digest.String(), record.Revoked)
	f.bits(a, "revocation", 5)
	f.bits(a, "suspension", 5)
	f.again(f.credentialOp(c, true), published)

	v := f.l.View()
	defer v.Close()
	for _, x := range []struct {
		at, want record.Seq
		known    bool
	}{{first.Seq - 1, 0, false}, {first.Seq, first.Seq, true}, {full.Seq - 1, first.Seq, true}, {full.Seq, full.Seq, true}, {published.Seq, published.Seq, true}} {
		p, err := v.At(x.at)
		if err != nil {
			t.Fatal(err)
		}
		info, known, err := p.Credential(digest)
		if err != nil || known != x.known || info.Seq != x.want {
			t.Errorf("after record %d it is that of record %d, %v, %v; want %d", x.at, info.Seq, known, err, x.want)
		}
		e, known, err := p.CredentialStatusEntry(digest, a.id())
		if err != nil || known != x.known || known && (e.Status != credential.Active || e.Seq != x.want) {
			t.Errorf("after record %d its status is %+v, %v, %v", x.at, e, known, err)
		}
	}
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestPublishedWithAnotherProof: each record is held to its own proof.
func TestPublishedWithAnotherProof(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	doc := a.credential("s")
	first := f.accept(f.credentialOp(a.sign(doc), false))
	signed := a.signAt(doc, f.now, did.AssertionMethod)
	if out := f.accept(f.credentialOp(signed, true)); out.Completes != first.Seq {
		t.Errorf("outcome %+v, the first was %+v", out, first)
	}
	v := f.l.View()
	defer v.Close()
	if info, _, err := v.Credential(record.CredentialDigest(doc)); err != nil || !bytes.Equal(info.Content, signed.Canonical()) {
		t.Errorf("content %s, %v", info.Content, err)
	}
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestEntryOfWhatWasRevokedBefore its content was registered is set with that.
func TestEntryOfWhatWasRevokedBefore(t *testing.T) {
	for _, x := range []struct {
		status             record.Status
		revoked, suspended []int
	}{{record.Suspended, nil, []int{5}}, {record.Revoked, []int{5}, []int{5}}} {
		t.Run(string(x.status), func(t *testing.T) {
			f := newFixture(t)
			a := f.agent("a")
			c := a.revocable("s", 5)
			digest := record.CredentialDigest(c).String()
			f.accept(digestOp(t, c))
			f.change(a, digest, x.status)
			f.accept(f.credentialOp(c, true))
			f.bits(a, "revocation", x.revoked...)
			f.bits(a, "suspension", x.suspended...)
			if x.status == record.Suspended {
				f.change(a, digest, record.Active)
				f.bits(a, "suspension")
			}
			CheckInvariants(t, f.l)
			restores(t, f.l)
		})
	}
}

// bothWays is signed as it is written and, in a proof that holds by itself as well, as
// what it says as RDF.
func (a *agent) bothWays(doc jcs.Value) (both, rdf jcs.Value) {
	a.t.Helper()
	both, err := proof.Sign(a.sign(doc), a.key, proof.SignOptions{
		VerificationMethod: a.method(), Purpose: did.AssertionMethod, Created: epoch, Cryptosuite: proof.EdDSARDFC2022,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	proofs, _ := both.Get("proof")
	return both, doc.With("proof", proofs.At(1))
}

// TestTwoDigestsThatTurnOutToBeOne: of what was registered by its digest the content
// shows that it was registered before, written otherwise. From then on both have one
// status, the graver of the two they had.
func TestTwoDigestsThatTurnOutToBeOne(t *testing.T) {
	for _, x := range []struct {
		name           string
		digest, other  record.Status
		want           record.Status
		revoked, later []int
	}{
		{"neither changed", "", "", record.Active, nil, []int{9}},
		{"the digest was revoked", record.Revoked, "", record.Revoked, []int{9}, []int{9}},
		{"the digest was suspended", record.Suspended, "", record.Suspended, nil, []int{9}},
		{"the other was revoked", record.Suspended, record.Revoked, record.Revoked, []int{9}, []int{9}},
		{"the digest was revoked, the other suspended", record.Revoked, record.Suspended, record.Revoked, []int{9}, []int{9}},
	} {
		t.Run(x.name, func(t *testing.T) {
			f := newFixture(t)
			a := f.agent("a")
			entry := inList(ownList(a.id(), "revocation", 0), "revocation", 9).With("id", text("urn:entry:9"))
			both, rdf := a.bothWays(a.rdfCredential("s").With("credentialStatus", entry))
			proofs, _ := both.Get("proof")
			digest, other := record.CredentialDigest(both), rewritten(rdf)
			first := f.accept(must(t)(record.NewDigestOp(digest, a.id(), proofs.At(0))))
			f.accept(f.credentialOp(other, true))
			for target, status := range map[record.Hash]record.Status{digest: x.digest, record.CredentialDigest(other): x.other} {
				if status != "" {
					f.change(a, target.String(), status)
				}
			}
			out := f.accept(f.credentialOp(both, true))
			if out.Completes != first.Seq {
				t.Errorf("outcome %+v, the first was %+v", out, first)
			}
			for _, d := range []record.Hash{digest, record.CredentialDigest(other)} {
				if e := f.credentialStatus(d, a); record.Status(e.Status) != x.want {
					t.Errorf("%s is %s, want %s", d, e.Status, x.want)
				}
			}
			f.bits(a, "revocation", x.revoked...)
			if x.want != record.Revoked {
				f.change(a, digest.String(), record.Revoked)
			}
			f.refuse(f.changeOp(a, record.CredentialDigest(other).String(), record.Active), record.FinalStatus)
			f.bits(a, "revocation", x.later...)
			CheckInvariants(t, f.l)
			restores(t, f.l)
		})
	}
}

// arrayed is a credential whose entry has its list as an array of one: as RDF it says the
// same.
func arrayed(c jcs.Value) jcs.Value {
	entry, _ := c.Get("credentialStatus")
	url, _ := entry.Get("statusListCredential")
	return c.With("credentialStatus", entry.With("statusListCredential", jcs.Array(url)))
}

// aliasedEntry is a credential whose entry's type has another name by a context of its
// own: as RDF it says the same.
func aliasedEntry(t testing.TB, c jcs.Value) (aliased, plain jcs.Value) {
	t.Helper()
	contexts, _ := c.Get("@context")
	entry, _ := c.Get("credentialStatus")
	alias := parse(t, `{"Foo": {"@id": "https://www.w3.org/ns/credentials/status#BitstringStatusListEntry", "@context": {"@protected": true,
		"statusPurpose": "https://www.w3.org/ns/credentials/status#statusPurpose",
		"statusListIndex": "https://www.w3.org/ns/credentials/status#statusListIndex",
		"statusListCredential": {"@id": "https://www.w3.org/ns/credentials/status#statusListCredential", "@type": "@id"}}}}`)
	return c.With("@context", jcs.Array(contexts.At(0), alias)).With("credentialStatus", entry.With("type", text("Foo"))), c
}

// registeredWithLess are operations of an issuer's holders that earlier versions took
// for all that there is to say, and, in full, those of the issuer.
func registeredWithLess(t testing.TB, a *agent) (less, full []record.Op, targets []string) {
	entry := func(n int) jcs.Value { return inList(ownList(a.id(), "revocation", 0), "revocation", n) }
	digest := a.sign(a.credential("digest").With("credentialStatus", entry(1)))
	hidden := a.sign(a.credential("hidden").With("credentialStatus", entry(2)))
	aliased, rdf := aliasedEntry(t, a.overRDF(a.rdfCredential("rdf").With("credentialStatus", entry(3)), did.AssertionMethod, epoch))
	aliasedPrivate, private := aliasedEntry(t, a.overRDF(a.rdfCredential("private").With("credentialStatus", entry(4)), did.AssertionMethod, epoch))
	op := func(c jcs.Value, publish bool) record.Op { return must(t)(record.NewCredentialOp(c, publish)) }
	less = []record.Op{digestOp(t, digest), op(hidden, false), op(aliased, true), op(aliasedPrivate, false)}
	full = []record.Op{op(digest, true), op(hidden, true), op(rdf, true), op(private, false)}
	for _, op := range full {
		targets = append(targets, op.CredentialDigest.String())
	}
	return less, full, targets
}

// TestRegisteredWithLessByEarlierVersions: their ledgers are restored, and what they have
// too little of is completed by what the issuer sends.
func TestRegisteredWithLessByEarlierVersions(t *testing.T) {
	f := newFixture(t)
	if err := f.l.RestoreSnapshot(bytes.NewReader(fromVersion1(t, testFile(t, "registered-with-less.snapshot.gz"))), nil); err != nil {
		t.Fatal(err)
	}
	v := f.l.View()
	f.index, f.now = f.l.AppliedIndex(), v.Time()
	v.Close()
	restores(t, f.l)
	a := newAgent(t, "a", []string{"agents", "a"}, nil)
	less, full, targets := registeredWithLess(t, a)
	for _, op := range less {
		before := f.l.Size()
		if f.accept(op); f.l.Size() != before {
			t.Errorf("%s is not in the ledger of the earlier version", op.CredentialDigest)
		}
	}
	for _, op := range full {
		if out := f.accept(op); out.Completes == 0 {
			t.Errorf("outcome %+v", out)
		}
	}
	for _, target := range targets {
		f.change(a, target, record.Revoked)
	}
	f.bits(a, "revocation", 1, 2, 3, 4)
	restores(t, f.l)
	g := open(t, vfs.NewMem())
	defer closing(t, g)
	if err := g.RestoreSnapshot(bytes.NewReader(snapshotOf(t, f.l)), nil); err != nil {
		t.Fatal(err)
	}
}

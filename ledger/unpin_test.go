package ledger

import (
	"slices"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/ledger/record"
)

func (f *fixture) unpinOp(by *agent, id did.ID, issued time.Time) record.Op {
	f.Helper()
	u := record.Unpin{Ledger: f.ledgerID(), DID: id, Issued: issued}
	return must(f)(record.NewUnpinOp(by.sign(u.Value())))
}

func (f *fixture) pinned() []did.ID {
	f.Helper()
	v := f.l.View()
	defer v.Close()
	list, err := v.PinnedDIDs("", 10)
	if err != nil {
		f.Fatal(err)
	}
	return list
}

// Pins stayed for ever, and when strangers had taken up all places nobody could pin any more.
func TestUnpin(t *testing.T) {
	f := newFixture(t)
	const id, other = "did:web:elsewhere.example:w", "did:web:elsewhere.example:x"
	f.accept(f.observationOp(f.seenWeb(id, "a"), nil))
	f.accept(f.observationOp(f.seenWeb(other, "a"), nil))
	early := f.unpinOp(f.registry, id, f.now.Add(-time.Hour))
	f.refuse(early, record.IssuedNotLater)
	unpin := f.unpinOp(f.registry, id, f.now.Add(time.Second))
	first := f.accept(unpin)
	if got := f.pinned(); !slices.Equal(got, []did.ID{other}) {
		t.Errorf("pinned: %v", got)
	}
	if o := f.observed(id); o.Number != 1 || o.Diverged {
		t.Errorf("what was observed: %+v", o)
	}
	size := f.l.Size()
	if again := f.accept(unpin); again.Seq != first.Seq || f.l.Size() != size {
		t.Errorf("the same statement again: record %d, not %d", again.Seq, first.Seq)
	}
	f.refuse(f.unpinOp(f.registry, id, f.now.Add(2*time.Second)), record.NoChange)
	restores(t, f.l)

	f.accept(f.observationOp(f.seenWeb(id, "a"), nil)) // pinned again, and as it was
	if o := f.observed(id); o.Number != 2 || o.Diverged || len(f.pinned()) != 2 {
		t.Errorf("pinned again: %+v, %v", o, f.pinned())
	}
	f.accept(unpin) // which somebody may have kept: it has had its effect
	if len(f.pinned()) != 2 {
		t.Error("an old statement unpins again")
	}
	f.refuse(f.observationOp(f.seenWeb(id, "a"), nil), record.NoChange)
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// Who could unpin his own DID could rewrite its history unseen.
func TestUnpinIsForTheRegistry(t *testing.T) {
	f := newFixture(t)
	s := newStranger(t, "s")
	f.observe(s)
	a := f.agent("a")
	at := f.now.Add(time.Second)
	f.refuse(f.unpinOp(s.agent, s.id(), at), record.NotAuthorised)
	f.refuse(f.unpinOp(a, s.id(), at), record.NotAuthorised)
	f.refuse(f.unpinOp(f.registry, a.id(), at), record.UnknownTarget)
	f.refuse(f.unpinOp(f.registry, s.id(), f.now.Add(time.Hour)), record.IssuedInFuture)
	forged := f.unpinOp(f.registry, s.id(), at)
	proof, _ := forged.Unpin.Get("proof")
	other := record.Unpin{Ledger: f.ledgerID(), DID: s.id(), Issued: at.Add(time.Millisecond)}.Value()
	f.refuse(must(f)(record.NewUnpinOp(other.With("proof", proof))), record.ProofInvalid)
	elsewhere := record.Unpin{Ledger: "QmOther", DID: s.id(), Issued: at}
	f.refuse(must(f)(record.NewUnpinOp(f.registry.sign(elsewhere.Value()))), record.UnknownLedger)
	f.refuse(must(f)(record.NewUnpinOp(other)), record.Malformed)
	f.accept(f.unpinOp(f.registry, s.id(), at))
	c := s.sign(s.credential("x")) // what was last observed of it still counts
	f.accept(f.credentialOp(c, false))
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

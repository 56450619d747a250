package ledger

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// registration is the word of a controller that the subjects are its agents.
func (a *agent) registration(subjects ...string) jcs.Value {
	list := make([]jcs.Value, len(subjects))
	for i, id := range subjects {
		list[i] = obj("id", id)
	}
	return obj(
		"@context", strs("https://www.w3.org/ns/credentials/v2"),
		"type", strs("VerifiableCredential", record.AgentRegistration),
		"issuer", string(a.id()),
		"credentialSubject", jcs.Array(list...),
	)
}

// owners says who owns a DID at the time of the newest record, before it if before is
// not 0.
func (f *fixture) owners(a *agent, before record.Seq) []Owner {
	f.Helper()
	v := f.l.View()
	defer v.Close()
	w, now := v.world, f.now
	if before > 0 {
		past, err := v.At(before - 1)
		if err != nil {
			f.Fatal(err)
		}
		w, now = past.world, past.Time()
	}
	res, err := w.Resolve(f.Context(), a.id(), did.Options{})
	if err != nil {
		f.Fatal(err)
	}
	o, err := w.ownership(f.Context(), a.id(), res.Document, now)
	if err != nil {
		f.Fatal(err)
	}
	return o.Owners
}

// confirmed demands that a DID has one owner, whose ownership is confirmed or not.
func (f *fixture) confirmed(a *agent, want bool, when string) {
	f.Helper()
	owners := f.owners(a, 0)
	if len(owners) != 1 || owners[0].Confirmed != want || want != (owners[0].Why == "") {
		f.Errorf("%s: %+v, want confirmed %v", when, owners, want)
	}
}

// To name a controller takes nobody's consent: ownership is confirmed by a registration
// of the controller's own, for as long as that is in force.
func TestControllerNamedWithoutItsConsent(t *testing.T) {
	f := newFixture(t)
	owner, stranger := f.agent("owner"), f.agent("stranger")
	bot := f.agent("bot", string(owner.id()))
	f.confirmed(bot, false, "named")

	f.accept(f.credentialOp(stranger.sign(stranger.registration(string(bot.id()))), false))
	f.confirmed(bot, false, "registered by a stranger")
	f.accept(f.credentialOp(owner.sign(owner.registration(string(stranger.id()))), false))
	f.confirmed(bot, false, "another is registered")
	other := owner.registration(string(bot.id())).With("type", strs("VerifiableCredential", "AgentMembershipCredential"))
	f.accept(f.credentialOp(owner.sign(other), false))
	f.confirmed(bot, false, "registered for something else")

	word := owner.sign(owner.registration(string(bot.id())))
	digest := record.CredentialDigest(word)
	f.accept(must(t)(record.NewDigestOp(digest, owner.id(), proofOf(word))))
	f.confirmed(bot, false, "a digest says nothing")
	seq := f.accept(f.credentialOp(word, false)).Seq
	f.confirmed(bot, true, "registered")
	if o := f.owners(bot, 0)[0]; o.Credential != digest || o.Seq != seq || o.Controller != owner.id() || !o.Since.Equal(f.now) {
		t.Errorf("%+v", o)
	}
	f.accept(f.credentialOp(word, true))
	f.confirmed(bot, true, "published")

	f.change(owner, digest.String(), record.Suspended)
	f.confirmed(bot, false, "suspended")
	f.change(owner, digest.String(), record.Active)
	f.confirmed(bot, true, "reinstated")
	f.change(owner, digest.String(), record.Revoked)
	f.confirmed(bot, false, "revoked")

	f.accept(f.credentialOp(owner.sign(owner.registration(string(bot.id())).With("id", text("urn:again"))), false))
	f.confirmed(bot, true, "registered anew")
	f.change(owner, string(owner.id()), record.Suspended)
	f.confirmed(bot, false, "the controller is suspended")
	f.change(owner, string(owner.id()), record.Active)
	f.confirmed(bot, true, "the controller is reinstated")

	for at, want := range map[record.Seq]bool{seq: false, seq + 1: true, seq + 3: false, seq + 4: true, seq + 5: false, seq + 6: true, seq + 7: false} {
		if got := f.owners(bot, at)[0]; got.Confirmed != want {
			t.Errorf("before record %d: %+v, want confirmed %v", at, got, want)
		}
	}
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// What a controller has signed with a key that it has no more it says no more.
func TestOwnershipEndsWithTheController(t *testing.T) {
	f := newFixture(t)
	owner := f.agent("owner")
	bot := f.agent("bot", string(owner.id()))
	f.accept(f.credentialOp(owner.sign(owner.registration(string(bot.id()))), false))
	f.confirmed(bot, true, "registered")
	replaced := owner.document(owner.id())
	methods, _ := replaced.Get("verificationMethod")
	name, _ := methods.At(0).GetString("id")
	owner.update(webvh.UpdateOptions{Document: replaced.With("verificationMethod", jcs.Array(
		methods.At(0).With("publicKeyMultibase", text(keyOf(t, "new").Public().String()))))})
	f.accept(f.didOp(owner))
	f.confirmed(bot, false, "another key by the name of "+name)
	owner.update(webvh.UpdateOptions{Document: owner.document(owner.id())})
	f.accept(f.didOp(owner))
	f.confirmed(bot, true, "the key is back")
	owner.update(webvh.UpdateOptions{Deactivate: true})
	f.accept(f.didOp(owner))
	f.confirmed(bot, false, "deactivated")
	CheckInvariants(t, f.l)
}

// The dates of a registration count, and the answer says until when it holds.
func TestOwnershipHasDates(t *testing.T) {
	f := newFixture(t)
	owner := f.agent("owner")
	bot := f.agent("bot", string(owner.id()))
	from, until := f.now.Add(time.Hour).Truncate(time.Second), f.now.Add(2*time.Hour).Truncate(time.Second)
	f.accept(f.credentialOp(owner.sign(owner.registration(string(bot.id())).
		With("validFrom", text(from.UTC().Format(time.RFC3339))).With("validUntil", text(until.UTC().Format(time.RFC3339)))), false))
	v := f.l.View()
	defer v.Close()
	res, err := v.Resolve(t.Context(), bot.id(), did.Options{})
	if err != nil {
		t.Fatal(err)
	}
	begins := from.Add(-5 * time.Second) // clocks differ
	for _, x := range []struct {
		at, until time.Time
		want      bool
	}{{begins.Add(-1), begins, false}, {begins, until, true}, {until, time.Time{}, true}, {until.Add(1), time.Time{}, false}} {
		o, err := v.Ownership(t.Context(), bot.id(), res.Document, x.at)
		if err != nil || o.Owners[0].Confirmed != x.want || !o.Until.Equal(x.until) {
			t.Errorf("at %s: %+v, %v; want confirmed %v until %s", x.at, o, err, x.want, x.until)
		}
	}
}

// Of many registrations the newest are looked up, and of many controllers the first:
// what it costs to say who owns a DID is bounded.
func TestOwnershipIsBounded(t *testing.T) {
	f := newFixture(t)
	owner := f.agent("owner")
	bot := f.agent("bot", string(owner.id()))
	f.accept(f.credentialOp(owner.sign(owner.registration(string(bot.id()))), false))
	for i := range MaxRegistrations {
		f.confirmed(bot, true, fmt.Sprint("after ", i, " others"))
		c := owner.sign(owner.registration(string(bot.id())).With("id", text(fmt.Sprint("urn:", i))))
		f.accept(f.credentialOp(c, false))
		f.change(owner, record.CredentialDigest(c).String(), record.Revoked)
	}
	f.confirmed(bot, false, "after as many as are looked up")

	var many []string
	for i := range MaxOwners + 1 {
		many = append(many, string(f.agent(fmt.Sprint("owner", i)).id()))
	}
	owners := f.owners(f.agent("owned", many...), 0)
	if n := len(owners); n != len(many) || owners[n-1].Why == owners[0].Why || owners[n-1].Why == "" {
		t.Errorf("%d owners of %d: %+v", n, len(many), owners)
	}
}

// A directory that an earlier version wrote, or that one wrote meanwhile, gets the views
// when it is opened.
func TestOwnershipsOfAnEarlierDirectory(t *testing.T) {
	f := newFixture(t)
	owner := f.agent("owner")
	bot := f.agent("bot", string(owner.id()))
	word := owner.sign(owner.registration(string(bot.id()), string(bot.id()), "urn:none"))
	f.accept(f.credentialOp(word, false))
	f.accept(f.credentialOp(word, true))
	built := f.l.Size()
	// By which names it went then counts, and not what has been made of them since.
	for i, id := range []string{"did:web:registry.example:agents:bot", "did:web:registry.example:agents:late"} {
		f.accept(f.credentialOp(owner.sign(owner.registration(id).With("id", text(fmt.Sprint("urn:", i)))), false))
	}
	f.agent("late")
	want := dump(t, f.l)
	for name, upTo := range map[string]record.Seq{"before there were any": 0, "in the middle": built} {
		b := f.l.gen.db.NewBatch(0)
		err := f.l.gen.db.Scan(nil, nil, func(key, _ []byte) error {
			if view.Added(key) {
				b.Delete(key)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if upTo > 0 {
			b.Set(view.BuiltEntry(upTo))
			agent, controller := view.Subject(bot.id()), view.Subject(owner.id())
			view.PutOwnership(placing{b, upTo - 2}, agent, controller, nil, 0)
		}
		if err := b.Apply(); err != nil {
			t.Fatal(err)
		}
		f.reopen()
		if got := dump(t, f.l); !bytes.Equal(got, want) {
			t.Errorf("%s: the store is\n%s\nwant\n%s", name, got, want)
		}
	}
	f.confirmed(bot, true, "in the end")
}

// A proof over RDF signs what a type stands for, not its name, which the holder can have
// stand for that as well.
func TestTypeNamedByTheHolder(t *testing.T) {
	f := newFixture(t)
	owner := f.agent("owner")
	bot := f.agent("bot", string(owner.id()))
	member := func(name string) jcs.Value {
		return owner.registration(string(bot.id())).With("type", strs("VerifiableCredential", name)).
			With("@context", jcs.Array(text("https://www.w3.org/ns/credentials/v2"), obj(name, "https://example.com/#Member")))
	}
	signed := signWith(t, member("Member"), owner.key, owner.method(), proof.EdDSARDFC2022, did.AssertionMethod, epoch)
	of, _ := signed.Get("proof")
	renamed := member(record.AgentRegistration).With("proof", of)
	f.accept(f.credentialOp(renamed, false))
	f.confirmed(bot, false, "named by the holder")
	again, stranger := renamed, keyOf(t, "stranger")
	contexts, _ := again.Get("@context")
	again = again.With("@context", jcs.Array(contexts.At(0), contexts.At(1).With("Other", text("https://example.com/#Other"))))
	f.accept(f.credentialOp(signBy(t, again, stranger, "did:key:"+stranger.Public().String()+"#"+stranger.Public().String(), did.AssertionMethod), false))
	f.confirmed(bot, false, "signed as it is written by another")
	CheckInvariants(t, f.l)
}

// What an earlier version sends says nothing of these views, and is taken.
func TestSnapshotOfAnEarlierVersionHasNoOwnerships(t *testing.T) {
	f := newFixture(t)
	owner := f.agent("owner")
	bot := f.agent("bot", string(owner.id()))
	f.accept(f.credentialOp(owner.sign(owner.registration(string(bot.id()))), false))
	sums, err := sumFamilies(f.l.gen.db, 1)
	if err != nil {
		t.Fatal(err)
	}
	for family := range sums {
		if view.Added([]byte{family}) {
			t.Errorf("a snapshot has a sum for family %q", family)
		}
	}
	l := open(t, vfs.NewMem())
	defer closing(t, l)
	if err := l.RestoreSnapshot(bytes.NewReader(snapshotOf(t, f.l)), nil); err != nil {
		t.Fatal(err)
	}
	restored := *f
	restored.l = l
	restored.confirmed(bot, true, "restored")
}

// A damaged directory of an earlier version opens as one of this version does: what is
// wrong is known, and a snapshot replaces it.
func TestDamagedDirectoryOfAnEarlierVersionOpens(t *testing.T) {
	f := newFixture(t)
	owner := f.agent("owner")
	bot := f.agent("bot", string(owner.id()))
	f.accept(f.credentialOp(owner.sign(owner.registration(string(bot.id()))), false))
	whole := snapshotOf(t, f.l)
	db := f.l.gen.db
	value, err := db.Get(view.RecordKey(1))
	if err != nil {
		t.Fatal(err)
	}
	value[len(value)-3] ^= 1
	b := db.NewBatch(0)
	err = db.Scan(nil, nil, func(key, _ []byte) error {
		if view.Added(key) {
			b.Delete(key)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Set(view.RecordKey(1), value)
	if err := b.Apply(); err != nil {
		t.Fatal(err)
	}
	f.reopen()
	if err := f.l.Damage(); !IsCorruption(err) {
		t.Fatalf("damage: %v", err)
	}
	if err := f.l.RestoreSnapshot(bytes.NewReader(whole), nil); err != nil {
		t.Fatal(err)
	}
	if err := f.l.Damage(); err != nil {
		t.Errorf("damage of what was replaced: %v", err)
	}
	f.confirmed(bot, true, "restored")
}

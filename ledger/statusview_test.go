package ledger

import (
	"testing"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

func (f *fixture) credentialStatus(digest record.Hash, issuer *agent) StatusEntry {
	f.Helper()
	v := f.l.View()
	defer v.Close()
	e, known, err := v.CredentialStatusEntry(digest, issuer.id())
	if err != nil || !known {
		f.Fatalf("status of %s by %s: known %v, %v", digest, issuer.name, known, err)
	}
	return e
}

// Whoever has seen a credential knows its digest and can register it as their own,
// even first. That must not let them speak for its issuer.
func TestDigestRegisteredByAStranger(t *testing.T) {
	f := newFixture(t)
	a, thief := f.agent("a"), f.agent("thief")
	c := a.sign(a.credential("s"))
	digest := record.CredentialDigest(c)
	stolen := thief.sign(a.credential("s"))
	f.accept(must(t)(record.NewDigestOp(digest, thief.id(), proofOf(stolen))))
	f.change(thief, digest.String(), record.Revoked)
	v := f.l.View()
	if _, known, err := v.CredentialStatus(digest, a.id()); known || err != nil {
		t.Errorf("the issuer's credential counts as registered: %v", err)
	}
	v.Close()
	f.accept(f.credentialOp(c, true))
	if e := f.credentialStatus(digest, a); e.Status != credential.Active {
		t.Errorf("the issuer's credential is %s", e.Status)
	}
	if e := f.credentialStatus(digest, thief); e.Status != credential.Revoked {
		t.Errorf("the stranger's registration is %s", e.Status)
	}
	v = f.l.View()
	defer v.Close()
	info, ok, err := v.Credential(digest)
	if err != nil || !ok {
		t.Fatal(err)
	}
	body, err := record.ParseCredentialBody(info.Body)
	if err != nil || body.Issuer != a.id() || !body.Content || info.Content == nil {
		t.Errorf("the digest by itself means a registration by %s, %v", body.Issuer, err)
	}
	CheckInvariants(t, f.l)
}

func TestStatusTransitions(t *testing.T) {
	f := newFixture(t)
	owner, other := f.agent("owner"), f.agent("other")
	a := f.agent("a", string(owner.id()), string(other.id()))
	id := string(a.id())
	f.change(a, id, record.Suspended)     // by itself
	f.change(owner, id, record.Suspended) // taken over
	f.refuse(f.changeOp(a, id, record.Active), record.NotAuthorised)
	f.refuse(f.changeOp(other, id, record.Suspended), record.NoChange)
	f.change(other, id, record.Active) // by another controller of that time
	f.change(a, id, record.Suspended)
	f.change(a, id, record.Active)
	f.change(a, id, record.Suspended)
	f.change(owner, id, record.Active)
	f.change(owner, id, record.Suspended)
	f.change(owner, id, record.Revoked)
	f.refuse(f.changeOp(owner, id, record.Active), record.FinalStatus)
	v := f.l.View()
	defer v.Close()
	e, known, err := v.DIDStatusEntry(a.id())
	if err != nil || !known || e.Status != credential.Revoked || e.By != owner.id() || e.Seq != v.Size()-1 {
		t.Errorf("status %+v, known %v, %v", e, known, err)
	}
	CheckInvariants(t, f.l)
}

func TestStatusSaysWhatTheChangeSaid(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	c := a.sign(a.credential("s"))
	f.accept(f.credentialOp(c, false))
	digest := record.CredentialDigest(c)
	out := f.accept(f.statusOp(a.sign(statement(f.ledgerID(), digest.String(), record.Revoked, f.now).
		With("reason", jcs.FromString("key lost")).With("cascade", jcs.FromBool(true)).
		With("invalidFrom", jcs.FromString("2026-01-02T00:00:00Z")))))
	e := f.credentialStatus(digest, a)
	if e.Reason != "key lost" || !e.Cascade || e.InvalidFrom.Day() != 2 || e.Seq != out.Seq || !e.Since.Equal(out.Time.Time()) {
		t.Errorf("status %+v", e)
	}
}

func TestChangedSince(t *testing.T) {
	f := newFixture(t)
	a, b := f.agent("a"), f.agent("b")
	c := a.sign(a.credential("s"))
	f.accept(f.credentialOp(c, false))
	digest := record.CredentialDigest(c).String()
	size := f.l.Size()
	keys := []string{string(a.id()), string(b.id()), digest, "did:web:registry.example:agents:a", "did:web:registry.example:agents:new"}
	changed := func(want ...string) {
		t.Helper()
		for _, k := range keys {
			is := false
			for _, w := range want {
				is = is || w == k
			}
			if f.l.ChangedSince(k, size) != is {
				t.Errorf("%s changed since %d: %v", k, size, !is)
			}
		}
		size = f.l.Size()
	}
	changed()
	a.update(webvh.UpdateOptions{})
	f.accept(f.didOp(a))
	changed(keys[0], keys[3])
	f.change(a, digest, record.Suspended)
	changed(digest)
	f.change(b, string(b.id()), record.Suspended)
	changed(keys[1])
	f.accept(f.didOp(newAgent(t, "new", []string{"agents", "new"}, nil)))
	changed(keys[4])
	f.reopen()
	changed()
	if !f.l.ChangedSince(keys[0], size-1) {
		t.Error("after a restart nothing can be said of the time before")
	}
}

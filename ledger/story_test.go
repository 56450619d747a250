package ledger

import (
	"testing"

	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// TestStory goes through one life of everything.
func TestStory(t *testing.T) {
	f := newFixture(t)
	owner := f.agent("owner")
	a := f.agent("alice", string(owner.id()))
	a.update(webvh.UpdateOptions{}, "inbox")
	f.accept(f.didOp(a))
	c := a.sign(a.credential("bob"))
	f.accept(f.credentialOp(c, true))
	digest := record.CredentialDigest(c).String()
	f.change(a, digest, record.Suspended)
	f.change(a, digest, record.Active)
	f.change(owner, string(a.id()), record.Suspended)
	f.change(owner, string(a.id()), record.Active)
	f.change(a, digest, record.Revoked)
	f.change(a, string(a.id()), record.Revoked)
	owner.deactivate()
	f.accept(f.didOp(owner))
	CheckInvariants(t, f.l)
	before := dump(t, f.l)
	f.reopen()
	if string(before) != string(dump(t, f.l)) {
		t.Error("a restart changed the views")
	}
	CheckInvariants(t, f.l)
}

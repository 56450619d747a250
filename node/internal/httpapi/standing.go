package httpapi

import (
	"context"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// standing is what the ledger knows of a DID besides its document: whether it is suspended or revoked, and
// who owns it. It is of the DID as it is now, whichever version was asked for, as deactivated is; whom the
// document of that version names may own it.
type standing struct {
	members []jcs.Member
	// keys are those of Ledger.ChangedSince that the answer depends on besides the DID, until is when it may
	// change without them.
	keys  []string
	until time.Time
}

func standingOf(ctx context.Context, v *ledger.View, id did.ID, res did.Resolution, now time.Time) (standing, error) {
	var s standing
	entry, known, err := v.DIDStatusEntry(id)
	if err != nil {
		return s, err
	}
	if known && entry.Status != credential.Active {
		s.members = append(s.members, jcs.Member{Name: api.MetadataStatus, Value: statusMember(entry)})
	}
	if res.Document == nil {
		return s, nil
	}
	owned, err := v.Ownership(ctx, id, res.Document, now)
	if err != nil || len(owned.Owners) == 0 {
		return s, err
	}
	list := make([]jcs.Value, len(owned.Owners))
	for i := range owned.Owners {
		list[i] = ownerMember(&owned.Owners[i])
	}
	s.keys, s.until = owned.Keys, owned.Until
	s.members = append(s.members, jcs.Member{Name: api.MetadataOwnership, Value: jcs.Array(list...)})
	return s, nil
}

// statusMember says what /v1/status says of a DID that is suspended or revoked.
func statusMember(e ledger.StatusEntry) jcs.Value {
	status := withEntry(api.Status{}, e)
	members := []jcs.Member{
		text("status", status.Status), text("since", status.Since), text("by", status.By),
		{Name: "seq", Value: jcs.FromInt(int64(e.Seq))},
	}
	if status.Reason != "" {
		members = append(members, text("reason", status.Reason))
	}
	if status.InvalidFrom != "" {
		members = append(members, text("invalidFrom", status.InvalidFrom))
	}
	return jcs.Object(members...)
}

func ownerMember(o *ledger.Owner) jcs.Value {
	members := []jcs.Member{text("controller", string(o.Controller)), text("state", o.State())}
	if o.Why != "" {
		members = append(members, text("reason", o.Why))
	}
	if o.Confirmed {
		members = append(members, text("credential", record.Hash(o.Credential).String()),
			text("since", record.TimeOf(o.Since).String()), jcs.Member{Name: "seq", Value: jcs.FromInt(int64(o.Seq))})
		if !o.ValidUntil.IsZero() {
			members = append(members, text("validUntil", o.ValidUntil.UTC().Format(time.RFC3339Nano)))
		}
	}
	return jcs.Object(members...)
}

func text(name, value string) jcs.Member {
	return jcs.Member{Name: name, Value: jcs.FromString(value)}
}

// holds reports whether what a reply says still is so at that time, for all that has changed since.
func (c *cached) holds(l *ledger.Ledger, now time.Time) bool {
	if !c.until.IsZero() && now.After(c.until) {
		return false
	}
	if l.Size() == c.size {
		return true
	}
	for _, key := range c.also {
		if l.ChangedSince(key, c.size) {
			return false
		}
	}
	return !l.ChangedSince(c.subject, c.size)
}

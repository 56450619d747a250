package record

import (
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// Status is what a credential or DID has been declared to be.
type Status string

// The statuses. What nobody changed is active; revoked is final.
const (
	Active    Status = "active"
	Suspended Status = "suspended"
	Revoked   Status = "revoked"
)

// StatusChangeType is the type of a StatusChange.
const StatusChangeType = "StatusChange"

// StatusChange is a signed statement that changes a status:
//
//	{"type":"StatusChange","ledger":…,"target":…,"status":…,"issued":…,
//	 "reason"?,"invalidFrom"?,"cascade"?,"@context"?,"proof":{…}}
//
// It has one proof, with proofPurpose assertionMethod.
type StatusChange struct {
	// Ledger is the id of the ledger it is meant for.
	Ledger string
	// Digest is the credential's digest if the target is one. Else DID is set if the
	// target is one, or Entry if it is an entry of a status list that the registry
	// makes: the DID URL <issuer>/status-lists/<purpose>/<number>#<index>.
	Digest Hash
	DID    did.ID
	Entry  *ListEntry
	Status Status
	// Issued is when the signer says it was made.
	Issued time.Time
	// Reason is for people: at most MaxReason bytes.
	Reason string
	// InvalidFrom is since when what the target signed is not to be trusted; at
	// most Issued; zero if not given. InvalidFromText is its text.
	InvalidFrom     time.Time
	InvalidFromText string
	// Cascade asks for what depends on the target to be treated alike. Nothing heeds it:
	// nodes take no such change any more, but there are ledgers that have some.
	Cascade bool
	// Value is the whole statement.
	Value jcs.Value
}

// Target returns the target as it stands in the statement.
func (c StatusChange) Target() string {
	if c.DID != "" {
		return string(c.DID)
	}
	if c.Entry != nil {
		return c.Entry.String()
	}
	return c.Digest.String()
}

// ParseStatusChange reads a StatusChange; its proof is not verified. Errors are
// ErrMalformed.
func ParseStatusChange(v jcs.Value) (StatusChange, error) {
	c := StatusChange{Value: v}
	if typ, _ := v.GetString("type"); typ != StatusChangeType {
		return c, malformed("type is not %s", StatusChangeType)
	}
	if err := only(v, "@context", "type", "ledger", "target", "status", "issued",
		"reason", "invalidFrom", "cascade", "proof"); err != nil {
		return c, err
	}
	if _, ok := v.Get("op"); ok {
		return c, malformed("unknown member op")
	}
	if proof, _ := v.Get("proof"); !proof.IsObject() {
		return c, malformed("a StatusChange has one proof, an object")
	}
	c.Ledger, _ = v.GetString("ledger")
	for _, read := range []func(jcs.Value) error{c.parseTarget, c.parseStatus, c.parseTimes, c.parseRest} {
		if err := read(v); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *StatusChange) parseTarget(v jcs.Value) error {
	target, _ := v.GetString("target")
	if digest, err := ParseHash(target); err == nil {
		c.Digest = digest
		return nil
	}
	if e, ok := ParseListEntry(target); ok {
		c.Entry = &e
		return nil
	}
	id, err := did.Parse(target)
	if err != nil || len(id) > MaxDID {
		return malformed("target is neither a digest nor a DID nor an entry of a status list")
	}
	c.DID = id
	return nil
}

func (c *StatusChange) parseStatus(v jcs.Value) error {
	s, _ := v.GetString("status")
	c.Status = Status(s)
	if c.Status != Active && c.Status != Suspended && c.Status != Revoked {
		return malformed("status is not active, suspended or revoked")
	}
	if e := c.Entry; e != nil && (e.List.Purpose == Revocation) != (c.Status == Revoked) {
		return malformed("%s says nothing in a list for %s", c.Status, e.List.Purpose)
	}
	return nil
}

func (c *StatusChange) parseTimes(v jcs.Value) error {
	issued, _ := v.GetString("issued")
	var err error
	if c.Issued, err = ParseStamp(issued); err != nil {
		return malformed("issued: %v", err)
	}
	from, ok := v.Get("invalidFrom")
	if !ok {
		return nil
	}
	c.InvalidFromText, _ = from.Str()
	if c.InvalidFrom, err = ParseStamp(c.InvalidFromText); err != nil {
		return malformed("invalidFrom: %v", err)
	}
	if c.Status == Active || c.InvalidFrom.After(c.Issued) {
		return malformed("invalidFrom later than issued, or of an active target")
	}
	return nil
}

func (c *StatusChange) parseRest(v jcs.Value) error {
	if reason, ok := v.Get("reason"); ok {
		if c.Reason, ok = reason.Str(); !ok || len(c.Reason) > MaxReason {
			return malformed("reason is not a string of at most %d bytes", MaxReason)
		}
	}
	if cascade, ok := v.Get("cascade"); ok {
		if c.Cascade, ok = cascade.Bool(); !ok {
			return malformed("cascade is not true or false")
		}
	}
	return nil
}

package record

import (
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// UnpinType is the type of an Unpin.
const UnpinType = "Unpin"

// Unpin is a signed statement that a DID which lives elsewhere is not to be observed
// any more, until somebody pins it again:
//
//	{"type":"Unpin","ledger":…,"did":…,"issued":…,"proof":{…}}
//
// It has one proof, with proofPurpose assertionMethod, by a key in the document of the
// registry's own DID: who could say it for himself could also hide that he rewrote his
// history. It is the body of its record.
type Unpin struct {
	// Ledger is the id of the ledger it is meant for.
	Ledger string
	DID    did.ID
	// Issued is when the signer says it was made.
	Issued time.Time
}

// Value returns the statement without a proof.
func (u Unpin) Value() jcs.Value {
	text := func(name, value string) jcs.Member { return member(name, jcs.FromString(value)) }
	return jcs.Object(text("type", UnpinType), text("ledger", u.Ledger), text("did", string(u.DID)),
		text("issued", u.Issued.UTC().Format(time.RFC3339Nano)))
}

// ParseUnpin reads an Unpin; its proof is not verified. Errors are ErrMalformed.
func ParseUnpin(v jcs.Value) (u Unpin, err error) {
	if typ, _ := v.GetString("type"); typ != UnpinType {
		return u, malformed("type is not %s", UnpinType)
	}
	if err := only(v, "type", "ledger", "did", "issued", "proof"); err != nil {
		return u, err
	}
	if _, ok := v.Get("op"); ok {
		return u, malformed("unknown member op")
	}
	if proof, _ := v.Get("proof"); !proof.IsObject() {
		return u, malformed("an Unpin has one proof, an object")
	}
	u.Ledger, _ = v.GetString("ledger")
	id, _ := v.GetString("did")
	if u.DID, err = did.Parse(id); err != nil || len(u.DID) > MaxDID {
		return u, malformed("did is not a DID")
	}
	issued, _ := v.GetString("issued")
	if u.Issued, err = ParseStamp(issued); err != nil {
		return u, malformed("issued: %v", err)
	}
	return u, nil
}

// NewUnpinOp records a signed Unpin.
func NewUnpinOp(statement jcs.Value) (Op, error) {
	return ParseOp(opPayload(OpUnpin, member("statement", statement)))
}

func (op *Op) parseUnpin(v jcs.Value) error {
	if err := only(v, "statement"); err != nil {
		return err
	}
	op.Unpin, _ = v.Get("statement")
	if !op.Unpin.IsObject() {
		return malformed("statement is not an object")
	}
	if 2+depth(op.Unpin) > MaxDepth { // that deep in the record it lies
		return malformed("the statement nests too deeply")
	}
	return nil
}

package webvh

import (
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// UpdateOptions describe a later entry. A parameter that is nil stays as it is;
// a list that is empty but not nil turns it off.
type UpdateOptions struct {
	// Document is the whole new DID document. A portable DID is moved by changing
	// its id and naming the old one in alsoKnownAs.
	Document jcs.Value
	// UpdateKeys are Multikeys. Under pre-rotation they and NextKeyHashes are
	// required, and nil is read as the signer's key and as no hashes.
	UpdateKeys    []string
	NextKeyHashes []string
	// Witness of the zero value turns witnesses off.
	Witness  *Witness
	Watchers []string
	// NotPortable gives up portability for good.
	NotPortable bool
	// Deactivate ends the log.
	Deactivate bool
	// TTL is in seconds.
	TTL *int
	// Time is the versionTime; it must be later than the predecessor's, and is cut
	// to seconds.
	Time time.Time
}

// NextTime is the earliest versionTime that Update can give the entry after s: the
// first whole second that is later than that of s. A controller waits for it, since a
// version is dated at or before the moment it is made ("The DID Log File").
func (s State) NextTime() time.Time {
	t, _ := parseTime(s.VersionTime) // it has been judged
	return t.Truncate(time.Second).Add(time.Second)
}

// Update makes the entry that follows s. It has been through the checks of
// State.Next, but for those of witnesses.
func Update(s State, o UpdateOptions, signer multikey.PrivateKey) (Entry, error) {
	if len(s.NextKeyHashes) > 0 {
		if o.UpdateKeys == nil {
			o.UpdateKeys = []string{signer.Public().String()}
		}
		if o.NextKeyHashes == nil {
			o.NextKeyHashes = []string{}
		}
	}
	draft := draftEntry(s.VersionID, o.Time, o.parameters(), o.Document)
	return finish(&s, draft, s.VersionID, o.Time, signer)
}

func (o *UpdateOptions) parameters() jcs.Value {
	p := jcs.Object()
	if o.UpdateKeys != nil {
		p = p.With("updateKeys", stringArray(o.UpdateKeys))
	}
	if o.NextKeyHashes != nil {
		p = p.With("nextKeyHashes", stringArray(o.NextKeyHashes))
	}
	if o.Witness != nil {
		p = p.With("witness", o.Witness.Value())
	}
	if o.Watchers != nil {
		p = p.With("watchers", stringArray(o.Watchers))
	}
	if o.NotPortable {
		p = p.With("portable", jcs.FromBool(false))
	}
	if o.Deactivate {
		p = p.With("deactivated", jcs.FromBool(true))
	}
	if o.TTL != nil {
		p = p.With("ttl", jcs.FromInt(int64(*o.TTL)))
	}
	return p
}

// Deactivate makes the entry that ends the log. Unless pre-rotation demands
// otherwise it takes away all update keys, as the specification advises.
func Deactivate(s State, document jcs.Value, t time.Time, signer multikey.PrivateKey) (Entry, error) {
	o := UpdateOptions{Document: document, Deactivate: true, Time: t}
	if len(s.NextKeyHashes) == 0 {
		o.UpdateKeys = []string{}
	}
	return Update(s, o, signer)
}

// WitnessSign approves a version, and those before it, with the key of a witness.
// It checks nothing: a witness first judges the entry by its own copy of the log.
func WitnessSign(versionID string, created time.Time, key multikey.PrivateKey) (WitnessProof, error) {
	v, err := sign(witnessed(versionID), created, key)
	if err != nil {
		return WitnessProof{}, err
	}
	p, err := proof.Parse(v)
	if err != nil {
		return WitnessProof{}, err
	}
	return WitnessProof{VersionID: versionID, Proof: p}, nil
}

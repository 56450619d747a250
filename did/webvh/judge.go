package webvh

import (
	"slices"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/multikey"
)

// Context is what a judgement depends on besides the log.
type Context struct {
	// Now is the time of judgement, against which versionTime and the dates of
	// proofs are held.
	Now time.Time
	// Verify checks signatures; nil is PublicKey.Verify.
	Verify multikey.VerifyFunc
}

// Genesis judges the first entry of a log with the proofs of its witnesses, if
// it has any. Errors are *Error.
func Genesis(e Entry, witness []WitnessProof, c Context) (State, error) {
	return one(nil, e, witness, c)
}

// Next judges the entry that follows those s came from, with the proofs of the
// witnesses that s or the entry asks for. s is not modified. Errors are *Error.
func (s State) Next(e Entry, witness []WitnessProof, c Context) (State, error) {
	return one(&s, e, witness, c)
}

func one(prev *State, e Entry, witness []WitnessProof, c Context) (State, error) {
	states, err := Extend(prev, []Entry{e}, witness, c)
	if err != nil {
		return State{}, err
	}
	return states[0], nil
}

// Extend judges entries that follow one another and prev, which is nil if the
// first of them begins the log. Unlike repeated Next it lets a witness's proof of
// a later entry among them approve the earlier ones, as the specification has it.
// It returns the states after each entry before the first that is refused, and
// an *Error if one was.
func Extend(prev *State, entries []Entry, witness []WitnessProof, c Context) ([]State, error) {
	base := 0
	if prev != nil {
		base = prev.Number
	}
	states := make([]State, 0, len(entries))
	needed := make([]Witness, 0, len(entries))
	var failure *Error
	for i := range entries {
		next, err := judge(prev, &entries[i], c)
		if err != nil {
			failure = err.at(base + i + 1)
			break
		}
		states, needed = append(states, next), append(needed, approvers(prev, &next))
		prev = &states[i]
	}
	if i, err := checkWitnesses(entries[:len(states)], needed, witness, c); err != nil {
		states, failure = states[:i], err.at(base+i+1)
	}
	if failure != nil {
		return states, failure
	}
	return states, nil
}

// judge makes every check of an entry but that of its witnesses. The signature,
// which costs most, comes last.
func judge(prev *State, e *Entry, c Context) (State, *Error) {
	p, err := parseParameters(e.Parameters)
	if err != nil {
		return State{}, err
	}
	next, err := p.apply(prev)
	if err != nil {
		return State{}, err
	}
	if err := checkOrder(prev, e, c.Now); err != nil {
		return State{}, err
	}
	if err := checkDID(prev, &next, e); err != nil {
		return State{}, err
	}
	var keys keyring
	if !p.hasUpdateKeys || prev == nil || !slices.Equal(p.updateKeys, prev.UpdateKeys) {
		if err := p.checkUpdateKeys(&keys); err != nil {
			return State{}, err
		}
	}
	t := newText(e)
	defer t.release()
	if err := checkHashes(prev, &next, e, t); err != nil {
		return State{}, err
	}
	if err := checkProofs(authorised(prev, &next), e, t, &keys, c); err != nil {
		return State{}, err
	}
	next.VersionID, next.VersionTime, next.Number = strings.Clone(e.VersionID), strings.Clone(e.VersionTime), e.Number
	if prev == nil {
		next.Created = next.VersionTime
	}
	return next, nil
}

// checkOrder: "Read (Resolve)", steps 3.1 and 4.
func checkOrder(prev *State, e *Entry, now time.Time) *Error {
	want := 1
	if prev != nil {
		want = prev.Number + 1
	}
	if e.Number != want {
		return refuse(VersionID, "version number %d where %d is due", e.Number, want)
	}
	if e.Time.After(now.Add(FutureTolerance)) {
		return refuse(VersionTimeFuture, "%s is more than %s ahead", e.VersionTime, FutureTolerance)
	}
	if prev == nil {
		return nil
	}
	before, ok := parseTime(prev.VersionTime)
	if !ok || !e.Time.After(before) {
		return refuse(VersionTime, "%s is not later than %s", e.VersionTime, prev.VersionTime)
	}
	return nil
}

// checkDID: "Read (Resolve)", step 6, and "DID Portability". It sets next.DID.
func checkDID(prev, next *State, e *Entry) *Error {
	s, _ := e.State.GetString("id")
	if prev != nil && string(prev.DID) == s {
		return checkDocument(e)
	}
	id, err := ParseID(did.ID(s))
	if err != nil {
		return because(StateID, "", err)
	}
	if id.SCID != next.SCID {
		return refuse(SCIDMismatch, "state.id has the SCID %s, the log %s", id.SCID, next.SCID)
	}
	next.DID = did.ID(strings.Clone(s))
	if prev != nil {
		if err := checkMove(prev, next, e); err != nil {
			return err
		}
	}
	return checkDocument(e)
}

func checkMove(prev, next *State, e *Entry) *Error {
	if !next.Portable {
		return refuse(Portability, "moved, but not portable")
	}
	names, _ := e.State.Get("alsoKnownAs")
	for v := range names.Elems() {
		if s, _ := v.Str(); s == string(prev.DID) {
			return nil
		}
	}
	return refuse(Portability, "moved without the prior DID in alsoKnownAs")
}

// maxServices leaves room for the implicit ones.
const maxServices = did.MaxEntries - 2

func checkDocument(e *Entry) *Error {
	if err := did.CheckDocument(e.State); err != nil {
		return because(DocumentInvalid, "", err)
	}
	if services, _ := e.State.Get("service"); services.Len() > maxServices {
		return refuse(DocumentInvalid, "more than %d services", maxServices)
	}
	return nil
}

// checkHashes: "Verify SCID" and "Verify The Entry Hash".
func checkHashes(prev, next *State, e *Entry, t *text) *Error {
	predecessor := next.SCID
	if prev != nil {
		predecessor = prev.VersionID
	} else if scid, ok := t.scidOf(next.SCID); !ok || scid != next.SCID {
		return refuse(SCIDMismatch, "parameters.scid is not the hash of the first entry")
	}
	b := t.with(predecessor)
	if len(b) > MaxEntryBytes {
		return refuse(EntryTooLarge, "more than %d bytes", MaxEntryBytes)
	}
	if multihash(b) != e.EntryHash {
		return refuse(EntryHashMismatch, "entry hash %s is not that of this entry after %s", e.EntryHash, predecessor)
	}
	return nil
}

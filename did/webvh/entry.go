package webvh

import (
	"strconv"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
)

// Entry is one line of a log, in the right shape ("The DID Log File"). What it
// claims is not checked before Genesis, State.Next or Extend has done so.
type Entry struct {
	// VersionID is Number, a dash, and EntryHash.
	VersionID string
	// VersionTime is Time as written.
	VersionTime string
	// Number counts the versions of a DID from 1.
	Number int
	// EntryHash is a base58btc SHA-256 multihash.
	EntryHash string
	Time      time.Time
	// Parameters and State are JSON objects.
	Parameters, State jcs.Value
	// Proofs has one to MaxEntryProofs items.
	Proofs []proof.Proof
	// Value is the whole entry.
	Value jcs.Value
}

// ParseEntry checks the shape of a log entry. Errors are *Error.
func ParseEntry(v jcs.Value) (Entry, error) {
	e, err := parseEntry(v)
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

func parseEntry(v jcs.Value) (Entry, *Error) {
	if !v.IsObject() {
		return Entry{}, refuse(EntryMalformed, "not a JSON object")
	}
	for name := range v.Members() {
		switch name {
		case "versionId", "versionTime", "parameters", "state", "proof":
		default:
			return Entry{}, refuse(EntryMalformed, "unknown member %.64q", name)
		}
	}
	e := Entry{Value: v}
	e.Parameters, _ = v.Get("parameters")
	e.State, _ = v.Get("state")
	if !e.Parameters.IsObject() || !e.State.IsObject() {
		return Entry{}, refuse(EntryMalformed, "parameters or state is not a JSON object")
	}
	for _, read := range []func(jcs.Value) *Error{e.readVersionID, e.readVersionTime, e.readProofs} {
		if err := read(v); err != nil {
			return Entry{}, err
		}
	}
	return e, nil
}

func (e *Entry) readVersionID(v jcs.Value) *Error {
	id, ok := v.GetString("versionId")
	if !ok {
		return refuse(EntryMalformed, "versionId is not a string")
	}
	number, hash, ok := strings.Cut(id, "-")
	if !ok {
		return refuse(VersionID, "no dash in %.64q", id)
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != number {
		return refuse(VersionID, "%.64q does not begin with a version number", id)
	}
	if !isMultihash(hash) {
		return refuse(VersionID, "%.64q has no base58btc SHA-256 multihash after its dash", id)
	}
	e.VersionID, e.Number, e.EntryHash = id, int(n), hash
	return nil
}

func (e *Entry) readVersionTime(v jcs.Value) *Error {
	s, ok := v.GetString("versionTime")
	if !ok {
		return refuse(EntryMalformed, "versionTime is not a string")
	}
	t, ok := parseTime(s)
	if !ok {
		return refuse(VersionTime, "%.64q is not a UTC date and time with Z or +00:00", s)
	}
	e.VersionTime, e.Time = s, t
	return nil
}

// parseTime reads YYYY-MM-DDThh:mm:ss, an optional fraction, and Z or +00:00.
func parseTime(s string) (time.Time, bool) {
	if !strings.HasSuffix(s, "Z") && !strings.HasSuffix(s, "+00:00") {
		return time.Time{}, false
	}
	// The general form also has longer and negative years, and the hour 24.
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[10] != 'T' || s[11:13] == "24" {
		return time.Time{}, false
	}
	return lexical.Time(s)
}

func (e *Entry) readProofs(v jcs.Value) *Error {
	member, ok := v.Get("proof")
	if !ok {
		return refuse(ProofInvalid, "no proof")
	}
	if member.IsObject() {
		member = jcs.Array(member)
	}
	if !member.IsArray() || member.Len() == 0 || member.Len() > MaxEntryProofs {
		return refuse(ProofInvalid, "proof is not a list of 1 to %d proofs", MaxEntryProofs)
	}
	e.Proofs = make([]proof.Proof, 0, member.Len())
	for item := range member.Elems() {
		p, err := proof.Parse(item)
		if err != nil {
			return because(ProofInvalid, "malformed", err)
		}
		e.Proofs = append(e.Proofs, p)
	}
	return nil
}

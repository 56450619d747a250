package webvh

import (
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/did/jcs"
)

// Rule names what an entry or file broke. The values are stable.
type Rule string

// The rules, in the words of the specification where it has them.
const (
	EntryMalformed        Rule = "entry-malformed"         // not the five members in the right shapes
	EntryTooLarge         Rule = "entry-too-large"         // beyond MaxEntryBytes, MaxLogBytes or MaxWitnessFileBytes
	VersionID             Rule = "version-id"              // versionId: number, dash, SHA-256 multihash; numbers dense from 1
	EntryHashMismatch     Rule = "entry-hash-mismatch"     // entryHash is not that of the entry after this predecessor
	SCIDMismatch          Rule = "scid-mismatch"           // SCID not the first entry's hash, or another one in state.id
	VersionTime           Rule = "version-time"            // not UTC, or not later than the predecessor's
	VersionTimeFuture     Rule = "version-time-future"     // beyond FutureTolerance
	ParametersInvalid     Rule = "parameters-invalid"      // unknown, missing, or of a wrong type
	MethodUnknown         Rule = "method-unknown"          // method is not did:webvh:1.0
	UnauthorisedKey       Rule = "unauthorised-key"        // proof by a key that is not an active update key
	PreRotation           Rule = "pre-rotation"            // updateKeys or nextKeyHashes break the commitment
	ProofInvalid          Rule = "proof-invalid"           // proof missing, malformed, expired or not verifying
	CryptosuiteNotAllowed Rule = "cryptosuite-not-allowed" // not eddsa-jcs-2022
	WitnessParameter      Rule = "witness-parameter"       // malformed witness parameter
	WitnessThreshold      Rule = "witness-threshold"       // too few distinct witnesses approve
	WitnessProofs         Rule = "witness-proof"           // malformed did-witness.json
	StateID               Rule = "state-id"                // state.id is no bare did:webvh DID
	Portability           Rule = "portability"             // moved without leave, or portable set late
	AlreadyDeactivated    Rule = "already-deactivated"     // an entry after the one that deactivates
	DocumentInvalid       Rule = "document-invalid"        // state is not a DID document
)

// Rules lists every Rule.
func Rules() []Rule {
	return []Rule{
		EntryMalformed, EntryTooLarge, VersionID, EntryHashMismatch, SCIDMismatch, VersionTime, VersionTimeFuture,
		ParametersInvalid, MethodUnknown, UnauthorisedKey, PreRotation, ProofInvalid, CryptosuiteNotAllowed,
		WitnessParameter, WitnessThreshold, WitnessProofs, StateID, Portability, AlreadyDeactivated, DocumentInvalid,
	}
}

// Error is a refusal: which rule, broken by which entry.
type Error struct {
	Rule Rule
	// Entry is the number of the entry in its log, from 1; 0 if it is the file as
	// a whole, or an entry that was parsed by itself.
	Entry int
	// Detail says what was found, for people.
	Detail string
	// Err is the cause, if it came from elsewhere.
	Err error
}

func (e *Error) Error() string {
	s := string(e.Rule)
	if e.Entry > 0 {
		s = fmt.Sprintf("entry %d: %s", e.Entry, s)
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Members are what a machine reads of the error: rule and, unless it is the file as a
// whole, entry.
func (e *Error) Members() []jcs.Member {
	members := []jcs.Member{{Name: "rule", Value: jcs.FromString(string(e.Rule))}}
	if e.Entry > 0 {
		members = append(members, jcs.Member{Name: "entry", Value: jcs.FromInt(int64(e.Entry))})
	}
	return members
}

// RuleOf returns the rule that err broke, if it is an *Error.
func RuleOf(err error) (Rule, bool) {
	var e *Error
	if !errors.As(err, &e) {
		return "", false
	}
	return e.Rule, true
}

func refuse(r Rule, format string, args ...any) *Error {
	return &Error{Rule: r, Detail: fmt.Sprintf(format, args...)}
}

func because(r Rule, detail string, err error) *Error {
	return &Error{Rule: r, Detail: detail, Err: err}
}

// at returns e as an error of entry number n.
func (e *Error) at(n int) *Error {
	c := *e
	c.Entry = n
	return &c
}

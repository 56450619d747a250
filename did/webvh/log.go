package webvh

import (
	"bytes"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
)

// Version is one valid entry of a log and what the log came to with it.
type Version struct {
	Entry Entry
	State State
}

// Log is what VerifyLog found.
type Log struct {
	// Versions are the entries before the first invalid one.
	Versions []Version
	// Err says what is wrong with the log from there on; nil if nothing is.
	Err *Error
	// invalid are the entries from the first invalid one on, as far as they have
	// the right shape.
	invalid []Entry
}

// VerifyLog checks a did.jsonl, and the did-witness.json beside it if any of its
// entries had to be witnessed (else nil will do), as of the time now. The Log is
// never nil; the error is its Err. Versions before the first invalid entry can be
// resolved all the same.
func VerifyLog(log, witnessFile []byte, now time.Time) (*Log, error) {
	l := new(Log)
	if len(log) > MaxLogBytes {
		return l.fail(refuse(EntryTooLarge, "log of more than %d bytes", MaxLogBytes))
	}
	entries, failure := parseLines(log)
	if failure != nil && failure.Entry < 2 {
		return l.fail(failure)
	}
	witness, bad := readWitnessFile(witnessFile)
	states, err := Extend(nil, entries, witness, Context{Now: now})
	for i := range states {
		l.Versions = append(l.Versions, Version{Entry: entries[i], State: states[i]})
	}
	l.invalid = entries[len(states):]
	if e, ok := err.(*Error); ok {
		if failure = e; e.Rule == WitnessThreshold && bad != nil {
			failure = bad.at(e.Entry)
		}
	}
	if failure != nil {
		return l.fail(failure)
	}
	return l, nil
}

func (l *Log) fail(err *Error) (*Log, error) {
	l.Err = err
	return l, err
}

// parseLines reads the entries of a log up to the first malformed one.
func parseLines(log []byte) ([]Entry, *Error) {
	log = bytes.TrimRight(log, "\r\n")
	if len(log) == 0 {
		return nil, refuse(EntryMalformed, "the log is empty")
	}
	var entries []Entry
	for line := range bytes.SplitSeq(log, []byte{'\n'}) {
		n := len(entries) + 1
		if len(line) > MaxEntryBytes {
			return entries, refuse(EntryTooLarge, "more than %d bytes", MaxEntryBytes).at(n)
		}
		v, err := jcs.Decode(line)
		if err != nil {
			return entries, because(EntryMalformed, "", err).at(n)
		}
		e, refused := parseEntry(v)
		if refused != nil {
			return entries, refused.at(n)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// readWitnessFile returns the well-formed proofs of a file, and what is wrong
// with it, which matters only if a proof turns out to be missing.
func readWitnessFile(file []byte) ([]WitnessProof, *Error) {
	if len(file) == 0 {
		return nil, nil
	}
	if len(file) > MaxWitnessFileBytes {
		return nil, refuse(EntryTooLarge, "did-witness.json of more than %d bytes", MaxWitnessFileBytes)
	}
	v, err := jcs.Decode(file)
	if err != nil {
		return nil, because(WitnessProofs, "did-witness.json", err)
	}
	proofs, _, refused := parseWitnessFile(v)
	return proofs, refused
}

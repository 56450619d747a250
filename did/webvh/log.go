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
	// invalid are the names of the entries from the first invalid one on, as far as
	// they have the right shape.
	invalid []Entry
}

// VerifyLog checks a did.jsonl, and the did-witness.json beside it if any of its
// entries had to be witnessed (else nil will do), as of the time now. The Log is
// never nil; the error is its Err. Versions before the first invalid entry can be
// resolved all the same.
func VerifyLog(log, witnessFile []byte, now time.Time) (*Log, error) {
	return VerifyLogIn(log, witnessFile, Context{Now: now})
}

// VerifyLogIn is VerifyLog in a context, whose Verify decides what holds: one that has
// had enough refuses every signature from then on, and costs little more.
func VerifyLogIn(log, witnessFile []byte, c Context) (*Log, error) {
	l := new(Log)
	if len(log) > MaxLogBytes {
		return l.fail(refuse(EntryTooLarge, "log of more than %d bytes", MaxLogBytes))
	}
	witness, bad := readWitnessFile(witnessFile)
	failure := l.read(log, witness, c)
	if failure == nil {
		return l, nil
	}
	if failure.Rule == WitnessThreshold && bad != nil {
		failure = bad.at(failure.Entry)
	}
	return l.fail(failure)
}

func (l *Log) fail(err *Error) (*Log, error) {
	l.Err = err
	return l, err
}

// read judges each entry as soon as it is parsed, so that a log which is large and
// wrong costs little memory, and checks its witnesses last.
func (l *Log) read(log []byte, witness []WitnessProof, c Context) (failure *Error) {
	log = bytes.TrimRight(log, "\r\n")
	if len(log) == 0 {
		return refuse(EntryMalformed, "the log is empty")
	}
	var prev *State
	var needed []Witness
	number, values := 0, 0
	for line := range bytes.SplitSeq(log, []byte{'\n'}) {
		number++
		e, err := parseLine(line, &values)
		if err != nil {
			if failure == nil {
				failure = err.at(number)
			}
			break
		}
		if failure == nil {
			var next State
			if next, err = judge(prev, &e, c); err == nil {
				l.Versions, needed = append(l.Versions, Version{Entry: e, State: next}), append(needed, approvers(prev, &next))
				prev = &next
				continue
			}
			failure = err.at(number)
		}
		l.invalid = append(l.invalid, e.name())
	}
	if i, err := checkWitnesses(l.names(), needed, witness, c); err != nil {
		l.invalid = append(l.names()[i:], l.invalid...)
		l.Versions, failure = l.Versions[:i], err.at(i+1)
	}
	return failure
}

// name is what an entry is looked up by, without its content.
func (e *Entry) name() Entry {
	return Entry{VersionID: e.VersionID, VersionTime: e.VersionTime, Number: e.Number, EntryHash: e.EntryHash, Time: e.Time}
}

func (l *Log) names() []Entry {
	names := make([]Entry, len(l.Versions))
	for i := range l.Versions {
		names[i] = l.Versions[i].Entry.name()
	}
	return names
}

// parseLine reads one entry. values counts the JSON values of the log so far.
func parseLine(line []byte, values *int) (Entry, *Error) {
	if len(line) > MaxEntryBytes {
		return Entry{}, refuse(EntryTooLarge, "more than %d bytes", MaxEntryBytes)
	}
	v, err := jcs.Decode(line)
	if err != nil {
		return Entry{}, because(EntryMalformed, "a log has one entry on each line, as JSON", err)
	}
	if *values += v.Values(); *values > MaxLogValues {
		return Entry{}, refuse(EntryTooLarge, "log of more than %d JSON values", MaxLogValues)
	}
	return parseEntry(v)
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

package record

import (
	"bytes"

	"github.com/tabard-id/tabard/did/jcs"
)

// Signatures is how many signatures the operation carries, each of which is verified
// at most once for what it is worth: the proofs of a credential, statement, list or
// presentation, of log entries and their witnesses, and of the files of an observation.
// It follows from the operation's bytes, and takes no more than reading them.
func (op Op) Signatures() int {
	n := proofsIn(op.Proof) + attached(op.Change) + attached(op.Observation) + attached(op.Unpin)
	for _, entry := range op.Entries {
		n += attached(entry)
	}
	for _, item := range op.Witness {
		n += attached(item)
	}
	return n + fileSignatures(op.Log, op.LogWitness)
}

// attached counts the proofs that a document has.
func attached(doc jcs.Value) int {
	p, _ := doc.Get("proof")
	return proofsIn(p)
}

func proofsIn(member jcs.Value) int {
	switch {
	case member.IsObject():
		return 1
	case member.IsArray():
		return member.Len()
	}
	return 0
}

// fileSignatures counts the proofs in a did.jsonl and a did-witness.json. What is not
// JSON has none: nobody verifies it.
func fileSignatures(log, witness []byte) int {
	n := 0
	for line := range bytes.SplitSeq(log, []byte{'\n'}) {
		if entry, err := jcs.Decode(line); err == nil {
			n += attached(entry)
		}
	}
	if file, err := jcs.Decode(witness); err == nil {
		for item := range file.Elems() {
			n += attached(item)
		}
	}
	return n
}

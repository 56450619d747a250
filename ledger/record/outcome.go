package record

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Outcome is what Apply makes of one operation, the same on every node.
type Outcome struct {
	Code Code
	// Seq is the last record that the operation appended, Count how many there
	// were: those before it directly precede it. Count is 0 for what appends
	// nothing: refusals, and witness proofs set aside for later.
	Seq   Seq
	Count int
	// Time and Leaf are those of record Seq.
	Time Time
	Leaf Hash
	// Head is the versionId that an entry has to follow, where the refusal is
	// about the entry's predecessor.
	Head string
}

const (
	outcomeVersion = 1
	outcomeFixed   = 1 + 2 + 8 + 4 + 8 + 32 + 2
	maxHead        = 256
)

// OutcomeSeqOffset is where the eight bytes of Seq stand in an encoded Outcome.
const OutcomeSeqOffset = 3

// ErrOutcome says that bytes are not an encoded Outcome.
var ErrOutcome = errors.New("not an outcome")

// Encode returns the bytes of o: version 1, code, seq, count, time, leaf, and the
// length and bytes of head; numbers big-endian, of 2, 8, 4, 8 and 2 bytes.
func (o Outcome) Encode() []byte {
	head := o.Head
	if len(head) > maxHead {
		head = head[:maxHead]
	}
	b := make([]byte, 0, outcomeFixed+len(head))
	b = append(b, outcomeVersion)
	b = binary.BigEndian.AppendUint16(b, uint16(o.Code))
	b = binary.BigEndian.AppendUint64(b, uint64(o.Seq))
	b = binary.BigEndian.AppendUint32(b, uint32(o.Count))
	b = binary.BigEndian.AppendUint64(b, uint64(o.Time))
	b = append(b, o.Leaf[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(head)))
	return append(b, head...)
}

// DecodeOutcome reads what Encode wrote.
func DecodeOutcome(b []byte) (Outcome, error) {
	if len(b) < outcomeFixed || b[0] != outcomeVersion {
		return Outcome{}, fmt.Errorf("%w: wrong version or length", ErrOutcome)
	}
	o := Outcome{
		Code:  Code(binary.BigEndian.Uint16(b[1:])),
		Seq:   Seq(binary.BigEndian.Uint64(b[3:])),
		Count: int(binary.BigEndian.Uint32(b[11:])),
		Time:  Time(binary.BigEndian.Uint64(b[15:])),
		Leaf:  Hash(b[23:55]),
	}
	n := int(binary.BigEndian.Uint16(b[55:]))
	if n > maxHead || len(b) != outcomeFixed+n {
		return Outcome{}, fmt.Errorf("%w: wrong length", ErrOutcome)
	}
	o.Head = string(b[outcomeFixed:])
	return o, nil
}

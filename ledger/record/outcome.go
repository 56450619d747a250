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
	// Completes is, of a credential's registration, the record of the one that it adds
	// to; 0 if it is the first.
	Completes Seq
}

const (
	outcomeVersion = 1
	// outcomeCompleting is the version of an Outcome with Completes.
	outcomeCompleting = 2
	outcomeFixed      = 1 + 2 + 8 + 4 + 8 + 32 + 2
	maxHead           = 256
)

// OutcomeSeqOffset is where the eight bytes of Seq stand in an encoded Outcome.
const OutcomeSeqOffset = 3

// ErrOutcome says that bytes are not an encoded Outcome.
var ErrOutcome = errors.New("not an outcome")

// Encode returns the bytes of o: version 1, code, seq, count, time, leaf, and the
// length and bytes of head; numbers big-endian, of 2, 8, 4, 8 and 2 bytes. Where
// Completes is not 0 the version is 2, and its 8 bytes stand at the end.
func (o Outcome) Encode() []byte {
	head := o.Head
	if len(head) > maxHead {
		head = head[:maxHead]
	}
	b := make([]byte, 0, outcomeFixed+len(head)+8)
	if o.Completes == 0 {
		b = append(b, outcomeVersion)
	} else {
		b = append(b, outcomeCompleting)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(o.Code))
	b = binary.BigEndian.AppendUint64(b, uint64(o.Seq))
	b = binary.BigEndian.AppendUint32(b, uint32(o.Count))
	b = binary.BigEndian.AppendUint64(b, uint64(o.Time))
	b = append(b, o.Leaf[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(head)))
	b = append(b, head...)
	if o.Completes != 0 {
		b = binary.BigEndian.AppendUint64(b, uint64(o.Completes))
	}
	return b
}

// DecodeOutcome reads what Encode wrote.
func DecodeOutcome(b []byte) (Outcome, error) {
	if len(b) < outcomeFixed || b[0] != outcomeVersion && b[0] != outcomeCompleting {
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
	size := outcomeFixed + n
	if b[0] == outcomeCompleting {
		size += 8
	}
	if n > maxHead || len(b) != size {
		return Outcome{}, fmt.Errorf("%w: wrong length", ErrOutcome)
	}
	o.Head = string(b[outcomeFixed : outcomeFixed+n])
	if b[0] == outcomeCompleting {
		if o.Completes = Seq(binary.BigEndian.Uint64(b[outcomeFixed+n:])); o.Completes == 0 {
			return Outcome{}, fmt.Errorf("%w: it completes record 0", ErrOutcome)
		}
	}
	return o, nil
}

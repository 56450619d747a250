package consensus

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/hashicorp/raft"
)

// digest is the SHA-256 of an envelope without its last 32 bytes.
type digest [sha256.Size]byte

// An envelope wraps one entry of the Raft log on disk. Its digest covers the
// entry's place and the digest of the entry before it, so that a flipped bit, a
// misplaced entry and a lost one all show. Equal logs have equal digests on every
// node. All integers are big endian.
//
//	offset  size
//	0       4     magic, "TLOG"
//	4       1     version, 1
//	5       1     entry type as in hashicorp/raft: 0 command, 1 no-op, 5 configuration
//	6       8     index
//	14      8     term
//	22      32    digest of the entry at index-1; zero for index 1
//	54      4     length of data
//	58      …     data
//	end-32  32    SHA-256 of everything before it
const (
	envelopeMagic   = "TLOG"
	envelopeVersion = 1
	envelopeHeader  = 58
)

// seal returns the envelope of l after the entry with digest prev, and its digest.
func seal(l *raft.Log, prev digest) ([]byte, digest) {
	b := make([]byte, 0, envelopeHeader+len(l.Data)+sha256.Size)
	b = append(b, envelopeMagic...)
	b = append(b, envelopeVersion, byte(l.Type))
	b = binary.BigEndian.AppendUint64(b, l.Index)
	b = binary.BigEndian.AppendUint64(b, l.Term)
	b = append(b, prev[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(l.Data)))
	b = append(b, l.Data...)
	sum := digest(sha256.Sum256(b))
	return append(b, sum[:]...), sum
}

// unseal checks the envelope b and returns its entry, whose data alias b, with
// the digests of its predecessor and its own. Errors: ErrUnknownVersion, ErrCorrupt.
func unseal(b []byte) (l raft.Log, prev, own digest, err error) {
	if len(b) < envelopeHeader+sha256.Size || string(b[:4]) != envelopeMagic {
		return l, prev, own, fmt.Errorf("not a log envelope: %w", ErrCorrupt)
	}
	if b[4] != envelopeVersion {
		return l, prev, own, fmt.Errorf("log envelope: %w %d", ErrUnknownVersion, b[4])
	}
	end := len(b) - sha256.Size
	own = sha256.Sum256(b[:end])
	if own != digest(b[end:]) {
		return l, prev, own, fmt.Errorf("digest of the log envelope does not match: %w", ErrCorrupt)
	}
	if binary.BigEndian.Uint32(b[54:]) != uint32(end-envelopeHeader) {
		return l, prev, own, fmt.Errorf("length in the log envelope: %w", ErrCorrupt)
	}
	prev = digest(b[22:54])
	l.Type = raft.LogType(b[5])
	l.Index = binary.BigEndian.Uint64(b[6:])
	l.Term = binary.BigEndian.Uint64(b[14:])
	l.Data = b[envelopeHeader:end:end]
	return l, prev, own, nil
}

// On its way between nodes an entry carries both digests in raft.Log.Extensions,
// so that a follower checks what the leader read from its disk, and that both
// have the same past, before it stores anything.
func extensions(prev, own digest) []byte {
	return append(prev[:len(prev):len(prev)], own[:]...)
}

func parseExtensions(b []byte) (prev, own digest, err error) {
	if len(b) != 2*sha256.Size {
		return prev, own, fmt.Errorf("entry carries %d bytes of digests: %w", len(b), ErrCorrupt)
	}
	return digest(b[:sha256.Size]), digest(b[sha256.Size:]), nil
}

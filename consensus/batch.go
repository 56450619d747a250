package consensus

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"math"
)

// A batch is the data of one Raft entry: the leader's clock and the commands that
// share the entry. One without commands is a tick, which only carries the clock.
// All integers are big endian.
//
//	offset  size
//	0       1     version, 1
//	1       8     leader's clock, milliseconds since 1970 UTC
//	9       4     number of commands n
//	13      …     n × (4 bytes length, command)
//	end-32  32    SHA-256 of everything before it
const (
	batchVersion = 1
	batchHeader  = 13

	maxCommands   = 1 << 16
	maxEntryBytes = 32 << 20
)

// appendBatch appends the encoding of commands, stamped unixMilli, to dst.
func appendBatch(dst []byte, unixMilli int64, commands [][]byte) []byte {
	start := len(dst)
	dst = append(dst, batchVersion)
	dst = binary.BigEndian.AppendUint64(dst, uint64(unixMilli))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(commands)))
	for _, c := range commands {
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(c)))
		dst = append(dst, c...)
	}
	sum := sha256.Sum256(dst[start:])
	return append(dst, sum[:]...)
}

func batchSize(commands [][]byte) int {
	n := batchHeader + sha256.Size
	for _, c := range commands {
		n += 4 + len(c)
	}
	return n
}

// decodeBatch checks the digest and structure of b. The commands alias b.
// Errors: ErrUnknownVersion, ErrCorrupt.
func decodeBatch(b []byte) (unixMilli int64, commands [][]byte, err error) {
	if len(b) > 0 && b[0] != batchVersion {
		return 0, nil, fmt.Errorf("batch: %w %d", ErrUnknownVersion, b[0])
	}
	if len(b) < batchHeader+sha256.Size || len(b) > maxEntryBytes {
		return 0, nil, fmt.Errorf("batch of %d bytes: %w", len(b), ErrCorrupt)
	}
	body, want := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if sum := sha256.Sum256(body); subtle.ConstantTimeCompare(sum[:], want) != 1 {
		return 0, nil, fmt.Errorf("batch digest does not match: %w", ErrCorrupt)
	}
	ms, n := binary.BigEndian.Uint64(body[1:]), binary.BigEndian.Uint32(body[9:])
	rest := body[batchHeader:]
	if ms > math.MaxInt64 || n > maxCommands || uint64(n)*4 > uint64(len(rest)) {
		return 0, nil, fmt.Errorf("batch header: %w", ErrCorrupt)
	}
	commands = make([][]byte, n)
	for i := range commands {
		if len(rest) < 4 {
			return 0, nil, fmt.Errorf("batch command %d: %w", i, ErrCorrupt)
		}
		size := binary.BigEndian.Uint32(rest)
		rest = rest[4:]
		if uint64(size) > uint64(len(rest)) {
			return 0, nil, fmt.Errorf("batch command %d: %w", i, ErrCorrupt)
		}
		commands[i], rest = rest[:size:size], rest[size:]
	}
	if len(rest) != 0 {
		return 0, nil, fmt.Errorf("batch: %d bytes after the last command: %w", len(rest), ErrCorrupt)
	}
	return int64(ms), commands, nil
}

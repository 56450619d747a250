package consensus

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
)

// A snapshot stream is what Raft is given of a snapshot. Its contents, those of the state
// machine, go their own way: see install. All integers are big endian.
//
//	offset  size
//	0       4     magic, "TSNP"
//	4       1     version, 2
//	5       8     index of the last Raft entry included
//	13      8     term of that entry
//	21      8     AppliedIndex that stands for the contents; whoever takes the snapshot
//	              has at least that
//	29      32    digest of that entry
//	61      32    SHA-256 of everything before it
const (
	streamMagic   = "TSNP"
	streamVersion = 2
	streamHeader  = 61
	streamSize    = streamHeader + sha256.Size
)

type streamHead struct {
	index, term, applied uint64
	entry                digest
}

func (h streamHead) append(dst []byte) []byte {
	dst = append(dst, streamMagic...)
	dst = append(dst, streamVersion)
	dst = binary.BigEndian.AppendUint64(dst, h.index)
	dst = binary.BigEndian.AppendUint64(dst, h.term)
	dst = binary.BigEndian.AppendUint64(dst, h.applied)
	return append(dst, h.entry[:]...)
}

func parseStreamHead(b []byte) (h streamHead, err error) {
	if len(b) < streamHeader || string(b[:4]) != streamMagic {
		return h, fmt.Errorf("not a snapshot stream: %w", ErrCorrupt)
	}
	if b[4] != streamVersion {
		return h, fmt.Errorf("snapshot stream: %w %d", ErrUnknownVersion, b[4])
	}
	h.index = binary.BigEndian.Uint64(b[5:])
	h.term = binary.BigEndian.Uint64(b[13:])
	h.applied = binary.BigEndian.Uint64(b[21:])
	h.entry = digest(b[29:61])
	return h, nil
}

// seal returns the whole stream.
func (h streamHead) seal() []byte {
	b := h.append(make([]byte, 0, streamSize))
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// openStream checks a whole stream.
func openStream(b []byte) (streamHead, error) {
	h, err := parseStreamHead(b)
	if err != nil {
		return h, err
	}
	if len(b) != streamSize || sha256.Sum256(b[:streamHeader]) != digest(b[streamHeader:]) {
		return h, fmt.Errorf("digest of the snapshot stream does not match: %w", ErrCorrupt)
	}
	return h, nil
}

// readStream reads a whole stream and checks it.
func readStream(r io.Reader) (streamHead, error) {
	b, err := io.ReadAll(io.LimitReader(r, streamSize+1))
	if err != nil {
		return streamHead{}, fmt.Errorf("snapshot stream: %w", err)
	}
	return openStream(b)
}

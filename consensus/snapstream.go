package consensus

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
)

// A snapshot stream is what a leader sends a follower that fell behind the log.
// All integers are big endian.
//
//	offset  size
//	0       4     magic, "TSNP"
//	4       1     version, 1
//	5       8     index of the last Raft entry included
//	13      8     term of that entry
//	21      8     the sender's AppliedIndex; the contents include at least that
//	29      32    digest of that entry
//	61      …     contents, as written by StateMachine.WriteSnapshot
//	end-32  32    SHA-256 of everything before it
const (
	streamMagic   = "TSNP"
	streamVersion = 1
	streamHeader  = 61
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

// writeStream writes a whole stream with the contents that write produces.
func writeStream(w io.Writer, h streamHead, write func(io.Writer) error) (int64, error) {
	sum := sha256.New()
	c := &countWriter{w: io.MultiWriter(w, sum)}
	if _, err := c.Write(h.append(nil)); err != nil {
		return 0, err
	}
	if err := write(c); err != nil {
		return 0, err
	}
	n, err := w.Write(sum.Sum(nil))
	return c.n + int64(n), err
}

type countWriter struct {
	w io.Writer
	n int64
}

func (c *countWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// streamCheck is a writer that checks a stream passing through: its head and,
// once all is written, the digest at its end.
type streamCheck struct {
	head []byte
	sum  hash.Hash
	tail []byte // the last bytes seen, at most 32, not yet in sum
	n    int64
}

func newStreamCheck() *streamCheck { return &streamCheck{sum: sha256.New()} }

func (c *streamCheck) Write(b []byte) (int, error) {
	if need := streamHeader - len(c.head); need > 0 {
		c.head = append(c.head, b[:min(need, len(b))]...)
	}
	c.n += int64(len(b))
	c.tail = append(c.tail, b...)
	if over := len(c.tail) - sha256.Size; over > 0 {
		c.sum.Write(c.tail[:over])
		c.tail = append(c.tail[:0], c.tail[over:]...)
	}
	return len(b), nil
}

// finish returns the head of the stream if all of it was written and is sound.
func (c *streamCheck) finish() (streamHead, error) {
	h, err := parseStreamHead(c.head)
	if err != nil {
		return h, err
	}
	if c.n < streamHeader+sha256.Size || !bytes.Equal(c.sum.Sum(nil), c.tail) {
		return h, fmt.Errorf("digest of the snapshot stream does not match: %w", ErrCorrupt)
	}
	return h, nil
}

// readStream checks the head of r and returns a reader of the contents, which
// fails in place of io.EOF if the digest at the end does not match.
func readStream(r io.Reader) (streamHead, io.Reader, error) {
	b := make([]byte, streamHeader)
	if _, err := io.ReadFull(r, b); err != nil {
		return streamHead{}, nil, fmt.Errorf("head of the snapshot stream: %w: %w", ErrCorrupt, err)
	}
	h, err := parseStreamHead(b)
	c := &contentReader{r: r, sum: sha256.New()}
	c.sum.Write(b)
	return h, c, err
}

type contentReader struct {
	r   io.Reader
	sum hash.Hash
	buf []byte // read and not yet returned; its last 32 bytes may be the digest
	eof bool
}

func (c *contentReader) Read(p []byte) (int, error) {
	for !c.eof && len(c.buf) <= sha256.Size {
		chunk := make([]byte, 64<<10)
		n, err := c.r.Read(chunk)
		c.buf = append(c.buf, chunk[:n]...)
		if err == io.EOF {
			c.eof = true
		} else if err != nil {
			return 0, err
		}
	}
	if n := len(c.buf) - sha256.Size; n > 0 {
		n = copy(p, c.buf[:n])
		c.sum.Write(p[:n])
		c.buf = c.buf[n:]
		return n, nil
	}
	if !bytes.Equal(c.buf, c.sum.Sum(nil)) {
		return 0, fmt.Errorf("digest of the snapshot stream does not match: %w", ErrCorrupt)
	}
	return 0, io.EOF
}

package consensus

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// readWhole reads a stream through both readers, which must agree.
func readWhole(b []byte) (streamHead, []byte, error) {
	check := newStreamCheck()
	_, _ = check.Write(b) // never fails
	checked, cerr := check.finish()
	h, r, err := readStream(bytes.NewReader(b))
	var content []byte
	if err == nil {
		content, err = io.ReadAll(iotest.HalfReader(r))
	}
	if (err == nil) != (cerr == nil) || err == nil && h != checked {
		panic("the two readers of a stream disagree")
	}
	return h, content, err
}

func wholeStream(h streamHead, content []byte) ([]byte, error) {
	var b bytes.Buffer
	n, err := writeStream(&b, h, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
	if err == nil && n != int64(b.Len()) {
		panic("a stream's size is not what was written")
	}
	return b.Bytes(), err
}

func TestStreamEveryFlippedBitIsDetected(t *testing.T) {
	b, err := wholeStream(streamHead{index: 9, term: 2, applied: 8, entry: digest{1}}, bytes.Repeat([]byte("content "), 20))
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(b) * 8 {
		bad := bytes.Clone(b)
		bad[i/8] ^= 1 << (i % 8)
		if _, _, err := readWhole(bad); err == nil {
			t.Fatalf("bit %d flipped unnoticed", i)
		}
	}
	for i := range b {
		if _, _, err := readWhole(b[:i]); err == nil {
			t.Fatalf("cut at %d unnoticed", i)
		}
	}
}

func TestEnvelopeEveryFlippedBitIsDetected(t *testing.T) {
	for _, v := range vectors(t, "envelope") {
		if v.Value == nil {
			continue
		}
		b := mustHex(t, v.Bytes)
		for i := range len(b) * 8 {
			bad := bytes.Clone(b)
			bad[i/8] ^= 1 << (i % 8)
			if _, _, _, err := unseal(bad); err == nil {
				t.Fatalf("%s: bit %d flipped unnoticed", v.Name, i)
			}
		}
	}
}

func FuzzBatch(f *testing.F) {
	for _, v := range vectors(f, "batch") {
		f.Add(mustHex(f, v.Bytes))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ms, cmds, err := decodeBatch(b)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnknownVersion) {
				t.Fatal(err)
			}
			return
		}
		if again := appendBatch(nil, ms, cmds); !bytes.Equal(again, b) || len(b) != batchSize(cmds) {
			t.Fatalf("%x encodes to %x", b, again)
		}
	})
}

func FuzzUnsealAndMetadata(f *testing.F) {
	for _, name := range []string{"envelope", "snapshot-metadata", "snapshot-stream"} {
		for _, v := range vectors(f, name) {
			f.Add(mustHex(f, v.Bytes))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, prev, own, err := unseal(b); err == nil {
			again, sum := seal(&l, prev)
			if !bytes.Equal(again, b) || sum != own {
				t.Fatalf("%x seals to %x", b, again)
			}
		}
		if m, err := decodeSnapMeta(b); err == nil {
			if _, err := m.encode(); err != nil {
				t.Fatal(err)
			}
			m.raft()
		}
		_, _, _ = readWhole(b) // panics if its two halves disagree
	})
}

func FuzzFrames(f *testing.F) {
	var seed bytes.Buffer
	w := bufio.NewWriter(&seed)
	if err := errors.Join(writeRequest(w, request{7, callPropose, 100, []byte("command")}),
		writeAnswer(w, answer{7, statusOK, []byte("result")}), w.Flush()); err != nil {
		f.Fatal(err)
	}
	f.Add(seed.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1 << 10
		r := bufio.NewReader(bytes.NewReader(b))
		for {
			req, err := readRequest(r, limit)
			if err != nil {
				break
			}
			if len(req.payload) > limit {
				t.Fatalf("payload of %d bytes", len(req.payload))
			}
		}
		if _, err := readAnswer(bufio.NewReader(bytes.NewReader(b))); err != nil {
			return
		}
	})
}

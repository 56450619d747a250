package consensus

import (
	"bufio"
	"bytes"
	"errors"
	"testing"
)

func TestStreamEveryFlippedBitIsDetected(t *testing.T) {
	b := streamHead{index: 9, term: 2, applied: 8, entry: digest{1}}.seal()
	for i := range len(b) * 8 {
		bad := bytes.Clone(b)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := openStream(bad); err == nil {
			t.Fatalf("bit %d flipped unnoticed", i)
		}
	}
	for i := range b {
		if _, err := openStream(b[:i]); err == nil {
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
	for _, name := range []string{"envelope", "snapshot-metadata", "snapshot-stream", "snapshot-stream-2"} {
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
		if h, err := openStream(b); err == nil && !bytes.Equal(h.seal(), b) {
			t.Fatalf("%x seals to %x", b, h.seal())
		}
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

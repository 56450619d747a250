package consensus

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/hashicorp/raft"
)

// vector is one case of vectors/consensus. Released encodings are never edited.
type vector struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"` // nil: the bytes are to be refused
	Error string          `json:"error"` // corrupt | unknown-version
	Bytes string          `json:"bytes"` // hex
}

func vectors(t testing.TB, name string) []vector {
	t.Helper()
	b, err := os.ReadFile("../vectors/consensus/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Source string   `json:"source"`
		Cases  []vector `json:"cases"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// check runs decode and encode over all cases of a file: what is accepted has the
// given value and encodes to the same bytes, what is refused is refused for the
// given reason.
func check(t *testing.T, name string, decode func(b []byte) (any, error), encode func(value json.RawMessage) ([]byte, error)) {
	for _, v := range vectors(t, name) {
		t.Run(v.Name, func(t *testing.T) {
			raw, err := hex.DecodeString(v.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			got, err := decode(raw)
			if v.Value == nil {
				want := map[string]error{"corrupt": ErrCorrupt, "unknown-version": ErrUnknownVersion}[v.Error]
				if want == nil || !errors.Is(err, want) {
					t.Errorf("decoded to %v, error %v; want %s", got, err, v.Error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, v.Value); err != nil {
				t.Fatal(err)
			}
			if compact.String() != string(text) {
				t.Errorf("decoded to\n%s, want\n%s", text, &compact)
			}
			again, err := encode(v.Value)
			if err != nil || !bytes.Equal(again, raw) {
				t.Errorf("encoded to\n%x (%v), want\n%x", again, err, raw)
			}
		})
	}
}

type batchValue struct {
	UnixMilli int64    `json:"unixMilli"`
	Commands  []string `json:"commands"` // hex
}

func TestBatchVectors(t *testing.T) {
	check(t, "batch", func(b []byte) (any, error) {
		ms, cmds, err := decodeBatch(b)
		v := batchValue{ms, []string{}}
		for _, c := range cmds {
			v.Commands = append(v.Commands, hex.EncodeToString(c))
		}
		return v, err
	}, func(value json.RawMessage) ([]byte, error) {
		var v batchValue
		if err := json.Unmarshal(value, &v); err != nil {
			return nil, err
		}
		var cmds [][]byte
		for _, h := range v.Commands {
			c, err := hex.DecodeString(h)
			if err != nil {
				return nil, err
			}
			cmds = append(cmds, c)
		}
		return appendBatch(nil, v.UnixMilli, cmds), nil
	})
}

type envelopeValue struct {
	Type  uint8  `json:"type"`
	Index uint64 `json:"index"`
	Term  uint64 `json:"term"`
	Prev  string `json:"previous"` // hex
	Data  string `json:"data"`     // hex
}

func TestEnvelopeVectors(t *testing.T) {
	check(t, "envelope", func(b []byte) (any, error) {
		l, prev, _, err := unseal(b)
		return envelopeValue{uint8(l.Type), l.Index, l.Term, hex.EncodeToString(prev[:]), hex.EncodeToString(l.Data)}, err
	}, func(value json.RawMessage) ([]byte, error) {
		var v envelopeValue
		if err := json.Unmarshal(value, &v); err != nil {
			return nil, err
		}
		prev, err := hex.DecodeString(v.Prev)
		if err != nil {
			return nil, err
		}
		data, err := hex.DecodeString(v.Data)
		if err != nil {
			return nil, err
		}
		b, _ := seal(&raft.Log{Type: raft.LogType(v.Type), Index: v.Index, Term: v.Term, Data: data}, digest(prev))
		return b, nil
	})
}

func TestSnapshotMetadataVectors(t *testing.T) {
	check(t, "snapshot-metadata", func(b []byte) (any, error) { return decodeSnapMeta(b) },
		func(value json.RawMessage) ([]byte, error) {
			var m snapMeta
			if err := json.Unmarshal(value, &m); err != nil {
				return nil, err
			}
			return m.encode()
		})
}

type streamValue struct {
	Index   uint64 `json:"index"`
	Term    uint64 `json:"term"`
	Applied uint64 `json:"applied"`
	Entry   string `json:"entry"` // hex
}

func TestSnapshotStreamVectors(t *testing.T) {
	check(t, "snapshot-stream-2", func(b []byte) (any, error) {
		h, err := openStream(b)
		return streamValue{h.index, h.term, h.applied, hex.EncodeToString(h.entry[:])}, err
	}, func(value json.RawMessage) ([]byte, error) {
		var v streamValue
		if err := json.Unmarshal(value, &v); err != nil {
			return nil, err
		}
		entry, err := hex.DecodeString(v.Entry)
		if err != nil {
			return nil, err
		}
		return streamHead{v.Index, v.Term, v.Applied, digest(entry)}.seal(), nil
	})
}

// What earlier versions sent, with the contents in it, is told by its version.
func TestSnapshotStreamsOfVersionOneAreRefused(t *testing.T) {
	for _, v := range vectors(t, "snapshot-stream") {
		_, err := openStream(mustHex(t, v.Bytes))
		if err == nil || v.Value != nil && !errors.Is(err, ErrUnknownVersion) {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}

package ledger

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// A snapshot is:
//
//	magic, 8 bytes · version, 2 · length of the header, 4 · header · SHA-256 of all that
//	blocks: length, 4 · SHA-256 of the payload · payload: key length, 4 · value length, 4 · key · value …
//	0, 4 · SHA-256 of everything before
//
// Numbers are big-endian. The header is the RFC 8785 form of snapshotHeader. Keys
// come in ascending order, without the hashes of the tree, which whoever restores
// calculates from the records.
const (
	snapshotMagic   = "TABARDLS"
	snapshotVersion = 1
	maxHeader       = 4 << 10
	// blockSize is when a block is full; an entry is not divided.
	blockSize = 256 << 10
	maxBlock  = blockSize + 8 + maxKey + maxValue
	maxKey    = 64 << 10
	maxValue  = 4 << 20
)

// snapshotHeader says what the snapshot is of.
type snapshotHeader struct {
	Applied uint64
	Ledger  string
	Size    record.Seq
	Root    record.Hash
	Time    record.Time
}

func (h *snapshotHeader) encode() []byte {
	text := func(name, value string) jcs.Member {
		return jcs.Member{Name: name, Value: jcs.FromString(value)}
	}
	header := jcs.Object(
		text("applied", fmt.Sprint(h.Applied)), text("ledger", h.Ledger), text("root", h.Root.String()),
		text("size", fmt.Sprint(h.Size)), text("time", h.Time.String()),
	).Canonical()
	b := binary.BigEndian.AppendUint16([]byte(snapshotMagic), snapshotVersion)
	b = binary.BigEndian.AppendUint32(b, uint32(len(header)))
	b = append(b, header...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// WriteSnapshot writes the whole ledger as it is at the call. Apply may go on
// meanwhile.
func (l *Ledger) WriteSnapshot(w io.Writer) error {
	snap, err := l.freeze()
	if err != nil {
		return err
	}
	defer snap.Release()
	header, err := headerOf(snap)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(w, 64<<10)
	s := &snapshotWriter{w: buffered, whole: sha256.New()}
	s.write(header.encode())
	if err := snap.Scan(nil, nil, s.entry); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	s.endBlock()
	s.write(make([]byte, 4))
	s.write(s.whole.Sum(nil))
	if s.err == nil {
		s.err = buffered.Flush()
	}
	if s.err != nil {
		return fmt.Errorf("write snapshot: %w", s.err)
	}
	return nil
}

// freeze takes a snapshot of the store that has the present applied index.
func (l *Ledger) freeze() (*store.Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gen == nil {
		return nil, ErrClosed
	}
	gen := l.gen
	gen.refs.Add(1)
	return gen.db.Snapshot(func(err error) {
		if err != nil {
			l.cfg.Logger.Error("release of a snapshot failed", "error", err)
		}
		gen.refs.Done()
	}), nil
}

func headerOf(r view.Reader) (*snapshotHeader, error) {
	state, err := view.GetState(r)
	if err != nil {
		return nil, err
	}
	identity, err := view.GetIdentity(r)
	if err != nil {
		return nil, err
	}
	applied, err := view.GetApplied(r)
	if err != nil {
		return nil, err
	}
	return &snapshotHeader{
		Applied: applied, Ledger: identity.Ledger, Size: record.Seq(state.Tree.Size()),
		Root: record.Hash(state.Tree.Root()), Time: state.Time,
	}, nil
}

// snapshotWriter writes blocks. err is the first error.
type snapshotWriter struct {
	w     io.Writer
	whole hash.Hash
	block []byte
	err   error
}

func (s *snapshotWriter) write(b []byte) {
	if s.err != nil {
		return
	}
	s.whole.Write(b)
	_, s.err = s.w.Write(b)
}

func (s *snapshotWriter) entry(key, value []byte) error {
	if view.IsNode(key) {
		return s.err
	}
	if _, isRecord := view.RecordSeq(key); isRecord {
		if err := view.CheckRecord(key, value); err != nil {
			return err
		}
	}
	value = view.Canonical(key, value)
	s.block = binary.BigEndian.AppendUint32(s.block, uint32(len(key)))
	s.block = binary.BigEndian.AppendUint32(s.block, uint32(len(value)))
	s.block = append(s.block, key...)
	s.block = append(s.block, value...)
	if len(s.block) >= blockSize {
		s.endBlock()
	}
	return s.err
}

func (s *snapshotWriter) endBlock() {
	if len(s.block) == 0 {
		return
	}
	sum := sha256.Sum256(s.block)
	s.write(append(binary.BigEndian.AppendUint32(nil, uint32(len(s.block))), sum[:]...))
	s.write(s.block)
	s.block = s.block[:0]
}

package ledger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/internal/merkle"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// A snapshot is what a ledger is made of, and what it has made of that:
//
//	magic, 8 bytes · version, 2 · length of the header, 4 · header · SHA-256 of all that
//	blocks: length, 4 · SHA-256 of the payload · payload: key length, 4 · value length, 4 · key · value …
//	0, 4 · number of sums, 2 · sums: family, 1 · entries, 8 · SHA-256 of the entries
//	SHA-256 of everything before
//
// Numbers are big-endian. The header is the RFC 8785 form of snapshotHeader. The blocks
// hold the records in their order, from the header's first on, each followed by what is
// kept beside the records and is of it; then the witness proofs that are set aside. What
// the records make is not in there: whoever restores makes it anew, and compares it by
// the sums, one for each family of keys of the whole ledger but the records themselves
// and the hashes of the tree, which the root stands for.
const (
	snapshotMagic   = "TABARDLS"
	snapshotVersion = 2
	maxHeader       = 4 << 10
	// blockSize is when a block is full; an entry is not divided.
	blockSize = 256 << 10
	maxBlock  = blockSize + 8 + maxKey + maxValue
	maxKey    = 64 << 10
	maxValue  = 4 << 20
)

// snapshotHeader says what the snapshot is of.
type snapshotHeader struct {
	Applied  uint64
	Identity view.Identity
	// From is the first record in it. Whoever restores has those before.
	From record.Seq
	Size record.Seq
	Root record.Hash
	Time record.Time
}

func (h *snapshotHeader) encode() []byte {
	text := func(name, value string) jcs.Member {
		return jcs.Member{Name: name, Value: jcs.FromString(value)}
	}
	header := jcs.Object(
		text("applied", fmt.Sprint(h.Applied)), text("did", string(h.Identity.DID)), text("domain", h.Identity.Domain),
		text("from", fmt.Sprint(h.From)), text("ledger", h.Identity.Ledger), text("root", h.Root.String()),
		text("size", fmt.Sprint(h.Size)), text("time", h.Time.String()),
	).Canonical()
	b := binary.BigEndian.AppendUint16([]byte(snapshotMagic), snapshotVersion)
	b = binary.BigEndian.AppendUint32(b, uint32(len(header)))
	b = append(b, header...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// WriteSnapshot writes the ledger as it is at the call, for a node that has what its
// Holding said: the first records are left out if they are the same here. Apply may go
// on meanwhile.
func (l *Ledger) WriteSnapshot(w io.Writer, holding []byte) error {
	snap, err := l.freeze()
	if err != nil {
		return err
	}
	defer snap.Release()
	header, err := headerOf(snap)
	if err != nil {
		return err
	}
	if header.From, err = shared(snap, holding, header); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	if err := writeSnapshot(w, header, snap); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	return nil
}

func writeSnapshot(w io.Writer, header *snapshotHeader, from view.Scanner) error {
	buffered := bufio.NewWriterSize(w, 64<<10)
	s := &snapshotWriter{w: buffered, whole: sha256.New()}
	s.write(header.encode())
	if err := s.records(from, header.From, header.Size); err != nil {
		return err
	}
	if err := view.ScanStaged(from, s.entry); err != nil {
		return err
	}
	s.endBlock()
	sums, err := sumFamilies(from, 1)
	if err != nil {
		return err
	}
	s.write(make([]byte, 4))
	s.write(sums.encode())
	s.write(s.whole.Sum(nil))
	if s.err == nil {
		s.err = buffered.Flush()
	}
	return s.err
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
		Applied: applied, Identity: identity, Size: record.Seq(state.Tree.Size()),
		Root: record.Hash(state.Tree.Root()), Time: state.Time,
	}, nil
}

// holding is what a node has of a ledger: its first records and their root.
type holding struct {
	size record.Seq
	root record.Hash
}

func (h holding) encode() []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(h.size)), h.root[:]...)
}

// shared returns how many first records of a ledger a node has that holds that: all it
// has or none.
func shared(from view.Scanner, encoded []byte, header *snapshotHeader) (record.Seq, error) {
	if len(encoded) != 8+sha256.Size {
		return 0, nil
	}
	h := holding{size: record.Seq(binary.BigEndian.Uint64(encoded)), root: record.Hash(encoded[8:])}
	if h.size == 0 || h.size > header.Size {
		return 0, nil
	}
	root, err := merkle.RootAt(view.Nodes{From: from}, uint64(h.size))
	if err != nil || record.Hash(root) != h.root {
		return 0, err
	}
	return h.size, nil
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

// records writes the records of [first, size) and what is kept beside them.
func (s *snapshotWriter) records(from view.Scanner, first, size record.Seq) error {
	next := first
	err := from.Scan(view.RecordKey(first), view.RecordKey(size), func(key, value []byte) error {
		if seq, ok := view.RecordSeq(key); !ok || seq != next {
			return fmt.Errorf("record %d: %w: missing", next, store.ErrCorrupt)
		}
		next++
		if err := view.CheckRecord(key, value); err != nil {
			return err
		}
		if err := s.entry(key, value); err != nil {
			return err
		}
		return s.beside(from, value)
	})
	if err == nil && next != size {
		err = fmt.Errorf("record %d: %w: missing", next, store.ErrCorrupt)
	}
	return err
}

func (s *snapshotWriter) entry(key, value []byte) error {
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

// besideNothing is how records end beside which nothing is ever kept.
const besideNothing = `,"kind":"did","time":"2006-01-02T15:04:05.000Z"}`

// beside writes what is kept beside the records and is of this one.
func (s *snapshotWriter) beside(from view.Reader, value []byte) error {
	data := view.BytesOf(value)
	kind := besideNothing[:bytes.IndexByte([]byte(besideNothing), '2')]
	if at := len(data) - len(besideNothing); at >= 0 && bytes.HasPrefix(data[at:], []byte(kind)) {
		return nil
	}
	r, err := record.Decode(data)
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
	seen := &noting{in: from}
	is, err := keptBeside(seen, &r)
	if err != nil || !is {
		return err
	}
	for _, e := range seen.found {
		if err := s.entry(e.key, e.value); err != nil {
			return err
		}
	}
	return nil
}

// keptBeside looks up what is kept beside the records that may be of this one, and
// reports whether it is.
func keptBeside(in view.Reader, r *record.Record) (is bool, err error) {
	switch r.Kind {
	case record.KindCredential:
		body, err := record.ParseCredentialBody(r.Body)
		if err != nil || !body.Content {
			return false, err
		}
		_, err = view.GetContent(in, body.Digest)
		return true, err
	case record.KindStatusList:
		body, err := record.ParseListBody(r.Body)
		if err == nil {
			_, err = view.GetListContent(in, body.Digest)
		}
		return true, err
	case record.KindObservation:
		body, err := record.ParseObservationBody(r.Body)
		if err != nil || body.Observation.Log == nil {
			return false, err
		}
		log, witness, err := view.GetObservedFiles(in, string(body.Observation.DID))
		return digests(log, body.Observation.Log) && digests(witness, body.Observation.Witness), err
	case record.KindWhois:
		body, err := record.ParseWhoisBody(r.Body)
		if err != nil {
			return false, err
		}
		content, err := view.GetWhoisContent(in, view.Subject(body.DID))
		return isPresentation(content, body.Digest), err
	default:
		return false, nil
	}
}

// isPresentation reports whether content is that of a digest, as far as can be told.
func isPresentation(content []byte, digest record.Hash) bool {
	v, err := jcs.Decode(content)
	return err != nil || record.CredentialDigest(v) == digest
}

// noting notes what was found.
type noting struct {
	in    view.Reader
	found []besideEntry
}

type besideEntry struct{ key, value []byte }

func (n *noting) Get(key []byte) ([]byte, error) {
	value, err := n.in.Get(key)
	if err == nil {
		n.found = append(n.found, besideEntry{key, value})
	}
	return value, err
}

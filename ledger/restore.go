package ledger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/internal/merkle"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// RestoreSnapshot replaces the ledger by what WriteSnapshot wrote, and believes none
// of it. Every block is checked, every record against the Merkle root that the header
// promises, and then the ledger is made anew by judging the records as Apply does, at
// their own times: no record is in it whose signature, authority or predecessor does
// not check. The views that the snapshot carries must be what its records make of
// them, content that it carries must be that of the record with its digest, and
// witness proofs set aside must verify.
//
// What cannot be checked: of a credential registered by content that the snapshot does
// not carry, what its record says besides digest, issuer and proof, and the signature
// of a proof that signs a SHA-384 or RDF or has a previousProof (that the key was its
// signer's for assertions is checked); the same of a presentation that others have
// followed; of a did:webvh log that was observed and is not there any more, what the
// node that signed the observation says it came to, and whether it was rewritten; whether
// a credential that is signed as RDF was taken by how it is written, as earlier versions
// did, and whether a did-witness.json was too large after one entry of several;
// whether content, files or proofs set aside were left out; and up to which index of the
// consensus log everything was applied. Status lists that issuers have signed are all
// there, or the snapshot is refused.
//
// All this is done in stores of its own, one of which then takes over in one step;
// until then, and if anything is wrong, the ledger is what it was. Views taken before
// stay valid. Errors with ErrSnapshot are the snapshot's fault.
func (l *Ledger) RestoreSnapshot(r io.Reader) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gen == nil {
		return ErrClosed
	}
	gen, err := l.emptyGeneration(l.gen.n + 1)
	if err != nil {
		return err
	}
	err = l.rebuild(r, gen)
	if err == nil {
		err = gen.db.Flush()
	}
	if err == nil {
		gen.flushed, err = view.GetApplied(gen.db)
	}
	if err == nil {
		err = l.generations.Use(store.Mark{Generation: gen.n, Flushed: gen.flushed})
	}
	if err != nil {
		return errors.Join(fmt.Errorf("restore snapshot: %w", err), gen.db.Close(), l.generations.Remove(gen.n))
	}
	return l.replace(gen)
}

func (l *Ledger) emptyGeneration(n uint64) (*generation, error) {
	if err := l.generations.Remove(n); err != nil {
		return nil, err
	}
	return l.openGeneration(n)
}

// rebuild reads a snapshot into a store that is gone afterwards, and fills gen from
// there.
func (l *Ledger) rebuild(r io.Reader, gen *generation) (err error) {
	received, err := l.emptyGeneration(gen.n + 1)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, received.db.Close(), l.generations.Remove(received.n))
	}()
	if err := load(r, received.db); err != nil {
		return err
	}
	return l.replay(received.db, gen)
}

// replace makes gen, which is in use on disk, the ledger's store, and removes the
// old one once the last view of it is closed.
func (l *Ledger) replace(gen *generation) error {
	old, size := l.gen, l.Size()
	if err := l.use(gen); err != nil {
		l.failed = fmt.Errorf("use restored snapshot: %w", err)
		return l.failed
	}
	if size > 0 {
		// What was computed before says nothing about this ledger.
		l.touched.reset(max(size, l.Size()) + 1)
	}
	go func() {
		old.refs.Wait()
		if err := errors.Join(old.db.Close(), l.generations.Remove(old.n)); err != nil {
			l.cfg.Logger.Error("old store remains until the next start", "error", err)
		}
	}()
	return nil
}

// load reads a snapshot into an empty store.
func load(r io.Reader, db *store.DB) error {
	s := &snapshotReader{r: bufio.NewReaderSize(r, 64<<10), whole: sha256.New()}
	header, err := s.header()
	if err != nil {
		return err
	}
	in := &loader{db: db}
	for number := 0; ; number++ {
		block, err := s.block(number)
		if err != nil {
			return err
		}
		if block == nil {
			break
		}
		if err := in.block(block); err != nil {
			return fmt.Errorf("%w: block %d: %w", ErrSnapshot, number, err)
		}
	}
	return in.check(header)
}

// snapshotReader takes the stream apart and checks its digests.
type snapshotReader struct {
	r     io.Reader
	whole hash.Hash
}

// read reads n bytes and counts them in.
func (s *snapshotReader) read(n int, what string) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.r, b); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrSnapshot, what, err)
	}
	s.whole.Write(b)
	return b, nil
}

func (s *snapshotReader) header() (*snapshotHeader, error) {
	const fixed = len(snapshotMagic) + 6
	head, err := s.read(fixed, "header")
	if err != nil {
		return nil, err
	}
	if string(head[:len(snapshotMagic)]) != snapshotMagic {
		return nil, fmt.Errorf("%w: it does not begin with %s", ErrSnapshot, snapshotMagic)
	}
	if v := binary.BigEndian.Uint16(head[len(snapshotMagic):]); v != snapshotVersion {
		return nil, fmt.Errorf("%w: format version %d, this program knows %d", ErrSnapshot, v, snapshotVersion)
	}
	n := binary.BigEndian.Uint32(head[fixed-4:])
	if n > maxHeader {
		return nil, fmt.Errorf("%w: header of %d bytes", ErrSnapshot, n)
	}
	text, err := s.read(int(n), "header")
	if err != nil {
		return nil, err
	}
	sum, err := s.read(sha256.Size, "header digest")
	if err != nil {
		return nil, err
	}
	if want := sha256.Sum256(append(head, text...)); !bytes.Equal(sum, want[:]) {
		return nil, fmt.Errorf("%w: the header does not match its digest", ErrSnapshot)
	}
	return parseHeader(text)
}

func parseHeader(text []byte) (*snapshotHeader, error) {
	v, err := jcs.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrSnapshot, err)
	}
	str := func(name string) string { s, _ := v.GetString(name); return s }
	var errs [4]error
	h := &snapshotHeader{Ledger: str("ledger")}
	var size uint64
	h.Applied, errs[0] = strconv.ParseUint(str("applied"), 10, 64)
	size, errs[1] = strconv.ParseUint(str("size"), 10, 64)
	h.Root, errs[2] = record.ParseHash(str("root"))
	h.Time, errs[3] = record.ParseTime(str("time"))
	h.Size = record.Seq(size)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrSnapshot, err)
	}
	return h, nil
}

// block returns the payload of the next block, nil after the last.
func (s *snapshotReader) block(number int) ([]byte, error) {
	what := "block " + strconv.Itoa(number)
	length, err := s.read(4, what)
	if err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length)
	if n == 0 {
		return nil, s.end()
	}
	if n > maxBlock {
		return nil, fmt.Errorf("%w: %s of %d bytes", ErrSnapshot, what, n)
	}
	sum, err := s.read(sha256.Size, what)
	if err != nil {
		return nil, err
	}
	payload, err := s.read(int(n), what)
	if err != nil {
		return nil, err
	}
	if got := sha256.Sum256(payload); !bytes.Equal(got[:], sum) {
		return nil, fmt.Errorf("%w: %s does not match its digest", ErrSnapshot, what)
	}
	return payload, nil
}

// end checks the digest of everything, and that nothing follows.
func (s *snapshotReader) end() error {
	want := s.whole.Sum(nil)
	sum := make([]byte, len(want))
	if _, err := io.ReadFull(s.r, sum); err != nil {
		return fmt.Errorf("%w: digest: %w", ErrSnapshot, err)
	}
	if !bytes.Equal(sum, want) {
		return fmt.Errorf("%w: the whole does not match its digest", ErrSnapshot)
	}
	if n, err := s.r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows its end", ErrSnapshot)
	}
	return nil
}

// loader fills a store and calculates the Merkle root of the records.
type loader struct {
	db   *store.DB
	last []byte
	tree merkle.Range
}

var errEntry = errors.New("malformed entry")

func (in *loader) block(payload []byte) error {
	batch := in.db.NewBatch(len(payload) + len(payload)/8)
	for len(payload) > 0 {
		if len(payload) < 8 {
			return errors.Join(errEntry, batch.Close())
		}
		k, v := binary.BigEndian.Uint32(payload), binary.BigEndian.Uint32(payload[4:])
		payload = payload[8:]
		if k == 0 || k > maxKey || v > maxValue || uint64(len(payload)) < uint64(k)+uint64(v) {
			return errors.Join(errEntry, batch.Close())
		}
		if err := in.entry(batch, payload[:k], payload[k:k+v]); err != nil {
			return errors.Join(err, batch.Close())
		}
		payload = payload[k+v:]
	}
	return errors.Join(batch.Apply(), batch.Close())
}

func (in *loader) entry(batch *store.Batch, key, value []byte) error {
	if bytes.Compare(key, in.last) <= 0 || view.IsNode(key) {
		return fmt.Errorf("%w: key %x", errEntry, key)
	}
	in.last = append(in.last[:0], key...)
	batch.Set(key, value)
	seq, isRecord := view.RecordSeq(key)
	if !isRecord {
		return nil
	}
	if uint64(seq) != in.tree.Size() {
		return fmt.Errorf("record %d follows record %d", seq, in.tree.Size())
	}
	if err := view.CheckRecord(key, value); err != nil {
		return err
	}
	in.tree.Append(merkle.Hash(value[:sha256.Size]), func(merkle.Stored) {})
	return nil
}

// check compares what was loaded with what the header promised.
func (in *loader) check(promised *snapshotHeader) error {
	found, err := headerOf(in.db)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	if *found != *promised {
		return fmt.Errorf("%w: it holds %+v, its header says %+v", ErrSnapshot, *found, *promised)
	}
	if root := record.Hash(in.tree.Root()); root != promised.Root || in.tree.Size() != uint64(promised.Size) {
		return fmt.Errorf("%w: the root of its %d records is %s, its header says %s", ErrSnapshot, in.tree.Size(), root, promised.Root)
	}
	return nil
}

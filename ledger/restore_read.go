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

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// readError says that a snapshot could not be read to its end: what came before holds.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// snapshotReader takes the stream apart and checks its digests.
type snapshotReader struct {
	r      io.Reader
	whole  hash.Hash
	number int
}

func newSnapshotReader(r io.Reader) *snapshotReader {
	return &snapshotReader{r: bufio.NewReaderSize(r, 256<<10), whole: sha256.New()}
}

// read reads n bytes and counts them in.
func (s *snapshotReader) read(n int, what string) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.r, b); err != nil {
		return nil, &readError{fmt.Errorf("%w: %s: %w", ErrSnapshot, what, err)}
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
	h := &snapshotHeader{Identity: view.Identity{Ledger: str("ledger"), DID: did.ID(str("did")), Domain: str("domain")}}
	var errs [5]error
	var from, size uint64
	h.Applied, errs[0] = strconv.ParseUint(str("applied"), 10, 64)
	size, errs[1] = strconv.ParseUint(str("size"), 10, 64)
	h.Root, errs[2] = record.ParseHash(str("root"))
	h.Time, errs[3] = record.ParseTime(str("time"))
	from, errs[4] = strconv.ParseUint(str("from"), 10, 64)
	h.From, h.Size = record.Seq(from), record.Seq(size)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrSnapshot, err)
	}
	if h.From > h.Size {
		return nil, fmt.Errorf("%w: it begins with record %d of %d", ErrSnapshot, h.From, h.Size)
	}
	return h, nil
}

// block returns the payload of the next block, nil after the last.
func (s *snapshotReader) block() ([]byte, error) {
	what := "block " + strconv.Itoa(s.number)
	s.number++
	length, err := s.read(4, what)
	if err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length)
	if n == 0 {
		return nil, nil
	}
	if n > maxBlock {
		return nil, &readError{fmt.Errorf("%w: %s of %d bytes", ErrSnapshot, what, n)}
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
		return nil, &readError{fmt.Errorf("%w: %s does not match its digest", ErrSnapshot, what)}
	}
	return payload, nil
}

// entries calls fn with the entries of a block.
func entries(payload []byte, fn func(key, value []byte) error) error {
	for len(payload) > 0 {
		if len(payload) < 8 {
			return errEntry
		}
		k, v := binary.BigEndian.Uint32(payload), binary.BigEndian.Uint32(payload[4:])
		payload = payload[8:]
		if k == 0 || k > maxKey || v > maxValue || uint64(len(payload)) < uint64(k)+uint64(v) {
			return errEntry
		}
		if err := fn(payload[:k:k], payload[k:k+v:k+v]); err != nil {
			return err
		}
		payload = payload[k+v:]
	}
	return nil
}

var errEntry = fmt.Errorf("%w: malformed entry", ErrSnapshot)

// end reads the sums, checks the digest of everything, and that nothing follows.
func (s *snapshotReader) end() (familySums, error) {
	count, err := s.read(2, "sums")
	if err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(count))
	if n > 256 {
		return nil, &readError{fmt.Errorf("%w: sums of %d families", ErrSnapshot, n)}
	}
	text, err := s.read(n*familySumSize, "sums")
	if err != nil {
		return nil, err
	}
	want := s.whole.Sum(nil)
	sum, err := s.read(len(want), "digest")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(sum, want) {
		return nil, &readError{fmt.Errorf("%w: the whole does not match its digest", ErrSnapshot)}
	}
	if n, err := s.r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return nil, &readError{fmt.Errorf("%w: something follows its end", ErrSnapshot)}
	}
	return decodeFamilySums(text, n)
}

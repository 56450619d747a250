package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"
	"sync/atomic"

	"github.com/tabard-id/tabard/ledger/internal/view"
)

// familySum stands for all keys of one family and their values.
type familySum struct {
	entries uint64
	sum     [sha256.Size]byte
}

// familySums are those of the families that have any.
type familySums map[byte]familySum

const familySumSize = 1 + 8 + sha256.Size

func (f familySums) encode() []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(f)))
	for family := range 256 {
		if s, ok := f[byte(family)]; ok {
			b = binary.BigEndian.AppendUint64(append(b, byte(family)), s.entries)
			b = append(b, s.sum[:]...)
		}
	}
	return b
}

// decodeFamilySums reads n sums, of as many families.
func decodeFamilySums(b []byte, n int) (familySums, error) {
	f := make(familySums)
	for ; len(b) >= familySumSize; b = b[familySumSize:] {
		f[b[0]] = familySum{entries: binary.BigEndian.Uint64(b[1:]), sum: [sha256.Size]byte(b[9:familySumSize])}
	}
	if len(f) != n || len(b) != 0 {
		return nil, fmt.Errorf("%w: sums of %d families, said to be of %d", ErrSnapshot, len(f), n)
	}
	return f, nil
}

// differ names the first family in which a store is not what a snapshot says.
func (f familySums) differ(promised familySums) error {
	for family := range 256 {
		made, want := f[byte(family)], promised[byte(family)]
		if made != want {
			return fmt.Errorf("%w: its records do not make what it has in family %q: %d entries, and it has %d",
				ErrSnapshot, byte(family), made.entries, want.entries)
		}
	}
	return nil
}

// summed reports whether a family has a sum: not what the root stands for, not the
// applied index, which is in the header, and not what earlier versions do not have: they
// write snapshots for this one, and take its own.
func summed(family byte) bool {
	k := []byte{family}
	return !view.IsNode(k) && !view.IsRecord(k) && !view.Unsettled(k) && !view.Added(k)
}

// sumFamilies sums a store, so many families at a time.
func sumFamilies(from view.Scanner, workers int) (familySums, error) {
	var (
		mu   sync.Mutex
		sums = make(familySums)
		errs []error
		next atomic.Int64
		wg   sync.WaitGroup
	)
	for range workers {
		wg.Go(func() {
			for family := next.Add(1) - 1; family < 256; family = next.Add(1) - 1 {
				s, err := sumFamily(from, byte(family))
				mu.Lock()
				if errs = append(errs, err); s.entries > 0 {
					sums[byte(family)] = s
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return sums, errors.Join(errs...)
}

func sumFamily(from view.Scanner, family byte) (s familySum, err error) {
	if !summed(family) {
		return s, nil
	}
	var upper []byte
	if family < 255 {
		upper = []byte{family + 1}
	}
	w := summer{h: sha256.New()}
	err = from.Scan([]byte{family}, upper, func(key, value []byte) error {
		s.entries++
		w.add(key, view.Canonical(key, value))
		return nil
	})
	s.sum = w.end()
	return s, err
}

// summer hashes entries, each with its lengths, many at a time.
type summer struct {
	h   hash.Hash
	buf bytes.Buffer
}

const summerBuffer = 32 << 10

func (s *summer) add(key, value []byte) {
	var lengths [8]byte
	binary.BigEndian.PutUint32(lengths[:], uint32(len(key)))
	binary.BigEndian.PutUint32(lengths[4:], uint32(len(value)))
	s.buf.Write(lengths[:])
	s.buf.Write(key)
	s.buf.Write(value)
	if s.buf.Len() >= summerBuffer {
		s.h.Write(s.buf.Bytes())
		s.buf.Reset()
	}
}

func (s *summer) end() [sha256.Size]byte {
	s.h.Write(s.buf.Bytes())
	return [sha256.Size]byte(s.h.Sum(nil))
}

package ledger

import (
	"bytes"
	"fmt"

	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// source reads a snapshot and parses its records, ahead of those who judge them: while
// one batch is written, which takes one core, the next is read.
type source struct {
	batches chan []heldRecord
	stop    chan struct{}
	done    chan struct{}

	// The rest is set once batches is closed.
	staged []besideEntry
	sums   familySums
	err    error
}

// readAhead is how many batches wait at most.
const readAhead = 2

// maxStagedBytes bounds the bytes of the proofs that are set aside.
const maxStagedBytes = 256 << 20

func openSource(in *snapshotReader, header *snapshotHeader) *source {
	s := &source{batches: make(chan []heldRecord, readAhead), stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		defer close(s.batches)
		r := &sourceReader{source: s, next: header.From, end: header.Size}
		s.err = r.read(in)
	}()
	return s
}

// next returns the next records, none after the last.
func (s *source) next() ([]heldRecord, error) {
	if batch, ok := <-s.batches; ok {
		return batch, nil
	}
	return nil, s.err
}

// close ends the reading, which may wait for the stream.
func (s *source) close() {
	close(s.stop)
	for range s.batches {
	}
	<-s.done
}

// sourceReader is the work of a source.
type sourceReader struct {
	*source
	next, end record.Seq
	batch     []heldRecord
	bytes     int
	setAside  int
}

func (r *sourceReader) read(in *snapshotReader) error {
	for {
		block, err := in.block()
		if err != nil {
			return r.flushed(err)
		}
		if block == nil {
			break
		}
		if err := entries(block, r.entry); err != nil {
			return r.flushed(err)
		}
	}
	if r.next != r.end {
		return r.flushed(fmt.Errorf("%w: record %d is missing", ErrSnapshot, r.next))
	}
	var err error
	r.sums, err = in.end()
	return r.flushed(err)
}

// flushed passes on what has been read, all of which holds, and returns err.
func (r *sourceReader) flushed(err error) error {
	r.send()
	return err
}

func (r *sourceReader) send() {
	if len(r.batch) == 0 {
		return
	}
	select {
	case r.batches <- r.batch:
	case <-r.stop:
	}
	r.batch, r.bytes = nil, 0
}

// maxBatchBytes is when a batch is full, however few records it has. Parsed, they take
// several times as much, and readAhead batches wait.
const maxBatchBytes = 2 << 20

func (r *sourceReader) entry(key, value []byte) error {
	if seq, ok := view.RecordSeq(key); ok {
		return r.record(seq, key, value)
	}
	if view.IsStaged(key) {
		if r.setAside += len(key) + len(value); r.setAside > maxStagedBytes {
			return fmt.Errorf("%w: more than %d bytes of witness proofs set aside", ErrSnapshot, maxStagedBytes)
		}
		r.staged = append(r.staged, besideEntry{key, value})
		return nil
	}
	n := len(r.batch)
	if n == 0 || len(r.staged) > 0 {
		return fmt.Errorf("%w: key %q belongs to no record", errEntry, key)
	}
	r.batch[n-1].beside = append(r.batch[n-1].beside, besideEntry{key, value})
	r.bytes += len(key) + len(value)
	return nil
}

func (r *sourceReader) record(seq record.Seq, key, value []byte) error {
	if seq != r.next || seq >= r.end || len(r.staged) > 0 {
		return fmt.Errorf("%w: record %d instead of record %d of %d", ErrSnapshot, seq, r.next, r.end)
	}
	if err := view.CheckRecord(key, value); err != nil {
		return fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	if len(r.batch) >= replayRecords || r.bytes >= maxBatchBytes {
		r.send()
		select {
		case <-r.stop:
			return errEntry // nobody looks at it any more
		default:
		}
	}
	held := heldRecord{seq: seq, value: value}
	if err := held.open(); err != nil {
		return held.refuse(err)
	}
	r.batch = append(r.batch, held)
	r.bytes += len(value)
	r.next++
	return nil
}

// beside is what a snapshot carries with a record. It is a view.Reader.
type beside []besideEntry

func (b beside) Get(key []byte) ([]byte, error) {
	for i := range b {
		if string(b[i].key) == string(key) {
			return bytes.Clone(b[i].value), nil
		}
	}
	return nil, store.ErrNotFound
}

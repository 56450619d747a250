package stream

import (
	"errors"
	"time"

	"github.com/tabard-id/tabard/ledger/record"
)

// ErrPruned is the error of a Source that no longer keeps a record below its size.
var ErrPruned = errors.New("records are no longer kept")

// Source is the ledger as the stream reads it. Its methods are safe for concurrent
// use, and what they show never shrinks.
type Source interface {
	// Size returns the number of records that can be read.
	Size() record.Seq
	// Notify returns a channel that is closed once Size has grown beyond what it
	// was at some moment after the call began.
	Notify() <-chan struct{}
	// Read calls fn with up to n records from the position from on, in order, and
	// stops at the first error of fn. raw is not valid after fn returns.
	Read(from record.Seq, n int, fn func(seq record.Seq, raw []byte) error) error
	// Head describes the newest state; Ledger is empty before the first record.
	Head() (Head, error)
}

// Head is a state of the ledger.
type Head struct {
	Ledger string
	Size   record.Seq
	Root   record.Hash
}

// timeFormat is RFC 3339 in UTC with three fractional digits.
const timeFormat = "2006-01-02T15:04:05.000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeFormat) }

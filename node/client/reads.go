package client

import (
	"net/url"
	"strconv"
	"time"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// readParameters say how fresh an answer must be. The zero value takes what a node gives by default.
type readParameters struct {
	minSeq       uint64 // one more than the position asked for
	maxStale     time.Duration
	linearizable bool
	at           string // of a verdict: a position or a time; "" for the present
	wishes       api.VerdictWishes
}

// ReadOption asks for a fresher answer. What the node cannot meet is a Problem with status 503.
type ReadOption func(*readParameters)

// MinSeq waits until the record at position seq is part of the node's state.
func MinSeq(seq record.Seq) ReadOption { return func(r *readParameters) { r.minSeq = uint64(seq) + 1 } }

// MaxStale refuses an answer from a state older than d. Without it that is what the node's operator
// allows, 5 s by default, of verdicts, statuses and status lists, and any age of the rest.
func MaxStale(d time.Duration) ReadOption { return func(r *readParameters) { r.maxStale = d } }

// Linearizable sees every write acknowledged before the read, by whichever node.
func Linearizable() ReadOption { return func(r *readParameters) { r.linearizable = true } }

// query returns the parameters of a read that also sees this client's own writes.
func (c *Client) query(opts []ReadOption) url.Values {
	r := c.reads
	for _, o := range opts {
		o(&r)
	}
	q := url.Values{}
	if n := max(r.minSeq, c.written.Load()); n > 0 {
		q.Set(api.ParamMinSeq, strconv.FormatUint(n-1, 10))
	}
	if r.maxStale > 0 {
		q.Set(api.ParamMaxStale, r.maxStale.String())
	}
	if r.linearizable {
		q.Set(api.ParamConsistency, "linearizable")
	}
	if r.at != "" {
		q.Set(api.ParamAt, r.at)
	}
	return q
}

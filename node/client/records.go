package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strconv"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// Record returns the record at a position, checked against its leaf hash.
func (c *Client) Record(ctx context.Context, seq record.Seq, opts ...ReadOption) (api.Record, error) {
	for rec, err := range c.recordsFrom(ctx, uint64(seq), 1, opts) {
		return rec, err
	}
	return api.Record{}, &Problem{Type: api.TypeBase + string(api.NotFound), Title: "no such record", Status: http.StatusNotFound, Code: api.NotFound}
}

// Records yields every record from position from on that the node's state holds, in order and
// without gaps, each checked against its leaf hash. It fetches page by page and ends at the first error.
func (c *Client) Records(ctx context.Context, from record.Seq, opts ...ReadOption) iter.Seq2[api.Record, error] {
	return func(yield func(api.Record, error) bool) {
		for next := uint64(from); ; {
			start := next
			for rec, err := range c.recordsFrom(ctx, next, api.MaxPage, opts) {
				if !yield(rec, err) || err != nil {
					return
				}
				next++
			}
			if next == start {
				return
			}
		}
	}
}

// recordsFrom yields one page.
func (c *Client) recordsFrom(ctx context.Context, from, limit uint64, opts []ReadOption) iter.Seq2[api.Record, error] {
	return func(yield func(api.Record, error) bool) {
		q := c.query(opts)
		q.Set("limit", strconv.FormatUint(limit, 10))
		if from > 0 {
			q.Set("after", strconv.FormatUint(from-1, 10))
		}
		a, err := c.do(ctx, request{method: http.MethodGet, path: "/v1/records", query: q, accept: api.TypeNDJSON})
		if err != nil {
			yield(api.Record{}, err)
			return
		}
		for line := range bytes.Lines(a.body) {
			rec, err := checkRecord(line, record.Seq(from))
			if !yield(rec, err) || err != nil {
				return
			}
			from++
		}
	}
}

// checkRecord reads one line of a page: the record at seq, whose bytes hash to its leaf.
func checkRecord(line []byte, seq record.Seq) (api.Record, error) {
	var rec api.Record
	if err := json.Unmarshal(line, &rec); err != nil {
		return rec, fmt.Errorf("%w: record %d: %w", ErrMismatch, seq, err)
	}
	if rec.Seq != seq {
		return rec, fmt.Errorf("%w: record %d where %d was due", ErrMismatch, rec.Seq, seq)
	}
	if record.LeafHash(rec.Record) != rec.Leaf {
		return rec, fmt.Errorf("%w: record %d does not hash to its leaf", ErrMismatch, seq)
	}
	return rec, nil
}

// Confirm fetches the record that a receipt promises and returns it, decoded. It fails with
// ErrMismatch unless the record hashes to the receipt's leaf and has its kind and time.
func (c *Client) Confirm(ctx context.Context, r Receipt) (record.Record, error) {
	c.wrote(r.Seq)
	got, err := c.Record(ctx, r.Seq)
	if err != nil {
		return record.Record{}, err
	}
	rec, err := record.Decode(got.Record)
	if err != nil {
		return record.Record{}, fmt.Errorf("%w: record %d: %w", ErrMismatch, r.Seq, err)
	}
	if got.Leaf != r.Leaf || string(rec.Kind) != r.Kind || rec.Time.String() != r.Time {
		return rec, fmt.Errorf("%w: record %d is not the one of the receipt", ErrMismatch, r.Seq)
	}
	return rec, nil
}

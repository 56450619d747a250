package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

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

// RecordFilter says which records are asked for: of these kinds, all if there are none, and of a time from Since
// on and before Until, where those are not zero.
type RecordFilter struct {
	Kinds        []record.Kind
	Since, Until time.Time
}

// RecordsWhere is Records of those that a filter lets through. What the node leaves out shows in the gaps alone.
func (c *Client) RecordsWhere(ctx context.Context, from record.Seq, where RecordFilter, opts ...ReadOption) iter.Seq2[api.Record, error] {
	return func(yield func(api.Record, error) bool) {
		for {
			next, ok := c.filteredPage(ctx, from, where, opts, yield)
			if !ok || next == from {
				return
			}
			from = next
		}
	}
}

// filteredPage yields one page and returns where the next one begins; ok is false if that is the end.
func (c *Client) filteredPage(ctx context.Context, from record.Seq, where RecordFilter, opts []ReadOption, yield func(api.Record, error) bool) (next record.Seq, ok bool) {
	q := c.query(opts)
	q.Set("limit", strconv.Itoa(api.MaxPage))
	if from > 0 {
		q.Set("after", strconv.FormatUint(uint64(from)-1, 10))
	}
	var kinds []string
	for _, kind := range where.Kinds {
		kinds = append(kinds, string(kind))
	}
	if len(kinds) > 0 {
		q.Set("kind", strings.Join(kinds, ","))
	}
	for name, t := range map[string]time.Time{"since": where.Since, "until": where.Until} {
		if !t.IsZero() {
			q.Set(name, t.UTC().Format(time.RFC3339Nano))
		}
	}
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/v1/records", query: q, accept: api.TypeNDJSON})
	if err != nil {
		yield(api.Record{}, err)
		return from, false
	}
	end, err := api.ParseCursor(a.header.Get(api.HeaderCursor))
	if err != nil || end.Next < from {
		yield(api.Record{}, fmt.Errorf("%w: a page of records has no cursor that leads on: %q", ErrMismatch, a.header.Get(api.HeaderCursor)))
		return from, false
	}
	for line := range bytes.Lines(a.body) {
		rec, err := where.check(line, from, end.Next)
		if !yield(rec, err) || err != nil {
			return from, false
		}
		from = rec.Seq + 1
	}
	return end.Next, true
}

// check reads one line of a page of the records in [from, end).
func (f RecordFilter) check(line []byte, from, end record.Seq) (api.Record, error) {
	var at struct {
		Seq record.Seq `json:"seq"`
	}
	if err := json.Unmarshal(line, &at); err != nil {
		return api.Record{}, fmt.Errorf("%w: a line of a page of records: %w", ErrMismatch, err)
	}
	rec, err := checkRecord(line, at.Seq)
	if err == nil && (rec.Seq < from || rec.Seq >= end) {
		err = fmt.Errorf("%w: record %d on a page of %d to %d", ErrMismatch, rec.Seq, from, end)
	}
	if kind := record.KindOf(rec.Record); err == nil && len(f.Kinds) > 0 && !slices.Contains(f.Kinds, kind) {
		err = fmt.Errorf("%w: record %d is of kind %q", ErrMismatch, rec.Seq, kind)
	}
	return rec, err
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

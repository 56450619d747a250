package client

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// Changes is what has been recorded since a position.
type Changes struct {
	// Size is the number of records in the state that the node answered from; 0 if that is not told, as
	// where a proxy does not pass the header on. Then nothing is known to be complete.
	Size uint64
	// Records are those from the position asked for on, in order and checked against their leaf hashes.
	// Complete: they are all there are up to Size.
	Records  []api.Record
	Complete bool
}

// Changes asks, in one request, what has been recorded from position since on: at most limit records.
// Whoever remembers answers of a registry asks which of them may not hold any more. From position 0 on
// it tells the size of the state alone.
func (c *Client) Changes(ctx context.Context, since uint64, limit int, opts ...ReadOption) (Changes, error) {
	q := c.query(opts)
	if since > 0 {
		q.Set("after", strconv.FormatUint(since-1, 10))
	} else {
		limit = 1
	}
	q.Set("limit", strconv.Itoa(limit))
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/v1/records", query: q, accept: api.TypeNDJSON})
	if err != nil {
		return Changes{}, err
	}
	var out Changes
	if a.header.Get(api.HeaderSeq) == "" {
		return out, nil
	}
	if out.Size, err = strconv.ParseUint(a.header.Get(api.HeaderSeq), 10, 64); err != nil || out.Size < since {
		return out, fmt.Errorf("%w: %s %q of a state that has %d records", ErrMismatch, api.HeaderSeq, a.header.Get(api.HeaderSeq), since)
	}
	if since == 0 {
		return out, nil
	}
	for line := range bytes.Lines(a.body) {
		rec, err := checkRecord(line, record.Seq(since)+record.Seq(len(out.Records)))
		if err != nil {
			return out, err
		}
		out.Records = append(out.Records, rec)
	}
	out.Complete = uint64(len(out.Records)) == out.Size-since
	return out, nil
}

package httpapi

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// getRecord serves one record: the exact bytes of the Merkle leaf, which never change.
func (s *server) getRecord(w *reply, r *http.Request, rt route) error {
	b, err := onlyBounds(r)
	if err != nil {
		return err
	}
	seq, err := parseSeq(rt.rest)
	if err != nil {
		return api.NewProblem(api.InvalidParameter, err.Error())
	}
	v, err := s.view(w, r, b)
	if err != nil {
		return err
	}
	body, err := recordAt(v, seq)
	v.Close()
	if err != nil {
		return err
	}
	leaf := record.LeafHash(body)
	val := &cached{status: http.StatusOK, body: body, media: api.TypeJSON}
	val.finish(valueImmutable)
	val.etag = `"` + hex.EncodeToString(leaf[:]) + `"`
	val.etags = []string{val.etag}
	return s.sendValue(w, r, val)
}

func recordAt(v *ledger.View, seq record.Seq) ([]byte, error) {
	if seq >= v.Size() {
		return nil, api.Problemf(api.NotFound, "the ledger has %d records", v.Size())
	}
	return v.Record(seq)
}

// getRecords serves a page of records as NDJSON, each line an api.Record. The header Tabard-Cursor says where
// the next page goes on, which is further than its last line if what follows that does not match.
func (s *server) getRecords(w *reply, r *http.Request, _ route) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	b, err := q.takeBounds()
	if err != nil {
		return err
	}
	after, hasAfter := q.take("after")
	limit, err := takeLimit(q)
	if err != nil {
		return err
	}
	wanted, err := takeSelection(q)
	if err != nil {
		return err
	}
	if err := q.rest(); err != nil {
		return err
	}
	v, err := s.view(w, r, b)
	if err != nil {
		return err
	}
	defer v.Close()
	from := record.Seq(0)
	if hasAfter {
		if from, err = position(v, after); err != nil {
			return err
		}
	}
	page, err := s.page(r, v, wanted, from, limit)
	if err != nil {
		return err
	}
	if id := v.LedgerID(); id != "" {
		w.Header().Set(api.HeaderCursor, api.Cursor{Ledger: id, Next: page.end}.String())
	}
	v.Close() // no state is held while the client reads: records never change
	return s.sendRecords(w, r, page)
}

func takeLimit(q params) (int, error) {
	text, ok := q.take("limit")
	if !ok {
		const usual = 100
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > api.MaxPage {
		return 0, api.Problemf(api.InvalidParameter, "limit: want 1 to %d", api.MaxPage)
	}
	return n, nil
}

// position reads where a page begins: after a seq, or after a cursor <ledger id>:<seq>, or at the
// start, <ledger id>:start.
func position(v *ledger.View, after string) (record.Seq, error) {
	text := after
	if id, seq, ok := strings.Cut(after, ":"); ok {
		if id != v.LedgerID() {
			return 0, api.NewProblem("unknown-ledger", "this ledger is "+v.LedgerID())
		}
		text = seq
	}
	if text == "start" && text != after {
		return 0, nil
	}
	seq, err := parseSeq(text)
	if err != nil {
		return 0, api.Problemf(api.InvalidParameter, "after: %v", err)
	}
	if seq >= v.Size() {
		return 0, api.Problemf(api.FutureCursor, "the ledger has %d records", v.Size())
	}
	return seq + 1, nil
}

// sendRecords writes the records of a page, a chunk at a time.
func (s *server) sendRecords(w *reply, r *http.Request, p recordPage) error {
	chunk, rest, err := s.recordLines(nil, r, p)
	if err != nil {
		return err
	}
	h := w.Header()
	h[keyType] = []string{api.TypeNDJSON}
	h[keyCacheControl] = valueNoCache
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	for len(chunk) > 0 {
		if _, err := w.Write(chunk); err != nil {
			return sent(err)
		}
		if rest.count() > 0 {
			if err := s.pace(r); err != nil {
				return sent(err)
			}
		}
		if chunk, rest, err = s.recordLines(chunk[:0], r, rest); err != nil {
			return fmt.Errorf("record %d: %w", rest.first(), err) // the transfer breaks
		}
	}
	return nil
}

// recordLines appends lines until there are enough for one write, charges for reading them, and returns
// the rest of the page.
func (s *server) recordLines(dst []byte, r *http.Request, p recordPage) ([]byte, recordPage, error) {
	v := s.Ledger.View()
	defer v.Close()
	for p.count() > 0 && len(dst) < chunkBytes {
		seq := p.first()
		body, err := v.Record(seq)
		if err != nil {
			return dst, p, err
		}
		dst, p = appendRecord(dst, seq, body), p.next()
	}
	s.chargeRead(r, len(dst))
	return dst, p, nil
}

// appendRecord writes one line; body stands in it byte for byte.
func appendRecord(dst []byte, seq record.Seq, body []byte) []byte {
	leaf := record.LeafHash(body)
	dst = append(dst, `{"leaf":"`...)
	dst = hex.AppendEncode(dst, leaf[:])
	dst = append(dst, `","record":`...)
	dst = append(dst, body...)
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendUint(dst, uint64(seq), 10)
	return append(dst, "}\n"...)
}

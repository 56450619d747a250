package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// pages serves pages of records by the parameter after.
func pages(t *testing.T, by map[string]func(http.ResponseWriter)) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if page, ok := by[r.URL.Query().Get("after")]; ok {
			page(w)
			return
		}
		t.Errorf("asked for %s", r.URL)
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	c, err := New([]string{server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// page is one with records of a kind at some positions.
func page(cursor string, kind record.Kind, seqs ...int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", api.TypeNDJSON)
		if cursor != "" {
			w.Header().Set(api.HeaderCursor, cursor)
		}
		for _, seq := range seqs {
			raw := fmt.Sprintf(`{"body":{},"kind":%q,"time":"2026-11-21T18:00:00.000Z"}`, kind)
			fmt.Fprintf(w, `{"leaf":%q,"record":%s,"seq":%d}`+"\n", record.LeafHash([]byte(raw)), raw, seq)
		}
	}
}

// Pages that have little or nothing are gone through to the end, and what was not asked for is no answer.
func TestRecordsWhere(t *testing.T) {
	where := RecordFilter{Kinds: []record.Kind{record.KindStatus}, Since: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	const status = record.KindStatus
	for name, test := range map[string]struct {
		pages map[string]func(http.ResponseWriter)
		want  []record.Seq
		fails bool
	}{
		"gone through": {pages: map[string]func(http.ResponseWriter){
			"": page("Qm:4", status, 1, 4), "4": page("Qm:99", status), "99": page("Qm:120", status, 101), "120": page("Qm:120", status),
		}, want: []record.Seq{1, 4, 101}},
		"nothing yet":           {pages: map[string]func(http.ResponseWriter){"": page("Qm:start", status)}},
		"no cursor":             {pages: map[string]func(http.ResponseWriter){"": page("", status, 1)}, fails: true},
		"a cursor that is none": {pages: map[string]func(http.ResponseWriter){"": page("4", status, 1)}, fails: true},
		"a cursor that goes back": {pages: map[string]func(http.ResponseWriter){
			"": page("Qm:4", status, 1), "4": page("Qm:2", status),
		}, want: []record.Seq{1}, fails: true},
		"of another kind":        {pages: map[string]func(http.ResponseWriter){"": page("Qm:4", record.KindDID, 1)}, fails: true},
		"out of order":           {pages: map[string]func(http.ResponseWriter){"": page("Qm:4", status, 3, 2)}, want: []record.Seq{3}, fails: true},
		"beyond the page's end":  {pages: map[string]func(http.ResponseWriter){"": page("Qm:4", status, 5)}, fails: true},
		"a line that is no JSON": {pages: map[string]func(http.ResponseWriter){"": func(w http.ResponseWriter) { w.Header().Set(api.HeaderCursor, "Qm:4"); fmt.Fprintln(w, "{") }}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			var got []record.Seq
			var failed error
			for rec, err := range pages(t, test.pages).RecordsWhere(t.Context(), 0, where) {
				if failed = err; err == nil {
					got = append(got, rec.Seq)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) || (failed != nil) != test.fails || test.fails && !errors.Is(failed, ErrMismatch) {
				t.Errorf("%v, %v; want %v", got, failed, test.want)
			}
		})
	}
}

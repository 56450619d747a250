package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// node is a server that says what a test tells it to, and remembers what it was asked.
type node struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // "METHOD path?query body"
}

func newNode(t *testing.T, handle http.HandlerFunc) *node {
	t.Helper()
	n := &node{}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read body: %v", err)
		}
		n.mu.Lock()
		n.asked = append(n.asked, r.Method+" "+r.RequestURI+" "+string(body))
		n.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(n.Close)
	return n
}

func (n *node) requests() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.asked)
}

func newTestClient(t *testing.T, nodes ...*node) *Client {
	t.Helper()
	var urls []string
	for _, n := range nodes {
		urls = append(urls, n.URL)
	}
	c, err := New(urls)
	if err != nil {
		t.Fatal(err)
	}
	c.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return c
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", api.TypeJSON)
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err) // of a literal in a test
	}
}

func refuse(code api.Code) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		p := api.NewProblem(code, "says the test").Refused()
		reply(w, p.Status, p)
	}
}

func says(status int, v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, status, v) }
}

func hangUp(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }

// inTurn answers the first request by the first handler, and so on; the last one stays.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	i := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := handlers[min(i, len(handlers)-1)]
		i++
		mu.Unlock()
		h(w, r)
	}
}

const digest = "5b6d21d3a1e4c3d1f9e1f6a9a7e4a7e4f9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b4"

func TestFailover(t *testing.T) {
	status := says(http.StatusOK, api.Status{Target: digest, Status: "active"})
	for name, first := range map[string]http.HandlerFunc{
		"no leader there": refuse(api.NoLeader), "stale there": refuse(api.StatusStale), "shutting down": refuse(api.ShuttingDown),
		"hangs up": hangUp, "a proxy fails": says(http.StatusBadGateway, "no"),
	} {
		t.Run(name, func(t *testing.T) {
			bad, good := newNode(t, first), newNode(t, status)
			c := newTestClient(t, bad, good)
			for range 2 {
				if got, err := c.Status(t.Context(), digest); err != nil || got.Status != "active" {
					t.Fatalf("Status = %+v, %v", got, err)
				}
			}
			if n := len(good.requests()); n != 2 {
				t.Errorf("the good node was asked %d times, want 2: it answered last, so it is asked first", n)
			}
		})
	}
}

func TestRefusalsAreNotRepeated(t *testing.T) {
	for _, code := range []api.Code{api.StalePredecessor, api.NotFound, api.InvalidParameter, "unauthorised-key"} {
		n := newNode(t, refuse(code))
		_, err := newTestClient(t, n).Status(t.Context(), digest)
		var p *Problem
		if !errors.As(err, &p) || p.Code != code || p.Status != code.Status() || p.Outcome != api.NotApplied {
			t.Errorf("%s: got %v", code, err)
		}
		if asked := n.requests(); len(asked) != 1 {
			t.Errorf("%s was asked for %d times", code, len(asked))
		}
	}
}

func TestUnreachable(t *testing.T) {
	n := newNode(t, hangUp)
	_, err := newTestClient(t, n).Cluster(t.Context())
	if !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v, want ErrUnreachable", err)
	}
	// net/http itself repeats a GET on a kept connection that breaks, so there may be more.
	if asked := n.requests(); len(asked) < silentRounds {
		t.Errorf("asked %d times, want at least %d", len(asked), silentRounds)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newTestClient(t, n).Cluster(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

// A node that waits for a leader longer than the client has was reached, and said why before.
func TestTimeEndsWhileANodeWaits(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := newNode(t, inTurn(refuse(api.NoLeader), func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	_, err := newTestClient(t, n).Status(ctx, digest)
	var p *Problem
	if !errors.Is(err, ErrUnreachable) || errors.As(err, &p) || !strings.Contains(err.Error(), string(api.NoLeader)) {
		t.Errorf("got %v; want that nothing was answered in time, and what was before", err)
	}
}

func TestProblemsOfOthersOnTheWay(t *testing.T) {
	n := newNode(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>teapot", http.StatusTeapot) })
	_, err := newTestClient(t, n).Cluster(t.Context())
	var p *Problem
	if !errors.As(err, &p) || p.Status != http.StatusTeapot || p.Code != api.Unexpected {
		t.Errorf("got %v", err)
	}
}

func TestBaseURLs(t *testing.T) {
	for _, bad := range []string{"", "127.0.0.1:8700", "ftp://host", "http://host/path", "http://", "http://host?q", "http://user@host", "://"} {
		if _, err := New([]string{bad}); err == nil {
			t.Errorf("New(%q) succeeded", bad)
		}
	}
	if _, err := New(nil); err == nil {
		t.Error("New(nil) succeeded")
	}
	if _, err := New([]string{"https://host:1/"}); err != nil {
		t.Error(err)
	}
}

// testDID is a controller with one entry.
func testDID(t *testing.T) (webvh.Entry, did.ID, multikey.PrivateKey) {
	t.Helper()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	e, err := webvh.Create(webvh.CreateOptions{Domain: "registry.localhost:8700", Path: []string{"agents", "a b"}, Time: time.Now()}, key)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := e.State.GetString("id")
	return e, did.ID(id), key
}

func TestAppend(t *testing.T) {
	e, id, _ := testDID(t)
	receipt := Receipt{Ledger: "l", Seq: 7, Kind: "did", VersionID: e.VersionID}
	n := newNode(t, inTurn(refuse(api.OutcomeUnknown), hangUp, says(http.StatusCreated, receipt), says(http.StatusOK, api.Cluster{})))
	c := newTestClient(t, n)
	got, err := c.Append(t.Context(), id, []webvh.Entry{e}, nil)
	if err != nil || got != receipt {
		t.Fatalf("Append = %+v, %v", got, err)
	}
	asked := n.requests()
	want := "POST /agents/a%20b/did.jsonl " + string(e.Value.Canonical()) + "\n"
	for i, r := range asked {
		if r != want {
			t.Errorf("request %d is %q, want %q: an operation is resubmitted unchanged", i, r, want)
		}
	}
	if _, err := c.Status(t.Context(), digest); !errors.Is(err, ErrMismatch) {
		t.Errorf("a status of something else: %v", err)
	}
	asked = n.requests()
	if last := asked[len(asked)-1]; !strings.Contains(last, "min-seq=7") {
		t.Errorf("the read after the write asks %q, without min-seq=7", last)
	}
}

func TestReceiptsOfOtherThings(t *testing.T) {
	e, id, key := testDID(t)
	n := newNode(t, says(http.StatusCreated, Receipt{Ledger: "l", Seq: 7, Kind: "did", VersionID: "1-Qm", Digest: digest, Target: "did:key:z", Status: "active"}))
	c := newTestClient(t, n)
	if _, err := c.Append(t.Context(), id, []webvh.Entry{e}, nil); !errors.Is(err, ErrMismatch) {
		t.Errorf("Append: %v", err)
	}
	if _, err := c.Append(t.Context(), id, nil, nil); err == nil {
		t.Error("Append of nothing succeeded")
	}
	if _, err := c.RegisterCredential(t.Context(), jcs.Object(), false); !errors.Is(err, ErrMismatch) {
		t.Errorf("RegisterCredential: %v", err)
	}
	change, err := StatusChange{Ledger: "l", Target: digest, Status: "revoked", Issued: time.Now()}.Sign(key, string(id)+"#k")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ChangeStatus(t.Context(), change); !errors.Is(err, ErrMismatch) {
		t.Errorf("ChangeStatus: %v", err)
	}
}

func TestSignedStatusChangesAreWhatTheLedgerReads(t *testing.T) {
	_, id, key := testDID(t)
	at := time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.UTC)
	signed, err := StatusChange{
		Ledger: "ledger", Target: digest, Status: "suspended", Reason: "<why>", InvalidFrom: at.Add(-time.Hour), Issued: at,
	}.Sign(key, string(id)+"#k")
	if err != nil {
		t.Fatal(err)
	}
	got, err := record.ParseStatusChange(signed)
	if err != nil {
		t.Fatal(err)
	}
	if got.Target() != digest || got.Status != record.Suspended || got.Reason != "<why>" ||
		!got.Issued.Equal(at.Truncate(time.Millisecond)) || !got.InvalidFrom.Equal(at.Add(-time.Hour).Truncate(time.Millisecond)) {
		t.Errorf("got %+v", got)
	}
}

func TestLogsAreVerifiedHere(t *testing.T) {
	e, id, _ := testDID(t)
	other, _, _ := testDID(t)
	line := string(e.Value.Canonical()) + "\n"
	for name, test := range map[string]struct {
		log  string
		want error
	}{
		"as made":              {line, nil},
		"of another DID":       {string(other.Value.Canonical()) + "\n", ErrMismatch},
		"tampered with":        {strings.Replace(line, `"portable":false`, `"portable":true`, 1), ErrMismatch},
		"cut off":              {line[:len(line)/2], ErrMismatch},
		"an entry twice":       {line + line, ErrMismatch},
		"nothing but an error": {"<html>", ErrMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, newNode(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "did.jsonl") {
					if _, err := io.WriteString(w, test.log); err != nil {
						t.Error(err)
					}
					return
				}
				refuse(api.NotFound)(w, r)
			}))
			got, err := c.Resolve(t.Context(), id, did.Options{})
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if err == nil && got.Document.ID() != id {
				t.Errorf("resolved %s", got.Document.ID())
			}
		})
	}
}

func TestResolveWithoutAnyNode(t *testing.T) {
	c := newTestClient(t, newNode(t, func(http.ResponseWriter, *http.Request) { t.Error("a node was asked") }))
	key, err := multikey.Generate(multikey.P256)
	if err != nil {
		t.Fatal(err)
	}
	id := did.ID("did:key:" + key.Public().String())
	if got, err := c.Resolve(t.Context(), id, did.Options{}); err != nil || got.Document.ID() != id {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestUnregisteredDID(t *testing.T) {
	_, id, _ := testDID(t)
	_, err := newTestClient(t, newNode(t, refuse(api.NotFound))).Resolve(t.Context(), id, did.Options{})
	if did.CodeOf(err) != did.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestResolutionErrors(t *testing.T) {
	result := func(code string) string {
		return fmt.Sprintf(`{"didDocument":null,"didDocumentMetadata":{},"didResolutionMetadata":{"error":{"type":"https://www.w3.org/ns/did#%s","detail":"x"}}}`, code)
	}
	for code, status := range map[did.ErrorCode]int{
		did.NotFound: 404, did.InvalidDID: 400, did.MethodNotSupported: 501, did.RepresentationNotSupported: 406, did.InternalError: 500,
	} {
		n := newNode(t, says(status, json.RawMessage(result(string(code)))))
		got, err := newTestClient(t, n).ResolveURL(t.Context(), "did:web:x?versionId=1")
		if err != nil || did.CodeOf(got.Err()) != code {
			t.Errorf("%s: %v, %v", code, got.Err(), err)
		}
		if asked := n.requests()[0]; asked != "GET /1.0/identifiers/did%3Aweb%3Ax%3FversionId%3D1 " {
			t.Errorf("asked %q", asked)
		}
	}
}

func TestVerdicts(t *testing.T) {
	vc := jcs.Object()
	good := credential.Verdict{Verified: true, Digest: Digest(vc)}
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		ok     bool
	}{
		"verified":                 {says(http.StatusOK, good), true},
		"not verified":             {says(http.StatusBadRequest, credential.Verdict{}), true},
		"verified, but a 400":      {says(http.StatusBadRequest, good), false},
		"not verified, but a 200":  {says(http.StatusOK, credential.Verdict{}), false},
		"of another credential":    {says(http.StatusOK, credential.Verdict{Verified: true, Digest: digest}), false},
		"a 400 without a verdict":  {refuse(api.Malformed), false},
		"a success of another API": {says(http.StatusOK, map[string]int{}), false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newTestClient(t, newNode(t, test.handle)).Verify(t.Context(), vc)
			if (err == nil) != test.ok {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func testRecord(t *testing.T, n int) ([]byte, record.Hash) {
	t.Helper()
	data, err := record.Record{Kind: record.KindStatus, Time: record.Time(1000 + n), Body: jcs.Object(jcs.Member{Name: "n", Value: jcs.FromInt(int64(n))})}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data, record.LeafHash(data)
}

// servePages serves total records; spoil may change a line.
func servePages(t *testing.T, total int, spoil func(seq int, rec *api.Record)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from := 0
		if _, err := fmt.Sscan(r.URL.Query().Get("after"), &from); err == nil {
			from++
		}
		limit := 0
		if _, err := fmt.Sscan(r.URL.Query().Get("limit"), &limit); err != nil {
			t.Errorf("limit: %v", err)
		}
		enc := json.NewEncoder(w)
		for seq := from; seq < min(total, from+limit); seq++ {
			data, leaf := testRecord(t, seq)
			rec := api.Record{Seq: record.Seq(seq), Leaf: leaf, Record: data}
			spoil(seq, &rec)
			if err := enc.Encode(rec); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestRecordsAreChecked(t *testing.T) {
	const total = api.MaxPage + 5
	for name, test := range map[string]struct {
		spoil func(seq int, rec *api.Record)
		want  int // records before the error
	}{
		"honest":        {func(int, *api.Record) {}, total},
		"another leaf":  {func(seq int, rec *api.Record) { rec.Leaf[0] ^= byte(seq / 1002) }, 1002},
		"a gap":         {func(seq int, rec *api.Record) { rec.Seq += record.Seq(seq / 3) }, 3},
		"another order": {func(seq int, rec *api.Record) { rec.Seq ^= 1 }, 0},
		"altered bytes": {func(seq int, rec *api.Record) {
			if seq == 2 {
				rec.Record = json.RawMessage(strings.Replace(string(rec.Record), "2", "3", 1))
			}
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, newNode(t, servePages(t, total, test.spoil)))
			got := 0
			var failed error
			for rec, err := range c.Records(t.Context(), 0) {
				if failed = err; err != nil {
					break
				}
				if rec.Seq != record.Seq(got) {
					t.Fatalf("record %d where %d was due", rec.Seq, got)
				}
				got++
			}
			if got != test.want || (got < total) != errors.Is(failed, ErrMismatch) {
				t.Errorf("%d records, then %v; want %d", got, failed, test.want)
			}
		})
	}
}

func TestConfirm(t *testing.T) {
	_, leaf := testRecord(t, 3)
	honest := Receipt{Seq: 3, Leaf: leaf, Kind: "status", Time: record.Time(1003).String()}
	c := newTestClient(t, newNode(t, servePages(t, 4, func(int, *api.Record) {})))
	if _, err := c.Confirm(t.Context(), honest); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*Receipt){
		"leaf": func(r *Receipt) { r.Leaf[5]++ }, "kind": func(r *Receipt) { r.Kind = "did" },
		"time": func(r *Receipt) { r.Time = "2026-01-01T00:00:00.000Z" }, "seq": func(r *Receipt) { r.Seq = 2 },
	} {
		r := honest
		spoil(&r)
		if _, err := c.Confirm(t.Context(), r); !errors.Is(err, ErrMismatch) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	missing := honest
	missing.Seq = 9
	var p *Problem
	if _, err := c.Confirm(t.Context(), missing); !errors.As(err, &p) || p.Status != http.StatusNotFound {
		t.Errorf("a record that is not there: %v", err)
	}
}

func TestReadOptions(t *testing.T) {
	n := newNode(t, says(http.StatusOK, api.Status{Target: digest}))
	c, err := New([]string{n.URL}, WithReads(MaxStale(1500*time.Millisecond)), WithUserAgent("test"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Status(t.Context(), digest, MinSeq(0), Linearizable()); err != nil {
		t.Fatal(err)
	}
	if asked, want := n.requests()[0], "GET /v1/status/"+digest+"?consistency=linearizable&max-stale=1.5s&min-seq=0 "; asked != want {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

// The log and the witness file are two requests: an update in between is no reason to call a log forged.
func TestLogFetchedAcrossAnUpdate(t *testing.T) {
	witness, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	e, err := webvh.Create(webvh.CreateOptions{
		Domain: "registry.example", Path: []string{"agents", "a"}, Time: time.Now().Add(-time.Minute),
		Witness: webvh.Witness{Threshold: 1, Witnesses: []webvh.WitnessID{{ID: "did:key:" + witness.Public().String()}}},
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := webvh.WitnessSign(e.VersionID, time.Now(), witness)
	if err != nil {
		t.Fatal(err)
	}
	file := webvh.FormatWitnessFile([]webvh.WitnessProof{proof}).Canonical()
	serve := func(files ...string) *Client {
		witnessFile := inTurn(func() (out []http.HandlerFunc) {
			for _, f := range files {
				out = append(out, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, f) })
			}
			return out
		}()...)
		return newTestClient(t, newNode(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "did-witness.json") {
				witnessFile(w, r)
				return
			}
			w.Write(append(e.Value.Canonical(), '\n'))
		}))
	}
	id, _ := e.State.GetString("id")
	if _, err := serve("[]", string(file)).Log(t.Context(), did.ID(id)); err != nil {
		t.Errorf("the second reading holds: %v", err)
	}
	if _, err := serve("[]").Log(t.Context(), did.ID(id)); !errors.Is(err, ErrMismatch) {
		t.Errorf("a log that is not witnessed: %v", err)
	}
}

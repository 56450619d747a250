package httpapi

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// talkative registers an agent and makes its log so long, of entries of some size. It returns the log.
func (n *testNode) talkative(size, entry int, path ...string) (*agent, []byte) {
	n.t.Helper()
	a := n.register(path...)
	log := append(a.entry.Value.Canonical(), '\n')
	comment := jcs.FromString(strings.Repeat("x", entry))
	for len(log) < size {
		var batch []byte
		for len(batch) < 200_000 && len(log)+len(batch) < size {
			at := n.now.Add(time.Minute + time.Duration(a.state.Number)*time.Second)
			e := a.update(webvh.UpdateOptions{Time: at, Document: document(a.id, a.key.Public()).With("comment", comment)})
			batch = append(append(batch, e.Value.Canonical()...), '\n')
			var err error
			if a.state, err = a.state.Next(e, nil, webvh.Context{Now: time.Now()}); err != nil {
				n.t.Fatal(err)
			}
		}
		if got := n.post(a.logPath(), "text/jsonl", batch); got.status != http.StatusCreated {
			n.t.Fatalf("%d %s", got.status, got.body)
		}
		log = append(log, batch...)
	}
	return a, log
}

// reading serves the same with a rate of reads.
func (n *testNode) reading(perSecond float64, burst int) *testNode {
	n.t.Helper()
	rates, err := admission.New(admission.Config{Reads: admission.Rate{PerSecond: perSecond, Burst: burst}})
	if err != nil {
		n.t.Fatal(err)
	}
	return n.degrade(&degraded{leader: true}, func(c *Config) { c.Admission = rates })
}

// left counts how often the client may still ask for something small.
func (n *testNode) left() (times int) {
	n.t.Helper()
	for n.get("/healthz").status == http.StatusOK {
		times++
	}
	return times
}

// What is read is charged for by its size; what a client has, and what a HEAD asks for, is not read.
func TestLongLogIsChargedBySize(t *testing.T) {
	const burst, never = 400, 1e-6
	whole := startNode(t)
	a, want := whole.talkative(3<<20, 40_000, "agents", "talkative")
	n := whole.reading(never, burst)
	got := n.get(a.logPath())
	if got.status != http.StatusOK || !bytes.Equal(got.body, want) {
		t.Fatalf("%d, %d bytes of %d", got.status, len(got.body), len(want))
	}
	if left, most := n.left(), burst-len(want)/bytesPerToken; left > most || left < most-2 {
		t.Errorf("after a log of %d bytes %d reads are left of %d, want %d", len(want), left, burst, most)
	}
	etag := got.header.Get("Etag")
	n = whole.reading(never, burst)
	n.get(a.logPath(), "If-None-Match", etag).empty(http.StatusNotModified)
	n.do(http.MethodHead, a.logPath(), nil).empty(http.StatusOK)
	if left := n.left(); left != burst-2 {
		t.Errorf("after two requests that read nothing %d are left of %d", left, burst)
	}
	n = whole.reading(never, burst)
	page := n.get("/v1/records?limit=1000")
	if left, most := n.left(), burst-len(page.body)/bytesPerToken; page.status != http.StatusOK || left > most || left < most-2 {
		t.Errorf("after a page of %d bytes %d reads are left of %d, want %d", len(page.body), left, burst, most)
	}
}

// Who may not read as fast as all that gets it more slowly, and whole.
func TestLongLogIsPaced(t *testing.T) {
	whole := startNode(t)
	a, want := whole.talkative(3<<20, 40_000, "agents", "talkative")
	n := whole.reading(2000, 80)
	if got := n.get(a.logPath()); got.status != http.StatusOK || !bytes.Equal(got.body, want) {
		t.Errorf("%d, %d bytes of %d", got.status, len(got.body), len(want))
	}
	n = whole.reading(1e-6, 10) // what has not begun is refused
	n.get(a.logPath()).refused(api.RateLimited)
}

// The entity tag of a log stands for its bytes, however long it is and whoever is asked.
func TestLogHasItsVersionAsTag(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "short")
	for range 2 { // rendered, then from the cache
		if got := n.get(a.logPath()).header.Get("Etag"); got != `"`+a.state.VersionID+`"` {
			t.Errorf("tag %s of version %s", got, a.state.VersionID)
		}
	}
	watched := n.get("/v1/watcher/log?scid=" + a.state.SCID)
	if got := watched.header.Get("Etag"); got != `"`+a.state.VersionID+`"` || !bytes.Equal(watched.body, n.get(a.logPath()).body) {
		t.Errorf("the watcher has tag %s, %s", got, watched.body)
	}
	n.get("/v1/watcher/log?scid="+a.state.SCID, "If-None-Match", watched.header.Get("Etag")).empty(http.StatusNotModified)
	n.do(http.MethodHead, a.logPath()+"?max-stale=1m", nil).empty(http.StatusOK)
	a.post(a.update(webvh.UpdateOptions{}))
	if got := n.get(a.logPath(), "If-None-Match", watched.header.Get("Etag")); got.status != http.StatusOK {
		t.Errorf("after an update: %d", got.status)
	}
}

func (a answer) empty(status int) {
	a.t.Helper()
	if a.status != status || len(a.body) != 0 {
		a.t.Errorf("%d with %d bytes, want %d with none", a.status, len(a.body), status)
	}
}

// BenchmarkLongLog measures GET of a log of 4 MiB, and of one that the client has.
func BenchmarkLongLog(b *testing.B) {
	n := startNode(b)
	a, log := n.talkative(4<<20, 1000, "agents", "talkative")
	etag := n.get(a.logPath()).header.Get("Etag")
	b.Run("whole", func(b *testing.B) {
		b.SetBytes(int64(len(log)))
		for b.Loop() {
			n.get(a.logPath())
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			n.get(a.logPath(), "If-None-Match", etag)
		}
	})
}

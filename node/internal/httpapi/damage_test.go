package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// damagedNode serves a ledger of which the blocks that tell of one agent, in the middle of some hundred,
// are damaged: its record, which has that position, and its head. The rest is sound.
func damagedNode(t *testing.T) (*testNode, *agent, record.Seq) {
	t.Helper()
	n := startNode(t)
	dir := t.TempDir()
	open := func() *ledger.Ledger {
		l, err := ledger.Open(ledger.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := open()
	var snapshot bytes.Buffer
	if err := errors.Join(n.ledger.WriteSnapshot(&snapshot, nil), l.RestoreSnapshot(&snapshot, nil)); err != nil {
		t.Fatal(err)
	}
	const before, middle, after = 100, 41, 60
	n.fill(l, "before", before)
	n.close(l)
	l = open()
	agents := n.fill(l, "middle", middle)
	n.fill(l, "after", after)
	n.close(l) // three tables lie over each other: too few for a compaction, which would meet the damage
	// Heads stand in the order of their SCIDs. What is at either end of them has to be sound.
	slices.SortFunc(agents, func(a, b *agent) int { return strings.Compare(string(a.id), string(b.id)) })
	victim := agents[middle/2]
	damage(t, dir, victim.entry.EntryHash[4:11])
	other := *n
	other.ledger = open()
	t.Cleanup(func() {
		if err := other.ledger.Close(); err != nil {
			t.Error(err)
		}
	})
	number, err := strconv.Atoi(victim.path[1])
	if err != nil {
		t.Fatal(err)
	}
	return other.degrade(&degraded{leader: true}), victim, record.Seq(1 + before + number)
}

// fill registers count agents in l.
func (n *testNode) fill(l *ledger.Ledger, name string, count int) (agents []*agent) {
	n.t.Helper()
	for i := range count {
		a := n.draft(webvh.CreateOptions{}, name, fmt.Sprint(i))
		op, err := record.NewDIDOp([]jcs.Value{a.entry.Value}, nil)
		if err != nil {
			n.t.Fatal(err)
		}
		results, err := l.Apply(l.AppliedIndex()+1, n.now.UnixMilli(), [][]byte{op.Encode()})
		if err != nil {
			n.t.Fatal(err)
		}
		if out, err := record.DecodeOutcome(results[0]); err != nil || out.Code != record.Accepted {
			n.t.Fatal(out.Code, err)
		}
		agents = append(agents, a)
	}
	return agents
}

func (n *testNode) close(l *ledger.Ledger) {
	n.t.Helper()
	if err := l.Close(); err != nil {
		n.t.Fatal(err)
	}
}

// damage flips a bit wherever the text stands in the tables of a store.
func damage(t *testing.T, dir, text string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "store-*", "*.sst"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; ; flipped++ {
			i := bytes.Index(data[at:], []byte(text))
			if i < 0 {
				break
			}
			data[at+i] ^= 4
			at += i + len(text)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if flipped < 2 {
		t.Fatalf("%q stands in %d places of %v", text, flipped, paths)
	}
}

// A page that cannot be completed does not end well, and whoever meets damage takes the node out of
// service.
func TestDamagedPageBreaksOffAndEndsService(t *testing.T) {
	n, victim, _ := damagedNode(t)
	n.get("/readyz").json(http.StatusOK, new(api.Ready))
	res, err := n.server.Client().Get(n.server.URL + "/v1/records?limit=1000")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if closing := res.Body.Close(); closing != nil {
		t.Error(closing)
	}
	if res.StatusCode != http.StatusOK || !errors.Is(err, io.ErrUnexpectedEOF) || bytes.Count(body, []byte("\n")) < 30 {
		t.Errorf("status %d, %d bytes, %v: want the first records and a broken transfer", res.StatusCode, len(body), err)
	}
	outOfService(t, n, victim)
}

// Damage that one read meets is refused there, by a problem that says so, and everywhere afterwards.
func TestReadThatMeetsDamageIsRefused(t *testing.T) {
	for name, read := range map[string]func(n *testNode, a *agent, seq record.Seq) answer{
		"record": func(n *testNode, a *agent, seq record.Seq) answer { return n.get(fmt.Sprint("/v1/records/", seq)) },
		"page": func(n *testNode, a *agent, seq record.Seq) answer {
			return n.get(fmt.Sprint("/v1/records?after=", seq-1))
		},
		"resolution": func(n *testNode, a *agent, seq record.Seq) answer { return n.get("/1.0/identifiers/" + string(a.id)) },
		"log":        func(n *testNode, a *agent, seq record.Seq) answer { return n.get(a.logPath()) },
		"verdict": func(n *testNode, a *agent, seq record.Seq) answer {
			return n.post("/credentials/verify", api.TypeJSON, []byte(`{"verifiableCredential":`+string(a.issue("c").Canonical())+`}`))
		},
		"write": func(n *testNode, a *agent, seq record.Seq) answer {
			return n.post(a.logPath(), api.TypeJSONLines, a.entry.Value.Canonical())
		},
	} {
		t.Run(name, func(t *testing.T) {
			n, victim, seq := damagedNode(t)
			read(n.within(t), victim, seq).refused(api.LedgerCorrupt)
			outOfService(t, n, victim)
		})
	}
}

// outOfService checks that a node serves nothing but what tells of its state.
func outOfService(t *testing.T, n *testNode, a *agent) {
	t.Helper()
	if err := n.ledger.Damage(); !ledger.IsCorruption(err) || !strings.Contains(err.Error(), ".sst") {
		t.Errorf("damage: %v, which names no file", err)
	}
	for _, path := range []string{"/readyz", "/v1/records/0", "/v1/records", "/1.0/identifiers/" + string(a.id), a.logPath()} {
		n.get(path).refused(api.LedgerCorrupt)
	}
	body := []byte(`{"verifiableCredential":{}}`)
	n.post("/credentials/verify", api.TypeJSON, body).refused(api.LedgerCorrupt)
	n.get("/healthz").json(http.StatusOK, new(api.Ready))
	n.get("/v1/cluster").json(http.StatusOK, new(api.Cluster))
}

package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

func TestThreeNodes(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	c.start(0, 1, 2)
	c.ready(0, 1, 2)
	for i := range c.nodes {
		c.write(i) // through followers too
	}
	c.checkAgree(4)
	if code, _ := get(t, c.url(c.follower())+"/readyz"); code != http.StatusOK {
		t.Errorf("readyz: %d", code)
	}
}

// TestRegistryDocument: record 0 verifies offline, and its document has every
// node's key.
func TestRegistryDocument(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	c.start(0, 1, 2)
	c.ready(0, 1, 2)
	c.checkKeys(c.url(1), 0, 1, 2)
}

// registry resolves the registry's DID from its log alone.
func registry(t *testing.T, at string) (*did.Document, webvh.State) {
	t.Helper()
	code, log := get(t, at+"/.well-known/did.jsonl")
	if code != http.StatusOK {
		t.Fatalf("registry's log: %d %s", code, log)
	}
	verified, err := webvh.VerifyLog(log, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	last := verified.Versions[len(verified.Versions)-1].State
	found, err := verified.Resolve(last.DID, did.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if id, err := webvh.ParseID(last.DID); err != nil || id.Domain != testDomain || len(id.Path) != 0 {
		t.Errorf("registry's DID: %s", last.DID)
	}
	return found.Document, last
}

// checkKeys waits until the registry's document has the nodes' present keys.
func (c *cluster) checkKeys(at string, indexes ...int) {
	c.t.Helper()
	for _, i := range indexes {
		eventually(c.t, "the registry has the key of "+c.peers[i].ID, func() bool {
			doc, _ := registry(c.t, at)
			method, err := doc.Method(methodID(doc.ID(), c.peers[i].ID), did.AssertionMethod)
			return err == nil && method.Key == c.nodes[i].key.Public()
		})
	}
}

// TestLateNode: a node that was not there at the beginning gets into the document,
// and so does the new key of one that lost its directory.
func TestLateNode(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	c.change = func(i int, cfg *Config) { cfg.Bootstrap = i == 0 }
	c.start(0, 1)
	c.ready(0, 1)
	if doc, _ := registry(t, c.url(0)); len(doc.VerificationMethods()) != 2 {
		t.Fatalf("keys at the beginning: %v", doc.VerificationMethods())
	}
	c.start(2)
	c.ready(2)
	c.checkKeys(c.url(2), 0, 1, 2)
	c.stop(2)
	if err := os.RemoveAll(c.path(2)); err != nil {
		t.Fatal(err)
	}
	c.start(2)
	c.ready(2)
	c.checkKeys(c.url(0), 0, 1, 2)
	if doc, state := registry(t, c.url(0)); len(doc.VerificationMethods()) != 3 || state.Number != 3 {
		t.Errorf("%d keys in version %d", len(doc.VerificationMethods()), state.Number)
	}
}

func TestRestartOfOne(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	c.start(0, 1, 2)
	c.ready(0, 1, 2)
	key := c.nodes[0].key.Public()
	c.write(0)
	leader := c.leader()
	c.stop(leader)
	c.write(c.follower())
	c.start(leader)
	c.ready(leader)
	c.write(leader)
	c.checkAgree(4)
	if c.nodes[0].key.Public() != key {
		t.Error("the node has another key")
	}
}

func TestRestartOfAll(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	c.start(0, 1, 2)
	c.ready(0, 1, 2)
	for range 5 {
		c.write(c.follower())
	}
	before := state(t, c.url(0)).Ledger
	c.stop(0, 1, 2)
	c.start(2, 1, 0)
	c.ready(0, 1, 2)
	c.checkAgree(6)
	c.write(0)
	c.checkAgree(7)
	if now := state(t, c.url(0)).Ledger; now != before {
		t.Errorf("ledger %s became %s", before, now)
	}
}

// TestLossOfMinority: two of three go on; one alone takes no writes, says so, and
// is soon neither ready nor willing to vouch.
func TestLossOfMinority(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	c.start(0, 1, 2)
	c.ready(0, 1, 2)
	c.stop(c.leader())
	c.write(c.leader())
	c.stop(c.leader())
	alone := -1
	for i, n := range c.nodes {
		if n != nil {
			alone = i
		}
	}
	resp, err := http.Post(c.url(alone)+"/v1/status", api.TypeJSON, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if body := readAll(t, resp); resp.StatusCode/100 == 2 {
		t.Errorf("a write at a lone node: %d %s", resp.StatusCode, body)
	}
	eventually(t, "a lone node is not ready", func() bool {
		code, _ := get(t, c.url(alone)+"/readyz")
		return code == http.StatusServiceUnavailable
	})
}

// TestEmptyNodeCatchesUp: its peers have no log any more from which it could, so it
// is given a snapshot.
func TestEmptyNodeCatchesUp(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	c.start(0, 1, 2)
	c.ready(0, 1, 2)
	for range 20 {
		c.write(0)
	}
	c.stop(2)
	if err := os.RemoveAll(c.path(2)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		c.write(0)
	}
	for _, i := range []int{0, 1} {
		if err := c.nodes[i].replica.Snapshot(); err != nil {
			t.Fatal(err)
		}
		if first := c.nodes[i].replica.Status().FirstIndex; first < 20 {
			t.Fatalf("the log of node %d begins at %d: a snapshot will not be needed", i+1, first)
		}
	}
	c.start(2)
	c.ready(2)
	c.checkKeys(c.url(2), 2) // a record more, which node 2 may have before the others
	c.checkAgree(uint64(state(t, c.url(2)).Size))
	f := frame(t, c.watch(2, "?after="+state(t, c.url(2)).Ledger+":30"))
	if *f.Seq != 31 {
		t.Errorf("after the snapshot the stream has record %d", *f.Seq)
	}
}

// TestStreamAcrossNodes: a subscriber goes on at another node where it was at the
// first, while nodes come and go.
func TestStreamAcrossNodes(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	c.start(0, 1, 2)
	c.ready(0, 1, 2)
	query := "?after=" + c.nodes[0].LedgerID() + ":start"
	seen := 0
	for round := range 6 {
		at := round % 3
		ws := c.watch(at, query)
		c.write((at + 1) % 3)
		c.write((at + 2) % 3)
		for range 2 {
			f := frame(t, ws)
			if int(*f.Seq) != seen {
				t.Fatalf("round %d: record %d, want %d", round, *f.Seq, seen)
			}
			seen++
			query = "?after=" + f.Cursor
		}
		ended := make(chan error)
		go func() {
			_, _, err := ws.ReadMessage()
			for err == nil { // heartbeats
				_, _, err = ws.ReadMessage()
			}
			ended <- err
		}()
		c.stop(at)
		if err := <-ended; !websocket.IsCloseError(err, api.CloseShuttingDown.Code()) {
			t.Errorf("the stream of a node that stops ends with %v", err)
		}
		c.start(at)
		c.ready(at)
	}
}

// TestResolveEverywhere: what one node took, every node resolves.
func TestResolveEverywhere(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	c.start(0, 1, 2)
	c.ready(0, 1, 2)
	receipt := c.write(c.follower())
	code, body := get(t, c.url(0)+"/v1/records/"+itoa(uint64(receipt.Seq))+"?min-seq="+itoa(uint64(receipt.Seq)))
	if code != http.StatusOK {
		t.Fatalf("record: %d %s", code, body)
	}
	var rec struct {
		Body struct {
			Entry struct {
				State struct {
					ID string `json:"id"`
				} `json:"state"`
			} `json:"entry"`
		} `json:"body"`
	}
	var line api.Record
	if json.Unmarshal(body, &line) == nil && line.Record != nil {
		body = line.Record
	}
	if err := json.Unmarshal(body, &rec); err != nil || rec.Body.Entry.State.ID == "" {
		t.Fatalf("record %s: %v", body, err)
	}
	for i := range c.nodes {
		at := c.url(i) + "/1.0/identifiers/" + url.PathEscape(rec.Body.Entry.State.ID) + "?min-seq=" + itoa(uint64(receipt.Seq))
		if code, body := get(t, at); code != http.StatusOK {
			t.Errorf("node %d: %d %s", i+1, code, body)
		}
	}
}

// TestNobodyElseBegins: record 0 is the registry's own. While the nodes cannot make
// it, an outsider cannot either.
func TestNobodyElseBegins(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2)
	c.change = func(_ int, cfg *Config) { cfg.Domain = "" }
	c.start(0, 1)
	at := c.url(c.leader())
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := webvh.Create(webvh.CreateOptions{Domain: testDomain, Time: time.Now()}, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/.well-known/did.jsonl", "/did.jsonl"} {
		resp, err := http.Post(at+path, api.TypeJSONLines, bytes.NewReader(append(entry.Value.Canonical(), '\n')))
		if err != nil {
			t.Fatal(err)
		}
		if body := readAll(t, resp); resp.StatusCode/100 == 2 {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	line := append([]byte(`{"op":"did","entries":[`), append(entry.Value.Canonical(), "]}\n"...)...)
	resp, err := http.Post(at+"/v1/records", api.TypeNDJSON, bytes.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, resp)
	if s := state(t, at); s.Size != 0 {
		t.Errorf("%d records", s.Size)
	}
	if code, body := get(t, at+"/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d %s", code, body)
	}
}

func TestStartRefusals(t *testing.T) {
	t.Parallel()
	const dir = "a directory of its own"
	peers := []Peer{{ID: "node1", Address: "127.0.0.1:1"}, {ID: "node2", Address: "127.0.0.1:2"}}
	secret := make([]byte, minSecret)
	cases := map[string]struct {
		cfg  Config
		want string
	}{
		"no directory":     {Config{}, "no directory"},
		"no domain":        {Config{Dir: dir, HTTP: "127.0.0.1:0"}, "no domain"},
		"bad domain":       {Config{Dir: dir, Domain: "UPPER_CASE"}, "domain"},
		"address":          {Config{Dir: dir, Domain: "127.0.0.1:8700"}, "IP address"},
		"single label":     {Config{Dir: dir, Domain: "localhost:8700"}, "not fully qualified"}, // it ran, for ever without a DID of its own
		"domain with path": {Config{Dir: dir, Domain: "a.example%3A1:b"}, "path"},
		"not a member":     {Config{Dir: dir, NodeID: "node3", Peers: peers, Secret: secret}, "not among the peers"},
		"no secret":        {Config{Dir: dir, Peers: peers}, "needs a secret"},
		"short secret":     {Config{Dir: dir, Peers: peers, Secret: secret[:31]}, "fewer than 32"},
		"half of TLS":      {Config{Dir: dir, TLSCert: "x"}, "go together"},
		"no certificate":   {Config{Dir: dir, Domain: testDomain, TLSCert: "none.pem", TLSKey: "none.pem", HTTP: "127.0.0.1:0"}, "none.pem"},
		"bad address":      {Config{Dir: dir, Domain: testDomain, HTTP: "nowhere"}, "listener"},
		"peer's name":      {Config{Dir: dir, Domain: testDomain, HTTP: "127.0.0.1:0", NodeID: "N1"}, "peer id"},
		"peer twice":       {Config{Dir: dir, Domain: testDomain, HTTP: "127.0.0.1:0", Secret: secret, Peers: []Peer{peers[0], peers[0]}}, "twice"},
		"negative bound":   {Config{Dir: dir, Streams: Streams{Max: -1}}, "negative"},
		"admission":        {Config{Dir: dir, Domain: testDomain, HTTP: "127.0.0.1:0", Admission: Admission{Mode: "closed"}}, "admission"},
		"not a rate":       {Config{Dir: dir, Domain: testDomain, Admission: Admission{Writes: Rate{PerSecond: math.NaN()}}}, "rate"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if c.cfg.Dir == dir {
				c.cfg.Dir = t.TempDir()
			}
			n, err := Start(context.Background(), c.cfg)
			if err == nil {
				n.Close()
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
			if !errors.Is(err, ErrConfig) {
				t.Errorf("%v is not ErrConfig", err)
			}
		})
	}
}

// TestDomainIsFixed: a ledger is not opened for another domain.
func TestDomainIsFixed(t *testing.T) {
	t.Parallel()
	cfg := Config{Dir: t.TempDir(), Domain: testDomain, HTTP: "127.0.0.1:0"}
	run(t, cfg, nil)
	cfg.Domain = "elsewhere.example"
	if n, err := Start(context.Background(), cfg); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), testDomain) {
		if err == nil {
			n.Close()
		}
		t.Errorf("opened for another domain: %v", err)
	}
	cfg.Domain = "" // taken from the ledger
	run(t, cfg, func(n *Node) {
		if s := state(t, "http://"+n.Addr().String()); s.Domain != testDomain || s.Size != 1 {
			t.Errorf("reopened: %+v", s)
		}
	})
}

// run starts a node, waits until it is ready, and closes it.
func run(t *testing.T, cfg Config, use func(*Node)) {
	t.Helper()
	n, err := Start(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.Ready(ctx); err != nil {
		t.Error(err)
	} else if use != nil {
		use(n)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if err := n.Wait(); err != nil {
		t.Error(err)
	}
}

func TestSecretsAreFilesOfTheirOwner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := Config{Dir: dir, Domain: testDomain, HTTP: "127.0.0.1:0"}
	run(t, cfg, nil)
	for _, name := range []string{keyFile, secretFile} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", name, info.Mode().Perm())
		}
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) ||
			strings.Contains(err.Error(), "lost for good") {
			t.Errorf("%s readable by all: %v", name, err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, keyFile), []byte("zNoKey\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(context.Background(), cfg); err == nil || strings.Contains(err.Error(), "zNoKey") {
		t.Errorf("a broken key: %v", err)
	}
}

package node

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

const testDomain = "registry.localhost:8700"

// patience is how long something may take that comes to pass soon on an idle machine.
const patience = 2 * time.Minute

// hosts counts the addresses handed out by loopback.
var hosts atomic.Uint32

// loopback is an address of this machine that no other test has, where there are many: a port that is
// released there, to be listened on later, is not taken by anybody meanwhile.
func loopback(t *testing.T) string {
	t.Helper()
	n, pid := hosts.Add(1), os.Getpid()
	host := net.IPv4(127, byte(64+pid>>8&63), byte(pid), byte(1+n%254)).String()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "127.0.0.1"
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return host
}

// cluster is a set of nodes that are stopped and started one by one, as on machines
// of their own.
type cluster struct {
	t       *testing.T
	dir     string
	secret  []byte
	peers   []Peer
	nodes   []*Node // nil where stopped
	change  func(i int, cfg *Config)
	created int
}

func newCluster(t *testing.T, n int) *cluster {
	t.Helper()
	c := &cluster{t: t, dir: t.TempDir(), secret: bytes.Repeat([]byte{7}, minSecret), nodes: make([]*Node, n)}
	listeners, err := listenAll(n, loopback(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range listeners {
		c.peers = append(c.peers, Peer{ID: fmt.Sprintf("node%d", i+1), Address: l.Addr().String()})
	}
	if err := closeAll(listeners); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for i := range c.nodes {
			c.stop(i)
		}
	})
	return c
}

func (c *cluster) start(indexes ...int) {
	c.t.Helper()
	for _, i := range indexes {
		cfg := Config{
			NodeID: c.peers[i].ID, Dir: c.path(i), Domain: testDomain, HTTP: "127.0.0.1:0",
			Peers: c.peers, Secret: c.secret,
			tune: func(cfg *consensus.Config) { cfg.TrailingEntries, cfg.RetainBytes = 4, 1 },
		}
		if c.change != nil {
			c.change(i, &cfg)
		}
		n, err := Start(context.Background(), cfg)
		if err != nil {
			c.t.Fatal(err)
		}
		c.nodes[i] = n
	}
}

func (c *cluster) path(i int) string { return filepath.Join(c.dir, c.peers[i].ID) }

func (c *cluster) stop(indexes ...int) {
	c.t.Helper()
	for _, i := range indexes {
		if c.nodes[i] == nil {
			continue
		}
		if err := c.nodes[i].Close(); err != nil {
			c.t.Error(err)
		}
		c.nodes[i] = nil
	}
}

func (c *cluster) ready(indexes ...int) {
	c.t.Helper()
	for _, i := range indexes {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		err := c.nodes[i].Ready(ctx)
		cancel()
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *cluster) url(i int) string { return "http://" + c.nodes[i].Addr().String() }

// leader returns the index of the node that leads, once one does.
func (c *cluster) leader() int {
	c.t.Helper()
	found := -1
	eventually(c.t, "one node leads", func() bool {
		for i, n := range c.nodes {
			if n != nil && n.Leads() {
				found = i
				return true
			}
		}
		return false
	})
	return found
}

func (c *cluster) follower() int {
	leader := c.leader()
	for i, n := range c.nodes {
		if n != nil && i != leader {
			return i
		}
	}
	c.t.Fatal("no follower")
	return -1
}

// write registers a new DID at node i.
func (c *cluster) write(i int) api.Receipt {
	c.t.Helper()
	c.created++
	path := fmt.Sprintf("agent-%d", c.created)
	return register(c.t, c.url(i), path)
}

// register creates a DID at the registry behind url, and tries again only when the
// reply says that nothing was applied.
func register(t *testing.T, url, path string) api.Receipt {
	t.Helper()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := webvh.Create(webvh.CreateOptions{Domain: testDomain, Path: []string{path}, Time: time.Now()}, key)
	if err != nil {
		t.Fatal(err)
	}
	var receipt api.Receipt
	eventually(t, "the write is accepted", func() bool {
		resp, err := http.Post(url+"/"+path+"/did.jsonl", api.TypeJSONLines, bytes.NewReader(append(entry.Value.Canonical(), '\n')))
		if err != nil {
			t.Fatal(err)
		}
		body := readAll(t, resp)
		// Not applied, or unknown because a leader died: the same bytes may be sent again either way.
		if p := api.ReadProblem(resp.StatusCode, body); resp.StatusCode == http.StatusServiceUnavailable && p.Outcome != "" {
			return false
		}
		if resp.StatusCode/100 != 2 {
			t.Fatalf("write: %d %s", resp.StatusCode, body)
		}
		if err := json.Unmarshal(body, &receipt); err != nil {
			t.Fatal(err)
		}
		return true
	})
	return receipt
}

func readAll(t *testing.T, resp *http.Response) []byte {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, readAll(t, resp)
}

func state(t *testing.T, url string) api.Cluster {
	t.Helper()
	code, body := get(t, url+"/v1/cluster")
	var s api.Cluster
	if err := json.Unmarshal(body, &s); code != http.StatusOK || err != nil {
		t.Fatalf("cluster: %d %s %v", code, body, err)
	}
	return s
}

// checkAgree waits until all running nodes have the same records, and checks that
// there are as many as expected.
func (c *cluster) checkAgree(size uint64) {
	c.t.Helper()
	var first *api.Cluster
	for i, n := range c.nodes {
		if n == nil {
			continue
		}
		var s api.Cluster
		eventually(c.t, fmt.Sprintf("node %d has %d records", i+1, size), func() bool {
			s = state(c.t, c.url(i))
			return uint64(s.Size) >= size
		})
		if uint64(s.Size) != size {
			c.t.Fatalf("node %d has %d records, want %d", i+1, s.Size, size)
		}
		if first == nil {
			first = &s
		} else if s.Root != first.Root || s.Ledger != first.Ledger {
			c.t.Fatalf("nodes disagree: %+v and %+v", *first, s)
		}
	}
}

// watch opens a stream at node i.
func (c *cluster) watch(i int, query string) *websocket.Conn {
	c.t.Helper()
	url := "ws" + strings.TrimPrefix(c.url(i), "http") + "/v1/stream" + query
	ws, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { ws.Close() })
	return ws
}

// frame returns the next record's frame.
func frame(t *testing.T, ws *websocket.Conn) api.Frame {
	t.Helper()
	for {
		if err := ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		_, message, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		f, err := api.ParseFrame(message)
		if err != nil {
			t.Fatal(err)
		}
		if f.Kind != api.KindHeartbeat {
			return f
		}
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-tick.C
	}
}

// freePort is a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(loopback(t), "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

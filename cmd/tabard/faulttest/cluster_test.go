package faulttest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/node/api"
)

const (
	domain   = "registry.localhost"
	patience = 2 * time.Minute // before a condition that should come soon counts as failed, on a busy machine too
)

// cluster is three servers with one secret.
type cluster struct {
	t       *testing.T
	dir     string
	servers []*server
}

// prepareCluster lays out three servers and starts none. args are settings they all have.
func prepareCluster(t *testing.T, args ...string) *cluster {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("measures processes by /proc and uses several loopback addresses: Linux only")
	}
	const n = 3
	c := &cluster{t: t, dir: t.TempDir()}
	secret := make([]byte, 32)
	rand.Read(secret)
	file := filepath.Join(c.dir, "secret")
	if err := os.WriteFile(file, []byte(hex.EncodeToString(secret)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := freePorts(t, 2*n)
	address := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", base+i) }
	var peers []string
	for i := range n {
		peers = append(peers, fmt.Sprintf("n%d=%s", i+1, address(n+i)))
	}
	for i := range n {
		s := &server{
			t: t, id: fmt.Sprintf("n%d", i+1), url: "http://" + address(i), peer: address(n + i), output: new(output),
		}
		s.dir = filepath.Join(c.dir, s.id)
		s.args = append([]string{"--node-id", s.id, "--dir", s.dir, "--http", address(i), "--domain", domain,
			"--secret-file", file, "--peers", strings.Join(peers, ",")}, args...)
		c.servers = append(c.servers, s)
		t.Cleanup(func() {
			s.kill()
			if t.Failed() {
				t.Logf("log of %s ends:\n%s", s.id, s.tail())
			}
		})
	}
	return c
}

// newCluster starts three servers and waits until all are ready.
func newCluster(t *testing.T, args ...string) *cluster {
	t.Helper()
	c := prepareCluster(t, args...)
	for _, s := range c.servers {
		s.start()
	}
	c.ready(c.servers...)
	return c
}

// freePorts finds n ports in a row that nobody listens on, below the range that outgoing connections take
// theirs from, and returns the first.
func freePorts(t *testing.T, n int) int {
	t.Helper()
	const lowest, highest, attempts = 15000, 31000, 50
	for range attempts {
		base := lowest + mathrand.IntN(highest-lowest-n)
		if base -= base % n; reserve(base) && free(base, n) {
			return base
		}
	}
	t.Fatalf("no %d free ports in a row", n)
	return 0
}

// reserved are the ports of this process's clusters, whose servers may be down.
var reserved sync.Map

func reserve(base int) bool {
	_, taken := reserved.LoadOrStore(base, true)
	return !taken
}

func free(base, n int) bool {
	for i := range n {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", base+i))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

// ready waits until the servers say that they are.
func (c *cluster) ready(servers ...*server) {
	c.t.Helper()
	for _, s := range servers {
		eventually(c.t, s.id+" is ready", func() bool {
			if !s.running() {
				c.t.Fatalf("%s ended with status %d\n%s", s.id, s.exit(), s.tail())
			}
			return s.isReady()
		})
	}
}

func (s *server) isReady() bool {
	resp, err := impatient.Get(s.url + "/readyz")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// impatient asks about a server's state: an answer that takes seconds is no answer.
var impatient = &http.Client{Timeout: 5 * time.Second}

// state is what the server says of its cluster; false if it does not answer.
func (s *server) state() (got api.Cluster, ok bool) {
	resp, err := impatient.Get(s.url + "/v1/cluster")
	if err != nil {
		return got, false
	}
	defer resp.Body.Close()
	return got, json.NewDecoder(resp.Body).Decode(&got) == nil
}

// leader waits until the running servers agree on a leader, and returns it.
func (c *cluster) leader() *server {
	c.t.Helper()
	var leader *server
	eventually(c.t, "the servers agree on a leader", func() bool {
		leader = nil
		for _, s := range c.servers {
			if !s.running() {
				continue
			}
			state, ok := s.state()
			i := slices.IndexFunc(c.servers, func(other *server) bool { return other.id == state.Leader })
			if !ok || i < 0 || leader != nil && leader != c.servers[i] {
				return false
			}
			leader = c.servers[i]
		}
		return leader != nil && leader.running()
	})
	return leader
}

// followers are the running servers besides the leader.
func (c *cluster) followers() (out []*server) {
	c.t.Helper()
	leader := c.leader()
	for _, s := range c.servers {
		if s != leader && s.running() {
			out = append(out, s)
		}
	}
	return out
}

// checkAgree waits until all running servers have at least size records, and demands that those with the
// same number have the same root.
func (c *cluster) checkAgree(size uint64) {
	c.t.Helper()
	eventually(c.t, fmt.Sprintf("the servers have the same %d records or more", size), func() bool {
		roots := map[string]bool{}
		var last api.Cluster
		for _, s := range c.servers {
			if !s.running() {
				continue
			}
			state, ok := s.state()
			if !ok || uint64(state.Size) < size || last.Node != "" && last.Size != state.Size {
				return false
			}
			last = state
			roots[state.Root.String()] = true
		}
		if len(roots) > 1 {
			c.t.Fatalf("servers with %d records have different roots: %v", last.Size, roots)
		}
		return len(roots) == 1
	})
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting until %s", what)
		}
		time.Sleep(20 * time.Millisecond) // between two looks at a condition
	}
}

// clientFrom is an HTTP client whose connections come from an address of its own, such as 127.0.0.2. Its
// connections are its own, too.
func clientFrom(address string) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
	return &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 64}}
}

// reply is an HTTP answer, read whole.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// code is that of the problem in the answer, "" if it is none.
func (r reply) code() string {
	var p struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(r.body, &p) != nil {
		return ""
	}
	return p.Code
}

// post sends a body. The error is that of the connection.
func post(client *http.Client, url, media string, body []byte) (reply, error) {
	return read(client.Post(url, media, bytes.NewReader(body)))
}

// get fetches a URL. The error is that of the connection.
func get(client *http.Client, url string) (reply, error) { return read(client.Get(url)) }

func read(resp *http.Response, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, body}, err
}

package node

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// childEnv has the configuration of a node that this test binary is to be.
const childEnv = "TABARD_TEST_NODE"

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		if err := child(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// The tests of clusters wait most of the time, so that several of them share a core. The flag -parallel
	// says otherwise.
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// childConfig is what of a Config the tests vary, as JSON.
type childConfig struct {
	NodeID, Dir string
	Peers       []Peer
	Secret      []byte
	ClockOffset time.Duration
}

// child runs a node until its standard input ends. It tells its address first.
func child(text string) error {
	var c childConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	n, err := Start(context.Background(), Config{
		NodeID: c.NodeID, Dir: c.Dir, Domain: testDomain, HTTP: "127.0.0.1:0", Peers: c.Peers, Secret: c.Secret,
		clock: func() time.Time { return time.Now().Add(c.ClockOffset) },
	})
	if err != nil {
		return err
	}
	fmt.Println(n.Addr())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return n.Close()
}

// process is a node in a process of its own.
type process struct {
	cmd *exec.Cmd
	in  io.Closer
	url string
}

func startProcess(t *testing.T, c childConfig) *process {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, in: in}
	t.Cleanup(func() { p.kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%s did not start: %v", c.NodeID, err)
	}
	p.url = "http://" + strings.TrimSpace(line)
	return p
}

// kill ends the process at once, without a last word.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		p.cmd.Process.Kill() //nolint:errcheck // it may have ended
		p.cmd.Wait()         //nolint:errcheck // that it was killed is no news
	}
}

// TestKilled: nodes are killed while they take writes, one and then all; every
// receipt holds afterwards.
func TestKilled(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3) // for its directories, ports and secret
	procs := make([]*process, 3)
	start := func(i int) {
		procs[i] = startProcess(t, childConfig{NodeID: c.peers[i].ID, Dir: c.path(i), Peers: c.peers, Secret: c.secret})
	}
	for i := range procs {
		start(i)
	}
	receipts := map[record.Seq]api.Receipt{}
	write := func(i int) {
		c.created++
		r := register(t, procs[i].url, fmt.Sprintf("agent-%d", c.created))
		receipts[r.Seq] = r
	}
	for round := range 3 {
		for i := range 6 {
			write(i % 3)
		}
		procs[round].kill()
		write((round + 1) % 3)
		start(round)
	}
	for _, p := range procs {
		p.kill()
	}
	for i := range procs {
		start(i)
	}
	write(0)
	for _, r := range receipts {
		at := procs[int(r.Seq)%3].url + "/v1/records/" + itoa(uint64(r.Seq)) + "?min-seq=" + itoa(uint64(r.Seq))
		code, body := get(t, at)
		var line api.Record
		if err := json.Unmarshal(body, &line); err == nil && line.Record != nil {
			body = line.Record
		}
		if leaf := record.LeafHash(body); code != 200 || leaf != r.Leaf {
			t.Errorf("record %d: %d, leaf %s, receipt %s", r.Seq, code, leaf, r.Leaf)
		}
	}
	for _, p := range procs {
		if err := p.in.Close(); err != nil {
			t.Error(err)
		}
		done := make(chan error, 1)
		go func() { done <- p.cmd.Wait() }()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("a node does not stop")
			p.cmd.Process.Kill() //nolint:errcheck // the test has failed
			<-done
		}
	}
}

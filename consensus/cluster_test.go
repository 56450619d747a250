package consensus_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
)

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestProposeFromAnyNode(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Secret: []byte("sixteen bytes or more")})
	c.Leader()
	for i, n := range c.Nodes {
		c.Put(n, fmt.Sprint("c", i), "k", fmt.Sprint(i))
		for _, reader := range c.Nodes {
			reader.Barrier()
			if got := reader.M().Get("k"); got != fmt.Sprint(i) {
				t.Errorf("after a barrier %s reads %q, written was %d", reader.ID, got, i)
			}
		}
	}
	c.Check()
}

// How long it takes is what a benchmark may tell; here it is that it comes to pass.
func TestStartToLeader(t *testing.T) {
	t.Parallel()
	start := time.Now()
	peers, listeners := loopbackPeers(t, 3)
	var replicas []*consensus.Replica
	for i, p := range peers {
		r, err := consensus.Start(consensus.Config{
			NodeID: p.ID, Dir: t.TempDir(), Peers: peers, Listener: listeners[i], StateMachine: consensustest.NewMachine(),
			Secret: []byte("sixteen bytes or more"),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		replicas = append(replicas, r)
	}
	for _, r := range replicas {
		untilProposed(t, func(ctx context.Context) error { return r.ReadBarrier(ctx) })
	}
	t.Logf("three nodes with default timeouts answer barriers %v after the first was started", time.Since(start))
}

// untilProposed tries until what is asked of the cluster is done, on a busy machine too, and demands that
// whatever ends otherwise has surely not been proposed.
func untilProposed(t *testing.T, try func(ctx context.Context) error) {
	t.Helper()
	ctx := within(t, 2*time.Minute)
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		if !consensus.NotProposed(err) || ctx.Err() != nil {
			t.Error(err)
			return
		}
	}
}

func loopbackPeers(t testing.TB, n int) (peers []consensus.Peer, listeners []net.Listener) {
	t.Helper()
	for i := range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, ln)
		peers = append(peers, consensus.Peer{ID: fmt.Sprint("n", i+1), Address: ln.Addr().String()})
	}
	return peers, listeners
}

func TestSingleNode(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Nodes: 1})
	n := c.Leader()
	c.Put(n, "a", "k", "1")
	n.Crash()
	n.Start()
	c.Leader()
	c.Put(n, "b", "k", "2")
	c.Check()
}

// A leader that is cut off must not answer reads, nor claim to know how its
// writes ended, and what it says must not be lost or applied twice later.
func TestIsolatedLeader(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{})
	old, err := isolatedWithAWrite(c)
	if !errors.Is(err, consensus.ErrOutcomeUnknown) {
		t.Errorf("write on an isolated leader ended in %v, want an unknown outcome", err)
	}
	if err := old.Replica.ReadBarrier(within(t, 500*time.Millisecond)); !errors.Is(err, consensus.ErrNoLeader) {
		t.Errorf("barrier on an isolated leader: %v", err)
	}
	fresh := c.Leader(c.Others(old)...)
	c.Put(fresh, "after", "k", "3")
	c.Eventually("the isolated node to know of no leader", func() error {
		if id, _ := old.Replica.Leader(); id != "" {
			return fmt.Errorf("leader %q", id)
		}
		return nil
	})
	err = c.Propose(within(t, 3*time.Second), old.Replica, consensustest.Command{ID: "refused", Key: "k", Value: "4"})
	if !errors.Is(err, consensus.ErrNoLeader) || !consensus.NotProposed(err) {
		t.Errorf("write on an isolated follower ended in %v, want no leader", err)
	}
	if s := old.Replica.Staleness(); s < 100*time.Millisecond {
		t.Errorf("isolated node claims to be %v old", s)
	}
	old.Rejoin()
	c.Check()
	if got := old.M().Get("k"); got != "3" && got != "2" {
		t.Errorf("register is %q", got)
	}
	for _, cmd := range old.M().History() {
		if cmd.ID == "refused" {
			t.Error("a command that was surely not proposed is applied")
		}
	}
}

// isolatedWithAWrite cuts a leader off that has a write in its log then, and returns how the write ended.
// One that made way before it got the write is no such leader.
func isolatedWithAWrite(c *consensustest.Cluster) (old *consensustest.Node, err error) {
	c.TB.Helper()
	try := 0
	c.Eventually("a leader to be cut off with a write", func() error {
		old = c.Leader()
		c.Put(old, fmt.Sprint("before ", try), "k", "1")
		old.Isolate()
		cmd := consensustest.Command{ID: fmt.Sprint("cut off ", try), Key: "k", Value: "2"}
		err = c.Propose(within(c.TB, 300*time.Millisecond), old.Replica, cmd)
		if try++; consensus.NotProposed(err) {
			old.Rejoin()
			return err
		}
		return nil
	})
	return old, err
}

func TestForwardedWithoutAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Configure: consensustest.Steady})
	leader := c.Leader()
	follower := c.Others(leader)[0]
	c.Put(follower, "first", "k", "1") // the connection stands
	c.Net.CutOneWay(leader.ID, follower.ID)
	ended := make(chan error, 1)
	gone, leave := context.WithCancel(t.Context())
	go func() {
		ended <- c.Propose(gone, follower.Replica, consensustest.Command{ID: "sent", Key: "k", Value: "2"})
	}()
	c.Eventually("the forwarded command to be applied", func() error {
		if got := leader.M().Get("k"); got != "2" {
			return fmt.Errorf("register is %q", got)
		}
		return nil
	})
	leave()
	if err := <-ended; !errors.Is(err, consensus.ErrOutcomeUnknown) {
		t.Errorf("forwarded without an answer: %v", err)
	}
	c.Net.Heal()
	c.Check()
}

func TestRestartOfAll(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{})
	c.Leader()
	for round := range 3 {
		for i := range 20 {
			c.Put(c.Nodes[i%3], fmt.Sprintf("r%d-%d", round, i), fmt.Sprint("k", i%4), fmt.Sprint(round, i))
		}
		for _, n := range c.Nodes {
			n.Crash()
		}
		for _, n := range c.Nodes {
			n.Start()
		}
		c.Leader()
		c.Check()
	}
}

func TestGracefulCloseHandsOver(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		if consensustest.Steady(cfg); cfg.NodeID != "n1" { // of its own accord it would not stand while this test lasts
			cfg.HeartbeatTimeout, cfg.ElectionTimeout = time.Hour, time.Hour
		}
	}})
	old := c.Leader()
	c.Put(old, "a", "k", "1")
	old.Stop()
	fresh := c.Leader()
	c.Put(fresh, "b", "k", "2")
	old.Start()
	c.Check()
}

// gate holds up Apply.
type gate struct {
	*consensustest.Machine
	mu   sync.Mutex
	open chan struct{}
}

func (g *gate) Apply(index uint64, ms int64, cmds [][]byte) ([][]byte, error) {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	<-open
	return g.Machine.Apply(index, ms, cmds)
}

func TestOverload(t *testing.T) {
	t.Parallel()
	g := &gate{Machine: consensustest.NewMachine(), open: make(chan struct{})}
	c := consensustest.New(t, consensustest.Options{Nodes: 1,
		Machine:   func(string) consensus.StateMachine { return g },
		Configure: func(cfg *consensus.Config) { cfg.QueueCommands, cfg.MaxBatchCommands, cfg.MaxInFlight = 4, 2, 1 },
	})
	n := c.Nodes[0]
	c.Eventually("a leader", func() error {
		if _, self := n.Replica.Leader(); !self {
			return errors.New("none")
		}
		return nil
	})
	results := make(chan error, 64)
	for i := range cap(results) {
		go func() {
			_, err := n.Replica.Propose(context.Background(), consensustest.Command{ID: fmt.Sprint(i), Key: "k"}.Encode())
			results <- err
		}()
	}
	// At most one entry of two commands is under way and four wait.
	overloaded := 0
	for range cap(results) - 2 - 4 {
		if err := <-results; errors.Is(err, consensus.ErrOverloaded) && consensus.NotProposed(err) {
			overloaded++
		} else {
			t.Errorf("want an overload, got %v", err)
		}
	}
	close(g.open)
	for range 2 + 4 {
		if err := <-results; err != nil && !errors.Is(err, consensus.ErrOverloaded) {
			t.Errorf("after the load was gone: %v", err)
		}
	}
	if got := len(g.History()); got+overloaded > cap(results) || got == 0 {
		t.Errorf("%d applied, %d refused", got, overloaded)
	}
}

func TestLargeCommands(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		cfg.MaxCommandBytes, cfg.MaxBatchBytes = 300<<10, 100<<10
	}})
	leader := c.Leader()
	for i, n := range c.Nodes {
		value := strings.Repeat(fmt.Sprint(i), 290<<10)
		c.Put(n, fmt.Sprint("large", i), "k", value)
		if got := leader.M().Get("k"); got != value {
			t.Errorf("through %s: %d bytes arrived", n.ID, len(got))
		}
		_, err := n.Replica.Propose(within(t, time.Minute), make([]byte, 300<<10+1))
		if !errors.Is(err, consensus.ErrTooLarge) || !consensus.NotProposed(err) {
			t.Errorf("beyond the limit: %v", err)
		}
	}
	c.Check()
}

func TestHello(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Secret: []byte("sixteen bytes or more")})
	for _, from := range c.Nodes {
		for _, to := range c.Nodes {
			c.Eventually(to.ID+" to tell "+from.ID+" who it is", func() error {
				got, err := from.Replica.Hello(within(t, 5*time.Second), to.ID)
				if err == nil && string(got) != "I am "+to.ID {
					t.Fatalf("%s asked %s: %q", from.ID, to.ID, got)
				}
				return err
			})
		}
	}
	if _, err := c.Nodes[0].Replica.Hello(context.Background(), "stranger"); err == nil {
		t.Error("a stranger answered")
	}
}

func TestWrongSecretIsKeptOut(t *testing.T) {
	t.Parallel()
	wrong := false
	c := consensustest.New(t, consensustest.Options{Secret: []byte("the secret of the cluster"), Configure: func(cfg *consensus.Config) {
		if cfg.NodeID == "n3" && wrong {
			cfg.Secret = []byte("some other secret of 16 bytes")
		}
	}})
	wrong = true
	c.Nodes[2].Stop()
	c.Nodes[2].Start()
	leader := c.Leader(c.Nodes[:2]...)
	c.Put(leader, "a", "k", "1")
	if _, err := c.Nodes[2].Replica.Hello(within(t, time.Second), "n1"); err == nil {
		t.Error("a node with another secret was heard")
	}
	if err := c.Nodes[2].Replica.ReadBarrier(within(t, time.Second)); !errors.Is(err, consensus.ErrNoLeader) {
		t.Errorf("barrier of the node kept out: %v", err)
	}
	c.Eventually("the node to say why", func() error {
		if err := c.Nodes[2].Replica.Unready(); err == nil || !strings.Contains(err.Error(), "another secret") {
			return fmt.Errorf("it says %v", err)
		}
		return nil
	})
	c.Nodes[2].Stop()
	c.Check()
}

func TestClosedRefuses(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Nodes: 1})
	r := c.Leader().Replica
	c.Nodes[0].Stop()
	if _, err := r.Propose(context.Background(), nil); !errors.Is(err, consensus.ErrClosed) {
		t.Errorf("propose: %v", err)
	}
	if err := r.ReadBarrier(context.Background()); !errors.Is(err, consensus.ErrClosed) {
		t.Errorf("barrier: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

// Every goroutine of this package and of Raft ends at Close.
func TestGoroutinesEnd(t *testing.T) {
	c := consensustest.New(t, consensustest.Options{Secret: []byte("sixteen bytes or more")})
	leader := c.Leader()
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			n := c.Nodes[i%3]
			untilProposed(t, func(ctx context.Context) error {
				err := c.Propose(ctx, n.Replica, consensustest.Command{ID: fmt.Sprint(i)})
				if errors.Is(err, consensus.ErrOutcomeUnknown) {
					return nil // an election, which is not what this is about
				}
				return err
			})
			untilProposed(t, func(ctx context.Context) error { return n.Replica.ReadBarrier(ctx) })
		})
	}
	wg.Wait()
	leader.Isolate() // one closes with exchanges that hang
	c.Leader(c.Others(leader)...)
	for _, n := range c.Nodes {
		n.Stop()
	}
	c.Eventually("all goroutines to end", func() error {
		buf := make([]byte, 4<<20)
		buf = buf[:runtime.Stack(buf, true)]
		for _, g := range strings.Split(string(buf), "\n\n") {
			if strings.Contains(g, "hashicorp/raft") || strings.Contains(g, "tabard/consensus.") && !strings.Contains(g, "testing.tRunner") {
				return errors.New(g)
			}
		}
		return nil
	})
}

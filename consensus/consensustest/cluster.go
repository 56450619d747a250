// Package consensustest runs a cluster of replicas in one process, over a network
// in memory whose links can be cut, slowed and reset, with directories that
// outlive a crash. Check re-proves what package consensus promises.
package consensustest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/consensus"
)

// Cluster is a set of replicas, "n1", "n2" and so on.
type Cluster struct {
	TB    testing.TB
	Net   *Network
	Nodes []*Node

	options Options
	mu      sync.Mutex
	acked   map[string]bool // ids of acknowledged commands
}

// Options shape a cluster; the zero value is three nodes on n1 to n3.
type Options struct {
	Nodes  int
	Secret []byte
	// Machine makes the state machine of a node; default NewMachine.
	Machine func(id string) consensus.StateMachine
	// Configure changes a node's configuration before each start.
	Configure func(c *consensus.Config)
	// Unfounded starts no node.
	Unfounded bool
}

// Node is one member, running or not.
type Node struct {
	ID      string
	Dir     string
	Machine consensus.StateMachine
	Replica *consensus.Replica // nil while stopped
	Fatal   chan error         // capacity 1: what the replica ended with

	cluster *Cluster
}

// New starts a cluster, waits until it is founded, and closes it at the end of the test.
func New(tb testing.TB, o Options) *Cluster {
	tb.Helper()
	if o.Nodes == 0 {
		o.Nodes = 3
	}
	if o.Machine == nil {
		o.Machine = func(string) consensus.StateMachine { return NewMachine() }
	}
	c := &Cluster{TB: tb, Net: NewNetwork(), options: o, acked: make(map[string]bool)}
	dir := tb.TempDir()
	for i := range o.Nodes {
		id := fmt.Sprintf("n%d", i+1)
		c.Nodes = append(c.Nodes, &Node{ID: id, Dir: filepath.Join(dir, id), Machine: o.Machine(id), cluster: c})
	}
	tb.Cleanup(c.Close)
	if o.Unfounded {
		return c
	}
	for _, n := range c.Nodes {
		n.Start()
	}
	for _, n := range c.Nodes {
		n.Member()
	}
	return c
}

// Configure replaces Options.Configure, for nodes that are started from now on.
func (c *Cluster) Configure(change func(*consensus.Config)) { c.options.Configure = change }

// Steady is for Options.Configure where a test is about one leadership: n1 stands for election long before
// the others would, and leads on where the machine is too busy for that of a test's usual timeouts.
func Steady(cfg *consensus.Config) {
	timeout := 30 * time.Second
	if cfg.NodeID == "n1" {
		timeout = time.Second
	}
	cfg.HeartbeatTimeout, cfg.ElectionTimeout, cfg.RPCTimeout = timeout, timeout, 10*time.Second
}

// Close stops all nodes, the leader last: one that hands over to nodes that are gone takes its time.
func (c *Cluster) Close() {
	c.Net.Heal()
	for _, n := range c.Running() {
		if _, self := n.Replica.Leader(); !self {
			n.Stop()
		}
	}
	for _, n := range c.Running() {
		n.Stop()
	}
}

// Config returns the configuration the node starts with.
func (n *Node) Config() consensus.Config {
	cfg := consensus.Config{
		NodeID: n.ID, Dir: n.Dir, StateMachine: n.Machine, Network: n.cluster.Net.Node(n.ID),
		Secret: n.cluster.options.Secret, Logger: slog.New(slog.DiscardHandler),
		HeartbeatTimeout: 150 * time.Millisecond, ElectionTimeout: 150 * time.Millisecond,
		TickInterval: 50 * time.Millisecond, CommitInterval: 5 * time.Millisecond,
		PeerInterval: 50 * time.Millisecond, RPCTimeout: 400 * time.Millisecond, CallTimeout: time.Minute,
		Hello: func() []byte { return []byte("I am " + n.ID) },
	}
	fatal := make(chan error, 1)
	n.Fatal = fatal
	cfg.Fatal = func(err error) { fatal <- err }
	for _, p := range n.cluster.Nodes {
		cfg.Peers = append(cfg.Peers, consensus.Peer{ID: p.ID, Address: p.ID})
	}
	if n.cluster.options.Configure != nil {
		n.cluster.options.Configure(&cfg)
	}
	return cfg
}

// TryStart starts the node.
func (n *Node) TryStart() (err error) {
	n.Replica, err = consensus.Start(n.Config())
	return err
}

// Start starts the node or fails the test.
func (n *Node) Start() {
	n.cluster.TB.Helper()
	if err := n.TryStart(); err != nil {
		n.cluster.TB.Fatalf("start %s: %v", n.ID, err)
	}
}

// Member waits until the node has a vote.
func (n *Node) Member() {
	n.cluster.TB.Helper()
	n.cluster.Eventually(n.ID+" to be a member", func() error {
		if s := n.Replica.Status(); s.Standing != "member" {
			return fmt.Errorf("it is %s: %v", s.Standing, n.Replica.Unready())
		}
		return nil
	})
}

// Empty stops the node and takes everything from it that it had on disk.
func (n *Node) Empty() {
	n.cluster.TB.Helper()
	n.Stop()
	if err := os.RemoveAll(n.Dir); err != nil {
		n.cluster.TB.Fatal(err)
	}
	n.Machine = n.cluster.options.Machine(n.ID)
}

// Stop closes the node if it runs.
func (n *Node) Stop() {
	n.cluster.TB.Helper()
	if n.Replica == nil {
		return
	}
	err := n.Replica.Close()
	failed := n.Replica.Status().Fatal != nil
	n.Replica = nil
	if err != nil && !failed {
		n.cluster.TB.Errorf("close %s: %v", n.ID, err)
	}
}

// Crash cuts the node off and stops it, leaving only what was synced. Start brings
// it back, connected.
func (n *Node) Crash() {
	n.Isolate()
	n.Stop()
	if m, ok := n.Machine.(interface{ Reborn() consensus.StateMachine }); ok {
		n.Machine = m.Reborn()
	}
	n.Rejoin()
}

// Isolate cuts all links of the node.
func (n *Node) Isolate() {
	for _, p := range n.cluster.Nodes {
		if p != n {
			n.cluster.Net.Cut(n.ID, p.ID)
		}
	}
}

// Rejoin mends all links of the node.
func (n *Node) Rejoin() {
	for _, p := range n.cluster.Nodes {
		if p != n {
			n.cluster.Net.Mend(n.ID, p.ID)
		}
	}
}

// M returns the node's Machine.
func (n *Node) M() *Machine { return n.Machine.(*Machine) }

// Running returns the nodes that run.
func (c *Cluster) Running() (out []*Node) {
	for _, n := range c.Nodes {
		if n.Replica != nil {
			out = append(out, n)
		}
	}
	return out
}

// Leader waits until one of nodes, by default of all, leads and has proved it.
func (c *Cluster) Leader(nodes ...*Node) *Node {
	c.TB.Helper()
	if len(nodes) == 0 {
		nodes = c.Running()
	}
	var leader *Node
	c.Eventually("a leader", func() error {
		for _, n := range nodes {
			if _, self := n.Replica.Leader(); self {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				err := n.Replica.ReadBarrier(ctx)
				cancel()
				if err == nil {
					leader = n
				}
				return err
			}
		}
		return errors.New("nobody leads")
	})
	return leader
}

// Others returns the running nodes but n.
func (c *Cluster) Others(n *Node) (out []*Node) {
	for _, p := range c.Running() {
		if p != n {
			out = append(out, p)
		}
	}
	return out
}

// Patience is how long a cluster may take for what comes to pass at once on an idle machine.
const Patience = 2 * time.Minute

// Eventually waits, for at most Patience, until ok returns nil.
func (c *Cluster) Eventually(what string, ok func() error) {
	c.TB.Helper()
	deadline := time.NewTimer(Patience)
	defer deadline.Stop()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for {
		err := ok()
		if err == nil {
			return
		}
		select {
		case <-deadline.C:
			c.TB.Fatalf("waiting for %s: %v", what, err)
		case <-poll.C:
		}
	}
}

// Propose proposes c on n and remembers an acknowledgement for Check.
func (c *Cluster) Propose(ctx context.Context, n *consensus.Replica, cmd Command) error {
	_, err := n.Propose(ctx, cmd.Encode())
	if err == nil {
		c.mu.Lock()
		c.acked[cmd.ID] = true
		c.mu.Unlock()
	}
	return err
}

// Barrier waits until a read barrier on the node is passed.
func (n *Node) Barrier() {
	n.cluster.TB.Helper()
	n.cluster.Eventually("a read barrier on "+n.ID, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return n.Replica.ReadBarrier(ctx)
	})
}

// Put has a value written through n, under other ids if the first is not
// acknowledged, and fails the test if none is.
func (c *Cluster) Put(n *Node, id, key, value string) {
	c.TB.Helper()
	try := 0
	c.Eventually("a write through "+n.ID, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		cmd := Command{id, key, value}
		if try++; try > 1 {
			cmd.ID = fmt.Sprintf("%s, attempt %d", id, try)
		}
		return c.Propose(ctx, n.Replica, cmd)
	})
}

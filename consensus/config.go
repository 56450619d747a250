package consensus

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"
)

// Peer is one member of the cluster. ID is 1 to 63 characters of a-z, 0-9 and
// inner hyphens; Address is host:port as the other members dial it.
type Peer struct {
	ID      string
	Address string
}

// Config describes one replica. NodeID, Dir, Peers and StateMachine are
// required; every other field has a usable zero value.
type Config struct {
	NodeID string // this node, one of Peers
	Dir    string // directory of log and snapshots; made if absent
	Peers  []Peer // all members, the same on every node, this one included

	// Bind is the listening address; default the node's address in Peers.
	Bind string
	// Advertise is the address reported in Status; default as in Peers.
	Advertise string
	// Listener, if set, is used in place of Bind and closed by Close.
	Listener net.Listener
	// Network, if set, replaces TCP.
	Network Network
	// Secret, of at least 16 bytes, is shared by all members. Connections run
	// under mutual TLS derived from it. Without it all addresses must be
	// loopback addresses.
	Secret []byte

	// Bootstrap is the operator's word that what the nodes out of reach hold need not be
	// kept. While this node is empty it lets a majority found a cluster without the
	// others, and this node vote in a cluster that has too few other voters to have a
	// leader. It changes nothing once the node belongs to a cluster.
	Bootstrap bool
	// Ledger names what the state machine holds, "" while it holds nothing: nodes that
	// hold different things keep apart. Default: always "".
	Ledger func() string
	// Clock is this node's clock; default time.Now. It must be quick.
	Clock func() time.Time
	// MaxClockSkew is how far this node's clock may be from those of its peers: while it
	// is not within that of a majority of the cluster, this node included, the node does
	// not lead. 2 s.
	MaxClockSkew time.Duration

	StateMachine StateMachine
	Logger       *slog.Logger // default: discard
	// Fatal is called once, on a goroutine of its own, when the replica can no
	// longer vouch for its state. The process should stop. Default: log, exit.
	Fatal func(error)
	// Hello returns what this node tells of itself to peers that ask.
	Hello func() []byte
	// Answer answers the questions of peers (Replica.Ask), of at most 1 KiB. It must
	// not block: while it works, no other call of that peer is served. Default: every
	// answer is empty.
	Answer func(question []byte) []byte

	MaxBatchCommands int // commands per log entry; 256
	MaxBatchBytes    int // bytes of commands per log entry, unless one alone exceeds it; 1 MiB
	MaxCommandBytes  int // 2 MiB
	MaxInFlight      int // log entries proposed and not yet applied; 3
	QueueCommands    int // commands waiting for a batch, or for an answer of the leader; 4096
	QueueBytes       int // their size; 32 MiB

	HeartbeatTimeout time.Duration // without a leader, up to twice this, before an election; 1 s
	ElectionTimeout  time.Duration // one attempt at an election, up to twice this; 1 s, or HeartbeatTimeout if more
	LeaderLease      time.Duration // without a quorum before a leader steps down; HeartbeatTimeout
	CommitInterval   time.Duration // at most twice this until an idle follower learns of a commit; 3 ms
	TickInterval     time.Duration // age at which the leader replicates its clock again; 500 ms
	PeerInterval     time.Duration // how often nodes tell each other how they are, and what time it is; 1 s
	RPCTimeout       time.Duration // one exchange between nodes; 5 × ElectionTimeout
	// Propose and ReadBarrier wait this long for a leader, and longer if an election
	// took longer; 8 × ElectionTimeout, negative: not at all.
	LeaderWait time.Duration
	// AppendTimeout is how long a leader's disk may take for its entries before the
	// leader makes way for another; 1.5 s.
	AppendTimeout time.Duration
	CallTimeout   time.Duration // bound on Propose and ReadBarrier whatever the context says; LeaderWait and 10 s

	SnapshotEntries  int           // entries applied before a snapshot is due; 2048
	SnapshotBytes    int           // or bytes; 64 MiB
	SnapshotInterval time.Duration // how often that is looked at; 10 s
	TrailingEntries  int           // entries kept behind a snapshot whoever needs them, of up to MaxBatchBytes each; 256
	RetainBytes      int64         // bytes of log kept at most for one that is being brought up to date; 256 MiB

	hooks hooks
}

// aloneTimeout is the default HeartbeatTimeout of a cluster of one: there is nobody to hear from.
const aloneTimeout = 50 * time.Millisecond

// withDefaults fills the zero fields in.
func (c Config) withDefaults() Config {
	def := func(v *int, d int) { *v = cmp.Or(*v, d) }
	dur := func(v *time.Duration, d time.Duration) { *v = cmp.Or(*v, d) }
	def(&c.MaxBatchCommands, 256)
	def(&c.MaxBatchBytes, 1<<20)
	def(&c.MaxCommandBytes, 2<<20)
	def(&c.MaxInFlight, 3)
	def(&c.QueueCommands, 4096)
	def(&c.QueueBytes, 32<<20)
	if len(c.Peers) == 1 {
		dur(&c.HeartbeatTimeout, aloneTimeout)
	}
	dur(&c.HeartbeatTimeout, time.Second)
	dur(&c.ElectionTimeout, max(time.Second, c.HeartbeatTimeout))
	dur(&c.LeaderLease, c.HeartbeatTimeout)
	dur(&c.CommitInterval, 3*time.Millisecond)
	dur(&c.TickInterval, 500*time.Millisecond)
	dur(&c.PeerInterval, time.Second)
	dur(&c.MaxClockSkew, 2*time.Second)
	dur(&c.RPCTimeout, 5*c.ElectionTimeout)
	dur(&c.LeaderWait, 8*c.ElectionTimeout)
	dur(&c.AppendTimeout, 1500*time.Millisecond)
	dur(&c.CallTimeout, max(c.LeaderWait, 0)+10*time.Second)
	def(&c.SnapshotEntries, 2048)
	def(&c.SnapshotBytes, 64<<20)
	dur(&c.SnapshotInterval, 10*time.Second)
	def(&c.TrailingEntries, 256)
	c.RetainBytes = cmp.Or(c.RetainBytes, 256<<20)
	c.Bind = cmp.Or(c.Bind, c.address(c.NodeID))
	c.Advertise = cmp.Or(c.Advertise, c.address(c.NodeID))
	c.Peers = slices.SortedFunc(slices.Values(c.Peers), func(a, b Peer) int { return cmp.Compare(a.ID, b.ID) })
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Fatal == nil {
		c.Fatal = exit(c.Logger)
	}
	if c.Network == nil {
		c.Network = tcp{}
	}
	if c.Ledger == nil {
		c.Ledger = func() string { return "" }
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

func exit(log *slog.Logger) func(error) {
	return func(err error) {
		log.Error("stopping: this node can no longer vouch for its state", "error", err)
		os.Exit(1)
	}
}

func (c *Config) address(id string) string {
	for _, p := range c.Peers {
		if p.ID == id {
			return p.Address
		}
	}
	return ""
}

// validate checks a configuration whose defaults are filled in.
func (c *Config) validate() error {
	switch {
	case c.StateMachine == nil:
		return errors.New("no state machine")
	case c.Dir == "":
		return errors.New("no directory")
	case len(c.Secret) > 0 && len(c.Secret) < 16:
		return fmt.Errorf("secret of %d bytes; at least 16 are needed", len(c.Secret))
	case c.MaxBatchCommands > maxCommands:
		return fmt.Errorf("%d commands per batch; at most %d", c.MaxBatchCommands, maxCommands)
	case max(c.MaxBatchBytes, c.MaxCommandBytes) > maxEntryBytes/2:
		return fmt.Errorf("batches and commands are limited to %d bytes", maxEntryBytes/2)
	case min(c.MaxBatchCommands, c.MaxBatchBytes, c.MaxCommandBytes, c.MaxInFlight, c.QueueCommands, c.QueueBytes,
		c.SnapshotEntries, c.SnapshotBytes, c.TrailingEntries) < 1, c.RetainBytes < 0:
		return errors.New("limits must be positive")
	case min(c.CommitInterval, c.TickInterval, c.PeerInterval, c.RPCTimeout, c.CallTimeout, c.AppendTimeout, c.MaxClockSkew) < time.Millisecond:
		return errors.New("intervals and timeouts must be at least 1 ms")
	case min(c.HeartbeatTimeout, c.LeaderLease) < minTimeout:
		return fmt.Errorf("heartbeat timeout and lease must be at least %v", minTimeout)
	case c.LeaderLease > c.HeartbeatTimeout:
		// The others would elect a leader beside one that still believes it leads.
		return fmt.Errorf("a leader's lease of %v is longer than the heartbeat timeout of %v", c.LeaderLease, c.HeartbeatTimeout)
	case c.ElectionTimeout < c.HeartbeatTimeout:
		return fmt.Errorf("an election timeout of %v is shorter than the heartbeat timeout of %v", c.ElectionTimeout, c.HeartbeatTimeout)
	}
	return c.validatePeers()
}

func (c *Config) validatePeers() error {
	if c.address(c.NodeID) == "" {
		return fmt.Errorf("node %q is not among the peers", c.NodeID)
	}
	if len(c.Peers) > maxPeers {
		return fmt.Errorf("%d peers; at most %d", len(c.Peers), maxPeers)
	}
	addrs := []string{c.Bind}
	for i, p := range c.Peers {
		if !validID(p.ID) {
			return fmt.Errorf("peer id %q: want 1 to 63 of a-z, 0-9, inner hyphens", p.ID)
		}
		if i > 0 && c.Peers[i-1].ID == p.ID {
			return fmt.Errorf("peer id %q given twice", p.ID)
		}
		addrs = append(addrs, p.Address)
	}
	if _, ok := c.Network.(tcp); !ok {
		return nil
	}
	for _, a := range addrs {
		host, _, err := net.SplitHostPort(a)
		if err != nil {
			return fmt.Errorf("address %q: %w", a, err)
		}
		if len(c.Secret) == 0 && !loopback(host) {
			return fmt.Errorf("address %q: without a secret only loopback addresses are allowed", a)
		}
	}
	return nil
}

const (
	maxPeers   = 64
	minTimeout = 10 * time.Millisecond
)

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func validID(id string) bool {
	if len(id) < 1 || len(id) > 63 || id[0] == '-' || id[len(id)-1] == '-' {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

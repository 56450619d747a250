package consensus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
)

// Replica is one running member of the cluster. All methods are safe for
// concurrent use.
type Replica struct {
	cfg    Config
	run    string // names this process, as long as it runs
	disk   *disk
	fence  *fence
	mux    *mux
	trans  *transport
	raft   *raft.Raft
	fsm    *fsm
	queue  *queue
	batch  *batcher
	links  map[string]*link
	rounds map[string]*rounds // shared questions to each peer

	standing   *standings
	peers      *peers
	clock      *clockWatch
	leaderless time.Time              // since when the cluster to enter has shown no leader; used by enter alone
	incomplete time.Time              // since when peers have been missing from a cluster to found; used by enter alone
	waiting    atomic.Pointer[string] // why an empty node does not enter a cluster
	admitting  atomic.Bool            // a node is being let in

	installs    installs
	localRounds *rounds
	changes     chan struct{} // for LeadershipChanges; capacity 1

	ctx     context.Context // ends when Close begins or after a fatal error
	cancel  context.CancelFunc
	dead    chan struct{} // closed when nothing will be answered any more
	running sync.WaitGroup

	longestElection atomic.Int64 // nanoseconds without a leader until there was one again

	fatalErr  atomic.Pointer[error]
	closing   atomic.Bool // Close has begun
	closeOnce sync.Once
	closeErr  error

	mu      sync.Mutex    // guards what follows
	changed chan struct{} // closed and replaced when the leader changes
	started bool          // Start has returned no error, or is about to
}

// Start opens the node's directory, checks what it finds there and joins the
// cluster. It does not wait for a leader. What it refuses is named in the error.
func Start(cfg Config) (*Replica, error) {
	cfg = cfg.withDefaults()
	r := &Replica{
		cfg: cfg, run: newID(), peers: newPeers(&cfg), dead: make(chan struct{}), changes: make(chan struct{}, 1), changed: make(chan struct{}),
		links: make(map[string]*link), rounds: make(map[string]*rounds),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	if err := r.start(); err != nil {
		r.cancel()
		if cfg.Listener != nil {
			_ = cfg.Listener.Close() // the replica owned it
		}
		return nil, fmt.Errorf("start replica %s: %w", cfg.NodeID, err)
	}
	return r, nil
}

func (r *Replica) start() (err error) {
	if err := r.cfg.validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if r.disk, err = openDisk(&r.cfg, r.fatal); err != nil {
		return err
	}
	r.fence = &fence{limit: r.cfg.AppendTimeout, changed: r.fenced}
	r.disk.log.fence = r.fence
	r.clock = &clockWatch{now: r.cfg.Clock, peers: r.peers, bound: r.cfg.MaxClockSkew, nodes: len(r.cfg.Peers)}
	if r.standing, err = openStanding(r.disk, &r.cfg); err == nil {
		err = r.connect()
	}
	if err == nil {
		err = r.join()
	}
	if err != nil {
		if r.mux != nil {
			err = errors.Join(err, r.mux.close())
		}
		return errors.Join(err, r.disk.store.Close())
	}
	if r.cfg.Bootstrap && r.standing.get().Status == statusMember {
		r.cfg.Logger.Warn("this node belongs to a cluster, and --bootstrap is still set: remove it, or a node that loses its disk may begin another ledger",
			"node", r.cfg.NodeID)
	}
	r.serve()
	return nil
}

// connect opens the listener and prepares the links to the peers.
func (r *Replica) connect() (err error) {
	var id *identity
	if len(r.cfg.Secret) > 0 {
		if id, err = newIdentity(r.cfg.Secret, r.cfg.NodeID); err != nil {
			return err
		}
	}
	ln := r.cfg.Listener
	if ln == nil {
		if ln, err = r.cfg.Network.Listen(r.cfg.Bind); err != nil {
			return err
		}
	}
	r.mux = newMux(&r.cfg, ln, id)
	r.mux.introduce, r.mux.running = r.introduce, r.answering
	for _, p := range r.cfg.Peers {
		if p.ID == r.cfg.NodeID {
			continue
		}
		r.links[p.ID] = r.newLink(p.ID)
		r.rounds[p.ID] = &rounds{running: &r.running, fetch: func() (uint64, error) { return r.remoteIndex(p.ID) }}
	}
	r.localRounds = &rounds{running: &r.running, fetch: r.leaderIndex}
	return nil
}

// join starts Raft, which from then on acts on its own.
func (r *Replica) join() error {
	conf := r.raftConfig()
	r.trans = &transport{
		keep: &retention{
			limit: r.cfg.RetainBytes, bytes: r.disk.log.bytesFrom, log: r.cfg.Logger, needs: make(map[string]*need),
		},
		send: r.sendContents, log: r.cfg.Logger,
		gate: &gate{
			NetworkTransport: raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
				Stream: fencedStream{raftStream{r.mux}, r.fence}, MaxPool: 3, Timeout: r.cfg.RPCTimeout, Logger: conf.Logger,
				// More than one exchange under way lets heartbeats pass while
				// replication is stuck.
				MaxRPCsInFlight: 1,
			}),
			standing: r.standing, clock: r.clock, caughtUp: r.caughtUp, in: make(chan raft.RPC), done: r.ctx.Done(),
		},
	}
	r.disk.log.kept = r.trans.keep.first
	r.fsm = newFSM(r.cfg.StateMachine, r.disk.snaps, r.fatal)
	r.fsm.clock = r.cfg.Clock
	err := r.newRaft(conf)
	if err == nil {
		return nil
	}
	return errors.Join(err, r.trans.Close())
}

func (r *Replica) newRaft(conf *raft.Config) error {
	d := r.disk
	members := configuration(r.cfg.Peers)
	if s := r.standing.get(); s.Status == statusMember && s.founder(r.cfg.NodeID) {
		if err := d.beginLog(&r.cfg); err != nil {
			return fmt.Errorf("bootstrap: %w", err)
		}
	}
	metas, err := d.snaps.metas()
	if err != nil {
		return err
	}
	if len(metas) > 0 {
		r.fsm.advance(metas[0].Index, 0)
	}
	d.guard.running.Store(true)
	err = errors.New("log cannot be read")
	done := make(chan struct{})
	// On a goroutine of its own, since the guard may end it.
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("raft: %v\n%s", p, debug.Stack())
			}
		}()
		r.raft, err = raft.NewRaft(conf, r.fsm, d.log, d.stable, d.snaps, r.trans)
	}()
	<-done
	if err != nil {
		return errors.Join(err, d.guard.broken())
	}
	if have := r.raft.GetConfiguration().Configuration(); len(have.Servers) > 0 && !slices.Equal(have.Servers, members.Servers) {
		err = fmt.Errorf("peers are %v, but the members are %v, as the log says, which cannot be changed yet", ids(members), ids(have))
		return errors.Join(err, r.raft.Shutdown().Error())
	}
	r.trans.keep.raft.Store(r.raft)
	return nil
}

func ids(c raft.Configuration) (out []string) {
	for _, s := range c.Servers {
		out = append(out, string(s.ID))
	}
	return out
}

func (r *Replica) raftConfig() *raft.Config {
	c := raft.DefaultConfig()
	c.LocalID = raft.ServerID(r.cfg.NodeID)
	c.HeartbeatTimeout = r.cfg.HeartbeatTimeout
	c.ElectionTimeout = r.cfg.ElectionTimeout
	c.LeaderLeaseTimeout = r.cfg.LeaderLease
	c.CommitTimeout = r.cfg.CommitInterval
	c.MaxAppendEntries = 8 // of about MaxBatchBytes each, within one RPCTimeout
	c.SnapshotInterval = r.cfg.SnapshotInterval
	c.SnapshotThreshold = uint64(r.cfg.SnapshotEntries)
	c.TrailingLogs = uint64(r.cfg.TrailingEntries)
	c.ShutdownOnRemove = false
	c.NoSnapshotRestoreOnStart = true // the state machine is durable by itself
	c.NoLegacyTelemetry = true
	c.Logger = newRaftLogger(r.cfg.Logger, r.closing.Load)
	return c
}

// fenced is told when the own disk keeps this leader from leading, and when it leads
// no more.
func (r *Replica) fenced(closed bool) {
	if closed {
		r.cfg.Logger.Warn("making way for another leader: the disk takes too long to store the log",
			"node", r.cfg.NodeID, "limit", r.cfg.AppendTimeout)
		r.queue.refuse(ErrNoLeader)
	}
	r.announce()
}

// fatal makes the replica stop answering and reports the first err, once Start has
// returned; before that it is for Start to return it.
func (r *Replica) fatal(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.fatalErr.CompareAndSwap(nil, &err) {
		return
	}
	r.cancel()
	if r.started {
		go r.cfg.Fatal(err)
	}
}

// begin marks the replica as started.
func (r *Replica) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = true
	if err := r.fatalErr.Load(); err != nil {
		go r.cfg.Fatal(*err)
	}
}

func (r *Replica) newLink(id string) *link {
	return &link{
		dial:     func(ctx context.Context) (net.Conn, error) { return r.mux.dial(ctx, id, protoCalls) },
		maxCalls: r.cfg.QueueCommands, maxBytes: r.cfg.QueueBytes, timeout: r.cfg.RPCTimeout,
		running: &r.running, dialing: make(chan struct{}, 1),
	}
}

// closeWait bounds how long Close waits for what is under way to end.
func (r *Replica) closeWait() time.Duration { return 2*r.cfg.ElectionTimeout + r.cfg.LeaderLease }

package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/internal/admission"
	"github.com/tabard-id/tabard/node/internal/challenge"
	"github.com/tabard-id/tabard/node/internal/connections"
	"github.com/tabard-id/tabard/node/internal/fetch"
	"github.com/tabard-id/tabard/node/internal/foreign"
	"github.com/tabard-id/tabard/node/internal/httpapi"
	"github.com/tabard-id/tabard/node/internal/metrics"
	"github.com/tabard-id/tabard/node/internal/observe"
	"github.com/tabard-id/tabard/node/internal/stream"
)

// Node is one running node. All methods are safe for concurrent use.
type Node struct {
	cfg    Config
	log    *slog.Logger
	key    multikey.PrivateKey
	fresh  atomic.Bool // key is not in the registry's document yet, where another may be
	verify multikey.VerifyFunc
	// ownSecret: the cluster's secret is of a file in the node's own directory.
	ownSecret bool
	metrics   *prometheus.Registry

	ledger       *ledger.Ledger
	replica      *consensus.Replica
	hub          *stream.Hub
	server       *http.Server
	listener     net.Listener
	connections  *connections.Listener // beneath listener
	files        descriptors
	policy       *admission.Policy
	registrar    *registrar
	certificates *certificates // nil without TLS
	challenges   *challenge.Issuer
	fetcher      *fetch.Fetcher    // nil unless other hosts are asked
	foreign      *foreign.Resolver // the same
	observer     *observe.Observer // the same

	cancel  context.CancelFunc // stops what runs in the background
	started chan struct{}      // closed when everything is open
	running sync.WaitGroup
	close   sync.Once
	broken  chan struct{} // closed when the node's data cannot be used any more
	done    chan struct{} // closed when all is closed

	mu     sync.Mutex
	cause  error // why the node stopped by itself
	result error // of Close
}

// verified is how many successful signature checks are remembered: admission's are
// spared to the ledger.
const verified = 1 << 16

// heartbeatStale is the age of the state beyond which subscribers hear no heartbeat:
// a few ticks of the leader.
const heartbeatStale = 2 * time.Second

// Start runs a node until Close, or until it can no longer vouch for its state
// (Wait). It does not wait for a leader: see Ready. ctx bounds the start alone.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	if err := cfg.validate(); err != nil {
		return nil, errors.Join(misconfigured(err), closeListeners(cfg))
	}
	n := &Node{
		cfg: cfg, log: cfg.Logger.With("node", cfg.NodeID),
		verify: multikey.NewCache(verified).Verify, started: make(chan struct{}), broken: make(chan struct{}), done: make(chan struct{}),
	}
	if err := n.start(ctx); err != nil {
		defer close(n.done)
		if ledger.IsCorruption(err) {
			err = dataError{fmt.Errorf("%w: %s", err, n.repair())}
		}
		return nil, fmt.Errorf("start node %s: %w", cfg.NodeID, errors.Join(err, n.abandon()))
	}
	return n, nil
}

// start opens one thing after another. What is open when it fails is abandon's.
func (n *Node) start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := os.MkdirAll(n.cfg.Dir, 0o700)
	if err == nil {
		var id nodeIdentity
		id, err = nodeKey(n.cfg.Dir)
		n.key = id.key
		n.fresh.Store(id.fresh)
	}
	if err == nil && len(n.cfg.Secret) == 0 {
		n.ownSecret = true
		n.cfg.Secret, err = clusterSecret(n.cfg.Dir)
	}
	if err == nil {
		n.metrics, err = metrics.New(n.cfg.NodeID)
	}
	if err == nil {
		err = n.takeDescriptors()
	}
	if err == nil {
		err = n.openLedger()
	}
	if err == nil {
		err = n.checkIdentity()
	}
	if err == nil {
		err = n.listen()
	}
	if err == nil {
		err = n.join()
	}
	if err == nil {
		err = n.openForeign()
	}
	if err == nil {
		err = n.surface()
	}
	if err == nil {
		n.serve()
	}
	return err
}

func (n *Node) openLedger() error {
	counts, err := ledger.NewMetrics(n.metrics)
	if err != nil {
		return err
	}
	n.ledger, err = ledger.Open(ledger.Config{
		Dir: filepath.Join(n.cfg.Dir, "ledger"), Logger: n.log, Metrics: counts, OpenFiles: n.files.storeFiles,
		Verify: n.verify, VerifyRestored: multikey.PublicKey.Verify, Corrupt: n.damaged,
	})
	if errors.Is(err, syscall.EAGAIN) { // the lock of the store
		return fmt.Errorf("the directory %s is in use by another process", n.cfg.Dir)
	}
	if err != nil {
		return err
	}
	view := n.ledger.View()
	defer view.Close()
	if view.Size() == 0 {
		if n.cfg.Domain == "" && len(n.cfg.Peers) == 1 && !consensus.Exists(n.raftDir()) {
			return misconfigured(errNoDomain)
		}
		return nil // the ledger may come from a peer, or from the log after a crash
	}
	if n.cfg.Domain != "" && n.cfg.Domain != view.Domain() {
		return misconfigured(fmt.Errorf("the ledger in %s is of the domain %s, not of %s", n.cfg.Dir, view.Domain(), n.cfg.Domain))
	}
	n.cfg.Domain = view.Domain()
	return nil
}

func (n *Node) raftDir() string { return filepath.Join(n.cfg.Dir, "raft") }

func (n *Node) listen() error {
	var err error
	if n.certificates, err = loadCertificates(n.cfg, n.log); err != nil {
		return misconfigured(err)
	}
	if n.policy, err = admission.New(n.cfg.Admission); err != nil {
		return err
	}
	n.listener, n.connections, err = n.listenHTTP(n.certificates)
	return err
}

// join starts consensus.
func (n *Node) join() error {
	self, err := encodeHello(n.cfg.NodeID, n.key.Public())
	if err != nil {
		return err
	}
	if n.challenges, err = challenge.New(challenge.Config{Node: n.cfg.NodeID, Secret: n.cfg.Secret}); err != nil {
		return err
	}
	cfg := consensus.Config{
		NodeID: n.cfg.NodeID, Dir: n.raftDir(), Peers: n.cfg.Peers,
		Bind: n.cfg.Bind, Listener: n.cfg.PeerListener, Secret: n.cfg.Secret,
		StateMachine: n.ledger, Logger: n.cfg.Logger, Fatal: n.broke,
		HeartbeatTimeout: n.cfg.Timing.Heartbeat, ElectionTimeout: n.cfg.Timing.Election, LeaderLease: n.cfg.Timing.Lease,
		LeaderWait: n.cfg.Timing.LeaderWait, AppendTimeout: n.cfg.Timing.Append,
		Hello:     func() []byte { return self },
		Answer:    n.challenges.Answer,
		Bootstrap: n.cfg.Bootstrap, Ledger: n.LedgerID, Clock: n.cfg.clock, MaxClockSkew: n.cfg.MaxClockSkew,
		RetainBytes: n.cfg.RetainLog,
	}
	if n.cfg.tune != nil {
		n.cfg.tune(&cfg)
	}
	n.replica, err = consensus.Start(cfg)
	switch {
	case errors.Is(err, consensus.ErrConfig):
		return misconfigured(err)
	case errors.Is(err, consensus.ErrCorrupt):
		return dataError{err}
	case err != nil:
		return err
	}
	update, err := registryKey(n.cfg.Secret)
	if err != nil {
		return err
	}
	n.registrar = &registrar{
		node: n.cfg.NodeID, public: n.key.Public(), update: update, domain: n.cfg.Domain,
		replica: n.replica, ledger: n.ledger, log: n.log, fatal: n.fail, now: n.cfg.clock,
		checkIdentity: n.checkIdentity,
	}
	return metrics.Watch(n.metrics, n.replica, n.ledger)
}

// surface makes the HTTP handlers.
func (n *Node) surface() error {
	var err error
	n.hub, err = stream.New(stream.Config{
		Source: stream.FromLedger(n.ledger), Staleness: n.staleness,
		MaxStale: min(heartbeatStale, n.cfg.MaxStale), CloseStale: n.cfg.MaxStale,
		MaxSubscribers: n.cfg.Streams.Max, MaxPerAddress: n.cfg.Streams.MaxPerAddress,
		WriteTimeout: n.cfg.Streams.WriteTimeout, ClientAddr: n.policy.Address,
		Registerer: n.metrics, Logger: n.log,
	})
	if err != nil {
		return err
	}
	surface := httpapi.Config{
		Ledger: n.ledger, Cluster: n.replica, Admission: n.policy, Stream: n.hub, Verify: n.verify,
		Registerer: n.metrics, Gatherer: n.metrics, Logger: n.log, NodeID: n.cfg.NodeID,
		MaxStaleDefault: n.cfg.MaxStale, Key: &n.key,
	}
	surface.Now, surface.MaxClockSkew = n.cfg.clock, n.cfg.MaxClockSkew
	if n.cfg.plain {
		surface.Scheme = "http"
	}
	n.askElsewhere(&surface)
	if err := n.actAsWitness(&surface); err != nil {
		return err
	}
	if err := n.verifyWith(&surface); err != nil {
		return err
	}
	handler, err := httpapi.New(surface)
	if err != nil {
		return err
	}
	n.server = newServer(handler, n.log)
	n.server.ConnState = n.connections.State
	return nil
}

// serve starts what runs in the background. Nothing can fail any more but at work.
func (n *Node) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	n.running.Go(func() { n.registrar.run(ctx) })
	n.running.Go(func() { n.tellProgress(ctx) })
	if n.certificates != nil {
		n.running.Go(func() { n.certificates.follow(ctx) })
	}
	n.running.Go(func() { n.watchTime(ctx) })
	if n.observer != nil {
		n.running.Go(func() { n.observer.Run(ctx) })
	}
	n.running.Go(func() {
		if err := n.server.Serve(n.listener); !errors.Is(err, http.ErrServerClosed) {
			n.fail(fmt.Errorf("public listener: %w", err))
		}
	})
	close(n.started)
	n.log.Info("node started", "http", n.listener.Addr().String(), "size", n.ledger.Size())
}

// broke is told, once, by the replica that nothing of what it stores can be trusted any more.
func (n *Node) broke(err error) {
	n.fail(dataError{err})
	close(n.broken)
}

// fail stops the node because of err. It does not wait.
func (n *Node) fail(err error) {
	n.mu.Lock()
	first := n.cause == nil
	if first {
		n.cause = err
	}
	n.mu.Unlock()
	if !first {
		return
	}
	n.log.Error("node stops", "error", err)
	go func() {
		select {
		case <-n.started:
			n.Close() //nolint:errcheck // Wait returns it
		case <-n.done: // the start failed, and closed what was open
		}
	}()
}

// Wait returns when the node is closed: nil after Close, else why it stopped. After an ErrData it does
// not wait for that, since the disk may never answer again.
func (n *Node) Wait() error {
	select {
	case <-n.done:
	case <-n.broken:
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return errors.Join(n.cause, n.result)
}

// Done is closed when the node is.
func (n *Node) Done() <-chan struct{} { return n.done }

// ID returns the node's id.
func (n *Node) ID() string { return n.cfg.NodeID }

// Addr returns the address of the public listener.
func (n *Node) Addr() net.Addr { return n.listener.Addr() }

// LedgerID returns the id of the ledger; "" before its first record is here.
func (n *Node) LedgerID() string {
	view := n.ledger.View()
	defer view.Close()
	return view.LedgerID()
}

// Leads reports whether the node believes that it leads the cluster.
func (n *Node) Leads() bool {
	_, self := n.replica.Leader()
	return self
}

// ready reports what /readyz does.
func (n *Node) ready() bool {
	return n.replica.Unready() == nil && n.ledger.Size() > 0 && n.ledger.Damage() == nil && n.replica.Staleness() <= n.cfg.MaxStale
}

// readyPoll is how often Ready looks.
const readyPoll = 5 * time.Millisecond

// Ready waits until the node has a leader, a ledger and a current state.
func (n *Node) Ready(ctx context.Context) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for !n.ready() {
		select {
		case <-tick.C:
		case <-n.done:
			return errors.Join(fmt.Errorf("node %s stopped before it was ready", n.cfg.NodeID), n.Wait())
		case <-ctx.Done():
			return fmt.Errorf("node %s is not ready: %w", n.cfg.NodeID, context.Cause(ctx))
		}
	}
	return nil
}

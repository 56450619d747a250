package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// Config is what a Hub works with. Only Source is required.
type Config struct {
	Source Source
	// Staleness returns the age of the newest state known to be the cluster's; nil
	// means always current.
	Staleness func() time.Duration
	// MaxStale is the age beyond which heartbeats stop; 2 s if zero.
	MaxStale time.Duration
	// CloseStale is the age beyond which streams are closed and none is opened; 5 s
	// if zero.
	CloseStale time.Duration
	// Interval is the time between heartbeats; 1 s if zero.
	Interval time.Duration
	// WriteTimeout is how long a subscriber may read nothing; 10 s if zero.
	WriteTimeout time.Duration
	// CatchUp is how long a cursor may be ahead of this node; 2 s if zero.
	CatchUp time.Duration
	// MaxSubscribers bounds all subscribers (10,000 if zero), MaxPerAddress those
	// of one IPv4 address or IPv6 /64 (256 if zero).
	MaxSubscribers, MaxPerAddress int
	// ClientAddr names the client of a request; the connection's peer if nil.
	ClientAddr func(*http.Request) netip.Addr

	Registerer prometheus.Registerer // nil: metrics are counted, not published
	Logger     *slog.Logger          // nil: silent
}

func (c Config) withDefaults() (Config, error) {
	if c.Source == nil {
		return c, errors.New("stream: no source")
	}
	setDefault(&c.MaxStale, 2*time.Second)
	setDefault(&c.CloseStale, 5*time.Second)
	setDefault(&c.Interval, time.Second)
	setDefault(&c.WriteTimeout, 10*time.Second)
	setDefault(&c.CatchUp, 2*time.Second)
	setDefault(&c.MaxSubscribers, 10_000)
	setDefault(&c.MaxPerAddress, 256)
	if c.Staleness == nil {
		c.Staleness = func() time.Duration { return 0 }
	}
	if c.ClientAddr == nil {
		c.ClientAddr = peerAddr
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// state is what subscribers may be given: the records below size, then the
// heartbeat, whose size is not greater. tick counts intervals.
type state struct {
	size record.Seq
	beat *beat
	tick uint64
}

// Hub serves the stream. It is an http.Handler; Close ends it.
type Hub struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	ring    ring
	state   atomic.Pointer[state] // stored by the publisher alone
	shards  []*shard
	turn    atomic.Uint64 // picks a shard
	replay  *replayQueue
	caps    caps
	id      atomic.Pointer[string] // the ledger id, once there is one

	quit    chan struct{}
	workers sync.WaitGroup // publisher, shards, replayers, flushers
	stop    sync.Once
}

// New starts a hub.
func New(cfg Config) (*Hub, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	h := &Hub{cfg: cfg, log: cfg.Logger, metrics: m, replay: newReplayQueue(), quit: make(chan struct{})}
	h.caps.init(cfg.MaxSubscribers, cfg.MaxPerAddress)
	h.state.Store(&state{size: cfg.Source.Size()})
	for range min(runtime.GOMAXPROCS(0), 16) {
		h.shards = append(h.shards, newShard(h))
	}
	h.workers.Add(1 + len(h.shards) + replayers)
	go h.publish()
	for _, s := range h.shards {
		go s.run()
	}
	for range replayers {
		go h.runReplay()
	}
	return h, nil
}

// Subscribers returns the number of open streams.
func (h *Hub) Subscribers() int { return h.caps.count() }

// Close refuses new streams, tells the open ones why they end, and returns when all
// are closed; those that do not answer are cut off when ctx ends or after the grace
// that any closing stream has.
func (h *Hub) Close(ctx context.Context) error {
	h.caps.shut()
	for _, sub := range h.all() {
		h.end(sub, api.CloseShuttingDown)
	}
	var err error
	select {
	case <-h.caps.empty:
	case <-ctx.Done():
		err = fmt.Errorf("stream: closing: %w", ctx.Err())
		for _, sub := range h.all() {
			sub.conn.Close()
		}
		<-h.caps.empty
	}
	h.stop.Do(func() { close(h.quit); h.replay.stop() })
	h.workers.Wait()
	return err
}

// all returns the subscribers of this moment.
func (h *Hub) all() []*subscriber {
	var all []*subscriber
	for _, s := range h.shards {
		s.mu.Lock()
		all = append(all, s.subs...)
		s.mu.Unlock()
	}
	return all
}

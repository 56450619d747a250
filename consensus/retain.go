package consensus

import (
	"bytes"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
)

// retention knows how much of the log followers need. What is behind a snapshot goes only
// as far as they have it: one that an install is under way for, or that is being brought
// up to date, keeps what comes next for it. It is bounded: by bytes, and to followers that
// were heard of lately. Whoever needs what is gone gets a snapshot.
type retention struct {
	limit int64                     // bytes kept for followers
	bytes func(from uint64) int64   // of the log from an entry on
	raft  atomic.Pointer[raft.Raft] // nil until it has started
	log   *slog.Logger

	mu    sync.Mutex // guards what follows
	needs map[string]*need
}

// need is what one follower is known to have.
type need struct {
	index      uint64 // it has the entry, or will have it when the install has ended
	installing int
	heard      time.Time
	over       bool // it needs more than is kept
}

const (
	// lately is how long a follower that is not heard of keeps log for itself.
	lately = time.Minute
	// inFlight are entries that may be on their way to a follower and get lost.
	inFlight = 64
)

// advance notes that a follower has, or is about to have, the entry at index.
func (r *retention) advance(peer string, index uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.need(peer)
	n.heard, n.index = time.Now(), index-min(index, inFlight)
}

// install notes that a follower is being brought to index, until the returned function
// is called.
func (r *retention) install(peer string, index uint64) (end func(ok bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.need(peer)
	n.index, n.over = index, false
	n.installing++
	return func(ok bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		n.heard = time.Now()
		if n.installing--; !ok && n.installing == 0 {
			delete(r.needs, peer) // the next attempt is of a newer snapshot
		}
	}
}

func (r *retention) need(peer string) *need {
	n := r.needs[peer]
	if n == nil {
		n = new(need)
		r.needs[peer] = n
	}
	return n
}

// leading: only a leader keeps anything for others.
func (r *retention) leading() bool {
	node := r.raft.Load()
	return node != nil && node.State() == raft.Leader
}

// first returns the first entry that has to stay, and false if none has to.
func (r *retention) first() (index uint64, ok bool) {
	if !r.leading() {
		return 0, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for peer, n := range r.needs {
		if n.installing == 0 && time.Since(n.heard) > lately || n.over {
			continue
		}
		if size := r.bytes(n.index); size > r.limit {
			n.over = true
			r.log.Warn("a follower needs more of the log than is kept for it: it will be sent a snapshot once more",
				"peer", peer, "from", n.index, "bytes", size, "limit", r.limit)
			continue
		}
		if !ok || n.index < index {
			index, ok = n.index, true
		}
	}
	return index, ok
}

// Retained is how much of the log is kept for a follower.
type Retained struct {
	Peer       string
	Index      uint64 // it has the log up to here
	Bytes      int64  // of what follows
	Installing bool   // a snapshot is being sent to it
}

// status says what is kept for whom.
func (r *retention) status() []Retained {
	if !r.leading() {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Retained
	for peer, n := range r.needs {
		if n.installing > 0 || time.Since(n.heard) <= lately && !n.over {
			out = append(out, Retained{Peer: peer, Index: n.index, Bytes: r.bytes(n.index), Installing: n.installing > 0})
		}
	}
	return out
}

// transport is Raft's, and notes what followers have. Before it passes a snapshot on, it
// sends the follower what the snapshot stands for.
type transport struct {
	*gate
	keep *retention
	send func(peer string, term uint64) error
	log  *slog.Logger
}

// AppendEntries implements raft.Transport.
func (t *transport) AppendEntries(id raft.ServerID, target raft.ServerAddress, args *raft.AppendEntriesRequest,
	resp *raft.AppendEntriesResponse) error {
	err := t.gate.AppendEntries(id, target, args, resp)
	if err == nil && resp.Success && args.PrevLogEntry > 0 {
		t.keep.advance(string(id), args.PrevLogEntry)
	}
	return err
}

// AppendEntriesPipeline implements raft.Transport.
func (t *transport) AppendEntriesPipeline(id raft.ServerID, target raft.ServerAddress) (raft.AppendPipeline, error) {
	p, err := t.gate.AppendEntriesPipeline(id, target)
	if err != nil {
		return nil, err
	}
	return &pipeline{AppendPipeline: p, peer: string(id), keep: t.keep}, nil
}

type pipeline struct {
	raft.AppendPipeline
	peer string
	keep *retention
}

// AppendEntries implements raft.AppendPipeline. What comes before the entries the
// follower has, or is on its way.
func (p *pipeline) AppendEntries(args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) (raft.AppendFuture, error) {
	f, err := p.AppendPipeline.AppendEntries(args, resp)
	if err == nil && args.PrevLogEntry > 0 {
		p.keep.advance(p.peer, args.PrevLogEntry)
	}
	return f, err
}

// InstallSnapshot implements raft.Transport.
func (t *transport) InstallSnapshot(id raft.ServerID, target raft.ServerAddress, args *raft.InstallSnapshotRequest,
	resp *raft.InstallSnapshotResponse, data io.Reader) (err error) {
	end := t.keep.install(string(id), args.LastLogIndex)
	defer func() { end(err == nil && resp.Success) }()
	head, err := io.ReadAll(data)
	if err != nil {
		return err
	}
	started := time.Now()
	if err := t.send(string(id), args.Term); err != nil {
		return err
	}
	t.log.Info("a follower has what a snapshot stands for", "peer", string(id), "index", args.LastLogIndex, "took", time.Since(started))
	return t.gate.InstallSnapshot(id, target, args, resp, bytes.NewReader(head))
}

package consensus

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// introduction is what a node tells a peer of itself, when a connection begins and
// whenever it is asked.
type introduction struct {
	Node        string            `json:"node"`
	Run         string            `json:"run"` // of this process, anew at every start
	Peers       []string          `json:"peers"`
	Status      string            `json:"status"`
	Incarnation string            `json:"incarnation"`
	Cluster     string            `json:"cluster,omitempty"`
	Founders    map[string]string `json:"founders,omitempty"`
	Bootstrap   bool              `json:"bootstrap,omitempty"`
	Ledger      string            `json:"ledger,omitempty"`
	Leader      string            `json:"leader,omitempty"`
	Trouble     string            `json:"trouble,omitempty"` // why this leader takes no writes
	Clock       int64             `json:"clock"`             // milliseconds since 1970 UTC
}

const maxIntroduction = 32 << 10

func parseIntroduction(b []byte) (i introduction, err error) {
	if len(b) > maxIntroduction {
		return i, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(b))
	}
	err = json.Unmarshal(b, &i)
	return i, err
}

// introduce says who this node is.
func (r *Replica) introduce() introduction {
	s := r.standing.get()
	i := introduction{
		Node: r.cfg.NodeID, Run: r.run, Status: s.Status, Incarnation: s.Incarnation, Cluster: s.Cluster,
		Founders: s.Founders, Bootstrap: r.cfg.Bootstrap, Ledger: r.cfg.Ledger(), Clock: r.cfg.Clock().UnixMilli(),
	}
	for _, p := range r.cfg.Peers {
		i.Peers = append(i.Peers, p.ID)
	}
	if s.Status == statusMember {
		var self bool
		if i.Leader, self = r.Leader(); self {
			if _, err := r.clock.stamp(); err != nil {
				i.Trouble = err.Error()
			}
		}
	}
	return i
}

// view is what this node knows of one peer. Times are of this node's monotonic clock.
type view struct {
	state      introduction // as last heard
	asked      time.Time    // when that was asked for
	heard      time.Time    // when it came
	emptySince time.Time    // when this incarnation was first heard to be empty
	err        error        // why the last question has no answer
	clock      sample
}

// fresh reports whether the peer answered the last question, lately.
func (v view) fresh(now time.Time) bool {
	return v.err == nil && !v.heard.IsZero() && now.Sub(v.heard) < viewLife
}

const (
	viewLife     = 5 * time.Second
	stateTimeout = 2 * time.Second
)

// peers keeps the views of all peers.
type peers struct {
	mu   sync.Mutex
	all  map[string]view
	kick map[string]chan struct{} // capacity 1 each: ask now
}

func newPeers(c *Config) *peers {
	p := &peers{all: make(map[string]view), kick: make(map[string]chan struct{})}
	for _, peer := range c.Peers {
		if peer.ID != c.NodeID {
			p.kick[peer.ID] = make(chan struct{}, 1)
		}
	}
	return p
}

func (p *peers) views() map[string]view {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(map[string]view, len(p.all))
	for id, v := range p.all {
		out[id] = v
	}
	return out
}

func (p *peers) view(id string) view {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[id]
}

// askAll has all peers asked now.
func (p *peers) askAll() {
	for _, ch := range p.kick {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// heard notes an answer.
func (p *peers) heard(id string, i introduction, asked, at time.Time, clock sample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.all[id]
	if i.Status != statusEmpty || v.state.Status != statusEmpty || v.state.Incarnation != i.Incarnation || v.emptySince.IsZero() {
		v.emptySince = at
	}
	v.state, v.asked, v.heard, v.clock, v.err = i, asked, at, clock, nil
	p.all[id] = v
}

func (p *peers) failed(id string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := p.all[id]
	v.err = err
	p.all[id] = v
}

// follow keeps the view of one peer up to date.
func (r *Replica) follow(id string) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-r.peers.kick[id]:
		case <-r.ctx.Done():
			return
		}
		err := r.askState(id)
		if r.ctx.Err() != nil {
			return
		}
		wait := r.cfg.PeerInterval
		switch {
		case r.standing.get().Status != statusMember:
			wait = r.cfg.entryInterval()
		case err != nil:
			wait /= 4
		}
		timer.Reset(wait)
	}
}

// askState asks one peer for its state.
func (r *Replica) askState(id string) error {
	ctx, cancel := context.WithTimeout(r.ctx, min(stateTimeout, r.cfg.RPCTimeout))
	defer cancel()
	wall, asked := r.cfg.Clock(), time.Now()
	b, err := r.links[id].call(ctx, callState, nil)
	at := time.Now()
	var i introduction
	if err == nil {
		if i, err = parseIntroduction(b); err == nil && i.Node != id {
			err = fmt.Errorf("%.64q answers in place of %s", i.Node, id)
		}
	}
	if err != nil {
		r.peers.failed(id, err)
		return err
	}
	r.peers.heard(id, i, asked, at, newSample(time.UnixMilli(i.Clock), wall, asked, at))
	return nil
}

// entryInterval is how often a node outside of any cluster looks for one.
func (c *Config) entryInterval() time.Duration {
	return min(max(c.ElectionTimeout/10, 10*time.Millisecond), c.PeerInterval)
}

// answering returns which process answers at a peer's address just now.
func (r *Replica) answering(id string) (run string, ok bool) {
	l, ok := r.links[id]
	if !ok {
		return "", false
	}
	c, err := l.current()
	v := r.peers.view(id)
	return v.state.Run, c != nil && err == nil && v.fresh(time.Now())
}

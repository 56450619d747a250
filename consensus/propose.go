package consensus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Propose has cmd applied and returns the state machine's result, from any node.
// It waits for a leader as Config.LeaderWait says, and altogether no longer than ctx
// and Config.CallTimeout allow. Propose may keep cmd, which must not be modified.
//
// Errors: NotProposed holds for ErrNoLeader, ErrOverloaded, ErrClosed and
// ErrTooLarge; else the error is ErrOutcomeUnknown.
func (r *Replica) Propose(ctx context.Context, cmd []byte) ([]byte, error) {
	if len(cmd) > r.cfg.MaxCommandBytes {
		return nil, fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, len(cmd), r.cfg.MaxCommandBytes)
	}
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	var result []byte
	err := r.withLeader(ctx, func(leader string) (err error) {
		if leader == r.cfg.NodeID {
			result, err = r.proposeHere(ctx, cmd)
		} else {
			result, err = r.links[leader].call(ctx, callPropose, cmd)
		}
		return err
	})
	return result, err
}

// bounded limits ctx by CallTimeout.
func (r *Replica) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, r.cfg.CallTimeout)
}

var errNoneKnown = fmt.Errorf("%w: none is known", ErrNoLeader)

// withLeader runs do with the leader's id, again while it ends in ErrNoLeader, for
// at most LeaderWait or as long as an election took.
func (r *Replica) withLeader(ctx context.Context, do func(leader string) error) error {
	var patience *time.Timer
	for {
		changed := r.leaderChanged()
		err := errNoneKnown
		if r.ctx.Err() != nil {
			return ErrClosed
		}
		if leader, _ := r.Leader(); leader != "" {
			err = do(leader)
		}
		if err == nil || !errors.Is(err, ErrNoLeader) || errors.Is(err, ErrOutcomeUnknown) || r.cfg.LeaderWait < 0 {
			return err
		}
		if patience == nil {
			patience = time.NewTimer(max(r.cfg.LeaderWait, time.Duration(r.longestElection.Load())))
			defer patience.Stop()
		}
		again := time.NewTimer(redialDelay)
		select {
		case <-changed:
		case <-again.C:
		case <-patience.C:
			return err
		case <-ctx.Done():
			return err
		case <-r.ctx.Done():
			return ErrClosed
		}
		again.Stop()
	}
}

// localCall waits for the answer to a proposal made here.
type localCall struct {
	p      proposal
	answer chan callAnswer // capacity 1
}

func (c *localCall) reply(result []byte, err error) { c.answer <- callAnswer{result, err} }

var localCalls = sync.Pool{New: func() any { return &localCall{answer: make(chan callAnswer, 1)} }}

func (r *Replica) proposeHere(ctx context.Context, cmd []byte) ([]byte, error) {
	c := localCalls.Get().(*localCall)
	c.p.cmd, c.p.reply = cmd, c
	c.p.state.Store(proposalQueued)
	if err := r.queue.push(&c.p); err != nil {
		localCalls.Put(c)
		return nil, err
	}
	select {
	case a := <-c.answer:
		c.p.cmd = nil
		localCalls.Put(c)
		return a.payload, a.err
	case <-ctx.Done():
		if c.p.abandon() { // the queue still holds c, which therefore is not used again
			return nil, fmt.Errorf("%w: %w", ErrOverloaded, context.Cause(ctx))
		}
		return nil, fmt.Errorf("%w: %w", ErrOutcomeUnknown, context.Cause(ctx))
	case <-r.dead:
		if c.p.abandon() {
			return nil, ErrClosed
		}
		return nil, fmt.Errorf("%w: this node stopped", ErrOutcomeUnknown)
	}
}

// peerCalls answers the calls of other nodes.
type peerCalls struct{ *Replica }

func (r peerCalls) propose(cmd []byte, deadline time.Time, to replier) {
	if _, self := r.Leader(); !self {
		to.reply(nil, ErrNoLeader) // never passed on again
		return
	}
	if len(cmd) > r.cfg.MaxCommandBytes {
		to.reply(nil, ErrTooLarge)
		return
	}
	p := &proposal{cmd: cmd, deadline: deadline, reply: to}
	if err := r.queue.push(p); err != nil {
		to.reply(nil, err)
	}
}

func (r peerCalls) readIndex(to func(index uint64, err error)) { r.localRounds.join(to) }

func (r peerCalls) ask(question []byte) []byte {
	if r.cfg.Answer == nil {
		return nil
	}
	return r.cfg.Answer(question)
}

func (r peerCalls) hello() []byte {
	if r.cfg.Hello == nil {
		return nil
	}
	return r.cfg.Hello()
}

func (r peerCalls) state() ([]byte, error) { return json.Marshal(r.introduce()) }

// admit lets one node in at a time.
func (r peerCalls) admit(to func(answer []byte, err error)) {
	if !r.admitting.CompareAndSwap(false, true) {
		to(nil, ErrOverloaded)
		return
	}
	r.running.Go(func() {
		defer r.admitting.Store(false)
		a, err := r.Replica.admit()
		b, merr := json.Marshal(a)
		to(b, errors.Join(err, merr))
	})
}

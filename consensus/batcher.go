package consensus

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// applier is the part of raft.Raft that the batcher needs.
type applier interface {
	ApplyLog(log raft.Log, timeout time.Duration) raft.ApplyFuture
	State() raft.RaftState
}

// batcher forms log entries from the queue: an idle log takes a command at once; a
// busy one takes the next entry when it is full, or when all before it have ended.
// An entry costs every node a sync of its disk whatever it holds, so a part-full
// one in between would only put off the commands that are gathering.
type batcher struct {
	raft           applier
	queue          *queue
	tick           time.Duration
	enqueueTimeout time.Duration
	stamp          func() (int64, error) // the time to propose, or why none may be
	kick           chan struct{}         // capacity 1: propose a tick now
	slots          chan struct{}         // one per entry under way
	flights        chan *flight
	stop           chan struct{}
	running        sync.WaitGroup
}

// flight is one entry under way.
type flight struct {
	future    raft.ApplyFuture
	proposals []*proposal
	commands  [][]byte
}

func newBatcher(r applier, q *queue, stamp func() (int64, error), c *Config) *batcher {
	b := &batcher{
		raft: r, queue: q,
		tick: c.TickInterval, enqueueTimeout: c.AppendTimeout, stamp: stamp,
		kick:    make(chan struct{}, 1),
		slots:   make(chan struct{}, c.MaxInFlight),
		flights: make(chan *flight, c.MaxInFlight),
		stop:    make(chan struct{}),
	}
	b.running.Go(b.propose)
	b.running.Go(b.complete)
	return b
}

// propose turns proposals into entries until stopped.
func (b *batcher) propose() {
	defer close(b.flights)
	timer := time.NewTimer(b.tick)
	defer timer.Stop()
	for {
		tick := false
		select {
		case <-b.stop:
			return
		case <-b.queue.wake:
		case <-b.kick:
			tick = true
		case <-timer.C:
			tick = true
			timer.Reset(b.tick)
		}
		if len(b.slots) > 0 && !b.queue.full() {
			continue // complete wakes us
		}
		b.gather()
		select {
		case b.slots <- struct{}{}:
		case <-b.stop:
			return
		}
		f := &flight{}
		f.proposals = b.queue.take()
		if len(f.proposals) == 0 && !(tick && b.raft.State() == raft.Leader) {
			<-b.slots
			continue
		}
		if err := b.launch(f); err != nil {
			<-b.slots
			timer.Reset(b.tick / 10) // the peers are being asked what time it is
			continue
		}
		timer.Reset(b.tick)
	}
}

// gather lets those run who were just answered and propose again at once, so that
// they get into the next entry. It waits for nothing: with nobody ready to run it
// returns immediately.
func (b *batcher) gather() {
	for n := -1; n != b.queue.len() && !b.queue.full(); {
		n = b.queue.len()
		runtime.Gosched()
	}
}

// launch proposes f, or answers its proposals if the clock is not to be trusted.
func (b *batcher) launch(f *flight) error {
	stamp, err := b.stamp()
	if err != nil {
		for _, p := range f.proposals {
			p.reply.reply(nil, err)
		}
		return err
	}
	f.commands = make([][]byte, len(f.proposals))
	for i, p := range f.proposals {
		f.commands[i] = p.cmd
	}
	data := appendBatch(make([]byte, 0, batchSize(f.commands)), stamp, f.commands)
	f.commands = nil
	f.future = b.raft.ApplyLog(raft.Log{Data: data}, b.enqueueTimeout)
	b.flights <- f
	return nil
}

// complete answers the proposals of each entry in order.
func (b *batcher) complete() {
	for f := range b.flights {
		results, err := settle(f.future)
		if err == nil && len(results) != len(f.proposals) {
			err = fmt.Errorf("%w: %d results for %d commands", ErrOutcomeUnknown, len(results), len(f.proposals))
		}
		for i, p := range f.proposals {
			if err != nil {
				p.reply.reply(nil, err)
			} else {
				p.reply.reply(results[i], nil)
			}
		}
		<-b.slots
		b.queue.signal()
	}
}

// settle waits for an entry and says which of the three endings it had. An entry
// that Raft gave no index was never in any log, as when its main goroutine waits for
// a disk and takes none; any other error may have come after the entry reached a
// disk, here or elsewhere.
func settle(f raft.ApplyFuture) ([][]byte, error) {
	if err := f.Error(); err != nil {
		switch {
		case f.Index() != 0:
			return nil, fmt.Errorf("%w: log entry %d: %w", ErrOutcomeUnknown, f.Index(), err)
		case errors.Is(err, raft.ErrRaftShutdown):
			return nil, fmt.Errorf("%w: %w", ErrClosed, err)
		}
		return nil, fmt.Errorf("%w: %w", ErrNoLeader, err)
	}
	out, ok := f.Response().(*outcome)
	if !ok {
		return nil, fmt.Errorf("%w: response of type %T", ErrOutcomeUnknown, f.Response())
	}
	if out.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOutcomeUnknown, out.err)
	}
	return out.results, nil
}

// shutdown stops proposing and waits, at most for d, until every entry under way
// has ended.
func (b *batcher) shutdown(d time.Duration) bool {
	b.queue.close()
	close(b.stop)
	return waited(b.running.Wait, d)
}

// waited runs wait and reports whether it returned within d.
func waited(wait func(), d time.Duration) bool {
	done := make(chan struct{})
	go func() {
		wait()
		close(done)
	}()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

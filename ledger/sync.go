package ledger

import (
	"sync"
	"time"
)

// syncer makes durable what was applied, a while after the first of it was. Nobody waits
// for that.
type syncer struct {
	due     chan struct{} // capacity 1: something is written
	ended   chan struct{}
	running sync.WaitGroup
}

// start begins; work is called after every pause in which something was written.
func (s *syncer) start(pause time.Duration, work func()) {
	s.due, s.ended = make(chan struct{}, 1), make(chan struct{})
	s.running.Go(func() {
		for {
			select {
			case <-s.due:
			case <-s.ended:
				return
			}
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
				work()
			case <-s.ended:
				timer.Stop()
				return
			}
		}
	})
}

// written says that there is something to make durable.
func (s *syncer) written() {
	select {
	case s.due <- struct{}{}:
	default:
	}
}

// stop ends the work. What is left is for the caller.
func (s *syncer) stop() {
	close(s.ended)
	s.running.Wait()
}

// sync makes what was applied durable. After a failure no more batches are taken.
func (l *Ledger) sync() {
	gen, _ := l.acquire()
	if gen == nil {
		return
	}
	defer gen.refs.Done()
	err := gen.db.Sync()
	if err == nil {
		return
	}
	l.cfg.Logger.Error("what was applied cannot be made durable", "error", err)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil && l.gen == gen {
		l.failed = err
	}
}

// acquire returns the generation in use with a reference to it, nil once closed, and the
// applied index.
func (l *Ledger) acquire() (*generation, uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gen == nil {
		return nil, 0
	}
	l.gen.refs.Add(1)
	return l.gen, l.applied.Load()
}

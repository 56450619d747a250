package consensus

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// guard stands between Raft and the store of its log. After the first error of
// the store nothing is written or read any more: a store whose sync failed may
// hold anything, and hands out entries it was never able to keep.
//
// hashicorp/raft panics on most errors of its stores. Once running is set, an
// operation that Raft would panic on ends its goroutine instead; its deferred
// calls run, pending futures are answered, and fatal has said why.
type guard struct {
	fatal   func(error) // called for every fault while running; must not block
	running atomic.Bool

	mu  sync.Mutex
	err error
}

// fault records err as the reason this store is not used any more.
func (g *guard) fault(err error) error {
	g.mu.Lock()
	if g.err == nil {
		g.err = err
	}
	g.mu.Unlock()
	if g.running.Load() {
		g.fatal(err)
	}
	return err
}

func (g *guard) broken() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return fmt.Errorf("store is out of use: %w", g.err)
	}
	return nil
}

// write runs op, turning panics of the store and errors into faults.
func (g *guard) write(what string, op func() error) error {
	if err := g.broken(); err != nil {
		return err
	}
	if err := caught(op); err != nil {
		return g.fault(fmt.Errorf("%s: %w", what, err))
	}
	return nil
}

// must ends the goroutine instead of returning an error that Raft panics on.
func (g *guard) must(err error) error {
	if err != nil && g.running.Load() {
		runtime.Goexit()
	}
	return err
}

// caught runs op and returns a panic of the storage engine, which has no other
// way to report a damaged page, as an error.
func caught(op func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("storage engine: %v: %w", p, ErrCorrupt)
		}
	}()
	return op()
}

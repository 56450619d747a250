package httpapi

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/tabard-id/tabard/node/api"
)

// gate bounds verifications: how many run at once, for each takes a core and memory, and how many there
// are at all, those that wait for a slot or for another host included.
type gate struct {
	slots chan struct{}
	all   atomic.Int64
	most  int64
}

func newGate(running, most int) *gate {
	if running <= 0 {
		running = 2 * runtime.GOMAXPROCS(0)
	}
	if most <= 0 {
		most = 128
	}
	return &gate{slots: make(chan struct{}, running), most: int64(max(running, most))}
}

// slot is one verification's place. It is used by that verification's goroutine alone.
type slot struct {
	gate *gate
	held bool
}

// enter waits for a slot. Where too many are waiting already it is refused at once.
func (g *gate) enter(ctx context.Context) (*slot, error) {
	if g.all.Add(1) > g.most {
		g.all.Add(-1)
		return nil, api.NewProblem(api.Overloaded, "too many verifications are under way")
	}
	s := &slot{gate: g}
	if s.resume(ctx) != nil {
		g.all.Add(-1)
		return nil, api.NewProblem(api.Overloaded, "too many verifications are under way")
	}
	return s, nil
}

// pause gives the slot to others.
func (s *slot) pause() {
	if s.held {
		s.held = false
		<-s.gate.slots
	}
}

// resume takes a slot again.
func (s *slot) resume(ctx context.Context) error {
	if s.held {
		return nil
	}
	select {
	case s.gate.slots <- struct{}{}:
		s.held = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave ends the verification.
func (s *slot) leave() {
	s.pause()
	s.gate.all.Add(-1)
}

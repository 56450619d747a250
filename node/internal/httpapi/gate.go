package httpapi

import (
	"context"
	"net/netip"
	"runtime"
	"sync"

	"github.com/tabard-id/tabard/node/api"
)

// gate bounds verifications. Those that work, or wait for their turn to, and those that wait for other
// hosts have bounds of their own, in sum and for each client: strangers who take their time hold up nobody
// who needs nothing of them. Turns go round by client.
type gate struct {
	turns *turns

	mu   sync.Mutex
	here tally
	away tally
}

// How many verifications may be under way, and how many may wait for other hosts.
const (
	defaultHere = 256
	defaultAway = 256
)

func newGate(running, most int) *gate {
	if running <= 0 {
		running = 2 * runtime.GOMAXPROCS(0)
	}
	if most <= 0 {
		most = defaultHere
	}
	return &gate{turns: newTurns(running), here: newTally(most), away: newTally(defaultAway)}
}

// slot is one verification's place. It is used by that verification's goroutine alone.
type slot struct {
	gate *gate
	addr netip.Addr
	// turn gives up the right to work; nil while there is none.
	turn func()
	away bool
	// refused is why another host was not asked, if that was for this node's own sake: the verdict then says
	// nothing of what was to be verified.
	refused error
}

// enter waits for a turn. Where too many are waiting already it is refused at once.
func (g *gate) enter(ctx context.Context, addr netip.Addr) (*slot, error) {
	g.mu.Lock()
	err := g.here.take(addr, 1, "verifications under way")
	g.mu.Unlock()
	if err != nil {
		return nil, err
	}
	s := &slot{gate: g, addr: addr}
	if s.turn, err = g.turns.enter(ctx, addr); err != nil {
		s.leave()
		return nil, api.NewProblem(api.Overloaded, "too many verifications are under way")
	}
	return s, nil
}

// pause gives the turn to others while another host is waited for. If as many wait as may, it is an error
// and the turn is kept.
func (s *slot) pause() error {
	g := s.gate
	g.mu.Lock()
	err := g.away.take(s.addr, 1, "verifications that wait for other hosts")
	if err == nil {
		g.here.give(s.addr, 1)
	}
	g.mu.Unlock()
	if err != nil {
		return err
	}
	s.away = true
	s.endTurn()
	return nil
}

// resume waits for a turn again. There is always room to: what waits has been let in before.
func (s *slot) resume(ctx context.Context) error {
	s.back()
	if s.turn != nil {
		return nil
	}
	turn, err := s.gate.turns.enter(ctx, s.addr)
	s.turn = turn
	return err
}

func (s *slot) back() {
	if !s.away {
		return
	}
	s.away = false
	s.gate.mu.Lock()
	s.gate.away.give(s.addr, 1)
	s.gate.here.add(s.addr, 1)
	s.gate.mu.Unlock()
}

func (s *slot) endTurn() {
	if s.turn != nil {
		s.turn()
		s.turn = nil
	}
}

// leave ends the verification.
func (s *slot) leave() {
	s.back()
	s.endTurn()
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.here.give(s.addr, 1)
}

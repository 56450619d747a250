package httpapi

import (
	"net/netip"

	"github.com/tabard-id/tabard/node/api"
)

// tally counts what is held, in sum and by client, and bounds both. Not safe for concurrent use.
type tally struct {
	most, each int
	all        int
	by         map[netip.Addr]int
}

// clientsShare is the part of everything that one client may have: a quarter.
const clientsShare = 4

func newTally(most int) tally { return newTallyOf(most, max(1, most/clientsShare)) }

func newTallyOf(most, each int) tally {
	return tally{most: most, each: each, by: map[netip.Addr]int{}}
}

// take counts n more of a client's, unless a bound is reached.
func (t *tally) take(addr netip.Addr, n int, what string) error {
	switch {
	case t.by[addr]+n > t.each:
		return api.Problemf(api.RateLimited, "one address has no more than %d %s", t.each, what)
	case t.all+n > t.most:
		return api.NewProblem(api.Overloaded, "too many "+what)
	}
	t.add(addr, n)
	return nil
}

// add counts n more whatever the bounds.
func (t *tally) add(addr netip.Addr, n int) {
	t.all += n
	t.by[addr] += n
}

func (t *tally) give(addr netip.Addr, n int) {
	t.all -= n
	if t.by[addr] -= n; t.by[addr] == 0 {
		delete(t.by, addr)
	}
}

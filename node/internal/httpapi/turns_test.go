package httpapi

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
)

var flooder, honest = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")

// A client with a thousand checks under way delays another's by one, not by a thousand.
func TestTurnsGoRoundByClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		leave, err := turns.enter(t.Context(), flooder)
		if err != nil {
			t.Fatal(err)
		}
		var order []netip.Addr // guarded by the one place
		wait := func(addr netip.Addr) {
			go func() {
				leave, err := turns.enter(t.Context(), addr)
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, addr)
				leave()
			}()
			synctest.Wait()
		}
		for range 1000 {
			wait(flooder)
		}
		wait(honest)
		wait(honest)
		leave()
		synctest.Wait()
		if len(order) != 1002 || order[1] != honest || order[3] != honest {
			t.Errorf("%d had a turn, first %v", len(order), order[:4])
		}
		if len(turns.clients) != 0 || turns.ring.Len() != 0 || turns.free != 1 {
			t.Errorf("%d clients remain, %d places", len(turns.clients), turns.free)
		}
	})
}

// Whoever is gone takes nobody's turn, not even when it comes at that very moment.
func TestTurnOfAClientThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(2)
		var places []func()
		for range 2 {
			leave, err := turns.enter(t.Context(), flooder)
			if err != nil {
				t.Fatal(err)
			}
			places = append(places, leave)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 8)
		for range 8 {
			go func() {
				leave, err := turns.enter(ctx, honest)
				if err == nil {
					leave()
				}
				gone <- err
			}()
		}
		synctest.Wait()
		cancel()
		for _, leave := range places {
			leave()
		}
		for range 8 {
			if err := <-gone; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		synctest.Wait()
		if len(turns.clients) != 0 || turns.free != 2 {
			t.Errorf("%d clients remain, %d of 2 places", len(turns.clients), turns.free)
		}
	})
}

package stream

import (
	"fmt"
	"time"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// publishBatch is how many new records become frames before subscribers are told.
const publishBatch = 256

// publish follows the ledger and the clock until the hub stops.
func (h *Hub) publish() {
	defer h.workers.Done()
	ticker := time.NewTicker(h.cfg.Interval)
	defer ticker.Stop()
	for {
		grown := h.cfg.Source.Notify() // before the size is read, lest growth be missed
		h.advance(h.cfg.Source.Size())
		select {
		case <-grown:
		case <-ticker.C:
			h.tick()
		case <-h.quit:
			return
		}
	}
}

// advance publishes the records below size.
func (h *Hub) advance(size record.Seq) {
	for {
		st := *h.state.Load()
		if st.size >= size {
			return
		}
		next := size
		if h.caps.count() > 0 {
			next = min(size, st.size+publishBatch)
			if err := h.frames(st.size, int(next-st.size), h.ring.put); err != nil {
				// Those who get there read for themselves, and are told.
				h.log.Error("stream cannot read new records", "seq", st.size, "error", err)
			}
		}
		st.size = next
		h.announce(&st)
	}
}

// tick publishes a heartbeat if the node is current, and ends the streams of a node
// that has not been for long.
func (h *Hub) tick() {
	st := *h.state.Load()
	st.tick++
	age := h.cfg.Staleness()
	switch {
	case age > h.cfg.CloseStale:
		for _, sub := range h.all() {
			h.end(sub, api.CloseNodeStale)
		}
	case age <= h.cfg.MaxStale:
		if b := h.nextBeat(st.beat, age); b != nil {
			h.advance(b.size)
			st.size, st.beat = max(b.size, st.size), b
		}
	}
	h.announce(&st)
}

// nextBeat makes the heartbeat of the newest state; nil before the first record.
func (h *Hub) nextBeat(last *beat, age time.Duration) *beat {
	asOf := time.Now().Add(-age) // before the state is read: it may be newer, not older
	head, err := h.cfg.Source.Head()
	if err != nil {
		h.log.Error("stream cannot read the ledger's head", "error", err)
		return nil
	}
	if head.Ledger == "" {
		return nil
	}
	var number uint64 = 1
	if last != nil {
		number = last.number + 1
	}
	b, err := newBeat(number, head, asOf)
	if err != nil {
		h.log.Error("stream cannot make a heartbeat", "error", err)
		return nil
	}
	return b
}

func (h *Hub) announce(st *state) {
	h.state.Store(st)
	for _, s := range h.shards {
		s.signal()
	}
}

// ledger returns the ledger id; empty before the first record.
func (h *Hub) ledger() (string, error) {
	if id := h.id.Load(); id != nil {
		return *id, nil
	}
	head, err := h.cfg.Source.Head()
	if err != nil || head.Ledger == "" {
		return "", err
	}
	h.id.Store(&head.Ledger)
	return head.Ledger, nil
}

// frames reads n records and makes frames of them.
func (h *Hub) frames(from record.Seq, n int, use func(*frame)) error {
	id, err := h.ledger()
	if err != nil {
		return err
	}
	got := 0
	err = h.cfg.Source.Read(from, n, func(seq record.Seq, raw []byte) error {
		f, err := encode(id, seq, raw)
		if err == nil && seq != from+record.Seq(got) {
			err = fmt.Errorf("record %d in place of %d", seq, from+record.Seq(got))
		}
		if err != nil {
			return err
		}
		got++
		use(f)
		return nil
	})
	if err == nil && got < n {
		err = fmt.Errorf("%d records from %d on, want %d", got, from, n)
	}
	return err
}

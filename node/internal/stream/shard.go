package stream

import (
	"sync"
)

// shard is a part of the subscribers with one worker, which writes to whoever of
// them lacks something.
type shard struct {
	hub  *Hub
	wake chan struct{} // holds at most one token

	mu    sync.Mutex // guards the rest and the members' place, again, index
	subs  []*subscriber
	queue []*subscriber
	spare []*subscriber // the queue's other array
}

func newShard(h *Hub) *shard { return &shard{hub: h, wake: make(chan struct{}, 1)} }

func (s *shard) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// add takes in a new subscriber and has it served.
func (s *shard) add(sub *subscriber) {
	s.mu.Lock()
	sub.index = len(s.subs)
	s.subs = append(s.subs, sub)
	s.enqueue(sub)
	s.mu.Unlock()
	s.signal()
}

// remove forgets a subscriber; a worker that is at it finds its connection closed.
func (s *shard) remove(sub *subscriber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sub.place == gone {
		return
	}
	last := len(s.subs) - 1
	s.subs[sub.index] = s.subs[last]
	s.subs[sub.index].index = sub.index
	s.subs[last] = nil
	s.subs = s.subs[:last]
	sub.place = gone
}

// enqueue is called with mu held.
func (s *shard) enqueue(sub *subscriber) {
	sub.place = queued
	s.queue = append(s.queue, sub)
}

// kick has a subscriber looked at, though there may be no new record.
func (s *shard) kick(sub *subscriber) {
	s.mu.Lock()
	switch sub.place {
	case idle:
		s.enqueue(sub)
	case served, away:
		sub.again = true
	}
	s.mu.Unlock()
	s.signal()
}

// back takes a subscriber from a replayer or flusher.
func (s *shard) back(sub *subscriber) {
	s.mu.Lock()
	if sub.place == away {
		s.enqueue(sub)
	}
	s.mu.Unlock()
	s.signal()
}

// run serves rounds until the hub stops: each queued subscriber gets at most one
// write a round, so that one with much to read holds up none with little.
func (s *shard) run() {
	defer s.hub.workers.Done()
	w := &worker{hub: s.hub}
	var seen *state
	for {
		st := s.hub.state.Load()
		round := s.round(st, st != seen)
		seen = st
		if len(round) == 0 {
			select {
			case <-s.wake:
				continue
			case <-s.hub.quit:
				return
			}
		}
		for i, sub := range round {
			s.serve(w, sub)
			round[i] = nil
		}
		w.count()
		s.mu.Lock()
		s.spare = round[:0]
		s.mu.Unlock()
	}
}

// round takes the queue, with everyone in it who lacks something of a new state.
func (s *shard) round(st *state, changed bool) []*subscriber {
	s.mu.Lock()
	defer s.mu.Unlock()
	if changed {
		for _, sub := range s.subs {
			if sub.place == idle && sub.lacks(st) {
				s.enqueue(sub)
			}
		}
	}
	round := s.queue
	s.queue, s.spare = s.spare[:0], nil
	return round
}

// lacks reports whether st has something that the subscriber was not given.
func (sub *subscriber) lacks(st *state) bool {
	return sub.next < st.size || st.beat != nil && sub.beat < st.beat.number || sub.pings+pingEvery <= st.tick
}

// serve gives one subscriber one write, and puts it where it belongs then.
func (s *shard) serve(w *worker, sub *subscriber) {
	s.mu.Lock()
	if sub.place != queued {
		s.mu.Unlock()
		return
	}
	sub.place, sub.again = served, false
	s.mu.Unlock()

	result := w.serve(sub)

	s.mu.Lock()
	defer s.mu.Unlock()
	if sub.place == gone {
		return
	}
	switch result {
	case done:
		sub.place = idle
		if sub.again {
			s.enqueue(sub)
		}
	case more:
		s.enqueue(sub)
	case cold:
		sub.place = away
		s.hub.replay.push(sub)
	case full:
		sub.place = away
		s.hub.flush(sub, w.rest)
	case over:
		sub.place = away
	}
}

package stream

import "sync"

// replayers is how many goroutines read old records for subscribers. They are apart
// from the shards so that replays do not hold up live frames.
const replayers = 2

// replayQueue holds the subscribers that lack records which the ring no longer has.
// Each gets one turn, then the next one does.
type replayQueue struct {
	mu      sync.Mutex // taken after a shard's
	more    *sync.Cond
	queue   []*subscriber
	stopped bool
}

func newReplayQueue() *replayQueue {
	q := &replayQueue{}
	q.more = sync.NewCond(&q.mu)
	return q
}

func (q *replayQueue) push(sub *subscriber) {
	q.mu.Lock()
	q.queue = append(q.queue, sub)
	q.mu.Unlock()
	q.more.Signal()
}

// pop waits for a subscriber; nil when stopped.
func (q *replayQueue) pop() *subscriber {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.queue) == 0 && !q.stopped {
		q.more.Wait()
	}
	if q.stopped {
		return nil
	}
	sub := q.queue[0]
	q.queue[0] = nil
	q.queue = q.queue[1:]
	return sub
}

func (q *replayQueue) stop() {
	q.mu.Lock()
	q.stopped = true
	q.mu.Unlock()
	q.more.Broadcast()
}

// runReplay serves subscribers until they are back within the ring.
func (h *Hub) runReplay() {
	defer h.workers.Done()
	w := &worker{hub: h, loads: true}
	for {
		sub := h.replay.pop()
		if sub == nil {
			return
		}
		if sub.home.lost(sub) {
			continue
		}
		result := w.serve(sub)
		w.count()
		switch result {
		case more, cold:
			if h.ring.get(sub.next) == nil {
				h.replay.push(sub)
			} else {
				sub.home.back(sub)
			}
		case done:
			sub.home.back(sub)
		case full:
			h.flush(sub, w.rest)
		case over:
		}
	}
}

// lost reports whether the subscriber's connection is closed.
func (s *shard) lost(sub *subscriber) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sub.place == gone
}

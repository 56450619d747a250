package stream

import (
	"errors"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// result says what a subscriber needs after a write.
type result uint8

const (
	done result = iota // nothing
	more               // another turn
	cold               // records that are no longer in the ring
	full               // that its socket drains
	over               // nothing more, ever
)

// Bounds of one turn.
const (
	turnBytes   = 32 << 10 // of a write, which one frame may exceed
	turnFrames  = 1024     // looked at, let through or not
	replayBatch = 128      // records read at a time for a replay
)

// worker composes and makes writes. It belongs to one goroutine.
type worker struct {
	hub   *Hub
	try   tryWriter
	buf   []byte // the write
	marks []mark // where its frames end
	rest  []byte // what a full socket is still to be given
	cache []*frame
	// writes and bytes are those that the metrics do not have yet.
	writes, bytes int
	// loads: frames that the ring lacks are read from the ledger.
	loads bool
}

// mark is the end of a frame in a write, with what the subscriber has then been
// given.
type mark struct {
	end  int
	next record.Seq
	beat uint64
}

// serve gives sub what it lacks, as far as one turn goes.
func (w *worker) serve(sub *subscriber) result {
	w.buf, w.marks, w.rest = w.buf[:0], w.marks[:0], nil
	pong, bye, ended := sub.asked()
	if ended {
		return over
	}
	if pong != nil {
		w.add(sub, appendControl(nil, headPong, pong))
	}
	if bye != nil {
		w.add(sub, bye)
		if r, _ := w.write(sub); r == full {
			return full
		}
		return over
	}
	st := w.hub.state.Load()
	if sub.pings+pingEvery <= st.tick {
		sub.pings = st.tick
		w.add(sub, appendControl(nil, headPing, nil))
	}
	outcome, err := w.compose(sub, st)
	if err != nil {
		w.fail(sub, err)
	}
	if len(w.buf) == 0 {
		return outcome
	}
	written, err := w.write(sub)
	if err != nil {
		sub.conn.Close() // its reader sees that and takes it out
		return over
	}
	if written == full {
		return full
	}
	return outcome
}

// count brings the metrics up to date.
func (w *worker) count() {
	w.hub.metrics.writes.Add(float64(w.writes))
	w.hub.metrics.bytes.Add(float64(w.bytes))
	w.writes, w.bytes = 0, 0
}

// fail ends a subscription whose records cannot be read.
func (w *worker) fail(sub *subscriber, err error) {
	if errors.Is(err, ErrPruned) {
		w.hub.end(sub, api.CloseOutdatedCursor)
		return
	}
	w.hub.log.Error("stream cannot read the ledger", "seq", sub.next, "error", err)
	w.hub.end(sub, closeInternal)
}

// closeInternal has the close code 1011.
const closeInternal api.CloseReason = "internal"

// add appends a frame, after what sub records of it.
func (w *worker) add(sub *subscriber, wire []byte) {
	w.buf = append(w.buf, wire...)
	w.marks = append(w.marks, mark{len(w.buf), sub.next, sub.beat})
}

// compose appends frames up to the state's size, and the heartbeat at exactly the
// size it speaks of.
func (w *worker) compose(sub *subscriber, st *state) (result, error) {
	if sub.hello != nil {
		w.add(sub, sub.hello)
		sub.hello = nil
	}
	for looked := 0; ; looked++ {
		w.heartbeat(sub, st.beat)
		if sub.next >= st.size {
			return done, nil
		}
		if looked >= turnFrames || len(w.buf) >= turnBytes {
			return more, nil
		}
		f, err := w.frame(sub.next, st)
		if err != nil {
			return done, err
		}
		if f == nil {
			return cold, nil
		}
		sub.next++
		if sub.filter.empty() || sub.filter.match(f) {
			w.add(sub, f.wire)
		}
	}
}

// heartbeat appends b if sub has come to b's size. One that sub is already beyond
// would take its cursor back, and is left out.
func (w *worker) heartbeat(sub *subscriber, b *beat) {
	if b == nil || sub.beat >= b.number || sub.next < b.size {
		return
	}
	sub.beat = b.number
	if sub.next == b.size {
		w.add(sub, b.wire)
	}
}

// frame returns the frame at seq; nil if it is not in the ring and w does not load.
func (w *worker) frame(seq record.Seq, st *state) (*frame, error) {
	if f := w.hub.ring.get(seq); f != nil || !w.loads {
		return f, nil
	}
	if n := len(w.cache); n > 0 && seq >= w.cache[0].seq && seq <= w.cache[n-1].seq {
		return w.cache[seq-w.cache[0].seq], nil
	}
	w.cache = w.cache[:0]
	count := min(replayBatch, int(min(st.size-seq, replayBatch)))
	err := w.hub.frames(seq, count, func(f *frame) { w.cache = append(w.cache, f) })
	if err != nil {
		w.cache = w.cache[:0]
		return nil, err
	}
	return w.cache[0], nil
}

// write makes the write. A socket that takes a part gets the rest of the frame it
// was cut in later; the frames after that it forgets, and reads again then. Where
// writes may wait, all of it is left to a flusher.
func (w *worker) write(sub *subscriber) (result, error) {
	if sub.raw == nil {
		w.rest = append([]byte(nil), w.buf...)
		return full, nil
	}
	n, err := w.try.write(sub.raw, w.buf)
	w.writes++
	w.bytes += n
	if err != nil || n == len(w.buf) {
		return done, err
	}
	for _, m := range w.marks {
		if m.end > n {
			w.rest = append([]byte(nil), w.buf[n:m.end]...)
			sub.next, sub.beat = m.next, m.beat
			break
		}
	}
	return full, nil
}

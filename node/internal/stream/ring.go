package stream

import (
	"sync/atomic"

	"github.com/tabard-id/tabard/ledger/record"
)

// ringSlots is how many of the newest records are kept as frames. A frame is some
// 500 bytes, so the ring holds about 2 MiB.
const ringSlots = 4096

// ring holds the newest frames, each under its position. Safe for concurrent use.
type ring struct {
	slots [ringSlots]atomic.Pointer[frame]
}

// get returns the frame at seq, or nil if it is not kept.
func (r *ring) get(seq record.Seq) *frame {
	if f := r.slots[seq%ringSlots].Load(); f != nil && f.seq == seq {
		return f
	}
	return nil
}

// put keeps f in place of an older frame. There is one writer.
func (r *ring) put(f *frame) { r.slots[f.seq%ringSlots].Store(f) }

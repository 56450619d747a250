package observe

import (
	"sync"
	"time"

	"github.com/tabard-id/tabard/did"
)

// budget bounds how often a change of one DID is recorded: its host may serve another
// document each time, and have a node look by notifying it.
type budget struct {
	mu    sync.Mutex
	spent map[did.ID]*spending
}

type spending struct {
	records int
	since   time.Time
}

// A DID has burst records to spend, and gets one back with every refill.
const (
	burst  = 8
	refill = time.Minute
)

// take spends a record of a DID, if it has one left.
func (b *budget) take(id did.ID, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for other, s := range b.spent {
		if back := int(now.Sub(s.since) / refill); back > 0 {
			s.records, s.since = s.records-back, s.since.Add(time.Duration(back)*refill)
		}
		if s.records <= 0 {
			delete(b.spent, other)
		}
	}
	if b.spent == nil {
		b.spent = map[did.ID]*spending{}
	}
	s := b.spent[id]
	if s == nil {
		s = &spending{since: now}
		b.spent[id] = s
	}
	if s.records >= burst {
		return false
	}
	s.records++
	return true
}

package consensus

import (
	"fmt"

	"github.com/hashicorp/raft"
)

// sealAll fills sealed with the envelopes of logs and kept with what GetLog is to
// return for them. The digest of the last is returned. Nothing is changed.
func (s *sealedLog) sealAll(logs []*raft.Log, kept []raft.Log, sealed []*raft.Log) (digest, error) {
	s.mu.RLock()
	last, tail, known := s.last, s.tail, s.tailKnown
	if last == 0 {
		known = s.anchorIndex == logs[0].Index-1
		if tail = (digest{}); s.anchorIndex > 0 {
			tail = s.anchorSum
		}
	}
	s.mu.RUnlock()
	for i, l := range logs {
		if len(l.Data) > maxEntryBytes {
			return tail, fmt.Errorf("log entry %d of %d bytes: %w", l.Index, len(l.Data), ErrTooLarge)
		}
		if last != 0 && l.Index != last+1 {
			return tail, s.fault(fmt.Errorf("log entry %d stored after entry %d in %s: %w", l.Index, last, s.path, ErrDiverged))
		}
		env, prev, own, err := s.sealOne(l, tail, known)
		if err != nil {
			return tail, err
		}
		kept[i] = raft.Log{Index: l.Index, Term: l.Term, Type: l.Type, Data: l.Data, Extensions: extensions(prev, own)}
		sealed[i] = &raft.Log{Index: l.Index, Term: l.Term, Type: l.Type, Data: env}
		last, tail, known = l.Index, own, true
	}
	return tail, nil
}

// sealOne seals an entry made here, or checks and seals one from the leader. If
// the predecessor is not known here, the leader's word on it is taken.
func (s *sealedLog) sealOne(l *raft.Log, tail digest, known bool) (env []byte, prev, own digest, err error) {
	if len(l.Extensions) == 0 {
		if !known {
			return nil, prev, own, fmt.Errorf("log entry %d: digest of its predecessor is not known", l.Index)
		}
		env, own = seal(l, tail)
		return env, tail, own, nil
	}
	prev, claimed, err := parseExtensions(l.Extensions)
	if err != nil {
		return nil, prev, own, fmt.Errorf("log entry %d from the leader: %w", l.Index, err)
	}
	if env, own = seal(l, prev); own != claimed {
		return nil, prev, own, fmt.Errorf("log entry %d from the leader: digest does not match: %w", l.Index, ErrCorrupt)
	}
	if known && prev != tail {
		return nil, prev, own, s.fault(fmt.Errorf("log entry %d from the leader does not follow our entry %d: %w",
			l.Index, l.Index-1, ErrDiverged))
	}
	return env, prev, own, nil
}

// remember keeps l in memory, within bounds. The caller holds mu.
func (s *sealedLog) remember(l *raft.Log) {
	slot := &s.recent[l.Index%uint64(len(s.recent))]
	s.recentBytes += len(l.Data) - len(slot.Data)
	*slot = *l
	for i := l.Index + 1; s.recentBytes > recentLimit && i < l.Index+uint64(len(s.recent)); i++ {
		old := &s.recent[i%uint64(len(s.recent))]
		s.recentBytes -= len(old.Data)
		*old = raft.Log{}
	}
}

// DeleteRange implements raft.LogStore. Raft deletes prefixes and suffixes only. Of a
// prefix that it does not need any more, what others need stays until it does not need
// more.
func (s *sealedLog) DeleteRange(low, high uint64) error {
	if last, _ := s.LastIndex(); high < last { // never fails
		if index, ok := s.kept(); ok && low < index {
			high = min(high, index-1)
		} else if ok {
			return nil
		}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.RLock()
	first, last := s.first, s.last
	s.mu.RUnlock()
	low, high = max(low, first), min(high, last)
	if last == 0 || low > high {
		return nil
	}
	if low != first && high != last {
		return fmt.Errorf("delete log entries %d to %d out of %d to %d: would leave a gap", low, high, first, last)
	}
	tail, known := digest{}, false
	if low > first {
		if tail, known = s.digestAt(low - 1); !known {
			return s.fault(fmt.Errorf("log entry %d in %s cannot be read", low-1, s.path))
		}
	}
	// The bounds move first when a prefix goes, so that a reader never takes an
	// entry being deleted for a lost one; a suffix is not read meanwhile.
	if low == first && high < last {
		s.mu.Lock()
		s.first = high + 1
		s.mu.Unlock()
	}
	err := s.write(fmt.Sprintf("delete log entries %d to %d in %s", low, high, s.path),
		func() error { return s.store.DeleteRange(low, high) })
	if err != nil {
		return err
	}
	s.forget(low, high, first, tail, known)
	return nil
}

// forget adjusts bounds, tail and memory to the deletion of low to high. When the
// whole log goes, the next entry has to follow the anchor.
func (s *sealedLog) forget(low, high, first uint64, tail digest, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.recent {
		if l := &s.recent[i]; l.Index >= low && l.Index <= high {
			s.recentBytes -= len(l.Data)
			*l = raft.Log{}
		}
	}
	switch {
	case low == first && high == s.last:
		s.first, s.last, s.tailKnown = 0, 0, false
		s.weights = weights{}
	case low == first:
		s.first = high + 1
		s.weights.forget(s.first)
	default:
		s.last, s.tail, s.tailKnown = low-1, tail, known
		s.weights.cut(low)
	}
}

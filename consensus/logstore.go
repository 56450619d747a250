package consensus

import (
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/raft"
)

// sealedLog is Raft's log: entries in envelopes over a plain store, contiguous
// and linked. Every entry is checked on open, on every read that is not served
// from memory, and when it arrives from the leader.
type sealedLog struct {
	*guard
	store raft.LogStore
	path  string // for messages
	fence *fence // set before Raft runs

	writing sync.Mutex // serialises StoreLogs and DeleteRange

	mu          sync.RWMutex // guards what follows
	first, last uint64       // bounds, zero if empty
	tail        digest       // of the entry at last, if tailKnown
	tailKnown   bool
	anchorIndex uint64        // last entry included in the newest snapshot
	anchorSum   digest        // its digest
	recent      [128]raft.Log // by index modulo length; zero Index if unused
	recentBytes int
	weights     weights

	// kept returns the first entry that others need, if there is one. It is set before
	// Raft starts.
	kept func() (index uint64, ok bool)
}

// recentLimit bounds the data kept in memory for replication.
const recentLimit = 16 << 20

// openLog checks every entry of store. An error names the first that is wrong.
func openLog(store raft.LogStore, path string, g *guard) (*sealedLog, error) {
	s := &sealedLog{guard: g, store: store, path: path, kept: func() (uint64, bool) { return 0, false }}
	err := caught(s.verify)
	return s, err
}

func (s *sealedLog) verify() (err error) {
	if s.first, err = s.store.FirstIndex(); err != nil {
		return fmt.Errorf("first index of %s: %w", s.path, err)
	}
	if s.last, err = s.store.LastIndex(); err != nil {
		return fmt.Errorf("last index of %s: %w", s.path, err)
	}
	if s.last == 0 {
		return nil
	}
	var term uint64
	for i := s.first; i <= s.last; i++ {
		l, prev, own, err := s.read(i)
		switch {
		case err != nil:
			return err
		case l.Term < term:
			return fmt.Errorf("log entry %d in %s: term %d after term %d: %w", i, s.path, l.Term, term, ErrCorrupt)
		case s.tailKnown && prev != s.tail:
			return fmt.Errorf("log entry %d in %s does not link to entry %d: %w", i, s.path, i-1, ErrDiverged)
		}
		term, s.tail, s.tailKnown = l.Term, own, true
		s.weights.add(i, len(l.Data))
	}
	return nil
}

// read gets one entry from the store and checks its envelope and place.
func (s *sealedLog) read(index uint64) (l raft.Log, prev, own digest, err error) {
	var outer raft.Log
	err = caught(func() error { return s.store.GetLog(index, &outer) })
	if errors.Is(err, raft.ErrLogNotFound) {
		return l, prev, own, fmt.Errorf("log entry %d in %s is missing: %w", index, s.path, ErrCorrupt)
	}
	if err == nil {
		l, prev, own, err = unseal(outer.Data)
	}
	if err == nil && (l.Index != index || outer.Index != index || l.Term != outer.Term || l.Type != outer.Type) {
		err = fmt.Errorf("envelope of entry %d term %d in its place: %w", l.Index, l.Term, ErrCorrupt)
	}
	if err != nil {
		return l, prev, own, fmt.Errorf("log entry %d in %s: %w", index, s.path, err)
	}
	l.Extensions = extensions(prev, own)
	return l, prev, own, nil
}

// anchor gives the digest of the last entry the newest snapshot includes, for the
// entry that will follow it if the log is empty.
func (s *sealedLog) anchor(index uint64, d digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.anchorIndex, s.anchorSum = index, d
}

// digestAt returns the digest of the entry at index, if it is known here.
func (s *sealedLog) digestAt(index uint64) (digest, bool) {
	s.mu.RLock()
	at, sum := s.anchorIndex, s.anchorSum
	s.mu.RUnlock()
	if index == at && index > 0 {
		return sum, true
	}
	var l raft.Log
	if err := s.get(index, &l); err != nil {
		return digest{}, false
	}
	_, own, err := parseExtensions(l.Extensions)
	return own, err == nil
}

// joins reports whether the log has the entry at index with that digest, or begins with
// the one that follows it.
func (s *sealedLog) joins(index uint64, sum digest) (bool, error) {
	s.mu.RLock()
	first, last := s.first, s.last
	s.mu.RUnlock()
	if index > last {
		return false, nil
	}
	at := max(index, first)
	_, prev, own, err := s.read(at)
	if at > index {
		own = prev
	}
	return err == nil && own == sum, err
}

func (s *sealedLog) get(index uint64, l *raft.Log) error {
	s.mu.RLock()
	first, last, cached := s.first, s.last, s.recent[index%uint64(len(s.recent))]
	s.mu.RUnlock()
	if index < first || index > last || last == 0 {
		return raft.ErrLogNotFound
	}
	if cached.Index == index {
		*l = cached
		return nil
	}
	entry, _, _, err := s.read(index)
	*l = entry
	return err
}

// GetLog implements raft.LogStore. An entry that fails its checks is a fault.
func (s *sealedLog) GetLog(index uint64, l *raft.Log) error {
	if err := s.broken(); err != nil {
		return s.must(err)
	}
	err := s.get(index, l)
	if err == nil || err == raft.ErrLogNotFound {
		return err
	}
	s.mu.RLock()
	gone := index < s.first
	s.mu.RUnlock()
	if gone { // compacted while being read
		return raft.ErrLogNotFound
	}
	return s.must(s.fault(err))
}

// bytesFrom returns about how many bytes the entries from index on have.
func (s *sealedLog) bytesFrom(index uint64) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.weights.from(index)
}

// FirstIndex implements raft.LogStore.
func (s *sealedLog) FirstIndex() (uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.first, nil
}

// LastIndex implements raft.LogStore.
func (s *sealedLog) LastIndex() (uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.last, nil
}

// IsMonotonic implements raft.MonotonicLogStore: entries are contiguous.
func (s *sealedLog) IsMonotonic() bool { return true }

// StoreLog implements raft.LogStore.
func (s *sealedLog) StoreLog(l *raft.Log) error { return s.StoreLogs([]*raft.Log{l}) }

// StoreLogs implements raft.LogStore: when it returns nil the entries are synced.
func (s *sealedLog) StoreLogs(logs []*raft.Log) error {
	if len(logs) == 0 {
		return nil
	}
	return s.fence.watch(func() error { return s.storeLogs(logs) })
}

func (s *sealedLog) storeLogs(logs []*raft.Log) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	kept := make([]raft.Log, len(logs))
	sealed := make([]*raft.Log, len(logs))
	tail, err := s.sealAll(logs, kept, sealed)
	if err != nil {
		return err
	}
	first := logs[0].Index
	err = s.write(fmt.Sprintf("store log entries %d to %d in %s", first, first+uint64(len(logs))-1, s.path),
		func() error { return s.store.StoreLogs(sealed) })
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == 0 {
		s.first = first
	}
	s.last, s.tail, s.tailKnown = kept[len(kept)-1].Index, tail, true
	for i := range kept {
		s.remember(&kept[i])
		s.weights.add(kept[i].Index, len(kept[i].Data))
	}
	return nil
}

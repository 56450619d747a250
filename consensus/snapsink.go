package consensus

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hashicorp/raft"
)

// snapSink receives one snapshot. Nothing of it is visible before Close.
type snapSink struct {
	store *snapStore
	meta  snapMeta
	dir   string // ends in partialSuffix
	state *os.File
	check *streamCheck
	done  bool
}

// Create implements raft.SnapshotStore.
func (s *snapStore) Create(version raft.SnapshotVersion, index, term uint64, configuration raft.Configuration,
	configurationIndex uint64, _ raft.Transport) (raft.SnapshotSink, error) {
	if version != 1 {
		return nil, fmt.Errorf("raft snapshot: %w %d", ErrUnknownVersion, version)
	}
	return s.create(snapMeta{
		Index: index, Term: term, Servers: snapPeers(configuration), ConfigurationIndex: configurationIndex,
	})
}

func (s *snapStore) create(m snapMeta) (*snapSink, error) {
	m.Version = snapMetaVersion
	for {
		m.ID = fmt.Sprintf("%016x-%016x-%04x", m.Term, m.Index, s.next.Add(1))
		_, err := os.Stat(filepath.Join(s.dir, m.ID))
		if errors.Is(err, os.ErrNotExist) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	dir := filepath.Join(s.dir, m.ID+partialSuffix)
	if err := os.Mkdir(dir, dirPermission); err != nil {
		return nil, err
	}
	return &snapSink{store: s, meta: m, dir: dir}, nil
}

// ID implements raft.SnapshotSink.
func (k *snapSink) ID() string { return k.meta.ID }

// Write implements raft.SnapshotSink, for contents sent by a leader.
func (k *snapSink) Write(b []byte) (int, error) {
	if k.state == nil {
		f, err := os.OpenFile(filepath.Join(k.dir, stateName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, filePermission)
		if err != nil {
			return 0, err
		}
		k.state, k.check = f, newStreamCheck()
	}
	n, err := k.state.Write(b)
	if n > 0 {
		_, _ = k.check.Write(b[:n]) // never fails
	}
	return n, err
}

// local records that the state machine, flushed, holds all up to applied.
func (k *snapSink) local(applied uint64) error {
	d, ok := k.store.entry(k.meta.Index)
	if !ok {
		return fmt.Errorf("log entry %d, the last of the snapshot, cannot be read", k.meta.Index)
	}
	k.meta.Applied = min(applied, k.meta.Index)
	k.meta.Digest = hex.EncodeToString(d[:])
	return nil
}

// Close implements raft.SnapshotSink: when it returns nil the snapshot is durable
// and, if it has contents, these were received whole.
func (k *snapSink) Close() error {
	if k.done {
		return nil
	}
	if k.state != nil {
		if err := k.finishState(); err != nil {
			return errors.Join(fmt.Errorf("snapshot %s: %w", k.meta.ID, err), k.Cancel())
		}
	}
	if k.meta.Digest == "" {
		return errors.Join(fmt.Errorf("snapshot %s is empty: %w", k.meta.ID, ErrCorrupt), k.Cancel())
	}
	k.done = true
	return k.store.put(k.dir, &k.meta)
}

func (k *snapSink) finishState() error {
	err := k.state.Sync()
	if err = errors.Join(err, k.state.Close()); err != nil {
		return err
	}
	h, err := k.check.finish()
	if err != nil {
		return err
	}
	if h.index != k.meta.Index || h.term != k.meta.Term {
		return fmt.Errorf("contents of entry %d term %d sent as %d term %d: %w",
			h.index, h.term, k.meta.Index, k.meta.Term, ErrCorrupt)
	}
	k.meta.Applied = min(h.applied, h.index)
	k.meta.Digest = hex.EncodeToString(h.entry[:])
	k.meta.Size, k.meta.SHA256 = k.check.n, hex.EncodeToString(k.check.tail)
	k.store.installed(h.index, h.entry)
	return nil
}

// Cancel implements raft.SnapshotSink.
func (k *snapSink) Cancel() error {
	if k.done {
		return nil
	}
	k.done = true
	if k.state != nil {
		_ = k.state.Close() // being removed
	}
	return os.RemoveAll(k.dir)
}

// Open implements raft.SnapshotStore. A snapshot without contents of its own is
// answered with those of the state machine now, spooled so that their exact size
// is known, as Raft requires. They may include more than meta.Index: the entries
// in between are sent again from the log and skipped by the receiver.
func (s *snapStore) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	m, err := s.load(id)
	if err != nil {
		return nil, nil, err
	}
	meta := m.raft()
	f, err := os.Open(filepath.Join(s.dir, id, stateName))
	if err == nil {
		return meta, f, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	f, meta.Size, err = s.spool(m)
	if err != nil {
		return nil, nil, fmt.Errorf("contents of snapshot %s: %w", id, err)
	}
	return meta, f, nil
}

// spool writes the state machine's contents to a file that has no name any more
// when it is returned, positioned at its start.
func (s *snapStore) spool(m *snapMeta) (_ *os.File, size int64, err error) {
	entry, err := m.digest()
	if err != nil {
		return nil, 0, err
	}
	f, err := os.CreateTemp(s.dir, spoolPattern)
	if err != nil {
		return nil, 0, err
	}
	defer func() {
		if err = errors.Join(err, os.Remove(f.Name())); err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	w := bufio.NewWriterSize(f, copyBufferBytes)
	h := streamHead{index: m.Index, term: m.Term, applied: s.sm.AppliedIndex(), entry: entry}
	if size, err = writeStream(w, h, s.sm.WriteSnapshot); err != nil {
		return nil, 0, err
	}
	if err = w.Flush(); err != nil {
		return nil, 0, err
	}
	_, err = f.Seek(0, io.SeekStart)
	return f, size, err
}

// release drops installed contents that the state machine has taken over. They may
// have been newer than the entry they were sent for, so that the state machine is
// ahead of the log for now: that is recorded first.
func (s *snapStore) release() error {
	if err := s.restored(s.sm.AppliedIndex()); err != nil {
		return err
	}
	metas, err := s.metas()
	if err != nil {
		return err
	}
	for _, m := range metas {
		if m.Size == 0 || s.sm.AppliedIndex() < m.Applied {
			continue
		}
		err := os.Remove(filepath.Join(s.dir, m.ID, stateName))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

package consensus

import (
	"bytes"
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
	sent  []byte // what a leader sent, a snapshot stream
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

// Write implements raft.SnapshotSink, for what a leader sends.
func (k *snapSink) Write(b []byte) (int, error) {
	if len(k.sent)+len(b) > streamSize {
		return 0, fmt.Errorf("snapshot stream of more than %d bytes: %w", streamSize, ErrCorrupt)
	}
	k.sent = append(k.sent, b...)
	return len(b), nil
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

// Close implements raft.SnapshotSink: when it returns nil the snapshot is durable, and
// what it stands for is in the state machine, durably.
func (k *snapSink) Close() error {
	if k.done {
		return nil
	}
	if k.sent != nil {
		if err := k.finish(); err != nil {
			return errors.Join(fmt.Errorf("snapshot %s: %w", k.meta.ID, err), k.Cancel())
		}
	}
	if k.meta.Digest == "" {
		return errors.Join(fmt.Errorf("snapshot %s is empty: %w", k.meta.ID, ErrCorrupt), k.Cancel())
	}
	k.done = true
	return k.store.put(k.dir, &k.meta)
}

// finish checks what a leader sent.
func (k *snapSink) finish() error {
	h, err := openStream(k.sent)
	if err != nil {
		return err
	}
	if h.index != k.meta.Index || h.term != k.meta.Term {
		return fmt.Errorf("snapshot of entry %d term %d sent as %d term %d: %w",
			h.index, h.term, k.meta.Index, k.meta.Term, ErrCorrupt)
	}
	if at := k.store.sm.AppliedIndex(); at < h.applied {
		return fmt.Errorf("it stands for what was applied up to entry %d, and the state machine is at %d", h.applied, at)
	}
	if err := k.store.sm.Flush(); err != nil {
		return err
	}
	k.meta.Applied = min(h.applied, h.index)
	k.meta.Digest = hex.EncodeToString(h.entry[:])
	k.meta.Size, k.meta.SHA256 = streamSize, hex.EncodeToString(k.sent[streamHeader:])
	k.store.installed(h.index, h.entry)
	return nil
}

// Cancel implements raft.SnapshotSink.
func (k *snapSink) Cancel() error {
	if k.done {
		return nil
	}
	k.done = true
	return os.RemoveAll(k.dir)
}

// Open implements raft.SnapshotStore.
func (s *snapStore) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	m, err := s.load(id)
	if err != nil {
		return nil, nil, err
	}
	entry, err := m.digest()
	if err != nil {
		return nil, nil, err
	}
	meta := m.raft()
	meta.Size = streamSize
	h := streamHead{index: m.Index, term: m.Term, applied: m.Applied, entry: entry}
	return meta, io.NopCloser(bytes.NewReader(h.seal())), nil
}

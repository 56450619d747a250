package consensus

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

// snapStore implements raft.SnapshotStore. Each snapshot is a directory holding
// "meta": what it is of the state machine keeps. Damaged metadata are set aside, never served, never fatal
// while an older snapshot or the log itself reaches back far enough.
type snapStore struct {
	dir string
	sm  StateMachine
	log *slog.Logger
	// entry gives the digest of a log entry.
	entry func(index uint64) (digest, bool)
	// installed is told of a snapshot that a leader sent, before it is restored.
	installed func(index uint64, entry digest)
	// restored records durably how far restored contents reach.
	restored func(applied uint64) error

	mu   sync.Mutex // guards the directory
	next atomic.Uint64
}

const (
	keptSnapshots  = 2
	quarantineDir  = "quarantine"
	partialSuffix  = ".partial"
	metaName       = "meta"
	stateName      = "state" // contents that earlier versions received before they were restored
	maxQuarantined = 8
	filePermission = 0o600
	dirPermission  = 0o700
)

// openSnapStore makes dir if need be and removes what a crash left half written.
func openSnapStore(dir string, sm StateMachine, log *slog.Logger) (*snapStore, error) {
	if err := os.MkdirAll(dir, dirPermission); err != nil {
		return nil, err
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"+partialSuffix))
	if err != nil {
		return nil, err
	}
	for _, p := range left {
		if err := os.RemoveAll(p); err != nil {
			return nil, err
		}
	}
	return &snapStore{dir: dir, sm: sm, log: log,
		entry:     func(uint64) (digest, bool) { return digest{}, false },
		installed: func(uint64, digest) {},
		restored:  func(uint64) error { return nil },
	}, nil
}

// metas returns the sound snapshots, newest first, and sets damaged ones aside.
func (s *snapStore) metas() ([]*snapMeta, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var out []*snapMeta
	for _, e := range entries {
		if !e.IsDir() || e.Name() == quarantineDir || strings.HasSuffix(e.Name(), partialSuffix) {
			continue
		}
		m, err := s.load(e.Name())
		switch {
		case errors.Is(err, ErrUnknownVersion):
			return nil, err
		case errors.Is(err, ErrCorrupt) || errors.Is(err, fs.ErrNotExist):
			if err := s.quarantine(e.Name(), err); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		default:
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b *snapMeta) int {
		return cmp.Or(cmp.Compare(b.Term, a.Term), cmp.Compare(b.Index, a.Index), cmp.Compare(b.ID, a.ID))
	})
	return out, nil
}

func (s *snapStore) load(id string) (*snapMeta, error) {
	path := filepath.Join(s.dir, id, metaName)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSnapMeta+1))
	if err != nil {
		return nil, err
	}
	m, err := decodeSnapMeta(b)
	if err == nil && m.ID != id {
		err = fmt.Errorf("metadata of snapshot %q: %w", m.ID, ErrCorrupt)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// quarantine moves a damaged snapshot out of the way and says so.
func (s *snapStore) quarantine(id string, why error) error {
	q := filepath.Join(s.dir, quarantineDir)
	if err := os.MkdirAll(q, dirPermission); err != nil {
		return err
	}
	old, err := os.ReadDir(q)
	if err != nil {
		return err
	}
	for i := 0; i <= len(old)-maxQuarantined; i++ {
		if err := os.RemoveAll(filepath.Join(q, old[i].Name())); err != nil {
			return err
		}
	}
	to := filepath.Join(q, id)
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	s.log.Error("damaged snapshot set aside", "snapshot", id, "moved", to, "error", why)
	return errors.Join(os.Rename(filepath.Join(s.dir, id), to), syncDir(s.dir))
}

// List implements raft.SnapshotStore.
func (s *snapStore) List() ([]*raft.SnapshotMeta, error) {
	metas, err := s.metas()
	if err != nil {
		return nil, err
	}
	out := make([]*raft.SnapshotMeta, len(metas))
	for i, m := range metas {
		out[i] = m.raft()
	}
	return out, nil
}

// put makes the snapshot in directory partial, with metadata m, durable under its
// final name, and drops those it makes superfluous.
func (s *snapStore) put(partial string, m *snapMeta) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(partial, metaName), b); err != nil {
		return err
	}
	if err := syncDir(partial); err != nil {
		return err
	}
	s.mu.Lock()
	err = errors.Join(os.Rename(partial, filepath.Join(s.dir, m.ID)), syncDir(s.dir))
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.prune()
}

// dropUntaken removes a snapshot whose contents an earlier version received and did not
// come to restore: nothing rests on it, and the leader sends it again.
func (s *snapStore) dropUntaken(m *snapMeta) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := os.Stat(filepath.Join(s.dir, m.ID, stateName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.log.Info("dropping a snapshot that was received but not restored", "index", m.Index)
	return true, errors.Join(os.RemoveAll(filepath.Join(s.dir, m.ID)), syncDir(s.dir))
}

func (s *snapStore) prune() error {
	metas, err := s.metas()
	if err != nil || len(metas) <= keptSnapshots {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range metas[keptSnapshots:] {
		if err := os.RemoveAll(filepath.Join(s.dir, m.ID)); err != nil {
			return err
		}
	}
	return nil
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, filePermission)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

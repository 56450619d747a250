package consensus

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	bolterrors "go.etcd.io/bbolt/errors"
)

// entryStore is what holds log and term on disk.
type entryStore interface {
	raft.LogStore
	raft.StableStore
	Close() error
}

// hooks let tests of this package put faults between the parts.
type hooks struct {
	store     func(entryStore) entryStore
	fileFloor int64
	fileStep  func(string) error
}

// disk is the durable half of a replica.
type disk struct {
	guard  *guard
	file   *fileStore
	store  entryStore // file, in use
	log    *sealedLog
	stable *sealedStable
	snaps  *snapStore
}

const (
	logName      = "raft.db"
	snapshotsDir = "snapshots"
	keyNode      = "tabard node"
	keyRestored  = "tabard restored"
)

// Exists reports whether a replica has run in dir: what it agreed to may be in the log
// there, though the state machine has not got it yet.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, logName))
	return !errors.Is(err, fs.ErrNotExist)
}

// openDisk opens and checks everything under c.Dir, and brings log, snapshots and
// state machine together where a crash left them apart.
func openDisk(c *Config, fatal func(error)) (_ *disk, err error) {
	if err := os.MkdirAll(c.Dir, dirPermission); err != nil {
		return nil, err
	}
	path := filepath.Join(c.Dir, logName)
	d := &disk{guard: &guard{fatal: fatal}}
	if err = d.openStore(c, path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.store.Close())
		}
	}()
	if d.log, err = openLog(d.store, path, d.guard); err != nil {
		return nil, withRemedy(err, c)
	}
	d.stable = &sealedStable{guard: d.guard, store: d.store, path: path}
	if err := d.claim(c.NodeID); err != nil {
		return nil, err
	}
	if d.snaps, err = openSnapStore(filepath.Join(c.Dir, snapshotsDir), c.StateMachine, c.Logger); err != nil {
		return nil, err
	}
	d.snaps.entry, d.snaps.installed = d.log.digestAt, d.log.anchor
	d.snaps.restored = func(applied uint64) error { return d.stable.SetUint64([]byte(keyRestored), applied) }
	return d, d.reconcile(c)
}

func (d *disk) openStore(c *Config, path string) (err error) {
	err = caught(func() error {
		d.file, err = openFile(path, c.fileOptions())
		return err
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = errors.New("another process has it open")
	}
	if err == nil {
		// A new file whose name is lost in a crash would take the node's votes along.
		if err = errors.Join(syncDir(c.Dir), syncDir(filepath.Dir(c.Dir))); err != nil {
			err = errors.Join(err, d.file.Close())
		}
	}
	switch {
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return withRemedy(fmt.Errorf("open %s: %w: %w", path, err, ErrCorrupt), c)
	case err != nil:
		return fmt.Errorf("open %s: %w", path, err)
	}
	d.store = d.file
	if c.hooks.store != nil {
		d.store = c.hooks.store(d.file)
	}
	return nil
}

// withRemedy says what an operator is to do about a damaged log.
func withRemedy(err error, c *Config) error {
	return fmt.Errorf("%w; if the other nodes are sound, move %s and the state machine's data away: "+
		"this node will fetch both from them", err, c.Dir)
}

// fileOptions are those of the log's file.
func (c *Config) fileOptions() fileOptions {
	o := fileOptions{floor: cmp.Or(c.hooks.fileFloor, freeFloor), step: c.hooks.fileStep, log: c.Logger}
	if o.step == nil {
		o.step = func(string) error { return nil }
	}
	return o
}

// claim writes the node's id on first use and refuses another node's directory.
func (d *disk) claim(id string) error {
	have, err := d.stable.Get([]byte(keyNode))
	if errors.Is(err, raftboltdb.ErrKeyNotFound) {
		return d.stable.Set([]byte(keyNode), []byte(id))
	}
	if err == nil && string(have) != id {
		err = fmt.Errorf("the directory belongs to node %q, not %q", have, id)
	}
	return err
}

// reconcile makes sure that newest snapshot, log and state machine join without a
// gap. Three crashes are healed here: between an install and dropping the log that
// it replaces; damaged metadata with an older snapshot left; and with none left,
// when the state machine and the log tell all that the metadata would.
func (d *disk) reconcile(c *Config) error {
	for {
		metas, err := d.snaps.metas()
		if err != nil {
			return err
		}
		if len(metas) == 0 {
			break
		}
		m := metas[0]
		if untaken, err := d.snaps.dropUntaken(m); err != nil || untaken {
			if err != nil {
				return err
			}
			continue
		}
		sum, err := m.digest()
		if err != nil {
			return err
		}
		d.log.anchor(m.Index, sum)
		if err := d.follow(m, c); err != nil {
			return err
		}
		if d.log.last == 0 || d.log.first <= m.Index+1 {
			return d.checkState(c, m.Index, m.Applied)
		}
		break
	}
	if d.log.last == 0 || d.log.first <= 1 {
		return d.checkState(c, 0, 0)
	}
	return d.rebuild(c)
}

// follow drops a log that a snapshot sent by a leader replaces: one without the
// snapshot's last entry, or with another in its place. Raft does so right after an
// install, and what was dropped it fetches again. A snapshot taken here is of entries
// that this log had.
func (d *disk) follow(m *snapMeta, c *Config) error {
	if d.log.last == 0 || d.log.first > m.Index+1 {
		return nil
	}
	sum, err := m.digest()
	if err != nil {
		return err
	}
	joins, err := d.log.joins(m.Index, sum)
	if err != nil || joins {
		return err
	}
	if m.Size == 0 {
		return fmt.Errorf("the log, of entries %d to %d, does not have entry %d as a snapshot was taken of it: "+
			"entries are lost; move %s and the state machine's data away and this node will fetch them from the others: %w",
			d.log.first, d.log.last, m.Index, c.Dir, ErrCorrupt)
	}
	return d.log.DeleteRange(d.log.first, d.log.last)
}

// checkState refuses a state machine that lost what a snapshot says is durable,
// and a log that lost entries which the state machine has applied.
func (d *disk) checkState(c *Config, index, applied uint64) error {
	at := c.StateMachine.AppliedIndex()
	if at < applied {
		return fmt.Errorf("state machine is at entry %d, but was flushed at %d: its data are older than the log; "+
			"move both away and this node will fetch them from the others", at, applied)
	}
	restored, err := d.stable.GetUint64([]byte(keyRestored))
	if err != nil && !errors.Is(err, raftboltdb.ErrKeyNotFound) {
		return err
	}
	if end := max(index, d.log.last, restored); at > end {
		return fmt.Errorf("state machine is at entry %d, but the log ends at %d: entries are lost or belong to another "+
			"cluster: %w", at, end, ErrCorrupt)
	}
	return nil
}

// rebuild writes new snapshot metadata in place of damaged ones from what state
// machine and log know: all up to AppliedIndex is in the one, its term in the other.
func (d *disk) rebuild(c *Config) error {
	at := c.StateMachine.AppliedIndex()
	l, _, own, err := d.log.read(at)
	if at < d.log.first || at > d.log.last || err != nil {
		return fmt.Errorf("no sound snapshot reaches the log, which begins at entry %d, and the state machine is at %d: "+
			"move %s and the state machine's data away and this node will fetch them from the others: %w",
			d.log.first, at, c.Dir, ErrCorrupt)
	}
	if err := c.StateMachine.Flush(); err != nil {
		return err
	}
	k, err := d.snaps.create(snapMeta{
		Index: at, Term: l.Term, Applied: at, Digest: hex.EncodeToString(own[:]),
		Servers: snapPeers(configuration(c.Peers)), ConfigurationIndex: 1,
	})
	if err != nil {
		return err
	}
	c.Logger.Warn("snapshot metadata rebuilt from the state machine and the log", "index", at)
	return k.Close()
}

func configuration(peers []Peer) (conf raft.Configuration) {
	for _, p := range peers {
		conf.Servers = append(conf.Servers, raft.Server{ID: raft.ServerID(p.ID), Address: raft.ServerAddress(p.ID)})
	}
	return conf
}

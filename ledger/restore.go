package ledger

import (
	"errors"
	"fmt"
	"io"

	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// incoming is the store in which a snapshot is being restored, and what has been
// restored so far: the first records of a ledger, each of them judged, and what they
// make. It outlives an interruption, and a restart.
type incoming struct {
	gen  *generation
	size record.Seq
}

// Holding prepares for a snapshot, and says what it may leave out: what is here, or what
// an earlier restoration came to if that is more. Nil is nothing: so it is of a store that
// is damaged.
func (l *Ledger) Holding() ([]byte, error) {
	l.restoring.Lock()
	defer l.restoring.Unlock()
	if l.Damage() != nil {
		l.mistrusted = true
	}
	if in := l.incoming; in != nil && (l.mistrusted || in.size <= l.Size()) {
		if err := l.dropIncoming(); err != nil {
			return nil, err
		}
	}
	if l.incoming == nil {
		if l.mistrusted || l.Size() == 0 {
			return nil, nil
		}
		if err := l.fork(); err != nil {
			return nil, fmt.Errorf("prepare for a snapshot: %w", err)
		}
	}
	state, err := view.GetState(l.incoming.gen.db)
	if err != nil {
		return nil, err
	}
	return holding{size: record.Seq(state.Tree.Size()), root: record.Hash(state.Tree.Root())}.encode(), nil
}

// fork makes the store that is in use, as it is now, the one to restore in. They share
// their files, so that it costs what is not in files yet.
func (l *Ledger) fork() error {
	l.mu.Lock()
	gen := l.gen
	if gen == nil {
		l.mu.Unlock()
		return ErrClosed
	}
	gen.refs.Add(1)
	l.mu.Unlock()
	defer gen.refs.Done()
	if err := l.generations.Remove(gen.n + 1); err != nil {
		return err
	}
	if err := gen.db.Fork(l.generations.Path(gen.n + 1)); err != nil {
		return err
	}
	return l.openIncoming(gen.n + 1)
}

func (l *Ledger) openIncoming(n uint64) error {
	gen, err := l.openGeneration(n)
	if err != nil {
		return err
	}
	state, err := view.GetState(gen.db)
	if err = errors.Join(err, gen.unbuilt); err != nil {
		return errors.Join(err, gen.db.Close())
	}
	l.incoming = &incoming{gen: gen, size: record.Seq(state.Tree.Size())}
	return nil
}

// resume takes up the store of a restoration that was interrupted, if there is one that
// has more than the ledger. Anything else in its place is removed.
func (l *Ledger) resume(n uint64) error {
	there, err := l.generations.Has(n)
	if err != nil || !there {
		return err
	}
	if err := l.openIncoming(n); err != nil {
		l.cfg.Logger.Warn("an unfinished restoration cannot be taken up", "error", err)
		return l.generations.Remove(n)
	}
	if l.incoming.size <= l.Size() {
		return l.dropIncoming()
	}
	l.cfg.Logger.Info("a restoration can be taken up", "records", l.incoming.size)
	return nil
}

func (l *Ledger) dropIncoming() error {
	in := l.incoming
	if l.incoming = nil; in == nil {
		return nil
	}
	return errors.Join(in.gen.db.Close(), l.generations.Remove(in.gen.n))
}

// forget removes what an interrupted restoration came to once the ledger has as much by
// itself.
func (l *Ledger) forget() error {
	if !l.restoring.TryLock() {
		return nil // one is under way
	}
	defer l.restoring.Unlock()
	if l.incoming == nil || l.incoming.size > l.Size() {
		return nil
	}
	return l.dropIncoming()
}

// closeIncoming waits until no restoration is under way, and keeps what one that was
// interrupted came to.
func (l *Ledger) closeIncoming() error {
	l.restoring.Lock()
	defer l.restoring.Unlock()
	in := l.incoming
	if l.incoming = nil; in == nil {
		return nil
	}
	return errors.Join(in.gen.db.Flush(), in.gen.db.Close())
}

// RestoreSnapshot replaces the ledger by what WriteSnapshot wrote, and believes none
// of it. Every block is checked, and the ledger is made anew by judging the records as
// Apply does, at their own times: no record is in it whose signature, authority or
// predecessor does not check. Their Merkle root must be the one that the header promises,
// what they make of the views what the snapshot's sums promise, content that it carries
// that of the record with its digest, and witness proofs set aside must verify. Records
// that the snapshot leaves out, because Holding said that they are here, were judged when
// they came.
//
// What cannot be checked: of a credential registered by content that the snapshot does
// not carry, what its record says besides digest, issuer and proof, and the signature
// of a proof that signs a SHA-384 or RDF or has a previousProof (that the key was its
// signer's for assertions is checked); the same of a presentation that others have
// followed; of a did:webvh log that was observed and is not there any more, what the
// node that signed the observation says it came to, and whether it was rewritten; whether
// a credential that is signed as RDF was taken by how it is written, as earlier versions
// did, and whether a did-witness.json was too large after one entry of several;
// whether content, files or proofs set aside were left out; and up to which index of the
// consensus log everything was applied. Status lists that issuers have signed are all
// there, or the snapshot is refused.
//
// All this is done in a store of its own, which then takes over in one step; until then,
// and if anything is wrong, the ledger is what it was. Right before that step, before is
// told the applied index that the ledger will have; it may be nil. Apply may go on
// meanwhile: if the ledger has got further by itself, nothing is replaced. What has been
// restored when r fails is kept for the next attempt. Views taken before stay valid.
// Errors with ErrSnapshot are the snapshot's fault.
func (l *Ledger) RestoreSnapshot(r io.Reader, before func(applied uint64) error) error {
	l.restoring.Lock()
	defer l.restoring.Unlock()
	if l.current.Load() == nil {
		return ErrClosed
	}
	if err := l.restore(r, before); err != nil {
		return fmt.Errorf("restore snapshot: %w", err)
	}
	return nil
}

func (l *Ledger) restore(r io.Reader, before func(applied uint64) error) error {
	s := newSnapshotReader(r)
	header, err := s.header()
	if err != nil {
		return err
	}
	if err := l.receiveIn(header); err != nil {
		return err
	}
	defer l.progress.end()
	err = l.replay(s, header, l.incoming.gen)
	var interrupted *readError
	if errors.As(err, &interrupted) {
		return errors.Join(err, l.keepIncoming())
	}
	if err == nil {
		err = l.incoming.gen.db.Flush()
	}
	if err != nil {
		// What it was built on may be what is wrong.
		l.mistrusted = header.From > 0
		return errors.Join(err, l.dropIncoming())
	}
	l.mistrusted = false
	return l.takeOver(header.Applied, before)
}

// receiveIn makes sure that the store to restore in has the records that come before a
// snapshot, and nothing else.
func (l *Ledger) receiveIn(header *snapshotHeader) error {
	if header.From > 0 {
		if l.incoming == nil || l.incoming.size != header.From {
			return fmt.Errorf("%w: it begins with record %d, which is not what comes next here", ErrSnapshot, header.From)
		}
		return nil
	}
	if err := l.dropIncoming(); err != nil {
		return err
	}
	l.mu.Lock()
	gen := l.gen
	l.mu.Unlock()
	if gen == nil {
		return ErrClosed
	}
	if err := l.generations.Remove(gen.n + 1); err != nil {
		return err
	}
	return l.openIncoming(gen.n + 1)
}

// keepIncoming notes how far a restoration came that was interrupted.
func (l *Ledger) keepIncoming() error {
	state, err := view.GetState(l.incoming.gen.db)
	if err != nil {
		return err
	}
	l.incoming.size = record.Seq(state.Tree.Size())
	return nil
}

// takeOver makes the restored store, which is durable, the ledger's.
func (l *Ledger) takeOver(applied uint64, before func(applied uint64) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.gen == nil:
		return errors.Join(ErrClosed, l.dropIncoming())
	case l.failed != nil:
		return errors.Join(l.failed, l.dropIncoming())
	case applied < l.applied.Load():
		return l.dropIncoming()
	}
	gen := l.incoming.gen
	gen.flushed = applied
	var err error
	if before != nil {
		err = before(applied)
	}
	if err == nil {
		err = l.generations.Use(store.Mark{Generation: gen.n, Flushed: applied})
	}
	if err != nil {
		return errors.Join(err, l.dropIncoming())
	}
	l.incoming = nil
	return l.replace(gen)
}

// replace makes gen, which is in use on disk, the ledger's store, and removes the
// old one once the last view of it is closed.
func (l *Ledger) replace(gen *generation) error {
	old, size := l.gen, l.Size()
	if err := l.use(gen); err != nil {
		l.failed = fmt.Errorf("use restored snapshot: %w", err)
		return l.failed
	}
	if size > 0 {
		// What was computed before says nothing about this ledger.
		l.touched.reset(max(size, l.Size()) + 1)
	}
	go func() {
		old.refs.Wait()
		if err := errors.Join(old.db.Close(), l.generations.Remove(old.n)); err != nil {
			l.cfg.Logger.Error("old store remains until the next start", "error", err)
		}
	}()
	return nil
}

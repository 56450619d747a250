package ledger

import (
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/ledger/internal/store"
)

// damage is what is known to be wrong with a generation's store.
type damage struct {
	generation uint64
	err        error
}

// Damage is what the ledger's files are known to suffer from: the first error of
// corruption that any read, or the storage engine by itself, has met. Nil: nothing is
// known to be wrong. Every answer is checked, so none is wrong; but a node that cannot
// answer everything should not be asked. Damage is remembered across restarts, and ends
// when RestoreSnapshot replaces what is damaged.
func (l *Ledger) Damage() error {
	d, p := l.damage.Load(), l.current.Load()
	if d == nil || p == nil || d.generation != p.generation {
		return nil
	}
	return d.err
}

// Report tells the ledger of an error of its methods, for those that are wrapped, or
// made of values that do not fit each other: if it is of corruption it is Damage. It
// returns err.
func (l *Ledger) Report(err error) error {
	if p := l.current.Load(); p != nil && err != nil && IsCorruption(err) {
		l.setDamaged(p.generation, err)
	}
	return err
}

// setDamaged keeps the first error of the generation in use, in memory and on disk.
// Another one is being made, or is gone: whoever reads it is told. It takes no lock,
// since reads come from everywhere.
func (l *Ledger) setDamaged(generation uint64, err error) {
	old, p := l.damage.Load(), l.current.Load()
	if p == nil || p.generation != generation || old != nil && old.generation == generation ||
		!l.damage.CompareAndSwap(old, &damage{generation, err}) {
		return
	}
	if err := l.generations.SetDamaged(generation, err.Error()); err != nil {
		l.cfg.Logger.Error("damage of the ledger will be forgotten at the next start", "error", err)
	}
	l.cfg.Corrupt(err)
}

// recallDamage learns what a start before this one found out about gen.
func (l *Ledger) recallDamage(gen *generation) error {
	what, err := l.generations.Damaged(gen.n)
	if err != nil || what == "" {
		return err
	}
	found := fmt.Errorf("%w, as was found before the last stop: %w", store.ErrCorrupt, errors.New(what))
	l.damage.Store(&damage{gen.n, found})
	l.cfg.Corrupt(found)
	return nil
}

package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// putOwnerships notes whose agents the subjects of a credential are by it, if it is a
// registration of agents whose content was not known before. in is the state before the
// operation's record rec.
func (w *world) putOwnerships(to view.Writer, body *record.CredentialBody, rec int) (agents []string, err error) {
	if !body.Confirms() {
		return nil, nil
	}
	if known, err := w.contentKnown(body); err != nil || known {
		return nil, err
	}
	controller, err := w.subject(body.Issuer)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for _, subject := range body.Subjects {
		id, err := did.Parse(subject)
		if err != nil {
			continue // it has no document that could name a controller
		}
		agent, err := w.subject(id)
		if err != nil {
			return nil, err
		}
		if agent == controller || seen[agent] {
			continue
		}
		seen[agent], agents = true, append(agents, agent)
		prev, err := view.GetOwnership(w.in, agent, controller)
		if err != nil {
			return nil, err
		}
		view.PutOwnership(to, agent, controller, prev, rec)
	}
	return agents, nil
}

// contentKnown reports whether the registration that a body completes was by the content
// of this very credential.
func (w *world) contentKnown(body *record.CredentialBody) (bool, error) {
	if body.Completes == 0 {
		return false, nil
	}
	before, err := view.GetCredentialBody(w.in, body.Completes)
	return before.Content && before.Digest == body.Digest, err
}

// confirmAgents is putOwnerships for the operation that is judged.
func (j *judge) confirmAgents(c *registration, rec int) error {
	agents, err := j.putOwnerships(j.plan, &c.body, rec)
	j.plan.touches = append(j.plan.touches, agents...)
	return err
}

// placing writes records whose position is known.
type placing struct {
	*store.Batch
	seq record.Seq
}

func (p placing) SetSeq(key, value []byte, at, _ int) {
	binary.BigEndian.PutUint64(value[at:], uint64(p.seq))
	p.Set(key, value)
}

// buildOwnerships makes the views of ownership of those records which an earlier version
// wrote, in the store that is being opened. Where it was interrupted it goes on.
func (l *Ledger) buildOwnerships(db *store.DB) error {
	state, err := view.GetState(db)
	if err != nil {
		return err
	}
	built, err := view.GetBuilt(db)
	if err != nil {
		return err
	}
	size := record.Seq(state.Tree.Size())
	if built >= size {
		return nil
	}
	started := time.Now()
	identity, err := view.GetIdentity(db)
	if err != nil {
		return err
	}
	w := world{in: db, identity: identity, documents: newDocuments()}
	err = view.ScanRecords(db, built, size, func(seq record.Seq, data []byte) error {
		if !record.MayConfirm(data) {
			return nil
		}
		w.before = seq
		return w.buildOwnership(db, seq, data)
	})
	if err != nil {
		return fmt.Errorf("make the views of ownership: %w", err)
	}
	b := db.NewBatch(1 << 10)
	b.Set(view.BuiltEntry(size))
	l.cfg.Logger.Info("made the views of ownership", "records", size-built, "took", time.Since(started).Round(time.Millisecond))
	return errors.Join(b.Apply(), b.Close())
}

func (w *world) buildOwnership(db *store.DB, seq record.Seq, data []byte) error {
	r, err := record.Decode(data)
	if err != nil {
		return fmt.Errorf("record %d: %w: %w", seq, store.ErrCorrupt, err)
	}
	if r.Kind != record.KindCredential {
		return nil
	}
	body, err := record.ParseCredentialBody(r.Body)
	if err != nil {
		return fmt.Errorf("record %d: %w: %w", seq, store.ErrCorrupt, err)
	}
	b := db.NewBatch(1 << 10)
	_, err = w.putOwnerships(placing{b, seq}, &body, 0)
	if err == nil {
		// The size goes with it: what is put once is not put again after a crash.
		b.Set(view.BuiltEntry(seq + 1))
		err = b.Apply()
	}
	return errors.Join(err, b.Close())
}

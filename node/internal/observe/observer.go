package observe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/internal/foreign"
)

// Hosts fetches from other hosts; *foreign.Resolver does.
type Hosts interface {
	Snapshot(ctx context.Context, id did.ID) (foreign.Snapshot, error)
}

// Book is what is read of the ledger; Records makes one.
type Book interface {
	// Registry is the registry's DID, "" before the ledger begins, and Ledger its id.
	Registry() (registry did.ID, ledger string)
	// Last is the newest observation of a DID.
	Last(id did.ID) (ledger.Observation, bool, error)
	// Pinned lists up to n of the DIDs that are observed still, those after the DID after;
	// IsPinned tells whether one is.
	Pinned(after did.ID, n int) ([]did.ID, error)
	IsPinned(id did.ID) (bool, error)
	// Wait waits until the record is here.
	Wait(ctx context.Context, seq record.Seq) error
}

// Config of an Observer. Hosts, Book, Propose, Leads and Key are required.
type Config struct {
	Hosts   Hosts
	Book    Book
	Propose func(ctx context.Context, cmd []byte) ([]byte, error)
	Leads   func() bool
	// Key signs observations; Node names it in the registry's document, as its fragment.
	Key  proof.Signer
	Node string
	// Pins are observed by the leader whether or not they were before.
	Pins []did.ID
	// Interval is how long the leader leaves a DID alone between two looks, give or take
	// a tenth; 1 h if zero.
	Interval time.Duration
	// MaxPins bounds the DIDs that are pinned; 1,000 if zero.
	MaxPins int
	// Concurrent bounds how many are looked at at once; 4 if zero.
	Concurrent int

	Metrics *Metrics     // nil counts nothing
	Logger  *slog.Logger // nil discards
}

func (c *Config) validate() error {
	if c.Hosts == nil || c.Book == nil || c.Propose == nil || c.Leads == nil || c.Key == nil || c.Node == "" {
		return errors.New("observe: hosts, book, consensus and a key are required")
	}
	if c.Interval < 0 || c.MaxPins < 0 || c.Concurrent < 0 {
		return errors.New("observe: a bound is negative")
	}
	if c.Interval == 0 {
		c.Interval = time.Hour
	}
	if c.MaxPins == 0 {
		c.MaxPins = 1000
	}
	if c.Concurrent == 0 {
		c.Concurrent = 4
	}
	if len(c.Pins) > c.MaxPins {
		return fmt.Errorf("observe: %d pins, at most %d", len(c.Pins), c.MaxPins)
	}
	for _, id := range c.Pins {
		if !foreign.Handles(id.Method()) {
			return fmt.Errorf("observe: %s has no host to observe", id)
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Observer observes foreign DIDs. It is safe for concurrent use.
type Observer struct {
	cfg      Config
	schedule schedule
	budget   budget
}

// New returns an Observer. It does nothing by itself before Run.
func New(cfg Config) (*Observer, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Observer{cfg: cfg, schedule: newSchedule(cfg.Interval)}, nil
}

// Errors of Observe besides *did.Error, which are those of resolution, and those of
// consensus.
var (
	// ErrNoLedger: the ledger has no record yet.
	ErrNoLedger = errors.New("observe: the ledger has not begun")
	// ErrTooMany: as many DIDs are pinned as may be.
	ErrTooMany = errors.New("observe: no more DIDs can be pinned")
	// ErrTooOften: what the host serves changes more often than is recorded.
	ErrTooOften = errors.New("observe: what the host serves changes too often to be recorded")
	// ErrTooLarge: the document or log has more bytes than a record takes.
	ErrTooLarge = errors.New("observe: what the host serves is too large to record")
)

// RefusedError is the ledger's refusal of an observation.
type RefusedError struct{ Outcome record.Outcome }

func (e *RefusedError) Error() string { return "observation refused: " + e.Outcome.Code.String() }

// Observe fetches what a DID's host serves now and has it recorded, unless it is as
// it was. recorded reports whether there is a new record. The observation returned is
// the newest one.
func (o *Observer) Observe(ctx context.Context, id did.ID) (last ledger.Observation, recorded bool, err error) {
	registry, ledgerID := o.cfg.Book.Registry()
	if registry == "" {
		return ledger.Observation{}, false, ErrNoLedger
	}
	before, _, err := o.cfg.Book.Last(id)
	if err != nil {
		return ledger.Observation{}, false, err
	}
	pinned, err := o.cfg.Book.IsPinned(id)
	if err != nil {
		return ledger.Observation{}, false, err
	}
	if !pinned {
		if err := o.room(id); err != nil {
			return ledger.Observation{}, false, err
		}
	}
	seen, err := o.cfg.Hosts.Snapshot(ctx, id)
	if err != nil {
		o.broken(id, pinned, err)
		return before, false, err
	}
	if pinned && same(before, seen) {
		o.cfg.Metrics.looked("unchanged")
		return before, false, nil
	}
	if pinned && !o.budget.take(id, time.Now()) {
		o.cfg.Metrics.looked("refused")
		return before, false, ErrTooOften
	}
	op, err := o.sign(registry, ledgerID, seen)
	if err != nil {
		return before, false, err
	}
	outcome, err := o.propose(ctx, op)
	if err != nil {
		return before, false, err
	}
	return o.settle(ctx, id, outcome)
}

// room fails if no more DIDs may be pinned. The configuration's have their places,
// whatever others pin.
func (o *Observer) room(id did.ID) error {
	if slices.Contains(o.cfg.Pins, id) {
		return nil
	}
	list, err := o.cfg.Book.Pinned("", o.cfg.MaxPins)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(id did.ID) bool { return slices.Contains(o.cfg.Pins, id) })
	if len(list)+len(o.cfg.Pins) >= o.cfg.MaxPins {
		return ErrTooMany
	}
	return nil
}

// same reports whether what was seen is what was observed last.
func same(before ledger.Observation, seen foreign.Snapshot) bool {
	res := seen.Resolution
	if before.VersionID != res.Metadata.VersionID || before.Deactivated != (res.Document == nil) {
		return false
	}
	return res.Document == nil || digest(res.Document.Value()) == before.Digest
}

// sign makes the operation.
func (o *Observer) sign(registry did.ID, ledgerID string, seen foreign.Snapshot) (record.Op, error) {
	res := seen.Resolution
	statement := record.Observation{
		Ledger: ledgerID, DID: seen.DID, Fetched: seen.Fetched, VersionID: res.Metadata.VersionID, Deactivated: res.Document == nil,
		Log: fileDigest(seen.Log), Witness: fileDigest(seen.Witness),
	}
	if res.Document != nil {
		statement.Document = res.Document.Value()
		if len(statement.Document.Canonical()) > record.MaxObservedDocument {
			return record.Op{}, fmt.Errorf("%w: a document of more than %d bytes", ErrTooLarge, record.MaxObservedDocument)
		}
	}
	if max(len(seen.Log), len(seen.Witness)) > record.MaxObservedFile {
		return record.Op{}, fmt.Errorf("%w: a file of more than %d bytes", ErrTooLarge, record.MaxObservedFile)
	}
	signed, err := proof.Sign(statement.Value(), o.cfg.Key, proof.SignOptions{
		VerificationMethod: string(registry) + "#" + o.cfg.Node, Purpose: did.AssertionMethod, Created: seen.Fetched,
	})
	if err != nil {
		return record.Op{}, fmt.Errorf("sign the observation of %s: %w", seen.DID, err)
	}
	return record.NewObservationOp(signed, seen.Log, seen.Witness)
}

func fileDigest(file []byte) *record.Hash {
	if file == nil {
		return nil
	}
	h := record.FileDigest(file)
	return &h
}

func digest(v jcs.Value) record.Hash { return record.FileDigest(v.Canonical()) }

func (o *Observer) propose(ctx context.Context, op record.Op) (record.Outcome, error) {
	result, err := o.cfg.Propose(ctx, op.Encode())
	if err != nil {
		return record.Outcome{}, err
	}
	outcome, err := record.DecodeOutcome(result)
	if err != nil {
		return record.Outcome{}, err
	}
	switch outcome.Code {
	case record.Accepted, record.NoChange, record.IssuedNotLater: // in the latter cases another node was faster
		return outcome, nil
	}
	o.cfg.Metrics.looked("refused")
	return outcome, &RefusedError{outcome}
}

// settle reads what was recorded, and cries out if it is bad.
func (o *Observer) settle(ctx context.Context, id did.ID, outcome record.Outcome) (ledger.Observation, bool, error) {
	recorded := outcome.Code == record.Accepted
	if recorded {
		if err := o.cfg.Book.Wait(ctx, outcome.Seq); err != nil {
			return ledger.Observation{}, true, err
		}
	}
	last, ok, err := o.cfg.Book.Last(id)
	if err == nil && !ok {
		err = fmt.Errorf("observation of %s: %w", id, ledger.ErrNotFound)
	}
	if err != nil || !recorded {
		o.cfg.Metrics.looked("unchanged")
		return last, false, err
	}
	at := []any{"did", id, "seq", last.Seq, "fetched", last.Fetched, "versionId", last.VersionID}
	switch {
	case last.Rewritten:
		o.cfg.Metrics.looked("rewritten")
		o.cfg.Logger.Error("the history of a foreign DID was rewritten", at...)
	case last.Diverged:
		o.cfg.Metrics.looked("diverged")
		o.cfg.Logger.Error("the document of a foreign did:web DID is another than before", at...)
	default:
		o.cfg.Metrics.looked("recorded")
		o.cfg.Logger.Info("foreign DID observed", at...)
	}
	return last, true, nil
}

// broken tells a pinned DID that went bad from a host that is merely down.
func (o *Observer) broken(id did.ID, pinned bool, err error) {
	if foreign.Gone(err) || !pinned {
		o.cfg.Metrics.looked("unavailable")
		o.cfg.Logger.Debug("foreign DID not observed", "did", id, "error", err)
		return
	}
	o.cfg.Metrics.looked("broken")
	o.cfg.Logger.Error("what the host of a pinned DID serves no longer holds", "did", id, "error", err)
}

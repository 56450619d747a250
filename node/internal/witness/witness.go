package witness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
)

// Config of a Witness. Key, Serve, Dir and Published are required.
type Config struct {
	// Key is the witness's, an Ed25519 key. Its did:key DID is what controllers list.
	Key multikey.PrivateKey
	// Serve says whose entries are approved: SCIDs, did:webvh DIDs, and did:key DIDs of
	// update keys, whose holders may begin logs. A log that was begun is served for good.
	Serve []string
	// Dir keeps the copies of the logs; it is made if absent. No other process may use it.
	Dir string
	// Published returns the log that is published under a DID and the proofs beside it,
	// verified; nil if there is none.
	Published func(ctx context.Context, id did.ID) (log []byte, err error)

	now func() time.Time
}

// Errors of Approve besides *webvh.Error, which says what is wrong with an entry, and
// those of Published.
var (
	// ErrNotServed: this witness does not serve that DID.
	ErrNotServed = errors.New("witness: this DID is not served")
	// ErrNotNamed: the DID does not name this witness.
	ErrNotNamed = errors.New("witness: the entry does not need this witness's approval")
	// ErrFork: the entry stands in the place of another one that is known, and may have
	// been approved.
	ErrFork = errors.New("witness: another entry is known in its place")
	// ErrGap: the entries do not begin where the published log ends.
	ErrGap = errors.New("witness: the entries do not follow the published log")
	// ErrMalformed: no entries, too many, or of several DIDs.
	ErrMalformed = errors.New("witness: want the next entries of one log")
)

// MaxEntries is how many entries are approved at once.
const MaxEntries = 16

// Witness approves entries. It is safe for concurrent use.
type Witness struct {
	cfg Config
	id  string
	mu  sync.Mutex // one approval at a time: it reads, decides and writes; no host is asked under it
}

// New returns a Witness.
func New(cfg Config) (*Witness, error) {
	switch {
	case cfg.Published == nil || cfg.Dir == "":
		return nil, errors.New("witness: a directory and a source of logs are required")
	case cfg.Key.Public().Type() != multikey.Ed25519:
		return nil, errors.New("witness: the key is not an Ed25519 key")
	case len(cfg.Serve) == 0:
		return nil, errors.New("witness: it serves nobody")
	}
	for _, name := range cfg.Serve {
		if !strings.HasPrefix(name, "did:webvh:") && !strings.HasPrefix(name, "did:key:") && !isSCID(name) {
			return nil, fmt.Errorf("witness: %.80q is neither an SCID nor a did:webvh or did:key DID", name)
		}
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	if cfg.now == nil {
		cfg.now = time.Now
	}
	return &Witness{cfg: cfg, id: "did:key:" + cfg.Key.Public().String()}, nil
}

// ID is the DID that controllers list.
func (w *Witness) ID() did.ID { return did.ID(w.id) }

func isSCID(s string) bool {
	id, err := webvh.ParseID(did.ID("did:webvh:" + s + ":a.example"))
	return err == nil && id.SCID == s
}

// Approve judges the entries that are to be appended to a log, and returns a
// did-witness.json in which this witness approves the last of them, and with it those
// before. Asking again for what was approved gives another proof of the same.
func (w *Witness) Approve(ctx context.Context, lines []jcs.Value) (jcs.Value, error) {
	entries, scid, err := parse(lines)
	if err != nil {
		return jcs.Value{}, err
	}
	published, err := w.consult(ctx, scid, entries)
	if err != nil {
		return jcs.Value{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	own, err := w.copyOf(scid, entries)
	if err != nil {
		return jcs.Value{}, err
	}
	known, err := w.catchUp(own, published, entries)
	if err != nil {
		return jcs.Value{}, err
	}
	next, err := w.extend(known, entries)
	if err != nil {
		return jcs.Value{}, err
	}
	if err := w.named(next, entries[len(entries)-1].Number); err != nil {
		return jcs.Value{}, err
	}
	if len(next.lines) > len(own.lines) {
		if err := w.write(scid, next); err != nil {
			return jcs.Value{}, err
		}
	}
	proof, err := webvh.WitnessSign(entries[len(entries)-1].VersionID, w.cfg.now(), w.cfg.Key)
	if err != nil {
		return jcs.Value{}, err
	}
	return webvh.FormatWitnessFile([]webvh.WitnessProof{proof}), nil
}

// parse reads entries of one log, in a row.
func parse(lines []jcs.Value) ([]webvh.Entry, string, error) {
	if len(lines) == 0 || len(lines) > MaxEntries {
		return nil, "", fmt.Errorf("%w: %d entries, at most %d", ErrMalformed, len(lines), MaxEntries)
	}
	entries := make([]webvh.Entry, len(lines))
	scid := ""
	for i, line := range lines {
		e, err := webvh.ParseEntry(line)
		if err != nil {
			return nil, "", err
		}
		text, _ := e.State.GetString("id")
		id, err := webvh.ParseID(did.ID(text))
		if err != nil {
			return nil, "", &webvh.Error{Rule: webvh.StateID, Entry: e.Number, Err: err}
		}
		if e.Number < 1 || i > 0 && (id.SCID != scid || e.Number != entries[i-1].Number+1) {
			return nil, "", ErrMalformed
		}
		entries[i], scid = e, id.SCID
	}
	return entries, scid, nil
}

// serves reports whether a log that is new here is one to approve.
func (w *Witness) serves(scid string, entries []webvh.Entry) bool {
	text, _ := entries[len(entries)-1].State.GetString("id")
	if slices.Contains(w.cfg.Serve, scid) || slices.Contains(w.cfg.Serve, text) {
		return true
	}
	// The holder of a listed key signed, which the proofs have yet to bear out.
	for _, p := range entries[0].Proofs {
		if id, _, ok := strings.Cut(p.VerificationMethod, "#"); ok && slices.Contains(w.cfg.Serve, id) {
			return true
		}
	}
	return false
}

// copyOf reads the copy of a log, empty if it is one to begin.
func (w *Witness) copyOf(scid string, entries []webvh.Entry) (*history, error) {
	known, err := w.read(scid)
	if err != nil {
		return nil, err
	}
	if known == nil && !w.serves(scid, entries) {
		return nil, ErrNotServed
	}
	if known == nil {
		known = &history{}
	}
	return known, nil
}

// consult asks for the log that is published where entries hold as far as can be told
// here: one that was published without this witness may have others in their place. It
// is nil if it cannot be had and is not needed. Nobody else waits for its host.
func (w *Witness) consult(ctx context.Context, scid string, entries []webvh.Entry) (*history, error) {
	w.mu.Lock()
	known, err := w.copyOf(scid, entries)
	gap := err == nil && entries[0].Number > len(known.lines)+1
	more := gap
	if err == nil && !gap {
		var next *history
		if next, err = w.extend(known, entries); err == nil {
			more = len(next.lines) > len(known.lines)
		}
	}
	w.mu.Unlock()
	if err != nil || !more {
		return nil, err
	}
	text, _ := entries[0].State.GetString("id")
	if len(known.states) > 0 {
		text = string(known.states[len(known.states)-1].DID)
	}
	log, err := w.cfg.Published(ctx, did.ID(text))
	var published *history
	if err == nil {
		published, err = split(log)
	}
	if err != nil && gap {
		return nil, err
	}
	if err != nil {
		return nil, nil // a host that is down stops nobody who can do without it
	}
	return published, nil
}

// catchUp takes in what was published since the copy was made, which has to go up to
// where the entries begin.
func (w *Witness) catchUp(known, published *history, entries []webvh.Entry) (*history, error) {
	gap := entries[0].Number > len(known.lines)+1
	if published != nil {
		caughtUp, err := w.extend(known, published.entries)
		if err != nil && (gap || errors.Is(err, ErrFork)) {
			return nil, err
		}
		if err == nil {
			known = caughtUp
		}
	}
	if entries[0].Number > len(known.lines)+1 {
		return nil, ErrGap
	}
	return known, nil
}

// extend appends to a history the entries that it does not have, all of them judged,
// and refuses those that are others than it has.
func (w *Witness) extend(known *history, entries []webvh.Entry) (*history, error) {
	next := &history{lines: slices.Clone(known.lines), entries: slices.Clone(known.entries), states: slices.Clone(known.states)}
	var more []webvh.Entry
	for _, e := range entries {
		if e.Number > len(known.lines) {
			more = append(more, e)
			continue
		}
		is := known.entries[e.Number-1]
		if is.VersionID != e.VersionID || !is.Value.Without("proof").Equal(e.Value.Without("proof")) {
			return nil, fmt.Errorf("%w: version %d is %s", ErrFork, e.Number, is.VersionID)
		}
	}
	if len(more) == 0 {
		return next, nil
	}
	var prev *webvh.State
	if n := len(next.states); n > 0 {
		prev = &next.states[n-1]
	}
	states, err := webvh.Candidates(prev, more, webvh.Context{Now: w.cfg.now()})
	if err != nil {
		return nil, err
	}
	for i, e := range more {
		next.lines = append(next.lines, e.Value.Canonical())
		next.entries, next.states = append(next.entries, e), append(next.states, states[i])
	}
	return next, nil
}

// named fails unless the entry of that number waits for this witness.
func (w *Witness) named(h *history, number int) error {
	var prev *webvh.State
	if number > 1 {
		prev = &h.states[number-2]
	}
	for _, id := range webvh.Approvers(prev, h.states[number-1]).Witnesses {
		if id.ID == w.id {
			return nil
		}
	}
	return ErrNotNamed
}

package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/merkle"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// View is the ledger as it was at one moment. It costs little to take one. All
// methods but Err may be used concurrently; none after Close. Stored bytes are
// checked as they are read: what is corrupt is an error (IsCorruption), never an
// answer.
type View struct {
	world
	ledger *Ledger
	state  *published
	from   view.Scanner
	err    error
}

// gone is what a view of a closed ledger reads from.
type gone struct{}

func (gone) Get([]byte) ([]byte, error)                              { return nil, ErrClosed }
func (gone) Last(_, _ []byte) ([]byte, error)                        { return nil, ErrClosed }
func (gone) Scan(_, _ []byte, _ func(key, value []byte) error) error { return ErrClosed }

// View returns the present state, which must be closed. The view of a closed
// ledger is empty, and its methods fail with ErrClosed.
func (l *Ledger) View() *View {
	for {
		p := l.current.Load()
		if p == nil {
			return &View{ledger: l, world: world{in: gone{}, documents: newDocuments()}, state: &published{root: emptyRoot}, from: gone{}}
		}
		if p.snap.Acquire() {
			return &View{
				world:  world{in: p.snap, identity: p.identity, documents: p.documents},
				ledger: l, state: p, from: p.snap,
			}
		}
	}
}

var emptyRoot = record.Hash(merkle.Empty)

// Close releases the view.
func (v *View) Close() {
	if v.state != nil && v.state.snap != nil {
		v.state.snap.Release()
	}
	v.in, v.from, v.state = gone{}, gone{}, &published{root: emptyRoot}
}

// Size is the number of records.
func (v *View) Size() record.Seq { return v.state.size }

// Root is the Merkle tree hash over all records (RFC 9162, 2.1.1).
func (v *View) Root() record.Hash { return v.state.root }

// Time is that of the newest record; zero if there is none.
func (v *View) Time() time.Time {
	if v.state.size == 0 {
		return time.Time{}
	}
	return v.state.time.Time()
}

// LedgerID is the SCID of record 0; "" before there is one.
func (v *View) LedgerID() string { return v.state.identity.Ledger }

// Domain is the host or host:port where the registry takes DIDs.
func (v *View) Domain() string { return v.state.identity.Domain }

// RegistryDID is the DID whose first entry is record 0.
func (v *View) RegistryDID() did.ID { return v.state.identity.DID }

// Record returns the bytes of a record; ErrNotFound beyond the view's size.
func (v *View) Record(seq record.Seq) ([]byte, error) {
	if seq >= v.state.size {
		return nil, fmt.Errorf("record %d: %w", seq, ErrNotFound)
	}
	data, err := view.GetRecord(v.in, seq)
	return data, v.ledger.Report(err)
}

// errStop ends a scan that its reader has had enough of.
var errStop = errors.New("stop")

// Records returns up to n records from the position from on, in order. Bytes are
// valid until the next one. If it ends early Err tells why.
func (v *View) Records(from record.Seq, n int) iter.Seq2[record.Seq, []byte] {
	return func(yield func(record.Seq, []byte) bool) {
		to := v.state.size
		if from < to && uint64(to-from) > uint64(max(n, 0)) {
			to = from + record.Seq(max(n, 0))
		}
		err := view.ScanRecords(v.from, from, to, func(seq record.Seq, data []byte) error {
			if !yield(seq, data) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) && v.err == nil {
			v.err = err
		}
	}
}

// Err is the first error that ended an iteration of Records early.
func (v *View) Err() error { return v.err }

// Resolve is a did.Resolver of the DIDs that the ledger knows as of this view:
// did:key, did:jwk, registered did:webvh DIDs with their history, and the did:web
// DIDs beside them. Errors are *did.Error.
func (v *View) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	res, err := v.world.Resolve(ctx, id, opt)
	return res, v.ledger.Report(err)
}

// DIDByPath returns the SCID of the DID that a path was given to: decoded segments
// joined by slashes, "" for the registry's own. The DID may have moved since.
func (v *View) DIDByPath(path string) (scid string, ok bool, err error) {
	if path == "" {
		return v.LedgerID(), v.LedgerID() != "", nil
	}
	scid, err = view.GetPath(v.in, path)
	return scid, scid != "", err
}

// Head returns what a log has come to, and the record of its newest entry;
// ErrNotFound if no log has that SCID.
func (v *View) Head(scid string) (webvh.State, record.Seq, error) {
	head, err := view.GetHead(v.in, scid)
	if err != nil {
		return webvh.State{}, 0, err
	}
	if head == nil {
		return webvh.State{}, 0, fmt.Errorf("log %.80q: %w", scid, ErrNotFound)
	}
	return head.State, head.Seq, nil
}

// Log returns the entries of a log, in RFC 8785 form, one by one. An error ends
// it; ErrNotFound if no log has that SCID.
func (v *View) Log(scid string) iter.Seq2[[]byte, error] { return v.LogFrom(scid, 1) }

// LogFrom is Log from the version of that number on.
func (v *View) LogFrom(scid string, number int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		state, _, err := v.Head(scid)
		if err != nil {
			yield(nil, err)
			return
		}
		for n := max(1, number); n <= state.Number; n++ {
			entry, err := v.entryText(scid, n)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(entry, nil) {
				return
			}
		}
	}
}

// Witnesses returns a log's did-witness.json: of each witness the newest proof.
// It is an empty list for a log that was never witnessed.
func (v *View) Witnesses(scid string) (jcs.Value, error) {
	proofs, err := view.GetFile(v.in, scid)
	if err != nil {
		return jcs.Value{}, err
	}
	return webvh.FormatWitnessFile(proofs), nil
}

// Staged returns the witness proofs set aside for a version that is to come, of
// witnesses that no DID named when they came, as in a did-witness.json.
func (v *View) Staged(versionID string) (jcs.Value, error) {
	proofs, err := view.GetStaged(v.in, versionID)
	if err != nil {
		return jcs.Value{}, err
	}
	return webvh.FormatWitnessFile(proofs), nil
}

// Inclusion returns the audit path of a record in the tree of the first size
// records (RFC 9162, 2.1.3.1).
func (v *View) Inclusion(seq, size record.Seq) ([]record.Hash, error) {
	if size > v.state.size {
		return nil, fmt.Errorf("tree of %d records: %w", size, ErrNotFound)
	}
	return hashes(merkle.Inclusion(view.Nodes{From: v.from}, uint64(seq), uint64(size)))
}

// Consistency returns the proof that the first records are a prefix of the first
// second ones (RFC 9162, 2.1.4.1).
func (v *View) Consistency(first, second record.Seq) ([]record.Hash, error) {
	if second > v.state.size {
		return nil, fmt.Errorf("tree of %d records: %w", second, ErrNotFound)
	}
	return hashes(merkle.Consistency(view.Nodes{From: v.from}, uint64(first), uint64(second)))
}

// RootAt returns the root of the tree when it had size records.
func (v *View) RootAt(size record.Seq) (record.Hash, error) {
	if size > v.state.size {
		return record.Hash{}, fmt.Errorf("tree of %d records: %w", size, ErrNotFound)
	}
	h, err := merkle.RootAt(view.Nodes{From: v.from}, uint64(size))
	return record.Hash(h), err
}

func hashes(list []merkle.Hash, err error) ([]record.Hash, error) {
	out := make([]record.Hash, len(list))
	for i, h := range list {
		out[i] = record.Hash(h)
	}
	return out, err
}

var (
	_ did.Resolver = (*View)(nil)
	_ view.Scanner = (*store.Snapshot)(nil)
)

package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

// RestartOptions size the restart workload.
type RestartOptions struct {
	Records int
}

// Restart measures how long a node's ledger takes to open when it holds many records, beside what
// replaying them from the Raft log would take, and beside opening one with a tenth of them.
func Restart(ctx context.Context, o RestartOptions) (row Row, err error) {
	row = Row{Name: fmt.Sprintf("open a ledger of %d records", o.Records), Unit: "µs", Peer: "replaying the log, µs", Aim: "does not grow"}
	dir, err := os.MkdirTemp("", "tabard-bench-restart-")
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	filler, err := newFiller(dir)
	if err != nil {
		return row, err
	}
	replayed, err := filler.fill(ctx, o.Records/10)
	if err != nil {
		return row, err
	}
	small, err := reopen(dir)
	if err != nil {
		return row, err
	}
	more, err := filler.fill(ctx, o.Records-o.Records/10)
	if err != nil {
		return row, err
	}
	replayed += more
	large, err := reopen(dir)
	row.Value = float64(large.Microseconds())
	row.PeerValue = float64(replayed.Microseconds())
	row.Ratio = row.Value / max(row.PeerValue, 1)
	row.Notes = map[string]string{"with a tenth of them": small.String(), "with all": large.String(), "replay": replayed.String()}
	return row, err
}

// A filler writes registrations of credentials by one issuer: the smallest records there are.
type filler struct {
	dir     string
	key     multikey.PrivateKey
	issuer  string
	index   uint64
	written int
}

const fillBatch = 256

func newFiller(dir string) (*filler, error) {
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		return nil, err
	}
	f := &filler{dir: dir, key: key, issuer: "did:key:" + key.Public().String()}
	genesis, err := create("registry.localhost:8700", nil)
	if err != nil {
		return nil, err
	}
	op, err := record.NewDIDOp([]jcs.Value{genesis.entry}, nil)
	if err != nil {
		return nil, err
	}
	_, err = f.apply([][]byte{op.Encode()})
	return f, err
}

// fill writes n records and returns how long Apply took for them.
func (f *filler) fill(ctx context.Context, n int) (took time.Duration, err error) {
	l, err := ledger.Open(ledger.Config{Dir: f.dir})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	for end := f.written + n; f.written < end; {
		cmds, err := f.batch(min(fillBatch, end-f.written))
		if err != nil {
			return took, err
		}
		f.index++
		start := time.Now()
		results, err := l.Apply(f.index, start.UnixMilli(), cmds)
		took += time.Since(start)
		if err := errors.Join(err, ctx.Err(), accepted(results)); err != nil {
			return took, err
		}
	}
	return took, nil
}

// apply opens the ledger for one batch.
func (f *filler) apply(cmds [][]byte) (results [][]byte, err error) {
	l, err := ledger.Open(ledger.Config{Dir: f.dir})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	f.index++
	results, err = l.Apply(f.index, time.Now().UnixMilli(), cmds)
	return results, errors.Join(err, accepted(results))
}

func accepted(results [][]byte) error {
	for _, text := range results {
		outcome, err := record.DecodeOutcome(text)
		if err != nil {
			return err
		}
		if outcome.Code != record.Accepted {
			return fmt.Errorf("refused: %s", outcome.Code)
		}
	}
	return nil
}

// reopens is how often a ledger is opened; the median counts, since the engine may still be tidying
// up what was just written when it is opened first.
const reopens = 5

// reopen is the median time to open the ledger and answer from it.
func reopen(dir string) (time.Duration, error) {
	var took []time.Duration
	for range reopens {
		t, err := openOnce(dir)
		if err != nil {
			return 0, err
		}
		took = append(took, t)
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

func openOnce(dir string) (time.Duration, error) {
	start := time.Now()
	l, err := ledger.Open(ledger.Config{Dir: dir})
	if err != nil {
		return 0, err
	}
	view := l.View()
	_, err = view.Record(view.Size() - 1)
	took := time.Since(start)
	view.Close()
	return took, errors.Join(err, l.Close())
}

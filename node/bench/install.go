package bench

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

// InstallOptions size the install workload.
type InstallOptions struct {
	Rounds  int
	Records int // of the snapshot
}

// Install measures how fast an empty ledger is filled from a snapshot of did:webvh creations, all of
// which it judges, beside as many bare Ed25519 checks on the same cores.
func Install(ctx context.Context, o InstallOptions) (row Row, err error) {
	row = Row{Name: fmt.Sprintf("install a snapshot of %d DIDs", o.Records), Unit: "records/s",
		Peer: "crypto/ed25519 verify, all cores", Aim: "≥ 20,000/s on two cores"}
	dir, err := os.MkdirTemp("", "tabard-bench-install-")
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	snapshot := filepath.Join(dir, "snapshot")
	if err := snapshotOfCreations(ctx, filepath.Join(dir, "source"), snapshot, o.Records); err != nil {
		return row, err
	}
	var last, bare time.Duration
	row, err = alternate(row, o.Rounds, func() (rate float64, err error) {
		rate, last, err = install(ctx, filepath.Join(dir, "target"), snapshot, o.Records+1)
		return rate, err
	}, func() (float64, error) {
		start := cpuTime()
		rate, err := bareVerifyAll(ctx, o.Records+1)
		bare = cpuTime() - start
		return rate, err
	})
	if err != nil {
		return row, err
	}
	each := time.Duration(o.Records + 1)
	row.Notes = map[string]string{
		"processor time of a record, last round":     (last / each).Round(100 * time.Nanosecond).String(),
		"processor time of a bare check, last round": (bare / each).Round(100 * time.Nanosecond).String(),
		"size of the snapshot":                       fileSize(snapshot),
	}
	return row, nil
}

// snapshotOfCreations writes the snapshot of a ledger of n DIDs, and the registry's own, into a file.
func snapshotOfCreations(ctx context.Context, dir, path string, n int) (err error) {
	g, err := newGrower(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.ledger.Close(), os.RemoveAll(dir)) }()
	const part = 20_000
	for made := 0; made < n; made += part {
		if _, err := g.step(ctx, min(part, n-made)); err != nil {
			return err
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(g.ledger.WriteSnapshot(f, nil), f.Close())
}

// install fills a ledger of its own from a snapshot of so many records, and returns how many it took a
// second, and the processor time.
func install(ctx context.Context, dir, snapshot string, records int) (rate float64, used time.Duration, err error) {
	f, err := os.Open(snapshot)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	l, err := ledger.Open(ledger.Config{Dir: dir})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, l.Close(), os.RemoveAll(dir)) }()
	start, processor := time.Now(), cpuTime()
	if err := l.RestoreSnapshot(whileWanted{ctx, f}, nil); err != nil {
		return 0, 0, err
	}
	took, used := time.Since(start), cpuTime()-processor
	if n := l.Size(); n != record.Seq(records) {
		return 0, 0, fmt.Errorf("%d records were installed of %d", n, records)
	}
	return float64(records) / took.Seconds(), used, nil
}

// whileWanted reads until a context ends.
type whileWanted struct {
	ctx context.Context
	r   io.Reader
}

func (w whileWanted) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}

// bareVerifyAll makes n bare checks on all cores, and returns how many a second.
func bareVerifyAll(ctx context.Context, n int) (float64, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return 0, err
	}
	message := make([]byte, 64) // two SHA-256 digests: what the suite signs
	signature := ed25519.Sign(private, message)
	start := time.Now()
	err = onAllCores(n, func(int) error {
		if !ed25519.Verify(public, message, signature) {
			return errors.New("not verified")
		}
		return ctx.Err()
	})
	return float64(n) / time.Since(start).Seconds(), err
}

//go:build unix

package ledger

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// onDisk is a ledger in a directory of the test's, with its registry.
func onDisk(b testing.TB, cfg Config) *fixture {
	b.Helper()
	cfg.Dir = b.TempDir()
	l, err := Open(cfg)
	if err != nil {
		b.Fatal(err)
	}
	f := &fixture{TB: b, l: l, now: epoch.Add(time.Minute)}
	b.Cleanup(func() { closing(b, f.l) })
	f.registry = newAgent(b, "registry", nil, nil)
	f.accept(f.didOp(f.registry))
	return f
}

// creations are commands that each register a DID.
func creations(b testing.TB, n int) [][]byte {
	b.Helper()
	cmds := make([][]byte, n)
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				name := fmt.Sprintf("bench%d", i)
				op, err := record.NewDIDOp(newAgent(b, name, []string{"agents", name}, nil).pending, nil)
				if err != nil {
					panic(err)
				}
				cmds[i] = op.Encode()
			}
		})
	}
	wg.Wait()
	return cmds
}

// BenchmarkApply registers DIDs, 256 in a batch; an iteration is one of them. The
// variant without signatures is what everything else costs.
func BenchmarkApply(b *testing.B) {
	const batch = 256
	for _, v := range []struct {
		name   string
		verify multikey.VerifyFunc
	}{
		{"webvh", multikey.PublicKey.Verify},
		{"webvh-without-signatures", func(multikey.PublicKey, []byte, []byte) bool { return true }},
	} {
		b.Run(v.name, func(b *testing.B) {
			f := onDisk(b, Config{Verify: v.verify})
			cmds := creations(b, b.N)
			b.ReportAllocs()
			b.ResetTimer()
			defer processor(b)()
			for i := 0; i < len(cmds); i += batch {
				for _, out := range f.raw(f.now.UnixMilli(), cmds[i:min(i+batch, len(cmds))]) {
					if out.Code != record.Accepted {
						b.Fatal(out.Code)
					}
				}
				f.sent = nil
			}
		})
	}
	b.Run("bare-ed25519", func(b *testing.B) {
		k := keyOf(b, "bench")
		message := make([]byte, 64)
		sig, err := k.Sign(message)
		if err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		defer processor(b)()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if !k.Public().Verify(message, sig) {
					b.Error("the signature does not verify")
				}
			}
		})
	})
}

// processor reports the processor time of what follows, which other work on the
// machine does not add to.
func processor(b *testing.B) (stop func()) {
	b.Helper()
	used := func() int64 {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return r.Utime.Nano() + r.Stime.Nano()
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N), "cpu-ns/op") }
}

// filled has n DIDs.
func filled(b testing.TB, n int) (*fixture, []did.ID) {
	b.Helper()
	f := onDisk(b, Config{Verify: func(multikey.PublicKey, []byte, []byte) bool { return true }})
	cmds := creations(b, n)
	for i := 0; i < n; i += 256 {
		f.raw(f.now.UnixMilli(), cmds[i:min(i+256, n)])
		f.sent = nil
	}
	ids := make([]did.ID, 0, n)
	for i := range n {
		op, err := record.DecodeOp(cmds[i])
		if err != nil {
			b.Fatal(err)
		}
		e, err := webvh.ParseEntry(op.Entries[0])
		if err != nil {
			b.Fatal(err)
		}
		id, _ := e.State.GetString("id")
		ids = append(ids, did.ID(id))
	}
	return f, ids
}

func BenchmarkResolve(b *testing.B) {
	f, ids := filled(b, 20_000)
	for _, n := range []int{100, len(ids)} {
		b.Run(fmt.Sprintf("among-%d", n), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				v := f.l.View()
				if _, err := v.Resolve(context.Background(), ids[i%n], did.Options{}); err != nil {
					b.Fatal(err)
				}
				v.Close()
				i += 7919
			}
		})
	}
	b.Run("view-only", func(b *testing.B) {
		for b.Loop() {
			v := f.l.View()
			v.Close()
		}
	})
	b.Run("changed-since", func(b *testing.B) {
		id := string(ids[0])
		for b.Loop() {
			f.l.ChangedSince(id, f.l.Size())
		}
	})
}

// BenchmarkRecords reads records as a stream does.
func BenchmarkRecords(b *testing.B) {
	f, _ := filled(b, 4096)
	v := f.l.View()
	defer v.Close()
	n := 0
	b.ResetTimer()
	for n < b.N {
		for _, data := range v.Records(0, min(b.N-n, 4096)) {
			n++
			b.SetBytes(int64(len(data)))
		}
		if err := v.Err(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen opens ledgers of different sizes: the time must not follow.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f, _ := filled(b, n)
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				closing(b, f.l)
				b.StartTimer()
				var err error
				if f.l, err = Open(f.l.cfg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

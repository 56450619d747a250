//go:build unix

package ledger

import (
	"bytes"
	"testing"

	"github.com/tabard-id/tabard/did/multikey"
)

// BenchmarkRestore makes a ledger from a snapshot of DIDs; an iteration is one record.
// The variant without signatures is what everything else costs.
func BenchmarkRestore(b *testing.B) {
	for _, v := range []struct {
		name   string
		verify multikey.VerifyFunc
	}{
		{"webvh", multikey.PublicKey.Verify},
		{"webvh-without-signatures", func(multikey.PublicKey, []byte, []byte) bool { return true }},
	} {
		b.Run(v.name, func(b *testing.B) {
			f, _ := filled(b, b.N)
			snapshot := snapshotOf(b, f.l)
			l, err := Open(Config{Dir: b.TempDir(), Verify: v.verify})
			if err != nil {
				b.Fatal(err)
			}
			defer closing(b, l)
			b.ResetTimer()
			defer processor(b)()
			if err := l.RestoreSnapshot(bytes.NewReader(snapshot), nil); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(len(snapshot))/float64(b.N), "bytes/record")
		})
	}
}

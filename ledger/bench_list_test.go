//go:build unix

package ledger

import (
	"fmt"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// inStore writes to a store what a plan would, at position 0.
type inStore struct{ *store.Batch }

func (s inStore) SetSeq(key, value []byte, _, _ int) { s.Set(key, value) }

// BenchmarkStatusList reads lists of which so many entries have changed.
func BenchmarkStatusList(b *testing.B) {
	for _, n := range []int{0, 100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := onDisk(b, Config{})
			f.registry.t = b
			f.accept(f.credentialOp(f.registry.revocable("s", 0), false))
			batch := f.l.gen.db.NewBatch(1 << 20)
			list := view.List{Issuer: f.registry.state.SCID, Purpose: record.Revocation}
			for i := range n {
				if _, err := view.PutBit(f.l.gen.db, inStore{batch}, view.ListEntry{List: list, Index: uint32(i*13 + 1)}, true, 0); err != nil {
					b.Fatal(err)
				}
			}
			if err := batch.Apply(); err != nil {
				b.Fatal(err)
			}
			f.accept(f.credentialOp(f.registry.revocable("t", 2), false)) // which lets it be seen
			v := f.l.View()
			defer v.Close()
			b.ReportAllocs()
			for b.Loop() {
				if l, ok, err := v.StatusList(f.registry.id(), "revocation", 0); err != nil || !ok || l.Set != n {
					b.Fatal(l.Set, ok, err)
				}
			}
		})
	}
}

// BenchmarkPast resolves, among 20,000 DIDs, as of a past position.
func BenchmarkPast(b *testing.B) {
	f, ids := filled(b, 20_000)
	v := f.l.View()
	defer v.Close()
	i := 0
	for b.Loop() {
		p, err := v.At(record.Seq(20_000 - i%100))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Resolve(b.Context(), ids[i%100], did.Options{}); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

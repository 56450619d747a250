package ledger

import (
	"slices"
	"testing"

	"github.com/tabard-id/tabard/did"
)

func TestObservedDIDs(t *testing.T) {
	f := newFixture(t)
	want := []did.ID{"did:web:a.example", "did:web:a.example:x", "did:web:b.example"}
	for _, id := range []did.ID{want[2], want[0], want[1]} {
		f.accept(f.observationOp(f.seenWeb(string(id), "s"), nil))
	}
	f.accept(f.observationOp(f.seenWeb(string(want[0]), "again"), nil))
	s := newStranger(t, "s")
	f.observe(s)
	want = append(want, s.id())
	slices.Sort(want)
	v := f.l.View()
	defer v.Close()
	for name, c := range map[string]struct {
		prefix string
		after  did.ID
		n      int
		want   []did.ID
	}{
		"all":                        {"did:", "", 10, want},
		"none":                       {"did:", "", 0, nil},
		"negative":                   {"did:", "", -1, nil},
		"the first":                  {"did:", "", 1, want[:1]},
		"after the first":            {"did:", want[0], 10, want[1:]},
		"after the last":             {"did:", want[len(want)-1], 10, nil},
		"after what is not there":    {"did:", "did:web:a.example:m", 1, []did.ID{"did:web:a.example:x"}},
		"of one method":              {"did:webvh:", "", 10, []did.ID{s.id()}},
		"of one host":                {"did:web:a.example", "", 10, []did.ID{"did:web:a.example", "did:web:a.example:x"}},
		"of another method":          {"did:key:", "", 10, nil},
		"after what sorts before it": {"did:webvh:", "did:web:a.example", 10, []did.ID{s.id()}},
	} {
		if got, err := v.ObservedDIDs(c.prefix, c.after, c.n); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

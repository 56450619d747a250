package view

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/record"
)

// scanned is a memory that can be gone through in order.
type scanned struct{ memory }

func (s scanned) keys(lower, upper []byte) []string {
	var list []string
	for k := range s.memory {
		if k >= string(lower) && (upper == nil || k < string(upper)) {
			list = append(list, k)
		}
	}
	slices.Sort(list)
	return list
}

func (s scanned) Scan(lower, upper []byte, fn func(key, value []byte) error) error {
	for _, k := range s.keys(lower, upper) {
		if err := fn([]byte(k), s.memory[k]); err != nil {
			return err
		}
	}
	return nil
}

func (s scanned) Last(lower, upper []byte) ([]byte, error) {
	list := s.keys(lower, upper)
	if len(list) == 0 {
		return nil, store.ErrNotFound
	}
	return []byte(list[len(list)-1]), nil
}

// TestListsDoNotTouch: neighbours in the order of keys are other lists.
func TestListsDoNotTouch(t *testing.T) {
	s := scanned{memory{}}
	lists := []List{
		{"a", record.Revocation, 0}, {"a", record.Suspension, 0}, {"a", record.Revocation, 1}, {"ab", record.Revocation, 0},
		{"a", record.Revocation, 255}, {"a", record.Revocation, 256}, {"a", record.Revocation, record.MaxLists - 1},
	}
	seen := make(map[string]bool)
	for i, l := range lists {
		if seen[l.Key()] {
			t.Errorf("%+v has the key of another list", l)
		}
		seen[l.Key()] = true
		for _, index := range []uint32{0, uint32(i) + 1, record.MaxListEntries - 1} {
			if changed, err := PutBit(s, s, ListEntry{l, index}, true, 0); err != nil || !changed {
				t.Fatal(changed, err)
			}
		}
	}
	for i, l := range lists {
		bits, err := GetBits(s, l, 0)
		want := Bits{Set: []uint32{0, uint32(i) + 1, record.MaxListEntries - 1}, Changed: 7, Ever: true, Last: record.MaxListEntries - 1}
		if err != nil || !reflect.DeepEqual(bits, want) {
			t.Errorf("%+v: %+v, %v, want %+v", l, bits, err, want)
		}
	}
	if changed, err := PutBit(s, s, ListEntry{lists[0], 0}, true, 0); changed || err != nil {
		t.Errorf("set again: %v, %v", changed, err)
	}
	if changed, err := PutBit(s, s, ListEntry{lists[0], 9}, false, 0); changed || err != nil {
		t.Errorf("what was never set is cleared: %v, %v", changed, err)
	}
}

// TestDamagedValuesOfListsAreNamed, and those of observations and presentations.
func TestDamagedValuesOfListsAreNamed(t *testing.T) {
	m := scanned{memory{}}
	list := List{"i", record.Suspension, 3}
	entry := ListEntry{list, 5}
	put := func(changed bool, err error) {
		t.Helper()
		if err != nil || !changed {
			t.Fatal(changed, err)
		}
	}
	put(PutBit(m, m, entry, true, 0))
	PutList(m, list, 0)
	PutEntries(m, record.Hash{1}, "i", nil, []ListEntry{entry, {List{"i", record.Revocation, 0}, 1}}, 0)
	PutGraph(m, record.Hash{2}, "i", record.Hash{1})
	PutFormerDID(m, "s", "did:example:s", 0)
	PutPastHead(m, &Head{State: webvh.State{SCID: "s", Number: 1}})
	PutEntry(m, "s", 1, time.Unix(0, 0), 0)
	first := &Issued{Digest: record.Hash{3}, Created: time.Unix(1, 2).UTC()}
	PutIssued(m, "u", "i", "", nil, first, 0)
	PutListContent(m, record.Hash{3}, []byte(`{}`))
	PutObserved(m, "did:web:x", nil, &Observed{Fetched: "f", VersionID: "1-x", Trusted: "1-x"}, 0)
	PutObservedFiles(m, "did:web:x", []byte("log"), nil)
	PutWhois(m, "i", &Whois{Digest: record.Hash{4}, Created: time.Unix(1, 2).UTC()}, 0)
	past := &Head{Seq: 9, State: webvh.State{SCID: "s", Number: 2}}
	read := map[string]func() error{
		"bit":         func() error { _, err := GetBits(m, list, 0); return err },
		"list":        func() error { _, _, err := GetList(m, list); return err },
		"entries":     func() error { _, err := GetEntries(m, record.Hash{1}, "i"); return err },
		"graph":       func() error { _, _, err := GetGraph(m, record.Hash{2}, "i"); return err },
		"former DID":  func() error { _, _, err := HadDID(m, "s", "did:example:s"); return err },
		"past head":   func() error { _, err := GetHeadBefore(m, past, 8); return err },
		"issued":      func() error { _, err := GetIssued(m, "u", "i"); return err },
		"observed":    func() error { _, err := GetObserved(m, "did:web:x"); return err },
		"observation": func() error { _, err := GetObservedSeq(m, "did:web:x", 1); return err },
		"whois":       func() error { _, err := GetWhois(m, "i"); return err },
	}
	for name, get := range read {
		if err := get(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := GetListContent(m, record.Hash{3}); !store.IsCorruption(err) {
		t.Errorf("content of another digest: %v", err)
	}
	if log, witness, err := GetObservedFiles(m, "did:web:x"); string(log) != "log" || witness != nil || err != nil {
		t.Errorf("files %q, %q, %v", log, witness, err)
	}
	m.Set(key(famObservedFiles, "did:web:x"), []byte{0, 0, 0, 9, 1})
	if _, _, err := GetObservedFiles(m, "did:web:x"); !store.IsCorruption(err) {
		t.Errorf("files cut short: %v", err)
	}
	for k, value := range m.memory {
		m.memory[k] = value[:len(value)-1]
	}
	for name, get := range read {
		if err := get(); !store.IsCorruption(err) {
			t.Errorf("%s, cut short: %v", name, err)
		}
	}
}

// TestStatusesBeforePositions: the change before a position, of however many.
func TestStatusesBeforePositions(t *testing.T) {
	m := memory{}
	target := DIDTarget("d")
	var prev *Status
	for i := range 9 {
		next := &Status{Seq: record.Seq(10 * (i + 1)), Status: record.Suspended, Reason: strings.Repeat("x", i)}
		PutStatus(m, target, prev, next, 0)
		m.Set(key(famStatus, string(target)), encodeStatus(next))
		prev = next
	}
	for before := range record.Seq(100) {
		s, err := GetStatusBefore(m, target, before)
		want := 0
		if before > 0 {
			want = int(before-1) / 10
		}
		if err != nil || (s == nil) != (want == 0) || s != nil && (s.Number != want || len(s.Reason) != want-1 || s.Seq != record.Seq(10*want)) {
			t.Errorf("before %d: %+v, %v, want change %d", before, s, err, want)
		}
	}
}

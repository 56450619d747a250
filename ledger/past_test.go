package ledger

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// answers is what a View and a Past both give.
type answers interface {
	did.Resolver
	Credential(digest record.Hash) (CredentialInfo, bool, error)
	CredentialStatusEntry(digest record.Hash, issuer did.ID) (StatusEntry, bool, error)
	DIDStatusEntry(id did.ID) (StatusEntry, bool, error)
	StatusList(issuer did.ID, purpose string, n uint64) (StatusList, bool, error)
	IssuedStatusList(url string) (IssuedList, bool, error)
	EntryStatus(e record.ListEntry) (StatusEntry, bool, error)
	Observation(id did.ID) (Observation, bool, error)
	Observations(id did.ID, after, n int) ([]Observation, error)
	Size() record.Seq
	Time() time.Time
	LedgerID() string
	Domain() string
	RegistryDID() did.ID
}

// said is everything that a state says of some DIDs and digests.
func said(t testing.TB, a answers, ids []did.ID, digests []record.Hash) map[string]any {
	t.Helper()
	out := map[string]any{"size": a.Size(), "time": a.Time(), "ledger": a.LedgerID(), "domain": a.Domain(), "registry": a.RegistryDID()}
	for _, id := range ids {
		for name, opt := range map[string]did.Options{
			"": {}, "version 2": {VersionNumber: 2}, "of that time": {VersionTime: epoch.Add(20 * time.Second)},
		} {
			res, err := a.Resolve(t.Context(), id, opt)
			var doc any
			if res.Document != nil {
				doc = string(res.Document.Value().Canonical())
			}
			out["document of "+string(id)+name] = doc
			out["metadata of "+string(id)+name] = fmt.Sprintf("%s %v", res.Metadata.Value().Canonical(), did.CodeOf(err))
		}
		e, known, err := a.DIDStatusEntry(id)
		if err != nil {
			t.Fatal(err)
		}
		out["status of "+string(id)] = []any{e, known}
	}
	for _, id := range ids {
		saidOfLists(t, a, id, out)
	}
	for _, name := range []string{"x0", "x1"} {
		id := newStranger(t, name).id()
		list, err := a.Observations(id, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		o, ok, err := a.Observation(id)
		if err != nil || ok != (len(list) > 0) || ok && o.Seq != list[len(list)-1].Seq {
			t.Fatalf("observation %+v, %v, %v; there are %d", o, ok, err, len(list))
		}
		for i := range list {
			out[fmt.Sprint("observation of ", id, i)] = []any{list[i].Seq, list[i].Number, list[i].Rewritten, string(list[i].Statement.Canonical())}
		}
	}
	for _, digest := range digests {
		info, ok, err := a.Credential(digest)
		if err != nil {
			t.Fatal(err)
		}
		out["credential "+digest.String()] = []any{info.Seq, info.Time, string(info.Body.Canonical()), ok}
		for _, id := range append(ids, "") {
			e, known, err := a.CredentialStatusEntry(digest, id)
			if err != nil {
				t.Fatal(err)
			}
			out["status of "+digest.String()+" by "+string(id)] = []any{e, known}
		}
	}
	return out
}

func saidOfLists(t testing.TB, a answers, id did.ID, out map[string]any) {
	t.Helper()
	urls := []string{elsewhere("1"), elsewhere("2"), ownList(id, "suspension", 1), ownList(id, "suspension", 0)}
	for _, name := range []string{"revocation", "suspension"} {
		out["bits of "+string(id)+name] = bitsOf(t, a, id, name)
		l, ok, err := a.StatusList(id, name, 0)
		if err != nil {
			t.Fatal(err)
		}
		out["list of "+string(id)+name] = []any{ok, l.Changed, l.Since, l.Set, l.Entries, l.Key}
		for index := range uint32(4) {
			e := record.ListEntry{List: record.ListID{Issuer: id, Purpose: record.Purpose(name)}, Index: index}
			status, known, err := a.EntryStatus(e)
			if err != nil {
				t.Fatal(err)
			}
			out["status of "+e.String()] = []any{status, known}
		}
	}
	for _, url := range urls {
		l, ok, err := a.IssuedStatusList(url)
		if err != nil {
			t.Fatal(err)
		}
		out["list at "+url] = []any{ok, l.Seq, l.Digest, string(l.Content)}
	}
}

// TestThePastIsWhatThePresentWas compares what views said when they were taken with
// what a later one says of that position.
func TestThePastIsWhatThePresentWas(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawn := drawScript(rt,
			func() *agent { return newAgent(t, "registry", nil, nil) },
			func(name string, edit func(*webvh.CreateOptions), controllers ...string) *agent {
				return newAgent(t, name, []string{name}, edit, controllers...)
			})
		pastIsWhatPresentWas(t, rt, drawn)
	})
}

// TestThePastOfHistories: also of logs that were witnessed and moved, and of credentials
// whose registrations were completed.
func TestThePastOfHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { pastIsWhatPresentWas(t, rt, drawHistory(t, rt, 24).script) })
}

func pastIsWhatPresentWas(t *testing.T, rt *rapid.T, drawn *script) {
	ids, digests := []did.ID{drawn.registry.id()}, []record.Hash{{1}}
	for _, a := range drawn.agents {
		parsed, err := webvh.ParseID(a.id())
		if err != nil {
			rt.Fatal(err)
		}
		ids = append(ids, a.id(), parsed.Web())
	}
	for _, op := range drawn.known {
		if op.Name == record.OpCredential {
			digests = append(digests, op.CredentialDigest)
		}
	}
	l := open(t, vfs.NewMem())
	defer closing(t, l)
	then := make(map[record.Seq]map[string]any)
	play(t, func() *Ledger { return l }, drawn.list, func(int) bool { return true }, func(uint64) {
		v := l.View()
		defer v.Close()
		if seq := v.Size() - 1; then[seq] == nil && rapid.IntRange(0, 3).Draw(rt, "look") == 0 {
			then[seq] = said(t, v, ids, digests)
		}
	})
	v := l.View()
	defer v.Close()
	for seq, want := range then {
		p, err := v.At(seq)
		if err != nil {
			rt.Fatal(err)
		}
		if got := said(t, p, ids, digests); !reflect.DeepEqual(got, want) {
			for k := range want {
				if !reflect.DeepEqual(got[k], want[k]) {
					rt.Errorf("%s after record %d: %v, was %v", k, seq, got[k], want[k])
				}
			}
			rt.FailNow()
		}
	}
}

// TestPastOfLongHistories asks for every position of a DID that has been updated,
// suspended, moved away and back often, some of it in one operation.
func TestPastOfLongHistories(t *testing.T) {
	f := newFixture(t)
	a := newAgent(t, "a", []string{"a"}, portable)
	home := a.id()
	f.accept(f.didOp(a))
	views := []*View{f.l.View()}
	step := func(op record.Op) {
		f.accept(op)
		views = append(views, f.l.View())
	}
	for i := range 6 {
		for n := range i {
			a.update(webvh.UpdateOptions{}, fmt.Sprint("s", i, "x", n))
		}
		moved(a, "elsewhere.example")
		step(f.didOp(a))
		a.update(webvh.UpdateOptions{Document: a.document(home).With("alsoKnownAs", strs(string(a.id())))})
		step(f.didOp(a))
		step(f.changeOp(a, string(a.id()), record.Suspended))
		step(f.changeOp(a, string(a.id()), record.Active))
	}
	parsed, err := webvh.ParseID(home)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := did.ID("did:webvh:" + parsed.SCID + ":elsewhere.example:a")
	ids := []did.ID{home, parsed.Web(), elsewhere}
	last := views[len(views)-1]
	for _, was := range views {
		p, err := last.At(was.Size() - 1)
		if err != nil {
			t.Fatal(err)
		}
		got, want := said(t, p, ids, nil), said(t, was, ids, nil)
		for k := range want {
			if !reflect.DeepEqual(got[k], want[k]) {
				t.Errorf("%s after record %d: %v, was %v", k, was.Size()-1, got[k], want[k])
			}
		}
		was.Close()
	}
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestPastOfADigestThatAnotherRegisteredFirst: a bare digest meant the stranger's
// registration until the issuer's came with its content.
func TestPastOfADigestThatAnotherRegisteredFirst(t *testing.T) {
	f := newFixture(t)
	a, thief := f.agent("a"), f.agent("thief")
	c := a.sign(a.credential("s"))
	digest := record.CredentialDigest(c)
	first := f.accept(must(t)(record.NewDigestOp(digest, thief.id(), proofOf(thief.sign(a.credential("s"))))))
	second := f.accept(f.credentialOp(c, false))
	v := f.l.View()
	defer v.Close()
	for seq, want := range map[record.Seq]any{first.Seq - 1: nil, first.Seq: first.Seq, second.Seq: second.Seq} {
		p, err := v.At(seq)
		if err != nil {
			t.Fatal(err)
		}
		info, ok, err := p.Credential(digest)
		if err != nil || ok != (want != nil) || ok && info.Seq != want {
			t.Errorf("after record %d: registration %d, %v, %v; want %v", seq, info.Seq, ok, err, want)
		}
	}
}

func TestSeqAt(t *testing.T) {
	f := newFixture(t)
	var times []time.Time
	for i := range 9 {
		f.agent(fmt.Sprint("a", i))
		times = append(times, f.now)
	}
	v := f.l.View()
	defer v.Close()
	if _, ok, err := v.SeqAt(epoch); ok || err != nil {
		t.Errorf("before record 0: %v, %v", ok, err)
	}
	for i, at := range times {
		for _, test := range []struct {
			t    time.Time
			want record.Seq
		}{{at.Add(-time.Nanosecond), record.Seq(i)}, {at, record.Seq(i + 1)}, {at.Add(time.Second - time.Nanosecond), record.Seq(i + 1)}} {
			if seq, ok, err := v.SeqAt(test.t); !ok || err != nil || seq != test.want {
				t.Errorf("at %s: record %d, %v, %v; want %d", test.t, seq, ok, err, test.want)
			}
		}
	}
	if seq, ok, err := v.SeqAt(epoch.AddDate(100, 0, 0)); !ok || err != nil || seq != v.Size()-1 {
		t.Errorf("in the far future: %d, %v, %v", seq, ok, err)
	}
	if _, err := v.At(v.Size()); !errors.Is(err, ErrNotFound) {
		t.Errorf("a record that is not there yet: %v", err)
	}
	empty := emptyFixture(t).l.View()
	defer empty.Close()
	if _, ok, err := empty.SeqAt(f.now); ok || err != nil {
		t.Errorf("an empty ledger: %v, %v", ok, err)
	}
	if _, err := empty.At(0); !errors.Is(err, ErrNotFound) {
		t.Errorf("an empty ledger: %v", err)
	}
}

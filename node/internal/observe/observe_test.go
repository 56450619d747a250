package observe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/internal/foreign"
)

const registry = did.ID("did:webvh:QmRegistry:registry.example")

// world is the hosts, the ledger and the cluster of one observer.
type world struct {
	mu       sync.Mutex
	hosts    map[did.ID]string // name in the document; "" is down
	records  map[did.ID]ledger.Observation
	unpinned map[did.ID]bool
	seq      record.Seq
	leads    bool
	begun    bool
	asked    map[did.ID][]time.Time
	under    int
	most     int
	slow     time.Duration
	refusal  record.Code
	propose  error
	rewrites bool
	log      bytes.Buffer
}

func newWorld() *world {
	return &world{hosts: map[did.ID]string{}, records: map[did.ID]ledger.Observation{}, asked: map[did.ID][]time.Time{}, leads: true, begun: true}
}

func (w *world) observer(t *testing.T, change func(*Config)) *Observer {
	t.Helper()
	key, err := multikey.NewPrivate(multikey.Ed25519, bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Hosts: w, Book: w, Propose: w.take, Leads: w.leading, Key: key, Node: "node1", Metrics: metrics,
		Logger: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelError})),
	}
	if change != nil {
		change(&cfg)
	}
	o, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (w *world) Write(p []byte) (int, error) { // of the log, whose handler locks
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *world) leading() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leads
}

func (w *world) Registry() (did.ID, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begun {
		return "", ""
	}
	return registry, "QmRegistry"
}

func (w *world) Last(id did.ID) (ledger.Observation, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o, ok := w.records[id]
	return o, ok, nil
}

func (w *world) IsPinned(id did.ID) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, observed := w.records[id]
	return observed && !w.unpinned[id], nil
}

func (w *world) Pinned(after did.ID, n int) ([]did.ID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []did.ID
	for id := range w.records {
		if id > after && !w.unpinned[id] {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list[:min(n, len(list))], nil
}

func (w *world) Wait(context.Context, record.Seq) error { return nil }

func (w *world) Snapshot(ctx context.Context, id did.ID) (foreign.Snapshot, error) {
	w.mu.Lock()
	w.asked[id] = append(w.asked[id], time.Now())
	name, slow := w.hosts[id], w.slow
	w.under++
	w.most = max(w.most, w.under)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.under--
	}()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return foreign.Snapshot{}, ctx.Err()
		}
	}
	switch name {
	case "":
		return foreign.Snapshot{}, &did.Error{Code: did.InternalError, Err: foreign.ErrUnavailable}
	case "broken":
		return foreign.Snapshot{}, &did.Error{Code: did.InvalidDIDDocument}
	}
	pad := 0
	if name == "huge" {
		pad = record.MaxObservedDocument
	}
	v, err := jcs.Decode([]byte(fmt.Sprintf(`{"id":%q,"alsoKnownAs":["urn:name:%s"],"pad":%q}`, id, name, strings.Repeat("x", pad))))
	if err != nil {
		return foreign.Snapshot{}, err
	}
	doc, err := did.ParseDocument(v)
	return foreign.Snapshot{DID: id, Fetched: time.Now(), Resolution: did.Resolution{Document: doc}}, err
}

// take is the cluster: it checks what a ledger would of the shape and the signature, and records.
func (w *world) take(_ context.Context, cmd []byte) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.propose != nil {
		return nil, w.propose
	}
	if w.refusal != 0 {
		return record.Outcome{Code: w.refusal}.Encode(), nil
	}
	op, err := record.DecodeOp(cmd)
	if err != nil {
		return nil, err
	}
	seen, err := record.ParseObservation(op.Observation)
	if err != nil {
		return nil, err
	}
	p, _ := op.Observation.Get("proof")
	if method, _ := p.GetString("verificationMethod"); method != string(registry)+"#node1" {
		return nil, errors.New("signed by " + method)
	}
	if _, err := proof.Open(op.Observation); err != nil {
		return nil, err
	}
	before, ok := w.records[seen.DID]
	w.seq++
	delete(w.unpinned, seen.DID)
	w.records[seen.DID] = ledger.Observation{
		Seq: w.seq, Number: before.Number + 1, DID: seen.DID, Digest: seen.Digest, Document: seen.Document, Fetched: seen.Fetched,
		Diverged: ok && !w.rewrites, Rewritten: ok && w.rewrites,
	}
	return record.Outcome{Code: record.Accepted, Seq: w.seq, Count: 1}.Encode(), nil
}

func (w *world) looks(id did.ID) []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.asked[id])
}

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

const a, b = did.ID("did:web:a.example"), did.ID("did:web:b.example")

func TestObserve(t *testing.T) {
	w := newWorld()
	o := w.observer(t, nil)
	w.hosts[a] = "one"
	last, recorded, err := o.Observe(t.Context(), a)
	if err != nil || !recorded || last.Number != 1 {
		t.Fatalf("%+v, %v, %v", last, recorded, err)
	}
	if _, recorded, err := o.Observe(t.Context(), a); err != nil || recorded {
		t.Errorf("unchanged: %v, %v", recorded, err)
	}
	w.hosts[a] = "two"
	if last, recorded, err := o.Observe(t.Context(), a); err != nil || !recorded || !last.Diverged {
		t.Errorf("%+v, %v, %v", last, recorded, err)
	}
	if text := w.log.String(); !strings.Contains(text, "another than before") || strings.Count(text, "\n") != 1 {
		t.Errorf("log: %s", text)
	}
	w.rewrites, w.hosts[a] = true, "three"
	if last, _, err := o.Observe(t.Context(), a); err != nil || !last.Rewritten || !strings.Contains(w.log.String(), "rewritten") {
		t.Errorf("%+v, %v", last, err)
	}
	w.hosts[a] = "broken"
	if _, _, err := o.Observe(t.Context(), a); did.CodeOf(err) != did.InvalidDIDDocument || !strings.Contains(w.log.String(), "no longer holds") {
		t.Errorf("%v", err)
	}
}

func TestObserveRefusals(t *testing.T) {
	down := errors.New("no leader")
	for name, c := range map[string]struct {
		change func(*world)
		holds  func(error) bool
	}{
		"no ledger":   {func(w *world) { w.begun = false }, func(err error) bool { return errors.Is(err, ErrNoLedger) }},
		"host down":   {func(w *world) { w.hosts[a] = "" }, foreign.Gone},
		"not a DID's": {func(w *world) { w.hosts[a] = "broken" }, func(err error) bool { return did.CodeOf(err) == did.InvalidDIDDocument }},
		"too large":   {func(w *world) { w.hosts[a] = "huge" }, func(err error) bool { return errors.Is(err, ErrTooLarge) }},
		"too many":    {func(w *world) { w.records[b] = ledger.Observation{} }, func(err error) bool { return errors.Is(err, ErrTooMany) }},
		"no leader":   {func(w *world) { w.propose = down }, func(err error) bool { return errors.Is(err, down) }},
		"refused": {func(w *world) { w.refusal = record.NotForeign }, func(err error) bool {
			var r *RefusedError
			return errors.As(err, &r) && r.Outcome.Code == record.NotForeign
		}},
		"another's win": {func(w *world) { w.refusal = record.NoChange }, func(err error) bool { return errors.Is(err, ledger.ErrNotFound) }},
	} {
		w := newWorld()
		w.hosts[a] = "one"
		c.change(w)
		o := w.observer(t, func(c *Config) { c.MaxPins = 1 })
		if _, recorded, err := o.Observe(t.Context(), a); recorded || !c.holds(err) {
			t.Errorf("%s: %v, %v", name, recorded, err)
		}
		if _, pinned := w.records[a]; pinned || w.log.Len() > 0 {
			t.Errorf("%s: pinned %v, logged %s", name, pinned, w.log.String())
		}
	}
}

// What is unpinned is not looked at, takes up no place, and is recorded again when it is pinned again.
func TestUnpinnedIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.hosts[a], w.hosts[b] = "one", "one"
		o := w.observer(t, func(c *Config) { c.MaxPins, c.Interval = 1, time.Hour })
		if _, _, err := o.Observe(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		w.set(func() { w.unpinned = map[did.ID]bool{a: true} })
		stop := run(o)
		time.Sleep(10 * time.Hour)
		stop()
		if n := len(w.looks(a)); n != 1 {
			t.Errorf("%d looks at what is unpinned", n-1)
		}
		if _, recorded, err := o.Observe(t.Context(), b); err != nil || !recorded {
			t.Errorf("its place is not free: %v", err)
		}
		if _, _, err := o.Observe(t.Context(), a); !errors.Is(err, ErrTooMany) {
			t.Errorf("pinned again without a place: %v", err)
		}
		w.set(func() { w.unpinned[b] = true })
		if _, recorded, err := o.Observe(t.Context(), a); err != nil || !recorded || w.unpinned[a] {
			t.Errorf("pinned again, unchanged: %v, %v", recorded, err)
		}
	})
}

func run(o *Observer) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { o.Run(ctx); close(ended) }()
	return func() { cancel(); <-ended }
}

func TestLeaderLooksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.hosts[a] = "one"
		o := w.observer(t, func(c *Config) { c.Pins, c.Interval = []did.ID{a}, time.Hour })
		defer run(o)()
		time.Sleep(10*time.Hour + time.Minute)
		looks := w.looks(a)
		if len(looks) < 9 || len(looks) > 12 {
			t.Fatalf("%d looks in 10 hours", len(looks))
		}
		for i := 1; i < len(looks); i++ {
			if gap := looks[i].Sub(looks[i-1]); gap < 54*time.Minute || gap > 67*time.Minute {
				t.Errorf("%v between two looks", gap)
			}
		}
		if w.records[a].Number != 1 {
			t.Errorf("%d records of what never changed", w.records[a].Number)
		}
		n := len(looks)
		if !o.Soon(a) || o.Soon(b) {
			t.Error("what is pinned can be looked at soon, and nothing else")
		}
		time.Sleep(soonest + pause)
		if len(w.looks(a)) <= n {
			t.Error("soon is not soon")
		}
	})
}

// A stranger who resolves a DID that contradicts its records has the leader look again:
// not as often as he likes.
func TestSoonIsNotAtOnceAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.hosts[a] = "one"
		o := w.observer(t, func(c *Config) { c.Pins, c.Interval = []did.ID{a}, time.Hour })
		defer run(o)()
		time.Sleep(time.Second)
		for range 600 {
			o.Soon(a)
			time.Sleep(time.Second)
		}
		if n := len(w.looks(a)); n < 5 || n > 12 {
			t.Errorf("%d looks in ten minutes", n)
		}
	})
}

func TestHostThatAlwaysChangesDoesNotFillTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		o := w.observer(t, nil)
		refused := 0
		for i := range 100 {
			w.hosts[a] = fmt.Sprintf("n%d", i)
			if _, recorded, err := o.Observe(t.Context(), a); errors.Is(err, ErrTooOften) && !recorded {
				refused++
			} else if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if n := w.records[a].Number; n < burst || n > burst+3 || n+refused != 100 {
			t.Errorf("%d records, %d refused", n, refused)
		}
		time.Sleep(time.Hour)
		if _, recorded, err := o.Observe(t.Context(), a); err != nil || !recorded {
			t.Errorf("an hour later: %v", err)
		}
	})
}

func TestStrangersPinsDoNotDisplaceConfiguredOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.hosts[a], w.hosts[b] = "one", "one"
		for i := range 5 {
			id := did.ID(fmt.Sprintf("did:web:a%d.example", i))
			w.records[id] = ledger.Observation{DID: id, Number: 1}
		}
		o := w.observer(t, func(c *Config) { c.Pins, c.MaxPins, c.Interval = []did.ID{a, b}, 4, time.Hour })
		if _, _, err := o.Observe(t.Context(), "did:web:another.example"); !errors.Is(err, ErrTooMany) {
			t.Errorf("a stranger's: %v", err)
		}
		defer run(o)()
		time.Sleep(time.Minute)
		for _, id := range []did.ID{a, b} {
			if _, observed, err := w.Last(id); !observed || err != nil {
				t.Errorf("%s of the configuration is not observed: %v", id, err)
			}
		}
	})
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		o := w.observer(t, func(c *Config) { c.Pins, c.Interval = []did.ID{a}, time.Hour })
		defer run(o)()
		time.Sleep(48 * time.Hour)
		looks := w.looks(a)
		for i := 2; i < len(looks); i++ {
			if gap := looks[i].Sub(looks[i-1]); gap > 9*time.Hour+time.Minute {
				t.Errorf("%v between two looks", gap)
			}
		}
		if first := looks[1].Sub(looks[0]); first > 10*time.Minute || len(looks) > 14 || len(looks) < 8 {
			t.Errorf("%d looks, the second after %v", len(looks), first)
		}
		w.set(func() { w.hosts[a] = "one" })
		time.Sleep(10 * time.Hour)
		if _, ok, _ := w.Last(a); !ok {
			t.Error("a host that came back was not seen")
		}
	})
}

func TestOnlyTheLeaderLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.hosts[a], w.leads = "one", false
		o := w.observer(t, func(c *Config) { c.Pins, c.Interval = []did.ID{a}, time.Hour })
		defer run(o)()
		time.Sleep(5 * time.Hour)
		if n := len(w.looks(a)); n != 0 {
			t.Errorf("a follower looked %d times", n)
		}
		w.set(func() { w.leads, w.begun = true, false })
		time.Sleep(5 * time.Hour)
		if n := len(w.looks(a)); n != 0 {
			t.Errorf("%d looks before there is a ledger", n)
		}
		w.set(func() { w.begun = true })
		time.Sleep(time.Minute)
		if n := len(w.looks(a)); n != 1 {
			t.Errorf("%d looks", n)
		}
		w.set(func() { w.leads = false })
		time.Sleep(5 * time.Hour)
		if n := len(w.looks(a)); n != 1 {
			t.Errorf("%d looks after it was deposed", n)
		}
	})
}

// A new leader does not ask for everything at once, and never for more than so many.
func TestManyPins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.slow = 20 * time.Second
		for i := range 60 {
			id := did.ID(fmt.Sprintf("did:web:h%d.example", i))
			w.hosts[id], w.records[id] = "one", ledger.Observation{DID: id, Number: 1}
		}
		o := w.observer(t, func(c *Config) { c.Interval, c.Concurrent = time.Hour, 2 })
		defer run(o)()
		time.Sleep(15 * time.Minute)
		w.mu.Lock()
		looked := len(w.asked)
		w.mu.Unlock()
		if looked < 5 || looked > 30 {
			t.Errorf("%d of 60 in a quarter of an hour", looked)
		}
		time.Sleep(60 * time.Minute)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.asked) != 60 || w.most > 2 {
			t.Errorf("%d of 60 in the end, %d at once", len(w.asked), w.most)
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	w := newWorld()
	for name, change := range map[string]func(*Config){
		"no hosts": func(c *Config) { c.Hosts = nil }, "no book": func(c *Config) { c.Book = nil }, "no key": func(c *Config) { c.Key = nil },
		"no name": func(c *Config) { c.Node = "" }, "negative": func(c *Config) { c.Interval = -1 },
		"did:key": func(c *Config) { c.Pins = []did.ID{"did:key:z"} }, "too many": func(c *Config) { c.Pins, c.MaxPins = []did.ID{a, b}, 1 },
	} {
		cfg := w.observer(t, nil).cfg
		change(&cfg)
		if _, err := New(cfg); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

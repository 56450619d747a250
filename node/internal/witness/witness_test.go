package witness

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
)

var begin = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func key(t testing.TB, n byte) multikey.PrivateKey {
	t.Helper()
	k, err := multikey.NewPrivate(multikey.Ed25519, bytes.Repeat([]byte{n}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// chain is a log that its controller writes.
type chain struct {
	t       testing.TB
	key     multikey.PrivateKey
	entries []webvh.Entry
	states  []webvh.State
}

func newChain(t testing.TB, path string, witnesses ...multikey.PrivateKey) *chain {
	t.Helper()
	c := &chain{t: t, key: key(t, 1)}
	opt := webvh.CreateOptions{Domain: "example.com", Path: []string{path}, Time: begin}
	for _, w := range witnesses {
		opt.Witness.Threshold = 1
		opt.Witness.Witnesses = append(opt.Witness.Witnesses, webvh.WitnessID{ID: "did:key:" + w.Public().String()})
	}
	e, err := webvh.Create(opt, c.key)
	if err != nil {
		t.Fatal(err)
	}
	c.take(e)
	return c
}

func (c *chain) take(e webvh.Entry) {
	c.t.Helper()
	var prev *webvh.State
	if len(c.states) > 0 {
		prev = &c.states[len(c.states)-1]
	}
	states, err := webvh.Candidates(prev, []webvh.Entry{e}, webvh.Context{Now: begin.Add(24 * time.Hour)})
	if err != nil {
		c.t.Fatal(err)
	}
	c.entries, c.states = append(c.entries, e), append(c.states, states[0])
}

// next makes another entry, told from others by its name, without taking it.
func (c *chain) next(name string, change func(*webvh.UpdateOptions)) webvh.Entry {
	c.t.Helper()
	last := c.entries[len(c.entries)-1]
	opt := webvh.UpdateOptions{
		Document: last.State.With("alsoKnownAs", jcs.Array(jcs.FromString("urn:name:"+name))), Time: last.Time.Add(time.Minute),
	}
	if change != nil {
		change(&opt)
	}
	e, err := webvh.Update(c.states[len(c.states)-1], opt, c.key)
	if err != nil {
		c.t.Fatal(err)
	}
	return e
}

func (c *chain) id() did.ID { return c.states[0].DID }

func values(entries ...webvh.Entry) []jcs.Value {
	list := make([]jcs.Value, len(entries))
	for i, e := range entries {
		list[i] = e.Value
	}
	return list
}

func log(entries ...webvh.Entry) []byte {
	var b bytes.Buffer
	for _, e := range entries {
		b.Write(e.Value.Canonical())
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func newWitness(t testing.TB, dir string, published func() []byte, serve ...string) *Witness {
	t.Helper()
	w, err := New(Config{
		Key: key(t, 9), Serve: serve, Dir: dir, now: func() time.Time { return begin.Add(time.Hour) },
		Published: func(context.Context, did.ID) ([]byte, error) {
			if published == nil {
				return nil, errors.New("not to be asked")
			}
			return published(), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// approved checks that a file approves a version by this witness, and that a resolver takes it.
func approved(t *testing.T, file jcs.Value, err error, entries ...webvh.Entry) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := webvh.VerifyLog(log(entries...), file.Canonical(), begin.Add(time.Hour)); err != nil {
		t.Error(err)
	}
}

func TestApproves(t *testing.T) {
	c := newChain(t, "a", key(t, 9), key(t, 10))
	dir := t.TempDir()
	w := newWitness(t, dir, nil, "did:key:"+key(t, 1).Public().String())
	file, err := w.Approve(t.Context(), values(c.entries[0]))
	approved(t, file, err, c.entries...)
	c.take(c.next("two", nil))
	file, err = w.Approve(t.Context(), values(c.entries[1]))
	approved(t, file, err, c.entries...)
	file, err = w.Approve(t.Context(), values(c.entries...)) // again, from the beginning
	approved(t, file, err, c.entries...)
	// Another process, that serves nobody the first one did, goes on from the same copy.
	w = newWitness(t, dir, nil, "did:key:"+key(t, 77).Public().String())
	c.take(c.next("three", nil))
	c.take(c.next("four", nil))
	file, err = w.Approve(t.Context(), values(c.entries[2:]...))
	approved(t, file, err, c.entries...)
	data, err := os.ReadFile(filepath.Join(dir, c.states[0].SCID+".jsonl"))
	if err != nil || !bytes.Equal(data, log(c.entries...)) {
		t.Errorf("the copy is another log: %v", err)
	}
}

func TestNeverApprovesAFork(t *testing.T) {
	c := newChain(t, "a", key(t, 9))
	dir := t.TempDir()
	serve := string(c.id())
	w := newWitness(t, dir, nil, serve)
	if _, err := w.Approve(t.Context(), values(c.entries[0])); err != nil {
		t.Fatal(err)
	}
	one, other := c.next("one", nil), c.next("other", nil)
	if _, err := w.Approve(t.Context(), values(one)); err != nil {
		t.Fatal(err)
	}
	for name, again := range map[string]*Witness{"at once": w, "after a restart": newWitness(t, dir, nil, serve)} {
		if _, err := again.Approve(t.Context(), values(other)); !errors.Is(err, ErrFork) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := again.Approve(t.Context(), values(c.entries[0], other)); !errors.Is(err, ErrFork) {
			t.Errorf("%s, from the beginning: %v", name, err)
		}
	}
	// Nor when its host publishes it.
	c.take(other)
	next := c.next("next", nil)
	hosted := newWitness(t, dir, func() []byte { return log(c.entries...) }, serve)
	if _, err := hosted.Approve(t.Context(), values(next)); err == nil {
		t.Error("an entry after a fork")
	}
	c.take(next)
	if _, err := hosted.Approve(t.Context(), values(c.next("later", nil))); !errors.Is(err, ErrFork) {
		t.Errorf("published: %v", err)
	}
	// Many at once: one of them wins.
	c = newChain(t, "b", key(t, 9))
	w = newWitness(t, t.TempDir(), nil, string(c.id()))
	if _, err := w.Approve(t.Context(), values(c.entries[0])); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	wins := 0
	for i := range 8 {
		e := c.next(string(rune('a'+i)), nil)
		group.Go(func() {
			if _, err := w.Approve(t.Context(), values(e)); err == nil {
				mu.Lock()
				wins++
				mu.Unlock()
			} else if !errors.Is(err, ErrFork) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if wins != 1 {
		t.Errorf("%d versions 2", wins)
	}
}

// Whoever has a key that was rotated away cannot have this witness approve a history in
// the place of one that was published while it was not asked.
func TestNeverApprovesAForkOfWhatIsPublished(t *testing.T) {
	c := newChain(t, "a", key(t, 9), key(t, 10))
	dir := t.TempDir()
	serve := c.states[0].SCID
	if _, err := newWitness(t, dir, nil, serve).Approve(t.Context(), values(c.entries[0])); err != nil {
		t.Fatal(err)
	}
	fork := c.next("fork", nil)
	c.take(c.next("two", nil)) // approved by the other witness
	published := func() []byte { return log(c.entries...) }
	for name, dir := range map[string]string{"behind": dir, "begun": t.TempDir()} {
		w := newWitness(t, dir, published, serve)
		if _, err := w.Approve(t.Context(), values(c.entries[0], fork)); !errors.Is(err, ErrFork) {
			t.Errorf("%s: %v", name, err)
		}
		file, err := w.Approve(t.Context(), values(c.entries[1])) // that is published is approved late
		approved(t, file, err, c.entries...)
		if _, err := newWitness(t, dir, nil, serve).Approve(t.Context(), values(fork)); !errors.Is(err, ErrFork) {
			t.Errorf("%s, later: %v", name, err)
		}
	}
}

// A stranger names a host of his own, which takes its time.
func TestSlowHostsHoldNobodyUp(t *testing.T) {
	c, mine := newChain(t, "a", key(t, 9)), newChain(t, "b", key(t, 9))
	c.take(c.next("two", nil))
	c.take(c.next("three", nil))
	asked := make(chan struct{})
	w, err := New(Config{
		Key: key(t, 9), Serve: []string{c.states[0].SCID, mine.states[0].SCID}, Dir: t.TempDir(), now: func() time.Time { return begin.Add(time.Hour) },
		Published: func(ctx context.Context, id did.ID) ([]byte, error) {
			if id != c.id() {
				return nil, nil
			}
			close(asked)
			<-ctx.Done()
			return nil, ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := w.Approve(ctx, values(c.entries[2]))
		ended <- err
	}()
	<-asked
	if _, err := w.Approve(t.Context(), values(mine.entries[0])); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRefuses(t *testing.T) {
	mine, yours := key(t, 9), key(t, 10)
	c := newChain(t, "a", mine)
	c.take(c.next("two", nil))
	c.take(c.next("three", nil))
	serve := c.states[0].SCID
	forged := func(e webvh.Entry, old, new string) jcs.Value {
		v, err := jcs.Decode(bytes.ReplaceAll(e.Value.Canonical(), []byte(old), []byte(new)))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	none, others, other := newChain(t, "n"), newChain(t, "o", yours), newChain(t, "p", mine)
	published := func() []byte { return log(c.entries[:2]...) }
	for name, x := range map[string]struct {
		published func() []byte
		serve     string
		lines     []jcs.Value
		want      error
		rule      webvh.Rule
	}{
		"nobody's":                  {nil, other.states[0].SCID, values(c.entries[0]), ErrNotServed, ""},
		"nothing":                   {nil, serve, nil, ErrMalformed, ""},
		"too many":                  {nil, serve, make([]jcs.Value, MaxEntries+1), ErrMalformed, ""},
		"no entry":                  {nil, serve, []jcs.Value{jcs.Object()}, nil, webvh.EntryMalformed},
		"of two logs":               {nil, serve, values(c.entries[0], other.entries[0]), ErrMalformed, ""},
		"with a gap":                {nil, serve, values(c.entries[0], c.entries[2]), ErrMalformed, ""},
		"in the wrong order":        {nil, serve, values(c.entries[1], c.entries[0]), ErrMalformed, ""},
		"forged document":           {nil, serve, []jcs.Value{forged(c.entries[0], "did/v1", "did/v2")}, nil, webvh.SCIDMismatch},
		"forged, in a row":          {nil, serve, append(values(c.entries[0]), forged(c.entries[1], "urn:name:two", "urn:name:six")), nil, webvh.EntryHashMismatch},
		"without a proof":           {nil, serve, []jcs.Value{c.entries[0].Value.Without("proof")}, nil, webvh.ProofInvalid},
		"no witnesses":              {nil, none.states[0].SCID, values(none.entries[0]), ErrNotNamed, ""},
		"other witnesses":           {nil, others.states[0].SCID, values(others.entries[0]), ErrNotNamed, ""},
		"not published yet":         {func() []byte { return nil }, serve, values(c.entries[1]), ErrGap, ""},
		"published less":            {func() []byte { return log(c.entries[0]) }, serve, values(c.entries[2]), ErrGap, ""},
		"published something else":  {func() []byte { return log(other.entries...) }, serve, values(c.entries[2]), nil, ""},
		"published what is broken":  {func() []byte { return append(log(c.entries[0]), "{}\n"...) }, serve, values(c.entries[2]), nil, webvh.EntryMalformed},
		"published what is no JSON": {func() []byte { return []byte("<html>") }, serve, values(c.entries[2]), nil, ""},
		"a host that is down":       {nil, serve, values(c.entries[2]), nil, ""},
		"published":                 {published, serve, values(c.entries[2]), errNone, ""},
		"its key only looks listed": {nil, "did:key:" + yours.Public().String(), []jcs.Value{forged(c.entries[0], key(t, 1).Public().String(), yours.Public().String())}, nil, webvh.SCIDMismatch},
	} {
		dir := t.TempDir()
		w := newWitness(t, dir, x.published, x.serve)
		file, err := w.Approve(t.Context(), x.lines)
		if x.want == errNone {
			approved(t, file, err, c.entries...)
			continue
		}
		rule, _ := webvh.RuleOf(err)
		if err == nil || x.want != nil && !errors.Is(err, x.want) || rule != x.rule {
			t.Errorf("%s: %v", name, err)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
			t.Errorf("%s: %v is kept, %v", name, files, err)
		}
	}
	// Once it is no longer named it approves nothing more, but the entry that says so is its to approve.
	off := &webvh.Witness{}
	last := c.next("four", func(o *webvh.UpdateOptions) { o.Witness = off })
	c.take(last)
	w := newWitness(t, t.TempDir(), func() []byte { return log(c.entries[:3]...) }, serve)
	if _, err := w.Approve(t.Context(), values(last)); err != nil {
		t.Error(err)
	}
	if _, err := w.Approve(t.Context(), values(c.next("five", nil))); !errors.Is(err, ErrNotNamed) {
		t.Error(err)
	}
}

var errNone = errors.New("none")

func TestDamagedCopyIsNotGoneOnFrom(t *testing.T) {
	c := newChain(t, "a", key(t, 9))
	dir := t.TempDir()
	w := newWitness(t, dir, nil, c.states[0].SCID)
	if _, err := w.Approve(t.Context(), values(c.entries[0])); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, c.states[0].SCID+".jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	next := c.next("two", nil)
	for name, data := range map[string][]byte{
		"empty": nil, "cut": whole[:len(whole)/2], "changed": bytes.Replace(whole, []byte("did/v1"), []byte("did/v2"), 1),
		"another's": log(newChain(t, "b", key(t, 9)).entries...),
	} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Approve(t.Context(), values(next)); err == nil {
			t.Errorf("%s: approved", name)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	published := func(context.Context, did.ID) ([]byte, error) { return nil, nil }
	p256, err := multikey.Generate(multikey.P256)
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{
		"nothing":       {},
		"nobody":        {Key: key(t, 1), Dir: t.TempDir(), Published: published},
		"no directory":  {Key: key(t, 1), Serve: []string{"did:key:z"}, Published: published},
		"another key":   {Key: p256, Serve: []string{"did:key:z"}, Dir: t.TempDir(), Published: published},
		"a web DID":     {Key: key(t, 1), Serve: []string{"did:web:a.example"}, Dir: t.TempDir(), Published: published},
		"a path":        {Key: key(t, 1), Serve: []string{"../x"}, Dir: t.TempDir(), Published: published},
		"half an SCID":  {Key: key(t, 1), Serve: []string{"Qm"}, Dir: t.TempDir(), Published: published},
		"SCID and host": {Key: key(t, 1), Serve: []string{strings.Repeat("Q", 46) + ":b"}, Dir: t.TempDir(), Published: published},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// FuzzApprove: whatever is sent, nothing is kept or approved but entries that hold.
func FuzzApprove(f *testing.F) {
	c := newChain(f, "a", key(f, 9))
	c.take(c.next("two", nil))
	f.Add(log(c.entries...))
	f.Add(log(c.entries[1]))
	f.Add([]byte("{}\n[]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var lines []jcs.Value
		for line := range bytes.SplitSeq(data, []byte("\n")) {
			if v, err := jcs.Decode(line); err == nil {
				lines = append(lines, v)
			}
		}
		w := newWitness(t, t.TempDir(), func() []byte { return nil }, c.states[0].SCID)
		file, err := w.Approve(t.Context(), lines)
		if err != nil {
			return
		}
		if log, _ := webvh.VerifyLog(log(c.entries...), file.Canonical(), begin.Add(time.Hour)); len(log.Versions) == 0 {
			t.Fatalf("%s approves %s", file.Canonical(), data)
		}
	})
}

package challenge

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a time that tests set.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(c.at.Load(), 0) }

// cluster are issuers that can ask each other.
type cluster map[string]*Issuer

func (c cluster) ask(_ context.Context, node string, question []byte) ([]byte, error) {
	i, ok := c[node]
	if !ok {
		return nil, errors.New("no such node")
	}
	return i.Answer(question), nil
}

func newIssuer(t *testing.T, node, secret string) (*Issuer, *clock) {
	t.Helper()
	var c clock
	c.at.Store(1_800_000_000)
	i, err := New(Config{Node: node, Secret: []byte(secret), Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return i, &c
}

func (i *Issuer) mustIssue(t *testing.T) string {
	t.Helper()
	text, err := i.Issue()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestOnce(t *testing.T) {
	a, now := newIssuer(t, "n1", "secret")
	b, later := newIssuer(t, "n2", "secret")
	nodes := cluster{"n1": a, "n2": b}
	for _, first := range nodes {
		text := a.mustIssue(t)
		if err := errors.Join(a.Check(text), b.Check(text)); err != nil {
			t.Fatalf("before its use: %v", err)
		}
		if err := first.Spend(t.Context(), nodes.ask, text); err != nil {
			t.Fatalf("first use: %v", err)
		}
		for range 4 {
			if err := a.Check(text); !errors.Is(err, ErrSpent) {
				t.Errorf("checked again: %v", err)
			}
			for _, again := range nodes {
				if err := again.Spend(t.Context(), nodes.ask, text); !errors.Is(err, ErrSpent) {
					t.Errorf("again: %v", err)
				}
			}
			now.at.Add(60)
			later.at.Add(60)
		}
		now.at.Add(60)
		later.at.Add(60)
		for _, again := range nodes {
			if err := again.Spend(t.Context(), nodes.ask, text); !errors.Is(err, ErrExpired) {
				t.Errorf("after its life: %v", err)
			}
		}
	}
}

// The node that issued a challenge has the last word on its age, whatever time it is elsewhere.
func TestExpiryIsTheIssuers(t *testing.T) {
	a, now := newIssuer(t, "n1", "secret")
	b, _ := newIssuer(t, "n2", "secret")
	text := a.mustIssue(t)
	now.at.Add(int64(Life / time.Second))
	if err := b.Spend(t.Context(), cluster{"n1": a}.ask, text); !errors.Is(err, ErrExpired) {
		t.Error(err)
	}
}

func TestUnconfirmed(t *testing.T) {
	a, _ := newIssuer(t, "n1", "secret")
	b, _ := newIssuer(t, "n2", "secret")
	text := a.mustIssue(t)
	deaf := func(context.Context, string, []byte) ([]byte, error) { return nil, nil }
	for name, ask := range map[string]Ask{"away": cluster{}.ask, "does not answer such questions": deaf} {
		var unconfirmed *UnconfirmedError
		if err := b.Spend(t.Context(), ask, text); !errors.As(err, &unconfirmed) || unconfirmed.Node != "n1" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := a.Spend(t.Context(), nil, text); err != nil {
		t.Errorf("where it was issued: %v", err)
	}
}

// After a restart a node no longer knows what was used, and takes nothing of before.
func TestRestart(t *testing.T) {
	before, _ := newIssuer(t, "n1", "secret")
	after, _ := newIssuer(t, "n1", "secret")
	other, _ := newIssuer(t, "n2", "secret")
	text := before.mustIssue(t)
	after.mustIssue(t) // of the same number
	nodes := cluster{"n1": after}
	for _, i := range []*Issuer{after, other} {
		if err := i.Spend(t.Context(), nodes.ask, text); !errors.Is(err, ErrUnknown) {
			t.Error(err)
		}
	}
	if err := after.Check(text); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}

func TestNotOurs(t *testing.T) {
	c, _ := newIssuer(t, "n1", "secret")
	stranger, _ := newIssuer(t, "n1", "another secret")
	text := c.mustIssue(t)
	body := strings.TrimPrefix(text, prefix+"n1.")
	for name, bad := range map[string]string{
		"of another cluster": stranger.mustIssue(t),
		"of a former format": former + body,
		"prefix alone":       prefix,
		"without a node":     prefix + body,
		"of another node":    prefix + "n2." + body,
		"cut short":          text[:len(text)-1],
		"longer":             text + "A",
		"padded":             text + "=",
		"a bit flipped":      prefix + "n1." + flip(body),
		"a line feed added":  text + "\n",
	} {
		if err := c.Check(bad); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.Spend(t.Context(), cluster{}.ask, bad); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
		if got := c.Answer([]byte(question + bad)); string(got) != "unknown" {
			t.Errorf("%s: a peer hears %q", name, got)
		}
	}
	for _, theirs := range []string{"", "d436f0c8-fbd9-4e48-bbb2-55fc5d0920a8", body} {
		for range 2 {
			if err := errors.Join(c.Check(theirs), c.Spend(t.Context(), nil, theirs)); err != nil {
				t.Errorf("a verifier's own %q: %v", theirs, err)
			}
		}
		if got := c.Answer([]byte(question + theirs)); string(got) != "unknown" {
			t.Errorf("of a verifier's own a peer hears %q", got)
		}
	}
	if got := c.Answer([]byte("something else")); got != nil {
		t.Errorf("an answer to something else: %q", got)
	}
	if err := c.Spend(t.Context(), nil, text); err != nil {
		t.Errorf("the one they were made from: %v", err)
	}
}

func flip(s string) string {
	if s[3] == 'A' {
		return s[:3] + "B" + s[4:]
	}
	return s[:3] + "A" + s[4:]
}

// TestManyUsed: 131,072 challenges used within five minutes, which one client can do, kept everybody else
// from using any.
func TestManyUsed(t *testing.T) {
	c, now := newIssuer(t, "n1", "secret")
	const many = 3*pageBits - 1
	for n := range many {
		number, err := c.used.number(now.now(), now.now().Add(Life))
		if err != nil || c.used.spend(number) != nil {
			t.Fatalf("challenge %d: %v", n, err)
		}
		if n%pageBits == 0 {
			now.at.Add(1)
		}
	}
	if err := c.Spend(t.Context(), nil, c.mustIssue(t)); err != nil {
		t.Errorf("one more: %v", err)
	}
	if len(c.used.pages) != 3 {
		t.Errorf("%d pages for %d challenges", len(c.used.pages), many)
	}
	now.at.Add(int64(Life / time.Second))
	last := c.mustIssue(t)
	if len(c.used.pages) > 1 {
		t.Errorf("%d pages are kept after all have expired", len(c.used.pages))
	}
	if err := c.Spend(t.Context(), nil, last); err != nil {
		t.Error(err)
	}
}

func TestBoundOnThoseAlive(t *testing.T) {
	var u used
	now := time.Unix(1_800_000_000, 0)
	u.next, u.pages = maxPages*pageBits, make([]page, maxPages)
	for i := range u.pages {
		u.pages[i].expires = now.Add(time.Second)
	}
	if _, err := u.number(now, now.Add(Life)); !errors.Is(err, ErrFull) {
		t.Errorf("one too many: %v", err)
	}
	now = now.Add(2 * time.Second)
	number, err := u.number(now, now.Add(Life))
	if err != nil || number != maxPages*pageBits || u.spend(number) != nil {
		t.Errorf("after they have expired: %d, %v", number, err)
	}
	if err := u.check(number - 1); !errors.Is(err, ErrExpired) {
		t.Errorf("one whose page is gone: %v", err)
	}
	if err := u.check(number + 1); !errors.Is(err, ErrUnknown) {
		t.Errorf("one that was never issued: %v", err)
	}
}

func TestUsedAtOnce(t *testing.T) {
	c, _ := newIssuer(t, "n1", "secret")
	text := c.mustIssue(t)
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if c.Spend(context.Background(), nil, text) == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d used it first", won.Load())
	}
}

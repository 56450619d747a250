package httpapi

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tabard-id/tabard/node/api"
)

// clock is a time that tests set.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(c.at.Load(), 0) }

func newTestChallenges(t *testing.T, secret string) (*challenges, *clock) {
	t.Helper()
	var c clock
	c.at.Store(1_800_000_000)
	made, err := newChallenges([]byte(secret), c.now)
	if err != nil {
		t.Fatal(err)
	}
	return made, &c
}

func TestChallengeIsUsedOnce(t *testing.T) {
	c, now := newTestChallenges(t, "secret")
	for range 3 {
		text, err := c.issue()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.use(text); err != nil {
			t.Fatalf("first use: %v", err)
		}
		for step := int64(0); step < int64(challengeLife/time.Second); step += 60 { // through a rotation
			if err := c.use(text); !errors.Is(err, errChallengeSpent) {
				t.Errorf("again after %d s: %v", step, err)
			}
			now.at.Add(60)
			if other, err := c.issue(); err != nil || c.use(other) != nil {
				t.Errorf("another: %v", err)
			}
		}
		if err := c.use(text); !errors.Is(err, errChallengeExpired) {
			t.Errorf("after its life: %v", err)
		}
	}
}

func TestChallengeThatIsNotOurs(t *testing.T) {
	c, _ := newTestChallenges(t, "secret")
	other, _ := newTestChallenges(t, "another secret")
	text, err := c.issue()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.issue()
	if err != nil {
		t.Fatal(err)
	}
	body := strings.TrimPrefix(text, challengePrefix)
	for name, bad := range map[string]string{
		"of another cluster": foreign,
		"prefix alone":       challengePrefix,
		"cut short":          text[:len(text)-1],
		"longer":             text + "A",
		"padded":             text + "=",
		"a bit flipped":      challengePrefix + flip(body),
		"a line feed added":  text + "\n",
	} {
		if err := c.use(bad); !errors.Is(err, errChallengeUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, theirs := range []string{"", "d436f0c8-fbd9-4e48-bbb2-55fc5d0920a8", body} {
		for range 2 {
			if err := c.use(theirs); err != nil {
				t.Errorf("a verifier's own %q: %v", theirs, err)
			}
		}
	}
	if err := c.use(text); err != nil {
		t.Errorf("the one they were made from: %v", err)
	}
}

func flip(s string) string {
	if s[3] == 'A' {
		return s[:3] + "B" + s[4:]
	}
	return s[:3] + "A" + s[4:]
}

func TestChallengeStoreIsBounded(t *testing.T) {
	c, now := newTestChallenges(t, "secret")
	c.rotated = c.now()
	for i := range maxUsed {
		c.used[challengeID{byte(i), byte(i >> 8), byte(i >> 16), 1}] = struct{}{}
	}
	text, err := c.issue()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.use(text); !errors.Is(err, errChallengesFull) {
		t.Errorf("full: %v", err)
	}
	now.at.Add(int64(challengeLife/time.Second) - 1)
	if err := c.use(text); !errors.Is(err, errChallengesFull) {
		t.Errorf("still full: %v", err)
	}
	now.at.Add(1)
	if text, err = c.issue(); err != nil || c.use(text) != nil || len(c.used) != 1 {
		t.Errorf("after a lifetime: %v, %d used", err, len(c.used))
	}
}

func TestChallengeUsedAtOnce(t *testing.T) {
	c, _ := newTestChallenges(t, "secret")
	text, err := c.issue()
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if c.use(text) == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d used it first", won.Load())
	}
}

func TestChallengesDiffer(t *testing.T) {
	n := startNode(t)
	seen := map[string]bool{}
	for range 50 {
		var c api.Challenge
		got := n.post("/challenges", "application/json", nil)
		got.json(http.StatusOK, &c)
		if seen[c.Challenge] || len(c.Challenge) < 32 || got.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%q %v", c.Challenge, got.header)
		}
		seen[c.Challenge] = true
	}
	n.do(http.MethodPost, "/challenges", nil).json(http.StatusOK, new(api.Challenge)) // without a body or a type
	n.get("/challenges").refused(api.MethodNotAllowed)
	n.do(http.MethodPost, "/challenges?count=2", nil).refused(api.InvalidParameter)
}

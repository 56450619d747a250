package agent

import (
	"crypto/rand"
	"encoding/base64"
	"sync"
	"time"

	"github.com/tabard-id/tabard/node/api"
)

const (
	challengeLifetime = 5 * time.Minute
	maxChallenges     = 10_000
)

// issuedChallenge is the reply to POST /challenges.
type issuedChallenge struct {
	Challenge string `json:"challenge"`
	Expires   string `json:"expires"`
}

// challenges remembers which challenges were given out and which were answered, for
// as long as they live. Challenges that somebody else made up are theirs to keep.
type challenges struct {
	now func() time.Time

	mu   sync.Mutex
	live map[string]challengeState
}

type challengeState struct {
	expires time.Time
	spent   bool
}

func newChallenges(now func() time.Time) *challenges {
	return &challenges{now: now, live: map[string]challengeState{}}
}

// prefix marks the agent's own challenges, so that one that has expired and is
// forgotten is not taken for somebody else's.
const prefix = "tabard-agent-"

func (c *challenges) issue() (issuedChallenge, error) {
	var random [24]byte
	if _, err := rand.Read(random[:]); err != nil {
		return issuedChallenge{}, err
	}
	text := prefix + base64.RawURLEncoding.EncodeToString(random[:])
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if len(c.live) >= maxChallenges {
		c.sweep(now)
	}
	if len(c.live) >= maxChallenges {
		return issuedChallenge{}, api.NewProblem(api.Overloaded, "too many challenges are waiting for an answer")
	}
	expires := now.Add(challengeLifetime)
	c.live[text] = challengeState{expires: expires}
	return issuedChallenge{text, expires.UTC().Format(time.RFC3339)}, nil
}

func (c *challenges) sweep(now time.Time) {
	for text, state := range c.live {
		if !now.Before(state.expires) {
			delete(c.live, text)
		}
	}
}

// spend reports whether the challenge may be answered now, and marks one of the
// agent's own as answered.
func (c *challenges) spend(text string) bool {
	if len(text) < len(prefix) || text[:len(prefix)] != prefix {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	state, ok := c.live[text]
	if !ok || state.spent || !c.now().Before(state.expires) {
		return false
	}
	state.spent = true
	c.live[text] = state
	return true
}

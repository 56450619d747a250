package httpapi

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/node/api"
)

// A challenge is prefix, then base64url of expiry (seconds since 1970, 8 bytes), 16 random bytes and the
// first 16 bytes of an HMAC-SHA-256 over both. Nothing is kept until it is used, so that asking for
// challenges fills no store, and every node of the cluster knows one of another by the key they share.
// What a node remembers is which ones were used there: a challenge can be used once at each node.
const (
	challengePrefix = "tabard1."
	challengeLife   = 5 * time.Minute
	challengeBytes  = 8 + challengeRandom + challengeMAC
	challengeRandom = 16
	challengeMAC    = 16
)

// maxUsed bounds the challenges remembered as used in one lifetime. Beyond it none can be used: what
// cannot be remembered could be used twice.
const maxUsed = 1 << 17

// Why a challenge of ours does not do.
var (
	errChallengeUnknown = errors.New("the challenge was not issued here")
	errChallengeExpired = errors.New("the challenge has expired")
	errChallengeSpent   = errors.New("the challenge has been used before")
	errChallengesFull   = errors.New("too many challenges are in use")
)

// challenges issues challenges and lets each be used once. Safe for concurrent use.
type challenges struct {
	key []byte
	now func() time.Time

	mu      sync.Mutex
	used    map[challengeID]struct{} // of this lifetime and of the last
	before  map[challengeID]struct{}
	rotated time.Time
}

type challengeID [challengeRandom]byte

// newChallenges derives the key from the cluster's secret. Without one, challenges are of this process
// alone.
func newChallenges(secret []byte, now func() time.Time) (*challenges, error) {
	if len(secret) == 0 {
		secret = make([]byte, 32)
		if _, err := rand.Read(secret); err != nil {
			return nil, err
		}
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "tabard challenge key v1", 32)
	return &challenges{key: key, now: now, used: map[challengeID]struct{}{}}, err
}

// issue makes a challenge.
func (c *challenges) issue() (string, error) {
	raw := binary.BigEndian.AppendUint64(make([]byte, 0, challengeBytes), uint64(c.now().Add(challengeLife).Unix()))
	raw = raw[:8+challengeRandom]
	if _, err := rand.Read(raw[8:]); err != nil {
		return "", err
	}
	return challengePrefix + base64.RawURLEncoding.EncodeToString(append(raw, c.mac(raw)...)), nil
}

func (c *challenges) mac(raw []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write(raw)
	return h.Sum(nil)[:challengeMAC]
}

// use consumes a challenge. One that does not claim to be of a registry is a verifier's own, of whose
// use that verifier keeps account.
func (c *challenges) use(text string) error {
	encoded, ok := strings.CutPrefix(text, challengePrefix)
	if !ok {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(raw) != challengeBytes || base64.RawURLEncoding.EncodeToString(raw) != encoded {
		return errChallengeUnknown
	}
	signed, mac := raw[:8+challengeRandom], raw[8+challengeRandom:]
	if !hmac.Equal(mac, c.mac(signed)) {
		return errChallengeUnknown
	}
	now := c.now()
	if now.Unix() >= int64(binary.BigEndian.Uint64(signed)) {
		return errChallengeExpired
	}
	return c.spend(challengeID(signed[8:]), now)
}

func (c *challenges) spend(id challengeID, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := now.Sub(c.rotated); age >= challengeLife || age < 0 {
		c.before = c.used
		if age >= 2*challengeLife {
			c.before = nil
		}
		c.used, c.rotated = map[challengeID]struct{}{}, now
	}
	_, spent := c.used[id]
	_, spentBefore := c.before[id]
	switch {
	case spent || spentBefore:
		return errChallengeSpent
	case len(c.used) >= maxUsed:
		return errChallengesFull
	}
	c.used[id] = struct{}{}
	return nil
}

// postChallenge issues a challenge for a presentation to carry (VCALM, "Create Challenge"). The body
// does not matter.
func (s *server) postChallenge(w *reply, r *http.Request, _ route) error {
	if _, err := onlyBounds(r); err != nil {
		return err
	}
	text, err := s.challenges.issue()
	if err != nil {
		return err
	}
	w.Header()[keyCacheControl] = valueNoStore
	return s.sendJSON(w, r, http.StatusOK, api.Challenge{Challenge: text})
}

// checkChallenge is the name of the row that says what is wrong with a challenge of ours.
const checkChallenge = "challenge"

// refusedChallenge is the verdict on a presentation whose challenge does not do: nothing else is looked
// at, so that a replay costs nothing.
func refusedChallenge(err error) credential.Verdict {
	code := credential.Code("challenge-unknown")
	switch {
	case errors.Is(err, errChallengeExpired):
		code = "challenge-expired"
	case errors.Is(err, errChallengeSpent):
		code = "challenge-spent"
	}
	return credential.Verdict{
		Presentation: true,
		Checks:       []credential.Check{{Name: checkChallenge, Outcome: credential.Failed, Code: code, Detail: err.Error()}},
		ProblemDetails: []credential.Problem{{
			Type: "https://w3id.org/security#INVALID_CHALLENGE_ERROR", Title: "The challenge cannot be used.", Detail: err.Error(), Code: code,
		}},
	}
}

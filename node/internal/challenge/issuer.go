package challenge

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Life is how long a challenge can be used.
const Life = 5 * time.Minute

// Why a challenge of this cluster cannot be used, or none be issued.
var (
	ErrUnknown = errors.New("the challenge was not issued here, or by a node that was restarted since")
	ErrExpired = errors.New("the challenge has expired")
	ErrSpent   = errors.New("the challenge has been used before")
	ErrFull    = errors.New("too many challenges are waiting for an answer")
)

// UnconfirmedError says that the node that issued a challenge gave no answer, so that nobody here knows
// whether it has been used.
type UnconfirmedError struct {
	Node string // whom to ask instead of this node
	Err  error
}

func (e *UnconfirmedError) Error() string {
	return fmt.Sprintf("only the node %s, which issued the challenge, knows whether it has been used, and it gave no answer: have the presentation verified there", e.Node)
}

func (e *UnconfirmedError) Unwrap() error { return e.Err }

// Config of an Issuer.
type Config struct {
	// Node is the id of this node among its peers.
	Node string
	// Secret is the cluster's. Without one, challenges are of this process alone.
	Secret []byte
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Issuer issues the challenges of one node, and knows which of them have been used. Safe for concurrent
// use.
type Issuer struct {
	node string
	key  []byte
	run  uint64
	now  func() time.Time

	mu   sync.Mutex
	used used
}

// New begins a run of a node.
func New(cfg Config) (*Issuer, error) {
	var random [40]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, err
	}
	if len(cfg.Secret) == 0 {
		cfg.Secret = random[8:]
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	key, err := hkdf.Key(sha256.New, cfg.Secret, nil, "tabard challenge key v2", 32)
	return &Issuer{node: cfg.Node, key: key, run: binary.BigEndian.Uint64(random[:]), now: cfg.Now}, err
}

// Issue makes a challenge. Errors: ErrFull.
func (i *Issuer) Issue() (string, error) {
	t := token{node: i.node, run: i.run}
	if _, err := rand.Read(t.random[:]); err != nil {
		return "", err
	}
	i.mu.Lock()
	now := i.now()
	expires := now.Add(Life)
	number, err := i.used.number(now, expires)
	i.mu.Unlock()
	t.number, t.expires = number, expires.Unix()
	return t.text(i.key), err
}

// Check returns why a challenge cannot be used, as far as this node knows without asking: ErrUnknown,
// ErrExpired, ErrSpent. One that does not claim to be of a registry is a verifier's own, of whose use
// that verifier keeps account.
func (i *Issuer) Check(text string) error {
	t, ours, err := i.open(text)
	if err != nil || !ours || t.node != i.node {
		return err
	}
	if t.run != i.run {
		return ErrUnknown
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.used.check(t.number)
}

func (i *Issuer) open(text string) (token, bool, error) {
	t, ours, err := parse(i.key, text)
	if err == nil && ours && i.now().Unix() >= t.expires {
		err = ErrExpired
	}
	return t, ours, err
}

// Ask puts a question to the Answer of another node; consensus.Replica.Ask does.
type Ask func(ctx context.Context, node string, question []byte) ([]byte, error)

// Spend uses a challenge, which the node that issued it permits once. Errors are those of Check, and
// *UnconfirmedError.
func (i *Issuer) Spend(ctx context.Context, ask Ask, text string) error {
	t, ours, err := i.open(text)
	if err != nil || !ours {
		return err
	}
	if t.node == i.node {
		return i.spend(t)
	}
	answer, err := ask(ctx, t.node, []byte(question+text))
	if err != nil {
		return &UnconfirmedError{t.node, err}
	}
	for _, known := range answers {
		if string(answer) == known.text {
			return known.err
		}
	}
	return &UnconfirmedError{t.node, fmt.Errorf("an answer that is not understood: %.32q", answer)}
}

func (i *Issuer) spend(t token) error {
	if t.run != i.run {
		return ErrUnknown
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.used.spend(t.number)
}

// question is what another node's use of a challenge begins with.
const question = "use challenge "

var answers = []struct {
	text string
	err  error
}{{"used", nil}, {"unknown", ErrUnknown}, {"expired", ErrExpired}, {"spent", ErrSpent}}

// Answer uses a challenge that this node issued, for a node that asks. A question that is about something
// else has no answer.
func (i *Issuer) Answer(asked []byte) []byte {
	text, ok := strings.CutPrefix(string(asked), question)
	if !ok {
		return nil
	}
	t, ours, err := i.open(text)
	switch {
	case err == nil && (!ours || t.node != i.node):
		err = ErrUnknown
	case err == nil:
		err = i.spend(t)
	}
	for _, known := range answers {
		if errors.Is(err, known.err) {
			return []byte(known.text)
		}
	}
	return nil
}

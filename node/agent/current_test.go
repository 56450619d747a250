package agent

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/node/client"
)

const rotating = did.ID("did:example:rotating")

// changing is a resolver whose document changes, and which may be silent.
type changing struct {
	mu     sync.Mutex
	doc    string // "" is deactivated
	err    error
	silent bool
	asked  int
}

func (c *changing) Resolve(_ context.Context, _ did.ID, _ did.Options) (did.Resolution, error) {
	c.mu.Lock()
	c.asked++
	doc, err, silent := c.doc, c.err, c.silent
	c.mu.Unlock()
	if silent {
		return did.Resolution{}, client.ErrUnreachable
	}
	if err != nil || doc == "" {
		return did.Resolution{}, err
	}
	v, err := jcs.Decode([]byte(doc))
	if err != nil {
		return did.Resolution{}, err
	}
	parsed, err := did.ParseDocument(v)
	return did.Resolution{Document: parsed}, err
}

func (c *changing) becomes(doc string, err error, silent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doc, c.err, c.silent = doc, err, silent
}

// documentOf lists keys by the relationships named after each.
func documentOf(keys ...string) string {
	relationships := map[string][]string{}
	for _, k := range keys {
		name, list, _ := strings.Cut(k, " ")
		public := name[strings.Index(name, "#")+1:]
		for _, rel := range strings.Fields(list) {
			relationships[rel] = append(relationships[rel], `{"id":"`+name+`","type":"Multikey","controller":"`+string(rotating)+`","publicKeyMultibase":"`+public+`"}`)
		}
	}
	text := `{"id":"` + string(rotating) + `"`
	for _, rel := range []string{"assertionMethod", "authentication"} {
		if list := relationships[rel]; list != nil {
			text += `,"` + rel + `":[` + strings.Join(list, ",") + `]`
		}
	}
	return text + "}"
}

// rotation is an agent whose DID has had two keys, the older one stored first.
func rotation(t *testing.T, change func(*Config)) (s served, docs *changing, clock *testClock, first, second string) {
	t.Helper()
	docs, clock = &changing{}, &testClock{at: time.Now()}
	s = serveAgent(t, func(c *Config) {
		store := c.Keys.(*Store)
		for _, name := range []*string{&first, &second} {
			key := generate(t, multikey.Ed25519)
			var err error
			if *name, err = store.Add(string(rotating)+"#"+key.Public().String(), key); err != nil {
				t.Fatal(err)
			}
		}
		c.Resolver, c.Now = docs, clock.now
		if change != nil {
			change(c)
		}
	})
	return s, docs, clock, first, second
}

type testClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (s served) signedBy(extra string) (status int, method string) {
	s.t.Helper()
	status, v := s.post("/credentials/issue", `{"credential":{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],
		"issuer":"`+string(rotating)+`","credentialSubject":{"id":"did:example:bot"}},"options":{`+extra+`}}`)
	vc, _ := v.Get("verifiableCredential")
	proof, _ := vc.Get("proof")
	method, _ = proof.GetString("verificationMethod")
	return status, method
}

// After a rotation the agent signs with the key that the document lists, and with no other, whatever
// the order in which they came.
func TestKeysFollowTheDocument(t *testing.T) {
	s, docs, clock, first, second := rotation(t, nil)
	docs.becomes(documentOf(first+" assertionMethod authentication"), nil, false)
	if status, method := s.signedBy(""); status != http.StatusCreated || method != first {
		t.Fatalf("before: %d %s", status, method)
	}
	if status, _ := s.signedBy(`"verificationMethod":"` + second + `"`); status != http.StatusNotFound {
		t.Errorf("a key that is not listed yet: %d", status)
	}
	docs.becomes(documentOf(second+" assertionMethod"), nil, false)
	clock.advance(documentAge)
	if status, method := s.signedBy(""); status != http.StatusCreated || method != second {
		t.Errorf("after: %d %s", status, method)
	}
	if status, _ := s.signedBy(`"verificationMethod":"` + first + `"`); status != http.StatusNotFound {
		t.Errorf("the removed key, named: %d", status)
	}
	if status, v := s.post("/presentations/prove", `{"presentation":{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],"holder":"`+string(rotating)+`"}}`); status != http.StatusNotFound {
		t.Errorf("a key that is not for authentication: %d %s", status, v.Canonical())
	}
	docs.becomes("", nil, false) // deactivated
	clock.advance(documentAge)
	if status, _ := s.signedBy(""); status != http.StatusNotFound {
		t.Errorf("deactivated: %d", status)
	}
}

// A document lists a key by its name and its value: another key of the name is not it.
func TestKeyOfTheSameNameIsNotListed(t *testing.T) {
	s, docs, _, first, second := rotation(t, nil)
	other := string(rotating) + "#" + generate(t, multikey.Ed25519).Public().String()
	docs.becomes(strings.ReplaceAll(documentOf(other+" assertionMethod"), `"id":"`+other, `"id":"`+first), nil, false)
	if status, method := s.signedBy(""); status != http.StatusNotFound {
		t.Errorf("signed by %s, besides %s: %d", method, second, status)
	}
}

// Status changes are signed by a current key, or by the one that the request names.
func TestStatusChangesFollowTheDocument(t *testing.T) {
	registry := newLying()
	s, docs, clock, first, second := rotation(t, func(c *Config) { c.Registry = registry })
	both := documentOf(first+" assertionMethod", second+" assertionMethod")
	docs.becomes(documentOf(first+" assertionMethod"), nil, false)
	for _, id := range []string{"urn:x:1", "urn:x:2", "urn:x:3"} {
		s.must(http.StatusCreated, "/issuers/status/credentials/issue", `{"credential":{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"`+id+`",
			"type":["VerifiableCredential"],"issuer":"`+string(rotating)+`","credentialSubject":{"id":"did:example:bot"}}}`, "verifiableCredential")
	}
	revoke := func(id, options string) (int, string) {
		status, _ := s.post("/credentials/status", `{"credentialId":"`+id+`","credentialStatus":{"statusPurpose":"revocation"},"options":{`+options+`}}`)
		registry.mu.Lock()
		defer registry.mu.Unlock()
		if len(registry.changes) == 0 {
			return status, ""
		}
		proof, _ := registry.changes[len(registry.changes)-1].Get("proof")
		method, _ := proof.GetString("verificationMethod")
		return status, method
	}
	docs.becomes(both, nil, false)
	clock.advance(documentAge)
	if status, method := revoke("urn:x:1", `"verificationMethod":"`+second+`"`); status != http.StatusOK || method != second {
		t.Errorf("by name: %d %s", status, method)
	}
	docs.becomes(documentOf(second+" assertionMethod"), nil, false)
	clock.advance(documentAge)
	if status, method := revoke("urn:x:2", ""); status != http.StatusOK || method != second {
		t.Errorf("after the rotation: %d %s", status, method)
	}
	if status, _ := revoke("urn:x:3", `"verificationMethod":"`+first+`"`); status != http.StatusNotFound || len(registry.changes) != 2 {
		t.Errorf("by the removed key: %d, %d changes signed", status, len(registry.changes))
	}
}

// Where nobody answers, what was last known of the document holds; where it was never known, nothing is
// signed; of a DID that nobody resolves here the keys are as they were stored.
func TestKeysWhereNobodyTellsOfTheDocument(t *testing.T) {
	s, docs, clock, first, second := rotation(t, nil)
	docs.becomes("", nil, true)
	if status, _ := s.signedBy(""); status != http.StatusServiceUnavailable {
		t.Errorf("never known, and nobody answers: %d", status)
	}
	docs.becomes("", &did.Error{Code: did.NotFound}, false)
	clock.advance(retryAfter)
	if status, method := s.signedBy(""); status != http.StatusCreated || method != first {
		t.Errorf("not registered anywhere: %d %s", status, method)
	}
	docs.becomes(documentOf(second+" assertionMethod"), nil, false)
	clock.advance(retryAfter)
	if status, method := s.signedBy(""); status != http.StatusCreated || method != second {
		t.Errorf("registered: %d %s", status, method)
	}
	for _, answer := range []error{nil, &did.Error{Code: did.NotFound}, errors.New("damaged")} {
		docs.becomes("", answer, answer == nil)
		clock.advance(documentAge)
		if status, method := s.signedBy(""); status != http.StatusCreated || method != second {
			t.Errorf("last known, then %v: %d %s", answer, status, method)
		}
	}
}

// However many ask at once, a question is put once; one that found no answer is not put again at once;
// and nobody waits for longer than he wants to.
func TestOneQuestionForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q question[int]
		put := 0
		ask := func(ctx context.Context, answer int, err error) (int, error) {
			return q.ask(ctx, time.Now, func(last answerOf) bool { return time.Since(last.at) < time.Minute }, func() (int, error) {
				put++
				time.Sleep(time.Second)
				return answer, err
			})
		}
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if got, err := ask(t.Context(), 1, nil); got != 1 || err != nil {
					t.Errorf("%d, %v", got, err)
				}
			})
		}
		hasty, stop := context.WithTimeout(t.Context(), time.Millisecond)
		defer stop()
		if _, err := ask(hasty, 1, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("in a hurry: %v", err)
		}
		wg.Wait()
		if put != 1 {
			t.Errorf("put %d times", put)
		}
		time.Sleep(2 * time.Minute)
		down := errors.New("down")
		for range 3 {
			if _, err := ask(t.Context(), 0, down); !errors.Is(err, down) {
				t.Errorf("%v", err)
			}
		}
		if last, ok := q.before(); put != 2 || !ok || last != 1 {
			t.Errorf("put %d times, last known %d, %t", put, last, ok)
		}
		time.Sleep(retryAfter)
		if got, err := ask(t.Context(), 2, nil); got != 2 || err != nil || put != 3 {
			t.Errorf("%d, %v after %d times", got, err, put)
		}
	})
}

type answerOf = answer[int]

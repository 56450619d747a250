package faulttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// What a token of an address's rate of writes may cost any node in processor time, and what one of its rate
// of verifications may cost the node that verifies. An honest write takes about 1 ms.
const (
	mostPerWrite  = 2 * time.Millisecond
	mostPerVerify = 2 * time.Millisecond
)

// heavyLog is a log of so many entries, each signed by so many keys, for a path.
func heavyLog(t *testing.T, path string, entries, signers int) []byte {
	t.Helper()
	keys, names := make([]multikey.PrivateKey, signers), make([]string, signers)
	for i := range keys {
		var err error
		if keys[i], err = multikey.Generate(multikey.Ed25519); err != nil {
			t.Fatal(err)
		}
		names[i] = keys[i].Public().String()
	}
	at := time.Now().Add(-time.Duration(entries+1) * time.Second)
	entry, err := webvh.Create(webvh.CreateOptions{Domain: domain, Path: strings.Split(path, "/"), Time: at, UpdateKeys: names}, keys[0])
	var prev *webvh.State
	var log []byte
	for n := 1; ; n++ {
		if err != nil {
			t.Fatal(err)
		}
		log = append(signedByAll(t, entry.Value, keys).Append(log), '\n')
		if n == entries {
			return log
		}
		states, refused := webvh.Candidates(prev, []webvh.Entry{entry}, webvh.Context{Now: time.Now()})
		if refused != nil {
			t.Fatal(refused)
		}
		prev = &states[0]
		entry, err = webvh.Update(*prev, webvh.UpdateOptions{Document: entry.State, Time: at.Add(time.Duration(n) * time.Second)}, keys[0])
	}
}

// signedByAll adds the proofs of all keys but the first, which has signed.
func signedByAll(t *testing.T, entry jcs.Value, keys []multikey.PrivateKey) jcs.Value {
	t.Helper()
	first, _ := entry.Get("proof")
	if first.IsArray() {
		first = first.At(0)
	}
	proofs := []jcs.Value{first}
	for _, key := range keys[1:] {
		name := key.Public().String()
		signed, err := proof.Sign(entry.Without("proof"), key, proof.SignOptions{
			VerificationMethod: "did:key:" + name + "#" + name, Purpose: did.AssertionMethod, Created: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		p, _ := signed.Get("proof")
		proofs = append(proofs, p)
	}
	return entry.With("proof", jcs.Array(proofs...))
}

// clique is a credential about n things each of which knows all others, which is hard to read as RDF. Its
// proof is of the right shape and does not hold. Each is another one.
func clique(t *testing.T, n, number int) []byte {
	t.Helper()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	name := key.Public().String()
	var things []string
	for i := range n {
		var known []string
		for j := range n {
			if i != j {
				known = append(known, fmt.Sprintf("%q", fmt.Sprintf("_:n%d", j)))
			}
		}
		things = append(things, fmt.Sprintf(`{"id":"_:n%d","k":[%s]}`, i, strings.Join(known, ",")))
	}
	text := fmt.Sprintf(`{"@context":["https://www.w3.org/ns/credentials/v2",{"k":{"@id":"urn:p%d","@type":"@id"}}],`+
		`"type":["VerifiableCredential"],"issuer":"did:key:%s","credentialSubject":{"id":"urn:x","k":[%s]},"proof":{`+
		`"type":"DataIntegrityProof","cryptosuite":"eddsa-rdfc-2022","proofPurpose":"assertionMethod","created":"2026-01-01T00:00:00Z",`+
		`"verificationMethod":"did:key:%s#%s","proofValue":"%s"}}`, number, name, strings.Join(things, ","), name, name, anySignature(t, key))
	return []byte(text)
}

// anySignature has the form of a signature.
func anySignature(t *testing.T, key multikey.PrivateKey) string {
	t.Helper()
	doc := jcs.Object(jcs.Member{Name: "a", Value: jcs.FromInt(1)})
	signed, err := proof.Sign(doc, key, proof.SignOptions{
		VerificationMethod: "did:key:x#x", Purpose: did.AssertionMethod, Created: time.Now(), Cryptosuite: proof.EdDSAJCS2022})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := signed.Get("proof")
	value, _ := p.GetString("proofValue")
	return value
}

// costs runs an attack and returns the processor time that each server spent meanwhile.
func (c *cluster) costs(attack func()) []time.Duration {
	before := make([]time.Duration, len(c.servers))
	for i, s := range c.servers {
		before[i] = s.cpu()
	}
	attack()
	c.checkAgree(1) // the others have applied what was accepted
	spent := make([]time.Duration, len(c.servers))
	for i, s := range c.servers {
		spent[i] = s.cpu() - before[i]
	}
	return spent
}

// A megabyte of log with 2,640 signatures took one token, and 0.2 s of every node.
func TestNodesWorkForATokenOfWrites(t *testing.T) {
	t.Parallel()
	for name, attack := range map[string]struct{ entries, signers, tokens int }{
		"16 signatures an entry": {68, 16, 272 + 27},
		"1,000 entries":          {1000, 1, 250 + 58},
	} {
		t.Run(name, func(t *testing.T) {
			if attack.signers == 1 {
				faults(t)
			}
			const logs = 10 // 300 tokens pay for one of them at once, and 75 come in a second
			c := newCluster(t, "--write-rate", "75")
			bodies := make([][]byte, logs)
			for i := range bodies {
				bodies[i] = heavyLog(t, fmt.Sprintf("heavy/a%d", i), attack.entries, attack.signers)
			}
			client, accepted := clientFrom("127.0.0.2"), 0
			var mu sync.Mutex
			send := func(i int) {
				got, err := post(client, fmt.Sprintf("%s/heavy/a%d/did.jsonl", c.servers[0].url, i), api.TypeJSONLines, bodies[i])
				mu.Lock()
				defer mu.Unlock()
				if got.status == http.StatusCreated {
					accepted++
				} else if got.status != http.StatusTooManyRequests {
					t.Errorf("%v: %d %s", err, got.status, got.body)
				}
			}
			spent := c.costs(func() {
				send(0)
				var group sync.WaitGroup // of the others, all at once, so that the rate is used up at any speed
				for i := 1; i < logs; i++ {
					group.Go(func() { send(i) })
				}
				group.Wait()
			})
			if accepted == 0 || accepted == logs {
				t.Fatalf("%d of %d logs were accepted before the rate was used up", accepted, logs)
			}
			for i, s := range c.servers {
				each := spent[i] / time.Duration(accepted*attack.tokens)
				t.Logf("%s: %v for %d tokens, %v each", s.id, spent[i], accepted*attack.tokens, each)
				if each > mostPerWrite {
					t.Errorf("%s spent %v on a token, at most %v is right", s.id, each, mostPerWrite)
				}
			}
		})
	}
}

// A credential that is hard to read as RDF took one token, too, and a good part of a second.
func TestNodesWorkForATokenOfVerifications(t *testing.T) {
	t.Parallel()
	c := newCluster(t, "--verify-rate", "100")
	client := clientFrom("127.0.0.2")
	const most = 3 * time.Second
	refused, answered := 0, 0
	start := time.Now()
	spent := c.costs(func() {
		enough := func() bool { return refused > 0 && answered > 0 || time.Since(start) > patience }
		for n := 0; time.Since(start) < most || !enough(); n++ {
			body := append(append([]byte(`{"verifiableCredential":`), clique(t, 11, n)...), '}')
			got, err := post(client, c.servers[0].url+"/credentials/verify", api.TypeJSON, body)
			switch {
			case err != nil:
				t.Fatal(err)
			case got.status == http.StatusTooManyRequests:
				refused++
				time.Sleep(50 * time.Millisecond) // as an attacker would: his rate comes back by and by
			default:
				answered++
			}
		}
	})
	tokens := 4*100 + 100*time.Since(start).Seconds()
	each := time.Duration(float64(spent[0]) / tokens)
	t.Logf("%d verified, %d refused: %v for %.0f tokens, %v each", answered, refused, spent[0], tokens, each)
	if each > mostPerVerify || refused == 0 || answered == 0 {
		t.Errorf("%v for a token, at most %v is right; %d verified, %d refused", each, mostPerVerify, answered, refused)
	}
}

// While one address spends its rates on the costliest there is, at all nodes, whoever comes from another one
// is served.
func TestHonestClientsWhileOneAddressSpendsItsRate(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	attack := newCostlyTraffic(t, c)
	honest := clientFrom("127.0.0.3")
	const each = 50
	served, slowest := 0, time.Duration(0)
	var failures []string
	for n := range each {
		s := c.servers[n%len(c.servers)]
		started := time.Now()
		created, err := newCreation(t, fmt.Sprintf("honest/a%d", n)).post(honest, s)
		if err == nil && created.status == http.StatusCreated {
			served++
		} else {
			failures = append(failures, fmt.Sprintf("create at %s: %v %d %s", s.id, err, created.status, created.body))
		}
		verdict, err := post(honest, s.url+"/credentials/verify", api.TypeJSON, attack.verifiable)
		if err == nil && verdict.status == http.StatusOK {
			served++
		} else {
			failures = append(failures, fmt.Sprintf("verify at %s: %v %d %s", s.id, err, verdict.status, verdict.body))
		}
		slowest = max(slowest, time.Since(started))
	}
	sent := attack.stop()
	t.Logf("%d of %d served, the slowest two in %v; meanwhile the attack had %v", served, 2*each, slowest, sent)
	if 100*served < 99*2*each {
		t.Errorf("%d of %d honest requests were served: %s", served, 2*each, strings.Join(failures, "\n"))
	}
	if sent[http.StatusCreated] == 0 || sent[http.StatusTooManyRequests] == 0 {
		t.Errorf("the attack did not spend its rate: %v", sent)
	}
	c.checkAgree(each)
}

// costlyTraffic is one address that sends what costs most, as fast as it is let.
type costlyTraffic struct {
	// verifiable is the body of a verification that an honest client asks for.
	verifiable []byte

	ended   chan struct{}
	running sync.WaitGroup
	mu      sync.Mutex
	sent    map[int]int // answers by status
}

func newCostlyTraffic(t *testing.T, c *cluster) *costlyTraffic {
	t.Helper()
	a := &costlyTraffic{ended: make(chan struct{}), sent: map[int]int{}, verifiable: plainCredential(t)}
	client := clientFrom("127.0.0.2")
	const logs = 30
	prepared := make([][]byte, logs)
	for i := range prepared {
		prepared[i] = heavyLog(t, fmt.Sprintf("heavy/a%d", i), 12, 16)
	}
	cliques := make([][]byte, 40)
	for i := range cliques {
		cliques[i] = append(append([]byte(`{"verifiableCredential":`), clique(t, 11, i)...), '}')
	}
	for _, s := range c.servers {
		a.repeat(func(n int) (reply, error) {
			return post(client, s.url+fmt.Sprintf("/heavy/a%d/did.jsonl", n%logs), api.TypeJSONLines, prepared[n%logs])
		})
		a.repeat(func(n int) (reply, error) {
			return post(client, s.url+"/credentials/verify", api.TypeJSON, cliques[n%len(cliques)])
		})
		a.repeat(func(n int) (reply, error) {
			return post(client, s.url+"/v1/credentials", api.TypeJSON, clique(t, 11, n))
		})
	}
	t.Cleanup(func() { a.stop() })
	return a
}

// repeat sends until the attack ends. What is refused is sent again after a moment.
func (a *costlyTraffic) repeat(send func(n int) (reply, error)) {
	a.running.Go(func() {
		for n := 0; ; n++ {
			got, err := send(n)
			a.mu.Lock()
			a.sent[got.status]++
			a.mu.Unlock()
			wait := time.Duration(0)
			if err != nil || got.status == http.StatusTooManyRequests {
				wait = 20 * time.Millisecond
			}
			select {
			case <-a.ended:
				return
			case <-time.After(wait):
			}
		}
	})
}

// stop ends the attack and returns how many answers of each status it had.
func (a *costlyTraffic) stop() map[int]int {
	select {
	case <-a.ended:
	default:
		close(a.ended)
	}
	a.running.Wait()
	return a.sent
}

// plainCredential is the body of a verification that succeeds.
func plainCredential(t *testing.T) []byte {
	t.Helper()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	name := key.Public().String()
	doc, err := jcs.Decode([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],` +
		`"issuer":"did:key:` + name + `","credentialSubject":{"id":"urn:x"}}`))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := proof.Sign(doc, key, proof.SignOptions{
		VerificationMethod: "did:key:" + name + "#" + name, Purpose: did.AssertionMethod, Created: time.Now().Add(-time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(map[string]json.RawMessage{"verifiableCredential": signed.Canonical()}); err != nil {
		t.Fatal(err)
	}
	return body.Bytes()
}

package faulttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// silentHost takes connections and says nothing. It returns its port.
func silentHost(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var held []net.Conn
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range held {
			c.Close()
		}
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			held = append(held, c)
			mu.Unlock()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// issued is a credential by a did:key of its own.
func issued(t *testing.T) jcs.Value {
	t.Helper()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	issuer := "did:key:" + key.Public().String()
	signed, err := proof.Sign(unsecured(issuer), key, proof.SignOptions{
		VerificationMethod: issuer + "#" + key.Public().String(), Purpose: did.AssertionMethod, Created: time.Now().Add(-time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func unsecured(issuer string) jcs.Value {
	return jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString("https://www.w3.org/ns/credentials/v2"))},
		jcs.Member{Name: "type", Value: jcs.Array(jcs.FromString("VerifiableCredential"))},
		jcs.Member{Name: "issuer", Value: jcs.FromString(issuer)},
		jcs.Member{Name: "credentialSubject", Value: jcs.Object(jcs.Member{Name: "id", Value: jcs.FromString("did:example:subject")})},
	)
}

// elsewhere is a credential whose issuer lives at a host of its own on a port; its proof is another's.
func elsewhere(t *testing.T, port, n int) jcs.Value {
	t.Helper()
	p, _ := issued(t).Get("proof")
	issuer := fmt.Sprintf("did:web:slow%d.localhost%%3A%d:a", n, port)
	return unsecured(issuer).With("proof", p.With("verificationMethod", jcs.FromString(issuer+"#k")))
}

func verification(t *testing.T, credential jcs.Value) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]json.RawMessage{"verifiableCredential": credential.Canonical()})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// presentation holds four credentials of issuers elsewhere, as one without proof may.
func slowPresentation(t *testing.T, port, n int) []byte {
	t.Helper()
	var credentials []jcs.Value
	for i := range 4 {
		credentials = append(credentials, elsewhere(t, port, 4*n+i))
	}
	doc := jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString("https://www.w3.org/ns/credentials/v2"))},
		jcs.Member{Name: "type", Value: jcs.Array(jcs.FromString("VerifiablePresentation"))},
		jcs.Member{Name: "verifiableCredential", Value: jcs.Array(credentials...)},
	)
	return jcs.Object(jcs.Member{Name: "presentation", Value: doc}).Canonical()
}

// postUntil sends JSON, and waits for the answer until ctx ends.
func postUntil(ctx context.Context, client *http.Client, url string, body []byte) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	return read(client.Do(request))
}

// TestSlowHosts: requests that had a server wait for a host of the client's own choice took the places of
// all verifications. Now they have places of their own, and an address a part of them: honest clients, at
// the attacker's address too, are served.
func TestSlowHosts(t *testing.T) {
	t.Parallel()
	const attackers, honest = 400, 200
	c := newCluster(t, "--foreign-allow-private")
	s, port := c.servers[0], silentHost(t)
	attack := clientFrom(attacker)
	attacking, end := context.WithCancel(t.Context())
	defer end()
	var under sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for i := range attackers {
		path, body := "/credentials/verify", verification(t, elsewhere(t, port, i))
		if i%2 == 1 {
			path, body = "/presentations/verify", slowPresentation(t, port, attackers+i)
		}
		under.Go(func() {
			got, err := postUntil(attacking, attack, s.url+path, body)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				answers["no answer"]++
				return
			}
			answers[fmt.Sprint(got.status, " ", got.code())]++
		})
	}
	good := verification(t, issued(t))
	for _, from := range []string{"127.0.0.1", attacker} {
		failed, client := 0, clientFrom(from)
		for range honest {
			if got, err := post(client, s.url+"/credentials/verify", "application/json", good); err != nil || got.status != http.StatusOK {
				failed++
				t.Logf("from %s: %v, %d %s", from, err, got.status, got.body)
			}
		}
		if failed > honest/100 {
			t.Errorf("%d of %d honest verifications from %s failed", failed, honest, from)
		}
	}
	end()
	under.Wait()
	t.Logf("the attacker's answers: %v", answers)
	if answers["429 rate-limited"]+answers["503 overloaded"] == 0 {
		t.Error("nothing of the attack was refused: it did not reach a bound")
	}
}

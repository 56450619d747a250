package agent_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

// counting counts the requests that an agent makes of its registry, which may stop answering.
type counting struct {
	mu     sync.Mutex
	asked  []string
	frozen bool
	strip  bool // of the header that tells positions, as proxies may
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.asked = append(c.asked, r.URL.Path)
	frozen, strip := c.frozen, c.strip
	c.mu.Unlock()
	if frozen {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && strip {
		res.Header.Del(api.HeaderSeq)
	}
	return res, err
}

// taken are the requests since it was last asked.
func (c *counting) taken() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := c.asked
	c.asked = nil
	return asked
}

func (c *counting) stripping(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.strip = on
}

func (c *counting) freeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = true
}

// hosted is a did:webvh DID of the registry, with the key that signs for it.
type hosted struct {
	id     did.ID
	method string
	update multikey.PrivateKey
	key    multikey.PrivateKey
	state  webvh.State
}

func register(t *testing.T, registry *client.Client, path string) *hosted {
	t.Helper()
	cluster, err := registry.Cluster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := &hosted{}
	for _, k := range []*multikey.PrivateKey{&h.update, &h.key} {
		if *k, err = multikey.Generate(multikey.Ed25519); err != nil {
			t.Fatal(err)
		}
	}
	e, err := webvh.Create(webvh.CreateOptions{
		Domain: cluster.Domain, Path: []string{"agents", path}, Time: time.Now().Add(-time.Minute),
		Document: func(id did.ID) jcs.Value { return h.document(id) },
	}, h.update)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := e.State.GetString("id")
	h.document(did.ID(id))
	h.append(t, registry, e)
	return h
}

func (h *hosted) document(id did.ID) jcs.Value {
	public := h.key.Public().String()
	h.id, h.method = id, string(id)+"#"+public
	method := jcs.Object(
		jcs.Member{Name: "id", Value: jcs.FromString(h.method)}, jcs.Member{Name: "type", Value: jcs.FromString("Multikey")},
		jcs.Member{Name: "controller", Value: jcs.FromString(string(id))}, jcs.Member{Name: "publicKeyMultibase", Value: jcs.FromString(public)},
	)
	return jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString("https://www.w3.org/ns/did/v1"), jcs.FromString("https://w3id.org/security/multikey/v1"))},
		jcs.Member{Name: "id", Value: jcs.FromString(string(id))}, jcs.Member{Name: "assertionMethod", Value: jcs.Array(method)},
	)
}

func (h *hosted) append(t *testing.T, registry *client.Client, e webvh.Entry) {
	t.Helper()
	var prev *webvh.State
	if h.state.VersionID != "" {
		prev = &h.state
	}
	states, err := webvh.Extend(prev, []webvh.Entry{e}, nil, webvh.Context{Now: time.Now()})
	if err == nil {
		_, err = registry.Append(t.Context(), h.id, []webvh.Entry{e}, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	h.state = states[len(states)-1]
}

func (h *hosted) issue(t *testing.T) jcs.Value {
	t.Helper()
	draft, err := jcs.Decode(fmt.Appendf(nil, `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],
		"issuer":%q,"credentialSubject":{"id":"did:example:bot"}}`, h.id))
	if err != nil {
		t.Fatal(err)
	}
	vc, err := proof.Sign(draft, h.key, proof.SignOptions{VerificationMethod: h.method, Purpose: did.AssertionMethod, Created: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return vc
}

func (h *hosted) change(t *testing.T, registry *client.Client, target, status string) {
	t.Helper()
	cluster, err := registry.Cluster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	change, err := client.StatusChange{Ledger: cluster.Ledger, Target: target, Status: status, Issued: time.Now()}.Sign(h.key, h.method)
	if err == nil {
		_, err = registry.ChangeStatus(t.Context(), change)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// An agent asks its registry once per verification, whatever the credential; and whatever is recorded
// that changes the verdict, by whomever, is seen by the next one.
func TestOneRequestPerVerification(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dev, err := node.StartDev(ctx, node.DevConfig{HTTP: "127.0.0.1:0", Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	counted := &counting{}
	agents, err := client.New(dev.URLs, client.WithHTTPClient(&http.Client{Transport: counted}), client.WithAttemptTimeout(time.Second), client.WithRounds(1))
	if err != nil {
		t.Fatal(err)
	}
	registry, err := client.New(dev.URLs)
	if err != nil {
		t.Fatal(err)
	}
	issuer, other := register(t, registry, "issuer"), register(t, registry, "other")
	vc := issuer.issue(t)
	post := serve(t, agents)
	withList := issueWithStatus(t, post, "eddsa-rdfc-2022")

	verify := func(name string, vc jcs.Value, want, most int) {
		t.Helper()
		counted.taken()
		status, v := post("/credentials/verify", map[string]any{"verifiableCredential": vc})
		asked := counted.taken()
		if status != want || len(asked) > most {
			t.Errorf("%s: %d with %d requests %v, want %d with %d\n%s", name, status, len(asked), asked, want, most, v.Canonical())
		}
	}
	const once, anew = 1, 12
	verify("first", vc, http.StatusOK, anew)
	verify("again", vc, http.StatusOK, once)
	verify("first, of a list", withList, http.StatusOK, anew)
	verify("again, of a list", withList, http.StatusOK, once)

	if _, err := registry.RegisterCredential(ctx, other.issue(t), false); err != nil {
		t.Fatal(err)
	}
	verify("after another's record", vc, http.StatusOK, once)
	if _, err := registry.RegisterCredential(ctx, vc, false); err != nil {
		t.Fatal(err)
	}
	verify("registered", vc, http.StatusOK, anew)
	verify("registered, again", vc, http.StatusOK, once)
	issuer.change(t, registry, client.Digest(vc), credential.Suspended)
	verify("suspended", vc, http.StatusBadRequest, anew)
	issuer.change(t, registry, client.Digest(vc), credential.Active)
	verify("reinstated", vc, http.StatusOK, anew)
	issuer.change(t, registry, string(issuer.id), credential.Suspended)
	verify("issuer suspended", vc, http.StatusBadRequest, anew)
	issuer.change(t, registry, string(issuer.id), credential.Active)
	verify("issuer reinstated", vc, http.StatusOK, anew)

	second := issuer.issue(t)
	if issuer.key, err = multikey.Generate(multikey.Ed25519); err != nil {
		t.Fatal(err)
	}
	e, err := webvh.Update(issuer.state, webvh.UpdateOptions{Document: issuer.document(issuer.id), Time: time.Now()}, issuer.update)
	if err != nil {
		t.Fatal(err)
	}
	issuer.append(t, registry, e)
	verify("the key is removed", second, http.StatusBadRequest, anew)
	verify("the new key signs", issuer.issue(t), http.StatusOK, anew)

	id, _ := withList.GetString("id")
	if status, body := post("/credentials/status", map[string]any{
		"credentialId": id, "credentialStatus": map[string]string{"statusPurpose": "revocation"},
	}); status != http.StatusOK {
		t.Fatalf("revoke: %d %s", status, body.Canonical())
	}
	verify("revoked in its list", withList, http.StatusBadRequest, anew)

	// More than is asked for at once has been recorded since.
	for range 3 {
		other.issueMany(t, registry, 100)
	}
	verify("after much", issuer.issue(t), http.StatusOK, anew)

	counted.stripping(true)
	third := issuer.issue(t)
	for range 2 {
		verify("through a proxy that drops positions", third, http.StatusOK, anew)
	}
	if _, err := registry.RegisterCredential(ctx, third, false); err != nil {
		t.Fatal(err)
	}
	issuer.change(t, registry, client.Digest(third), credential.Revoked)
	verify("revoked, through that proxy", third, http.StatusBadRequest, anew)
	counted.stripping(false)
	verify("revoked", third, http.StatusBadRequest, anew)

	counted.freeze()
	begun := time.Now()
	verify("frozen", vc, http.StatusBadRequest, once)
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("a frozen registry held the verification for %v", took)
	}
	if status, _ := post("/credentials/issue", map[string]any{"credential": json.RawMessage(
		`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"credentialSubject":{"id":"did:example:bot"}}`)}); status != http.StatusCreated {
		t.Errorf("while the registry is frozen: issue: %d", status)
	}
}

// issueMany records so many credentials.
func (h *hosted) issueMany(t *testing.T, registry *client.Client, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		vc := h.issue(t).Without("proof").With("id", jcs.FromString(fmt.Sprintf("urn:x:%p", new(int))))
		secured, err := proof.Sign(vc, h.key, proof.SignOptions{VerificationMethod: h.method, Purpose: did.AssertionMethod, Created: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if _, err := registry.RegisterCredential(t.Context(), secured, false); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

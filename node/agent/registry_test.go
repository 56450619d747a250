package agent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/node"
	"github.com/tabard-id/tabard/node/agent"
	"github.com/tabard-id/tabard/node/client"
)

// TestStatusInARegistry has an agent issue credentials whose status a real cluster keeps: by a suite the
// ledger records, and by one of which it keeps the bit alone.
func TestStatusInARegistry(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dev, err := node.StartDev(ctx, node.DevConfig{HTTP: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	registry, err := client.New(dev.URLs)
	if err != nil {
		t.Fatal(err)
	}
	post := serve(t, registry)

	for _, suite := range []string{"eddsa-jcs-2022", "eddsa-rdfc-2022", "ecdsa-sd-2023"} {
		t.Run(suite, func(t *testing.T) {
			vc := issueWithStatus(t, post, suite)
			judge := func() (agents, nodes bool, code credential.Code) {
				t.Helper()
				verdict, err := registry.Verify(ctx, vc)
				if err != nil {
					t.Fatal(err)
				}
				row, _ := verdict.Check(credential.CheckStatus)
				status, _ := post("/credentials/verify", map[string]any{"verifiableCredential": vc})
				return status == http.StatusOK, verdict.Verified, row.Code
			}
			if a, n, code := judge(); !a || !n {
				t.Fatalf("before: agent %v, node %v %s", a, n, code)
			}
			id, _ := vc.GetString("id")
			status, body := post("/credentials/status", map[string]any{
				"credentialId": id, "credentialStatus": map[string]string{"statusPurpose": "revocation"}, "status": true,
			})
			if status != http.StatusOK {
				t.Fatalf("revoke: %d %s", status, body.Canonical())
			}
			if a, n, code := judge(); a || n || code != credential.CodeRevoked {
				t.Errorf("after: agent %v, node %v %s", a, n, code)
			}
		})
	}
}

// TestRevokedCredentialWrittenOtherwiseIsRevoked: the signature of one that is signed as RDF holds for
// every way of writing it, and an agent that knows no list of it asks its registry what it says.
func TestRevokedCredentialWrittenOtherwiseIsRevoked(t *testing.T) {
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
	registry, err := client.New(dev.URLs)
	if err != nil {
		t.Fatal(err)
	}
	k, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	issuer := "did:key:" + k.Public().String()
	method := issuer + "#" + k.Public().String()
	draft, err := jcs.Decode([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],
		"issuer":"` + issuer + `","credentialSubject":{"id":"did:example:bot"}}`))
	if err != nil {
		t.Fatal(err)
	}
	vc, err := proof.Sign(draft, k, proof.SignOptions{
		Cryptosuite: proof.EdDSARDFC2022, VerificationMethod: method, Purpose: did.AssertionMethod, Created: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := registry.RegisterCredential(ctx, vc, false)
	if err != nil {
		t.Fatal(err)
	}
	post := serve(t, registry)
	other := vc.With("type", jcs.FromString("VerifiableCredential"))
	if status, v := post("/credentials/verify", map[string]any{"verifiableCredential": other}); status != http.StatusOK {
		t.Fatalf("before: %d %s", status, v.Canonical())
	}
	change, err := client.StatusChange{Ledger: receipt.Ledger, Target: receipt.Digest, Status: credential.Revoked, Issued: time.Now()}.Sign(k, method)
	if err == nil {
		_, err = registry.ChangeStatus(ctx, change)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]jcs.Value{"as it was": vc, "otherwise": other} {
		if status, verdict := post("/credentials/verify", map[string]any{"verifiableCredential": v}); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, status, verdict.Canonical())
		}
	}
}

type poster func(path string, body any) (int, jcs.Value)

// serve starts an agent beside the registry.
func serve(t *testing.T, registry *client.Client) poster {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "agent")
	wallet, err := agent.OpenWallet(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := wallet.Close(); err != nil {
			t.Error(err)
		}
	})
	store, err := wallet.CreateStore("passphrase", 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []multikey.Type{multikey.Ed25519, multikey.P256} {
		key, err := multikey.Generate(kind)
		if err == nil {
			_, err = store.Add("", key)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(nil)
	t.Cleanup(server.Close)
	follower := agent.NewFollower(registry)
	a, err := agent.New(agent.Config{
		Keys: store, Wallet: wallet, BaseURL: server.URL, Registry: follower, RegistryScheme: "http",
		Resolver: follower, Status: follower,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	server.Config.Handler = a.Handler()
	return func(path string, body any) (int, jcs.Value) {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := http.Post(server.URL+path, "application/json", bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		var v jcs.Value
		if err := json.NewDecoder(reply.Body).Decode(&v); err != nil {
			t.Fatal(err)
		}
		return reply.StatusCode, v
	}
}

// issueWithStatus returns a credential of that suite with an entry; of an
// ecdsa-sd-2023 one what its holder would show.
func issueWithStatus(t *testing.T, post poster, suite string) jcs.Value {
	t.Helper()
	draft := map[string]any{
		"@context": []string{"https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"},
		"id":       "urn:x:" + suite, "type": []string{"VerifiableCredential"},
		"credentialSubject": map[string]string{"id": "did:example:bot", "mayBook": "flights"},
	}
	options := map[string]any{"cryptosuite": suite}
	if suite == "ecdsa-sd-2023" {
		options["mandatoryPointers"] = []string{"/issuer", "/credentialStatus", "/credentialSubject/id"}
	}
	status, body := post("/issuers/status/credentials/issue", map[string]any{"credential": draft, "options": options})
	if status != http.StatusCreated {
		t.Fatalf("issue: %d %s", status, body.Canonical())
	}
	vc, _ := body.Get("verifiableCredential")
	if suite != "ecdsa-sd-2023" {
		return vc
	}
	status, body = post("/credentials/derive", map[string]any{"verifiableCredential": vc, "options": map[string]any{"selectivePointers": []string{"/id"}}})
	if status != http.StatusCreated || strings.Contains(string(body.Canonical()), "flights") {
		t.Fatalf("derive: %d %s", status, body.Canonical())
	}
	derived, _ := body.Get("verifiableCredential")
	return derived
}

package client

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// signedAs is a credential of a did:key that is secured by that cryptosuite.
func signedAs(t *testing.T, suite string) jcs.Value {
	t.Helper()
	key, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	issuer := "did:key:" + key.Public().String()
	draft, err := jcs.Decode([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],
		"issuer":"` + issuer + `","credentialSubject":{"id":"did:example:bot"}}`))
	if err != nil {
		t.Fatal(err)
	}
	vc, err := proof.Sign(draft, key, proof.SignOptions{
		VerificationMethod: issuer + "#" + key.Public().String(), Purpose: did.AssertionMethod, Cryptosuite: suite, Created: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return vc
}

// A registry that answers a registration with the name of something else, a DID even, is not believed:
// whoever signs a change of status would sign one of that.
func TestReceiptsNameWhatWasSentWhateverTheSuite(t *testing.T) {
	for _, suite := range []string{proof.EdDSAJCS2022, proof.EdDSARDFC2022} {
		for _, swapped := range []string{digest, "did:webvh:QmAlice:registry.example:alice", ""} {
			vc := signedAs(t, suite)
			c := newTestClient(t, newNode(t, says(http.StatusCreated, Receipt{Ledger: "l", Seq: 7, Kind: "credential", Digest: swapped})))
			if _, err := c.RegisterCredential(t.Context(), vc, false); !errors.Is(err, ErrMismatch) {
				t.Errorf("%s, receipt for %q: %v", suite, swapped, err)
			}
		}
	}
}

// What the registry says a credential is registered as may be read, and is not what gets signed.
func TestTargetIsNeverTheRegistrysWord(t *testing.T) {
	vc := signedAs(t, proof.EdDSARDFC2022)
	issuer, _ := vc.GetString("issuer")
	taken := false
	n := newNode(t, func(w http.ResponseWriter, r *http.Request) {
		graph, _ := strings.CutPrefix(r.URL.Path, "/v1/status/")
		switch {
		case r.Method == http.MethodPost && taken:
			reply(w, http.StatusCreated, Receipt{Ledger: "l", Seq: 8, Kind: "credential", Digest: Digest(vc)})
		case r.Method == http.MethodPost:
			refuse(api.Code(record.IssuerNotAuthorised.String()))(w, r)
		case r.URL.Query().Get("by") == api.ByGraph:
			reply(w, http.StatusOK, api.Status{Target: graph, Issuer: issuer, Digest: digest, Status: "active"})
		default:
			refuse("unknown-target")(w, r)
		}
	})
	c := newTestClient(t, n)
	if as, err := c.RegisteredAs(t.Context(), vc); err != nil || as != digest {
		t.Fatalf("registered as %q, %v", as, err)
	}
	if target, err := c.Target(t.Context(), vc); err == nil || target != "" {
		t.Errorf("to sign %q, where the registry does not take the credential as it is", target)
	}
	taken = true
	if target, err := c.Target(t.Context(), vc); err != nil || target != Digest(vc) {
		t.Errorf("to sign %q, %v", target, err)
	}
}

// A node that takes the connection and never answers does not keep the others from being asked, nor a
// caller whose context has no deadline waiting for ever.
func TestSilentNodeIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		c, err := New([]string{"http://a.example", "http://b.example"}, WithHTTPClient(&http.Client{Transport: silent}), WithAttemptTimeout(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		_, err = c.Cluster(context.Background())
		if took := time.Since(begun); !errors.Is(err, ErrUnreachable) || took < 6*time.Second || took > 8*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

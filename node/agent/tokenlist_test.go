package agent

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/node/api"
)

// tokensElsewhere has one status list token, and no other list.
type tokensElsewhere struct{ token string }

func (tokensElsewhere) StatusList(context.Context, string, time.Time) (credential.ListDocument, error) {
	return credential.ListDocument{}, errors.New("no list")
}

func (e tokensElsewhere) TokenStatusList(context.Context, string, time.Time) (credential.ListDocument, error) {
	return credential.ListDocument{Token: e.token}, nil
}

// referring is a credential in a JWT with the status at an index of that list, and the
// list in which the index 7 is revoked.
func referring(t *testing.T, uri string) (tokens map[uint64]jcs.Value, list string) {
	t.Helper()
	k := generate(t, multikey.P256)
	issuer, method := string(key.FromPublic(k.Public())), key.MethodID(k.Public())
	made, err := statuslist.NewTokenList(1, 100)
	if err == nil {
		err = made.Set(7, statuslist.TokenInvalid)
	}
	if err == nil {
		list, err = statuslist.Claims{Subject: uri, IssuedAt: time.Now(), List: made}.SignJWT(method, k)
	}
	if err != nil {
		t.Fatal(err)
	}
	v, err := jcs.Decode([]byte(draft))
	if err != nil {
		t.Fatal(err)
	}
	tokens = map[uint64]jcs.Value{}
	for _, index := range []uint64{6, 7} {
		claim := statuslist.Reference{Index: index, URI: uri}.Value()
		token, err := credential.Seal(v.With("issuer", jcs.FromString(issuer)).With("status", claim), credential.MediaCredentialJWT, k, credential.SealOptions{KeyID: method})
		if err != nil {
			t.Fatal(err)
		}
		tokens[index] = jcs.FromString(string(token))
	}
	return tokens, list
}

func TestStatusOfATokenElsewhere(t *testing.T) {
	const uri = "https://issuer.example/tokens/1"
	tokens, list := referring(t, uri)
	for name, c := range map[string]struct {
		lists credential.Lists
		index uint64
		code  string
	}{
		"valid":                     {tokensElsewhere{list}, 6, ""},
		"revoked":                   {tokensElsewhere{list}, 7, "revoked"},
		"where no token is found":   {tokensElsewhere{"x"}, 6, "status-list-invalid"},
		"where nobody is asked":     {nil, 6, "status-unavailable"},
		"where tokens are not read": {struct{ credential.Lists }{tokensElsewhere{list}}, 6, "status-unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveAgent(t, func(cfg *Config) { cfg.Lists = c.lists })
			status, v := s.post("/credentials/verify", object("verifiableCredential", tokens[c.index]))
			if _, code := check(v, "status"); code != c.code || (status == http.StatusOK) != (c.code == "") {
				t.Errorf("%d %s", status, v.Canonical())
			}
		})
	}
	t.Run("of its own lists, which are none", func(t *testing.T) {
		var base string
		s := serveAgent(t, func(cfg *Config) { base, cfg.Lists = cfg.BaseURL, tokensElsewhere{list} })
		tokens, _ := referring(t, base+"/status-lists/did:example:a/revocation/0")
		status, v := s.post("/credentials/verify", object("verifiableCredential", tokens[6]))
		if _, code := check(v, "status"); code != "status-unavailable" || status == http.StatusOK {
			t.Errorf("%d %s", status, v.Canonical())
		}
	})
}

func TestAgentThatAcceptsAnyIssuer(t *testing.T) {
	k := generate(t, multikey.Ed25519)
	v, err := jcs.Decode([]byte(draft))
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.Seal(v.With("issuer", jcs.FromString("https://university.example/")), credential.MediaCredentialJWT, k, credential.SealOptions{KeyID: key.MethodID(k.Public())})
	if err != nil {
		t.Fatal(err)
	}
	ok, bad := http.StatusOK, http.StatusBadRequest
	for accept, want := range map[api.Concession][2]int{api.OnRequest: {bad, ok}, api.Always: {ok, ok}, api.Never: {bad, bad}} {
		s := serveAgent(t, func(cfg *Config) { cfg.Verdicts.AcceptAnyIssuer = accept })
		for asked, options := range []string{`"options":{"acceptAnyIssuer":false}`, `"options":{"acceptAnyIssuer":true}`} {
			status, v := s.post("/credentials/verify", object("verifiableCredential", jcs.FromString(string(token)), options))
			if outcome, code := check(v, "issuer"); status != want[asked] || code != "issuer-not-did" || outcome == "passed" {
				t.Errorf("accepting %v, %s: %d %s", accept, options, status, v.Canonical())
			}
		}
	}
}

package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// referring is a credential in a JWT whose status is told at an index of that list.
func (a *agent) referring(uri string, index uint64) jcs.Value {
	doc := a.issue("x").Without("proof").With("status", statuslist.Reference{Index: index, URI: uri}.Value())
	return jcs.FromString(a.token("vc+jwt", "vc", doc))
}

// TestTokenWithAStatusOfThisRegistry: the list is asked under the URL that it is served at, as of what is
// judged, without a request.
func TestTokenWithAStatusOfThisRegistry(t *testing.T) {
	n := startNode(t)
	alice := n.register("agents", "alice")
	for i, purpose := range []record.Purpose{record.Revocation, record.Suspension} {
		id := alice.list(purpose, 0)
		uri := listOrigin + id.Path()
		vc, other := alice.referring(uri, 7), alice.referring(uri, 8)
		n.verdict(http.StatusOK, vc)
		before := n.ledger.Size() - 1
		status := []string{"revoked", "suspended"}[i]
		alice.flip(id, 7, status, 1).json(http.StatusCreated, &api.Receipt{})
		v := n.verdict(http.StatusBadRequest, vc)
		if row, _ := v.Check(credential.CheckStatus); row.Code != credential.Code(status) {
			t.Errorf("%s: %+v", purpose, row)
		}
		n.verdict(http.StatusOK, other)
		then := n.judgedAt(fmt.Sprintf("%s?at=%d", verifyPath, before), http.StatusOK, verifyBody(vc))
		if row, _ := then.Check(credential.CheckStatus); row.Outcome != credential.Passed {
			t.Errorf("%s: %+v", purpose, row)
		}
	}
	beyond := n.verdict(http.StatusBadRequest, alice.referring(listOrigin+alice.list(record.Revocation, 0).Path(), 1<<40))
	if row, _ := beyond.Check(credential.CheckStatus); row.Code != credential.CodeListInvalid {
		t.Errorf("%+v", row)
	}
}

// tokenHost has lists of other hosts; it is asked for a token only under tokens.
type tokenHost struct{ token string }

func (tokenHost) StatusList(context.Context, string, time.Time) (credential.ListDocument, error) {
	return credential.ListDocument{}, errors.New("no list")
}

func (h tokenHost) TokenStatusList(context.Context, string, time.Time) (credential.ListDocument, error) {
	return credential.ListDocument{Token: h.token, FetchedAt: time.Now()}, nil
}

// noTokens are lists without tokens.
type noTokens struct{ credential.Lists }

// TestTokenWithAStatusElsewhere: a list of another host is asked of it where hosts are asked, and nothing is
// taken for granted where they are not.
func TestTokenWithAStatusElsewhere(t *testing.T) {
	const uri = "https://issuer.example/tokens/1"
	for name, c := range map[string]struct {
		lists func(a *agent) credential.Lists
		code  credential.Code
	}{
		"asked":             {func(a *agent) credential.Lists { return tokenHost{a.listToken(uri)} }, credential.CodeRevoked},
		"of another uri":    {func(a *agent) credential.Lists { return tokenHost{a.listToken(uri + "0")} }, credential.CodeListInvalid},
		"none of that kind": {func(*agent) credential.Lists { return noTokens{tokenHost{}} }, credential.CodeStatusUnavailable},
		"not asked":         {func(*agent) credential.Lists { return nil }, credential.CodeStatusUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			var lists lateLists
			n := startNode(t, func(cfg *Config) { cfg.Lists = &lists })
			alice := n.register("agents", "alice")
			lists.Lists = c.lists(alice)
			v := n.verdict(http.StatusBadRequest, alice.referring(uri, 7))
			if row, _ := v.Check(credential.CheckStatus); row.Code != c.code {
				t.Errorf("%+v", row)
			}
		})
	}
}

// lateLists are set once the node runs.
type lateLists struct{ credential.Lists }

func (l *lateLists) TokenStatusList(ctx context.Context, uri string, at time.Time) (credential.ListDocument, error) {
	tokens, ok := l.Lists.(credential.TokenLists)
	if !ok {
		return credential.ListDocument{}, errNoTokens
	}
	return tokens.TokenStatusList(ctx, uri, at)
}

// listToken is a status list token of the agent's in which the index 7 is revoked.
func (a *agent) listToken(uri string) string {
	a.n.t.Helper()
	list, err := statuslist.NewTokenList(1, 100)
	if err == nil {
		err = list.Set(7, statuslist.TokenInvalid)
	}
	if err != nil {
		a.n.t.Fatal(err)
	}
	claims := statuslist.Claims{Subject: uri, IssuedAt: time.Now(), List: list}
	token, err := claims.SignJWT(string(a.id)+"#key-1", a.key)
	if err != nil {
		a.n.t.Fatal(err)
	}
	return token
}

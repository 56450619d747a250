package credential_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/statuslist"
)

// tokenSource is a TokenLists that counts, and remembers the time it was asked for.
type tokenSource struct {
	lists
	asked int
	at    time.Time
}

func (s *tokenSource) TokenStatusList(ctx context.Context, uri string, at time.Time) (credential.ListDocument, error) {
	s.asked++
	s.at = at
	return s.lists.TokenStatusList(ctx, uri, at)
}

func (s *tokenSource) StatusList(ctx context.Context, url string, at time.Time) (credential.ListDocument, error) {
	s.asked++
	return s.lists.StatusList(ctx, url, at)
}

func statusRow(t *testing.T, v credential.Verdict) credential.Check {
	t.Helper()
	checkVerdict(t, v)
	row, ok := v.Check(credential.CheckStatus)
	if !ok {
		t.Fatal("no row of status")
	}
	return row
}

// Neither how many lists are asked for nor what they expand to is without bounds, for
// one token as for a presentation full of them.
func TestTokenListsAreBounded(t *testing.T) {
	k := newTokens(t)
	full := k.presentation()
	var inner []jcs.Value
	all := lists{}
	huge, err := statuslist.NewTokenList(8, statuslist.MaxBytes)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := huge.JSON()
	if err != nil {
		t.Fatal(err)
	}
	put := func(uri string) string {
		payload := jcs.Object(jcs.Member{Name: "sub", Value: text(uri)}, jcs.Member{Name: "iat", Value: jcs.FromInt(1)}, jcs.Member{Name: "status_list", Value: packed})
		all[uri] = listVector{JWT: k.compact(k.header(statuslist.TypeJWT), string(payload.Canonical()), k.key)}
		return `{"status_list":{"idx":0,"uri":"` + uri + `"}}`
	}
	for i := range credential.MaxCredentials {
		uri := fmt.Sprintf("%s/%d", tokenURI, i)
		header := `{"alg":"EdDSA","kid":"` + k.kid + `","status":` + put(uri+"/a") + `}`
		payload := k.unsigned().With("status", decode(t, put(uri+"/b"))).With("id", text(fmt.Sprintf("urn:x:%d", i))).
			With("credentialStatus", k.entry("revocation", "1").With("statusListCredential", text(uri)))
		token := k.compact(header, string(payload.Canonical()), k.key)
		inner = append(inner, credential.Envelope(credential.MediaCredentialJWT, []byte(token)))
		all[uri] = listVector{Credential: k.sign(k.unsignedList(1, []string{"revocation"}).With("id", text(uri)))}
	}
	source := &tokenSource{lists: all}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Lists: source}
	begin := time.Now()
	v := verifier.VerifyPresentation(context.Background(), full.With("verifiableCredential", jcs.Array(inner...)), credential.PresentationOptions{AllowUnsecured: true})
	if took := time.Since(begin); took > patience {
		t.Errorf("took %v", took)
	}
	if len(v.Credentials) != len(inner) {
		t.Fatalf("%+v", v.ProblemDetails)
	}
	good := 0
	for i, c := range v.Credentials {
		row := statusRow(t, c)
		switch {
		case row.Outcome == credential.Passed:
			good++
		case row.Code != credential.CodeListInvalid && row.Code != credential.CodeStatusUnavailable:
			t.Errorf("credential %d: %+v", i, row)
		}
	}
	if good > 1 || source.asked != 32 {
		t.Errorf("%d of %d verify, %d lists asked for", good, len(v.Credentials), source.asked)
	}
}

// A list that two claims refer to is asked for once, and decoded once.
func TestTokenListIsAskedForOnce(t *testing.T) {
	k := newTokens(t)
	source := &tokenSource{lists: k.list()}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Lists: source, Decoded: credential.NewListCache(1 << 20), FreshUntil: now.Add(time.Hour)}
	twice := text(k.compact(`{"alg":"EdDSA","kid":"`+k.kid+`","status":{"status_list":{"idx":0,"uri":"`+tokenURI+`"}}}`, string(k.at("0").Canonical()), k.key))
	for i := range 3 {
		if row := statusRow(t, verifier.Verify(context.Background(), twice)); row.Outcome != credential.Passed || source.asked != i+1 {
			t.Errorf("%+v, asked %d times", row, source.asked)
		}
	}
	// What is remembered says nothing of who signed it.
	forged := k.listBy(k.kid, anotherKey(t))
	source.lists = lists{tokenURI: forged[tokenURI]}
	if row := statusRow(t, verifier.Verify(context.Background(), twice)); row.Code != credential.CodeListInvalid {
		t.Errorf("%+v", row)
	}
	source.lists = k.list()
	if row := statusRow(t, verifier.Verify(context.Background(), text(k.jwt(k.at("1"))))); row.Code != credential.CodeRevoked {
		t.Errorf("%+v", row)
	}
}

// A verdict serves no longer than the list that it rests on: exp, and ttl from when it
// was fetched.
func TestTokenListBoundsTheVerdict(t *testing.T) {
	k := newTokens(t)
	for name, c := range map[string]struct {
		change  func(*statuslist.Claims)
		fetched time.Time
		want    time.Time
	}{
		"exp":                 {func(c *statuslist.Claims) { c.TTL, c.ExpiresAt = 0, now.Add(time.Minute) }, now, now.Add(time.Minute)},
		"ttl":                 {func(c *statuslist.Claims) { c.TTL = 20 * time.Second }, now.Add(-5 * time.Second), now.Add(15 * time.Second)},
		"ttl long past":       {func(c *statuslist.Claims) { c.TTL = 20 * time.Second }, now.Add(-time.Hour), now},
		"neither":             {func(c *statuslist.Claims) { c.TTL, c.ExpiresAt = 0, time.Time{} }, now, now.Add(30 * time.Minute)},
		"fetched nobody knew": {func(c *statuslist.Claims) { c.ExpiresAt = now.Add(10 * time.Minute) }, time.Time{}, now.Add(10 * time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			found := k.list(c.change)[tokenURI]
			if !c.fetched.IsZero() {
				found.FetchedAt = c.fetched.Format(time.RFC3339)
			}
			verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Lists: lists{tokenURI: found}, FreshUntil: now.Add(30 * time.Minute)}
			v := verifier.Verify(context.Background(), text(k.jwt(k.at("0"))))
			if want := c.want.Format(time.RFC3339); !v.Verified || v.FreshUntil != want {
				t.Errorf("until %s, want %s; %+v", v.FreshUntil, want, v.ProblemDetails)
			}
		})
	}
}

// A list by another is taken where the verifier says so, while its issuer is in force.
func TestAcceptedTokenListIssuer(t *testing.T) {
	k := newTokens(t)
	other := testKey(t, multikey.P256)
	issuer := string(key.FromPublic(other.Public()))
	for status, code := range map[string]credential.Code{
		"": "", credential.Active: "", credential.Suspended: credential.CodeListInvalid,
		credential.Revoked: credential.CodeListInvalid, "unavailable": credential.CodeListInvalid,
	} {
		source := registry{Statuses: map[string]string{}}
		if status != "" {
			source.Statuses[issuer] = status
		}
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: source, Status: source, Now: now, Lists: lists(k.listBy(key.MethodID(other.Public()), other)),
			AcceptListIssuer: func(list, of string) bool { return list == issuer && of == k.issuer }}
		if row := statusRow(t, verifier.Verify(context.Background(), text(k.jwt(k.at("0"))))); row.Code != code {
			t.Errorf("an issuer that is %q: %+v", status, row)
		}
		verifier.AcceptListIssuer = func(string, string) bool { return false }
		if row := statusRow(t, verifier.Verify(context.Background(), text(k.jwt(k.at("0"))))); row.Code == "" || row.Outcome == credential.Passed {
			t.Errorf("not accepted: %+v", row)
		}
	}
}

// The past is asked for, and a list that is younger than it is not the past's.
func TestTokenListOfThePast(t *testing.T) {
	k := newTokens(t)
	source := &tokenSource{lists: k.list()}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Lists: source,
		Status: moment{of: credential.StatusInfo{Status: credential.Active}}, Hindsight: moment{of: credential.StatusInfo{Status: credential.Active}}}
	if v := verifier.Verify(context.Background(), text(k.jwt(k.at("0")))); !v.Verified || !source.at.Equal(now) {
		t.Errorf("asked for %v; %+v", source.at, v.ProblemDetails)
	}
	for name, change := range map[string]func(*statuslist.Claims){
		"issued a second later": func(c *statuslist.Claims) { c.IssuedAt = now.Add(time.Second) },
		"expired before":        func(c *statuslist.Claims) { c.ExpiresAt = now.Add(-time.Second) },
	} {
		source.lists = k.list(change)
		if row := statusRow(t, verifier.Verify(context.Background(), text(k.jwt(k.at("0"))))); row.Code != credential.CodeListInvalid {
			t.Errorf("%s: %+v", name, row)
		}
	}
}

// later is a registry in which an entry of one of its own lists was revoked later.
type later struct {
	moment
	info credential.StatusInfo
	err  error
}

func (l later) ListEntryStatus(listURL string, index uint64) (credential.StatusInfo, bool, error) {
	return l.info, listURL == tokenURI && index == 6, l.err
}

func TestOwnTokenListInHindsight(t *testing.T) {
	k := newTokens(t)
	active := moment{of: credential.StatusInfo{Status: credential.Active}}
	own := lists{tokenURI: {Own: true, Credential: k.unsignedList(1, []string{"revocation"}, 7).With("id", text(tokenURI))}}
	for name, c := range map[string]struct {
		later later
		code  credential.Code
	}{
		"revoked as of before": {later{info: credential.StatusInfo{Status: credential.Revoked, InvalidFrom: now.Add(-time.Hour)}}, credential.CodeRevokedRetroactively},
		"revoked later":        {later{info: credential.StatusInfo{Status: credential.Revoked, InvalidFrom: now.Add(time.Hour)}}, ""},
		"cannot be told":       {later{err: errors.New("broken")}, credential.CodeStatusUnavailable},
	} {
		c.later.moment = active
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Lists: own, Status: active, Hindsight: c.later}
		if row := statusRow(t, verifier.Verify(context.Background(), text(k.jwt(k.at("6"))))); row.Code != c.code {
			t.Errorf("%s: %+v", name, row)
		}
	}
}

// A source without status list tokens, and one whose own list is none, tell nothing.
func TestSourceWithoutTokenLists(t *testing.T) {
	k := newTokens(t)
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Lists: plainLists{}}
	if row := statusRow(t, verifier.Verify(context.Background(), text(k.jwt(k.at("0"))))); row.Code != credential.CodeStatusUnsupported {
		t.Errorf("%+v", row)
	}
	verifier.Lists = ownNothing{}
	if row := statusRow(t, verifier.Verify(context.Background(), text(k.jwt(k.at("0"))))); row.Code != credential.CodeStatusUnavailable {
		t.Errorf("%+v", row)
	}
}

type plainLists struct{}

func (plainLists) StatusList(context.Context, string, time.Time) (credential.ListDocument, error) {
	return credential.ListDocument{}, errors.New("no list")
}

type ownNothing struct{ plainLists }

func (ownNothing) TokenStatusList(context.Context, string, time.Time) (credential.ListDocument, error) {
	return credential.ListDocument{Own: true}, nil
}

// The status claim is no part of which credential it is: a revocation of the same
// credential in another securing counts, as it does if the credential has that term.
func TestStatusClaimAndDigest(t *testing.T) {
	k := newTokens(t)
	token := k.at("0").With("iss", text(k.issuer))
	for _, of := range []jcs.Value{k.unsigned(), k.at("0"), token} {
		source := registry{Statuses: map[string]string{hexDigest(credential.Digest(of)): credential.Revoked}}
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: source, Status: source, Now: now, Lists: lists(k.list())}
		if row := statusRow(t, verifier.Verify(context.Background(), text(k.jwt(token)))); row.Code != credential.CodeRevoked {
			t.Errorf("%+v", row)
		}
	}
}

// Nobody seals a claim that no verifier could ask, or that the holder could withhold.
func TestCannotSealStatus(t *testing.T) {
	k := newTokens(t)
	for _, media := range []string{credential.MediaCredentialJWT, credential.MediaCredentialSDJWT, credential.MediaCredentialCOSE} {
		if token, err := credential.Seal(k.defined(k.refer(`{"status_list":{"idx":-1,"uri":"`+tokenURI+`"}}`)), media, k.key, credential.SealOptions{KeyID: k.kid}); err == nil {
			t.Errorf("%s: %s", media, token)
		}
		if _, err := credential.Seal(k.defined(k.at("0")), media, k.key, credential.SealOptions{KeyID: k.kid}); err != nil {
			t.Errorf("%s: %v", media, err)
		}
	}
	for _, pointer := range []string{"/status", "/status/status_list", "/status/status_list/uri"} {
		opt := credential.SealOptions{KeyID: k.kid, Disclosable: []string{pointer}}
		if _, err := credential.Seal(k.defined(k.at("0")), credential.MediaCredentialSDJWT, k.key, opt); err == nil || !strings.Contains(err.Error(), "withhold") {
			t.Errorf("%s: %v", pointer, err)
		}
	}
}

// FuzzTokenStatus: whatever a claim and a list say, a verified credential is one whose
// status is valid in a list by its issuer.
func FuzzTokenStatus(f *testing.F) {
	k := newTokens(f)
	for _, group := range [][]judgedVector{k.claimsOfStatus(), k.badClaimsOfStatus(), k.badTokenLists(), k.untrustedTokenLists()} {
		for _, v := range group {
			found := v.Lists[tokenURI]
			if token, isText := v.Input.Str(); isText {
				f.Add(token, []byte(found.JWT+string(found.CWT)))
			} else {
				f.Add(string(v.Input.Canonical()), []byte(found.JWT+string(found.CWT)))
			}
		}
	}
	issued := map[string]bool{}
	for _, v := range k.claimsOfStatus() {
		if input, isText := v.Input.Str(); isText && v.Verified {
			issued[input] = true
		}
	}
	source := registry{k.documents(), nil}
	f.Fuzz(func(t *testing.T, input string, list []byte) {
		doc := text(input)
		if v, err := jcs.Decode([]byte(input)); err == nil && v.IsObject() {
			doc = v
		}
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: source, Now: now, Lists: lists{tokenURI: {CWT: list}}}
		v := verifier.Verify(context.Background(), doc)
		checkVerdict(t, v)
		if v.Verified && doc.IsString() && !issued[strings.TrimSpace(input)] {
			t.Errorf("verified: %s with %q", input, list)
		}
	})
}

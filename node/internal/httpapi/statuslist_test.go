package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

const listOrigin = "https://" + testDomain

// list is one that the registry makes for an agent.
func (a *agent) list(purpose record.Purpose, n uint32) record.ListID {
	return record.ListID{Issuer: a.id, Purpose: purpose, Number: n}
}

// flip makes a StatusChange of one entry.
func (a *agent) flip(list record.ListID, index uint32, status string, after int) answer {
	target := record.ListEntry{List: list, Index: index}.String()
	return a.n.post("/v1/status", api.TypeJSON, a.change(target, status, after).Canonical())
}

// issueWith makes a credential with a status entry.
func (a *agent) issueWith(name, listURL string, purpose record.Purpose, index uint64) jcs.Value {
	entry := statuslist.Entry{Purpose: string(purpose), ListURL: listURL, Index: index}
	return a.sign(a.issue(name).Without("proof").With("credentialStatus", entry.Value()))
}

// verified checks a list as a stranger does: by the registry's document and the clock.
func (n *testNode) verified(body []byte, url string) *statuslist.List {
	n.t.Helper()
	return n.verifiedAt(body, url, time.Now())
}

func (n *testNode) verifiedAt(body []byte, url string, now time.Time) *statuslist.List {
	n.t.Helper()
	v, err := jcs.Decode(body)
	if err != nil {
		n.t.Fatal(err)
	}
	view := n.ledger.View()
	defer view.Close()
	verifier := credential.Verifier{Resolver: view, Now: now}
	if verdict := verifier.Verify(context.Background(), v); !verdict.Verified {
		n.t.Fatalf("the list does not verify: %+v", verdict.Checks)
	}
	l, err := statuslist.ParseList(v)
	if err != nil {
		n.t.Fatal(err)
	}
	if l.ID != url || l.Issuer != string(view.RegistryDID()) {
		n.t.Errorf("list %s by %s", l.ID, l.Issuer)
	}
	if err := errors.Join(l.InForce(now)); err != nil {
		n.t.Error(err)
	}
	return l
}

func (n *testNode) registryKey(kid string) (multikey.PublicKey, error) {
	view := n.ledger.View()
	defer view.Close()
	res, err := view.Resolve(context.Background(), view.RegistryDID(), did.Options{})
	if err != nil {
		return multikey.PublicKey{}, err
	}
	m, err := res.Document.Method(kid, did.AssertionMethod)
	return m.Key, err
}

func TestStatusListInEveryForm(t *testing.T) {
	n := startNode(t)
	alice := n.register("agents", "alice")
	id := alice.list(record.Revocation, 0)
	url := listOrigin + id.Path()

	// Nothing is recorded yet: the list is there, without a set bit.
	got := n.get(id.Path(), "Accept", api.TypeCredential)
	if l := n.verified(got.body, url); statuslist.Count(l.Bits()) != 0 || got.status != http.StatusOK {
		t.Errorf("%d, %d bits set", got.status, statuslist.Count(l.Bits()))
	}
	alice.flip(id, 94567, "revoked", 1).json(http.StatusCreated, &api.Receipt{})

	got = n.get(id.Path())
	l := n.verified(got.body, url)
	entry := statuslist.Entry{Purpose: "revocation", ListURL: url, Index: 94567, Size: 1}
	if r, err := l.Status(entry); err != nil || !r.Set || statuslist.Count(l.Bits()) != 1 {
		t.Errorf("%+v, %v, %d bits set", r, err, statuslist.Count(l.Bits()))
	}
	if life := time.Until(l.ValidUntil); life > 3*time.Minute || l.TTL != listTTL || got.header.Get("Cache-Control") != "public, max-age=15" {
		t.Errorf("valid for %v, ttl %v, %s", life, l.TTL, got.header.Get("Cache-Control"))
	}
	if got.header.Get("Content-Type") != api.TypeCredential || got.header.Get("Vary") != "Accept" || got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("headers %v", got.header)
	}

	token, err := jose.Parse(n.get(id.Path(), "Accept", "application/vc+jwt").body)
	if err != nil {
		t.Fatal(err)
	}
	key, err := n.registryKey(token.KeyID)
	if err = errors.Join(err, token.Verify(key, nil)); err != nil || token.Typ != "vc+jwt" {
		t.Errorf("%v, typ %q", err, token.Typ)
	}
	payload, err := jcs.Decode(token.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := statuslist.ParseList(payload); err != nil || statuslist.Count(l.Bits()) != 1 {
		t.Errorf("vc+jwt: %v", err)
	}

	ref := statuslist.Reference{Index: 94567, URI: url}
	jwt := n.get(id.Path(), "Accept", statuslist.MediaJWT)
	claims, err := statuslist.VerifyJWT(jwt.body, n.registryKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, err := claims.Status(ref, time.Now(), 0); err != nil || status != statuslist.TokenInvalid || jwt.header.Get("Content-Type") != statuslist.MediaJWT {
		t.Errorf("JWT: status %d, %v", status, err)
	}
	cwt := n.get(id.Path(), "Accept", statuslist.MediaCWT)
	if claims, err = statuslist.VerifyCWT(cwt.body, n.registryKey, nil); err != nil {
		t.Fatal(err)
	}
	if status, err := claims.Status(ref, time.Now(), 0); err != nil || status != statuslist.TokenInvalid || cwt.header.Get("Content-Type") != statuslist.MediaCWT {
		t.Errorf("CWT: status %d, %v", status, err)
	}
}

func TestSuspensionComesAndGoes(t *testing.T) {
	n := startNode(t)
	alice := n.register("agents", "alice")
	id := alice.list(record.Suspension, 3)
	url := listOrigin + id.Path()
	for i, status := range []string{"suspended", "active", "suspended"} {
		alice.flip(id, 5, status, i+1).json(http.StatusCreated, &api.Receipt{})
		l := n.verified(n.get(id.Path()).body, url)
		if want := map[string]int{"suspended": 1, "active": 0}[status]; statuslist.Count(l.Bits()) != want {
			t.Errorf("%s: %d bits set", status, statuslist.Count(l.Bits()))
		}
	}
	claims, err := statuslist.VerifyJWT(n.get(id.Path(), "Accept", statuslist.MediaJWT).body, n.registryKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, err := claims.List.Get(5); err != nil || status != statuslist.TokenSuspended {
		t.Errorf("status type %d, %v", status, err)
	}
}

func TestStatusListOfAnyIssuerThatResolves(t *testing.T) {
	n := startNode(t)
	alice := n.register("agents", "alice")
	web := "did:web:" + strings.Replace(testDomain, ":", "%3A", 1) + ":agents:alice"
	for _, issuer := range []string{string(alice.id), web, "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"} {
		for _, escaped := range []string{url.PathEscape(issuer), url.QueryEscape(issuer)} {
			path := "/v1/status-lists/" + escaped + "/revocation/0"
			got := n.get(path)
			if got.status != http.StatusOK {
				t.Errorf("%s: %d %s", path, got.status, got.body)
				continue
			}
			n.verified(got.body, listOrigin+path)
		}
	}
}

func TestStatusListsThatAreNotThere(t *testing.T) {
	n := startNode(t)
	alice := n.register("agents", "alice")
	escaped := url.PathEscape(string(alice.id))
	before := alice.n.now.Add(-time.Hour).Format(time.RFC3339)
	for name, path := range map[string]string{
		"stranger":         "/v1/status-lists/did%3Aweb%3Aelsewhere.example/revocation/0",
		"not-a-did":        "/v1/status-lists/alice/revocation/0",
		"purpose-unknown":  "/v1/status-lists/" + escaped + "/message/0",
		"purpose-of-case":  "/v1/status-lists/" + escaped + "/Revocation/0",
		"number-missing":   "/v1/status-lists/" + escaped + "/revocation/",
		"number-padded":    "/v1/status-lists/" + escaped + "/revocation/00",
		"number-negative":  "/v1/status-lists/" + escaped + "/revocation/-1",
		"number-too-large": "/v1/status-lists/" + escaped + "/revocation/1048576",
		"one-segment-more": "/v1/status-lists/" + escaped + "/revocation/0/0",
		"before-beginning": "/v1/status-lists/" + escaped + "/revocation/0?timestamp=" + before,
		"time-to-come":     "/v1/status-lists/" + escaped + "/revocation/0?timestamp=2999-01-01T00:00:00Z",
		"seconds-to-come":  "/v1/status-lists/" + escaped + "/revocation/0?time=32503680000",
		"url-not-recorded": "/v1/status-lists?url=https%3A%2F%2Fissuer.example%2F3",
	} {
		t.Run(name, func(t *testing.T) {
			got := n.within(t).get(path)
			var p api.Problem
			got.json(http.StatusNotFound, &p)
			if p.Code != api.StatusListUnavailable || p.Type != statuslist.RetrievalError || got.header.Get("Content-Type") != api.TypeProblem {
				t.Errorf("%s", got.body)
			}
		})
	}
	for name, query := range map[string]string{
		"timestamp-not-a-time":     "timestamp=yesterday",
		"timestamp-without-offset": "timestamp=2026-01-01T00:00:00",
		"timestamp-a-date":         "timestamp=2026-01-01",
		"timestamp-empty":          "timestamp=",
		"timestamp-twice":          "timestamp=2026-01-01T00:00:00Z&timestamp=2026-01-01T00:00:00Z",
		"time-not-a-number":        "time=now",
		"time-negative":            "time=-1",
		"both-times":               "time=1&timestamp=2026-01-01T00:00:00Z",
		"parameter-unknown":        "at=1",
		"max-stale-not-a-duration": "max-stale=soon",
	} {
		t.Run(name, func(t *testing.T) {
			n.within(t).get("/v1/status-lists/" + escaped + "/revocation/0?" + query).refused(api.InvalidParameter)
		})
	}
	n.get("/v1/status-lists").refused(api.InvalidParameter)
	for _, accept := range []string{"text/html", "application/vc+cose", "application/vc;q=0", "image/png, text/plain", "application/vc;q=2"} {
		n.get("/v1/status-lists/"+escaped+"/revocation/0", "Accept", accept).refused(api.NotAcceptable)
	}
	for accept, want := range map[string]string{
		"": api.TypeCredential, "*/*": api.TypeCredential, "text/html,*/*;q=0.1": api.TypeCredential,
		"application/json": "application/json", "application/ld+json": "application/ld+json",
		"application/vc;q=0.5, application/vc+jwt":         "application/vc+jwt",
		"application/statuslist+cwt, application/vc;q=0.9": statuslist.MediaCWT,
	} {
		if got := n.get("/v1/status-lists/"+escaped+"/revocation/0", "Accept", accept); got.header.Get("Content-Type") != want {
			t.Errorf("Accept %q: %d, %s", accept, got.status, got.header.Get("Content-Type"))
		}
	}
}

func TestListAsItWas(t *testing.T) {
	n := startNode(t, func(c *Config) { c.now = func() time.Time { return time.Now().Add(2 * time.Second) } })
	alice := n.register("agents", "alice")
	id := alice.list(record.Revocation, 0)
	var times []time.Time
	for i := range 3 {
		var receipt api.Receipt
		alice.flip(id, uint32(10+i), "revoked", i+1).json(http.StatusCreated, &receipt)
		at, err := time.Parse(time.RFC3339, receipt.Time)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, at)
	}
	for i, at := range times {
		stamp := at.Format(time.RFC3339Nano)
		got := n.get(id.Path() + "?timestamp=" + url.QueryEscape(stamp))
		v, err := jcs.Decode(got.body)
		if err != nil {
			t.Fatalf("%v: %s", err, got.body)
		}
		l, err := statuslist.ParseList(v)
		if err != nil || statuslist.Count(l.Bits()) != i+1 {
			t.Errorf("at %s: %d bits, %v", stamp, statuslist.Count(l.Bits()), err)
		}
		if err := l.InForce(at); err != nil {
			t.Errorf("at %s: %v", stamp, err)
		}
		last := i == len(times)-1
		if inForce := l.InForce(time.Now().Add(time.Hour)) == nil; inForce {
			t.Errorf("the list of %s is in force an hour later", stamp)
		}
		if last {
			continue
		}
		claims, err := statuslist.VerifyJWT(n.get(fmt.Sprintf("%s?timestamp=%s", id.Path(), url.QueryEscape(stamp)), "Accept", statuslist.MediaJWT).body, n.registryKey, nil)
		if err != nil {
			t.Fatal(err)
		}
		if claims.IssuedAt.After(at) || claims.ExpiresAt.Before(at) {
			t.Errorf("asked for %s, the token holds from %s to %s", at, claims.IssuedAt, claims.ExpiresAt)
		}
	}
	seconds := fmt.Sprint(time.Now().Unix() + 1)
	if l := n.verified(n.get(id.Path()+"?time="+seconds).body, listOrigin+id.Path()); statuslist.Count(l.Bits()) != 3 {
		t.Errorf("?time=: %d bits set", statuslist.Count(l.Bits()))
	}
}

// A verdict sees the registry's own lists without asking anybody, as of its position.
func TestVerdictOnAnEntryOfTheRegistrysList(t *testing.T) {
	n := startNode(t)
	alice := n.register("agents", "alice")
	id := alice.list(record.Revocation, 0)
	vc := alice.issueWith("boat", listOrigin+id.Path(), record.Revocation, 77)
	body := jcs.Object(jcs.Member{Name: "verifiableCredential", Value: vc}).Canonical()
	verify := func(query string) (v credential.Verdict) {
		t.Helper()
		got := n.post("/credentials/verify"+query, api.TypeJSON, body)
		got.json(got.status, &v)
		return v
	}
	if v := verify(""); !v.Verified {
		t.Fatalf("%+v", v.Checks)
	}
	before := n.ledger.Size() - 1
	alice.flip(id, 77, "revoked", 1).json(http.StatusCreated, &api.Receipt{})
	v := verify("")
	if row, _ := v.Check(credential.CheckStatus); v.Verified || row.Code != credential.CodeRevoked {
		t.Errorf("after the revocation: %+v", v.Checks)
	}
	if v := verify(fmt.Sprintf("?at=%d", before)); !v.Verified {
		t.Errorf("as of before: %+v", v.Checks)
	}
}

// An entry that was good at a time past, and that its issuer has since revoked as of before then, was not.
func TestEntryRevokedWithHindsight(t *testing.T) {
	n := startNode(t)
	alice := n.register("agents", "alice")
	id := alice.list(record.Revocation, 0)
	verify := func(index uint64, at record.Seq) (v credential.Verdict) {
		t.Helper()
		vc := alice.issueWith("boat", listOrigin+id.Path(), record.Revocation, index)
		body := jcs.Object(jcs.Member{Name: "verifiableCredential", Value: vc}).Canonical()
		got := n.post(fmt.Sprintf("/credentials/verify?at=%d", at), api.TypeJSON, body)
		got.json(got.status, &v)
		return v
	}
	before := n.ledger.Size() - 1
	change := alice.change(record.ListEntry{List: id, Index: 5}.String(), "revoked", 5).Without("proof")
	change = alice.sign(change.With("invalidFrom", jcs.FromString(n.now.Format("2006-01-02T15:04:05.000Z"))))
	n.post("/v1/status", api.TypeJSON, change.Canonical()).json(http.StatusCreated, &api.Receipt{})
	alice.flip(id, 6, "revoked", 6).json(http.StatusCreated, &api.Receipt{})
	v := verify(5, before)
	if row, _ := v.Check(credential.CheckStatus); v.Verified || row.Code != credential.CodeRevokedRetroactively {
		t.Errorf("revoked as of before: %+v", row)
	}
	v = verify(6, before)
	if row, _ := v.Check(credential.CheckStatus); !v.Verified || !strings.Contains(row.Detail, "later: revoked") {
		t.Errorf("revoked as of after: %+v", row)
	}
}

// A credential that is registered with an entry is its list's: its own status sets the bit.
func TestRegisteredCredentialSetsItsBit(t *testing.T) {
	n := startNode(t)
	alice := n.register("agents", "alice")
	id := alice.list(record.Revocation, 0)
	vc := alice.issueWith("boat", listOrigin+id.Path(), record.Revocation, 131071)
	var receipt api.Receipt
	n.post("/v1/credentials", api.TypeJSON, vc.Canonical()).json(http.StatusCreated, &receipt)
	n.post("/v1/status", api.TypeJSON, alice.change(receipt.Digest, "revoked", 1).Canonical()).json(http.StatusCreated, &api.Receipt{})
	l := n.verified(n.get(id.Path()).body, listOrigin+id.Path())
	if r, err := l.Status(statuslist.Entry{Purpose: "revocation", ListURL: listOrigin + id.Path(), Index: 131071, Size: 1}); err != nil || !r.Set {
		t.Errorf("%+v, %v", r, err)
	}
}

// status404 checks that there is no list.
func (a answer) status404(t *testing.T) {
	t.Helper()
	var p api.Problem
	if a.json(http.StatusNotFound, &p); p.Code != api.StatusListUnavailable {
		t.Errorf("%s", a.body)
	}
}

const issuedURL = "https://alice.example/status/1"

// ownList signs a list of the agent's own.
func (a *agent) ownList(after int, set ...uint64) jcs.Value {
	a.n.t.Helper()
	l, err := statuslist.NewList(statuslist.List{ID: issuedURL, Issuer: string(a.id), Purposes: []string{"suspension"}}, 0)
	if err != nil {
		a.n.t.Fatal(err)
	}
	for _, index := range set {
		if err := l.Set(index, 1); err != nil {
			a.n.t.Fatal(err)
		}
	}
	v, err := l.Credential()
	if err != nil {
		a.n.t.Fatal(err)
	}
	signed, err := proof.Sign(v, a.key, proof.SignOptions{VerificationMethod: string(a.id) + "#key-1",
		Purpose: did.AssertionMethod, Created: a.n.now.Add(time.Duration(after) * time.Second)})
	if err != nil {
		a.n.t.Fatal(err)
	}
	return signed
}

func TestListThatItsIssuerSigns(t *testing.T) {
	n := startNode(t)
	alice, mallory := n.register("agents", "alice"), n.register("agents", "mallory")
	// Mallory is the first to have a list of that URL.
	n.post("/v1/status-lists", api.TypeJSON, mallory.ownList(1, 3).Canonical()).json(http.StatusCreated, &api.Receipt{})
	asked := "/v1/status-lists?url=" + url.QueryEscape(issuedURL) + "&issuer=" + url.QueryEscape(string(alice.id))
	n.get(asked).status404(t)
	for i, set := range [][]uint64{nil, {7}, {9}} {
		list := alice.ownList(i+1, set...)
		var receipt api.Receipt
		n.post("/v1/status-lists", api.TypeJSON, list.Canonical()).json(http.StatusCreated, &receipt)
		if receipt.Kind != "status-list" || receipt.Digest == "" {
			t.Errorf("receipt %+v", receipt)
		}
		if got := n.get(asked); string(got.body) != string(list.Canonical()) {
			t.Errorf("served %d %s", got.status, got.body)
		}
		vc := alice.issueWith("boat", issuedURL, record.Suspension, 7)
		got := n.post("/credentials/verify", api.TypeJSON, jcs.Object(jcs.Member{Name: "verifiableCredential", Value: vc}).Canonical())
		var v credential.Verdict
		got.json(got.status, &v)
		row, _ := v.Check(credential.CheckStatus)
		if suspended := len(set) == 1 && set[0] == 7; v.Verified == suspended || suspended && row.Code != credential.CodeSuspended {
			t.Errorf("with %v set: %+v", set, v.Checks)
		}
	}
	// A credential cannot lean on somebody else's list.
	bob := n.register("agents", "bob")
	vc := bob.issueWith("boat", issuedURL, record.Suspension, 8)
	got := n.post("/credentials/verify", api.TypeJSON, jcs.Object(jcs.Member{Name: "verifiableCredential", Value: vc}).Canonical())
	var v credential.Verdict
	got.json(http.StatusBadRequest, &v)
	if row, _ := v.Check(credential.CheckStatus); row.Code != credential.CodeListUntrusted {
		t.Errorf("%+v", v.Checks)
	}
	n.unchanged(func() {
		forged := mallory.ownList(9).With("issuer", jcs.FromString(string(alice.id)))
		if got := n.post("/v1/status-lists", api.TypeJSON, forged.Canonical()); got.status < 400 {
			t.Errorf("forged: %d %s", got.status, got.body)
		}
		unsigned := alice.ownList(9).Without("proof")
		if got := n.post("/v1/status-lists", api.TypeJSON, unsigned.Canonical()); got.status < 400 {
			t.Errorf("unsigned: %d %s", got.status, got.body)
		}
		if got := n.post("/v1/status-lists", api.TypeJSON, alice.issue("boat").Canonical()); got.status < 400 {
			t.Errorf("not a list: %d %s", got.status, got.body)
		}
		if got := n.post("/v1/status-lists", "text/plain", alice.ownList(9).Canonical()); got.status != http.StatusUnsupportedMediaType {
			t.Errorf("text: %d", got.status)
		}
	})
}

// The signature is made once for many requests, anew when it ages, and at once when a bit
// changes; unrelated records change nothing.
func TestSignedListIsKeptUntilItChanges(t *testing.T) {
	var skew atomic.Int64
	n := startNode(t, func(c *Config) {
		c.now = func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
	})
	alice := n.register("agents", "alice")
	id := alice.list(record.Revocation, 0)
	alice.flip(id, 1, "revoked", 1).json(http.StatusCreated, &api.Receipt{})
	first := n.get(id.Path())
	n.register("agents", "bob")
	again := n.get(id.Path())
	if first.header.Get("Etag") == "" || first.header.Get("Etag") != again.header.Get("Etag") {
		t.Errorf("signed again: %s, then %s", first.header.Get("Etag"), again.header.Get("Etag"))
	}
	if got := n.get(id.Path(), "If-None-Match", first.header.Get("Etag")); got.status != http.StatusNotModified {
		t.Errorf("If-None-Match: %d", got.status)
	}
	if got := n.do(http.MethodHead, id.Path(), nil); got.status != http.StatusOK || len(got.body) != 0 || got.header.Get("Etag") != first.header.Get("Etag") {
		t.Errorf("HEAD: %d, %d bytes", got.status, len(got.body))
	}
	skew.Store(int64(listTTL))
	aged := n.get(id.Path())
	if aged.header.Get("Etag") == first.header.Get("Etag") {
		t.Error("a signature is used beyond its ttl")
	}
	alice.flip(id, 2, "revoked", 2).json(http.StatusCreated, &api.Receipt{})
	if l := n.verifiedAt(n.get(id.Path()).body, listOrigin+id.Path(), time.Now().Add(listTTL)); statuslist.Count(l.Bits()) != 2 {
		t.Errorf("%d bits set", statuslist.Count(l.Bits()))
	}
}

func TestNodeThatCannotVouchSignsNoList(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"stale":               func(c *Config) { c.MaxStaleDefault = time.Nanosecond },
		"key-not-in-document": func(c *Config) { key := newKey(t); c.Key = &key },
		"no-key":              func(c *Config) { c.Key = nil },
		"another-node":        func(c *Config) { c.NodeID = "n9" },
	} {
		t.Run(name, func(t *testing.T) {
			n := startNode(t, change)
			alice := n.register("agents", "alice")
			n.get(alice.list(record.Revocation, 0).Path()).refused(api.StatusStale)
		})
	}
}

func BenchmarkStatusList(b *testing.B) {
	var ticks atomic.Int64
	n := startNode(b, func(c *Config) {
		c.now = func() time.Time { return time.Now().Add(time.Duration(ticks.Load())) }
	})
	alice := n.register("agents", "alice")
	id := alice.list(record.Revocation, 0)
	for i := range 200 {
		alice.flip(id, uint32(i*650), "revoked", i+1).json(http.StatusCreated, &api.Receipt{})
	}
	b.Run("kept", func(b *testing.B) {
		for b.Loop() {
			n.get(id.Path())
		}
	})
	for _, accept := range []string{api.TypeCredential, "application/vc+jwt", statuslist.MediaJWT, statuslist.MediaCWT} {
		b.Run("signed/"+accept, func(b *testing.B) {
			for b.Loop() {
				ticks.Add(int64(listTTL))
				if got := n.get(id.Path(), "Accept", accept); got.status != http.StatusOK {
					b.Fatal(got.status)
				}
			}
		})
	}
}

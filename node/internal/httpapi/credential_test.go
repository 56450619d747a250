package httpapi

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

func verifyBody(vc jcs.Value) []byte {
	return jcs.Object(jcs.Member{Name: "verifiableCredential", Value: vc}).Canonical()
}

func registerBody(vc jcs.Value, publish bool) []byte {
	return jcs.Object(jcs.Member{Name: "credential", Value: vc}, jcs.Member{Name: "publish", Value: jcs.FromBool(publish)}).Canonical()
}

func (n *testNode) verdict(status int, vc jcs.Value) credential.Verdict {
	n.t.Helper()
	var v credential.Verdict
	n.post("/credentials/verify", "application/json", verifyBody(vc)).json(status, &v)
	if v.Verified != (status == http.StatusOK) {
		n.t.Errorf("verified %v with status %d", v.Verified, status)
	}
	return v
}

func TestLifeOfACredential(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "acme")
	vc := issuer.issue("permit")
	digest := record.CredentialDigest(vc).String()

	v := n.verdict(http.StatusOK, vc)
	if row, _ := v.Check(credential.CheckStatus); row.Outcome != credential.Skipped || row.Code != credential.CodeUnregistered {
		t.Errorf("unregistered: %+v", row)
	}
	if v.AsOf == nil || v.AsOf.Ledger != n.id || v.AsOf.Seq != 1 || v.FreshUntil == "" {
		t.Errorf("%+v", v)
	}
	n.get("/v1/credentials/" + digest).refused(api.NotFound)

	var receipt, again api.Receipt
	got := n.post("/v1/credentials", "application/json", registerBody(vc, true))
	got.json(http.StatusCreated, &receipt)
	if receipt.Digest != digest || receipt.Kind != "credential" || got.header.Get("Location") != "/v1/credentials/"+digest {
		t.Errorf("%+v %v", receipt, got.header)
	}
	n.unchanged(func() {
		n.post("/v1/credentials", "application/vc", vc.Canonical()).json(http.StatusCreated, &again)
	})
	if again.Seq != receipt.Seq || again.Leaf != receipt.Leaf {
		t.Errorf("registered again: %+v", again)
	}
	var held api.Credential
	n.get("/v1/credentials/"+digest).json(http.StatusOK, &held)
	if held.Issuer != string(issuer.id) || held.Status.Status != "active" || held.Seq != receipt.Seq {
		t.Errorf("%+v", held)
	}
	if content, err := jcs.Decode(held.Credential); err != nil || !content.Equal(vc) {
		t.Errorf("published content: %v %s", err, held.Credential)
	}

	steps := []struct {
		status string
		ok     bool
	}{{"suspended", false}, {"active", true}, {"revoked", false}}
	for i, step := range steps {
		n.post("/v1/status", "application/json", issuer.change(digest, step.status, i+1).Canonical()).json(http.StatusCreated, &receipt)
		if receipt.Target != digest || receipt.Status != step.status {
			t.Errorf("%+v", receipt)
		}
		var status api.Status
		n.get("/v1/status/"+digest).json(http.StatusOK, &status)
		if status.Issuer != string(issuer.id) || status.Status != step.status || status.Since == "" || status.AsOf.Seq != receipt.Seq {
			t.Errorf("%s: %+v", step.status, status)
		}
		want := http.StatusOK
		if !step.ok {
			want = http.StatusBadRequest
		}
		n.verdict(want, vc)
	}
	n.unchanged(func() {
		n.post("/v1/status", "application/json", issuer.change(digest, "active", 9).Canonical()).refused("final-status")
	})
}

func TestDigestAlone(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "discreet")
	vc := issuer.issue("secret")
	proof, _ := vc.Get("proof")
	body := func(digest string) []byte {
		return jcs.Object(jcs.Member{Name: "digest", Value: jcs.FromString(digest)},
			jcs.Member{Name: "issuer", Value: jcs.FromString(string(issuer.id))}, jcs.Member{Name: "proof", Value: proof}).Canonical()
	}
	digest := record.CredentialDigest(vc).String()
	n.unchanged(func() {
		n.post("/v1/credentials", "application/json", body(strings.Repeat("0", 64))).refused("proof-invalid")
	})
	var receipt api.Receipt
	n.post("/v1/credentials", "application/json", body(digest)).json(http.StatusCreated, &receipt)
	var held api.Credential
	n.get("/v1/credentials/"+digest).json(http.StatusOK, &held)
	if held.Credential != nil || strings.Contains(string(held.Body), "secret") {
		t.Errorf("the registry knows what it was not told: %s", held.Body)
	}
}

func TestCredentialsThatAreRefused(t *testing.T) {
	n := startNode(t)
	issuer, other := n.register("issuers", "one"), n.register("issuers", "two")
	vc := issuer.issue("x")
	resigned := func(by *agent, change func(jcs.Value) jcs.Value) jcs.Value {
		return by.sign(change(vc.Without("proof")))
	}
	set := func(name, value string) func(jcs.Value) jcs.Value {
		return func(v jcs.Value) jcs.Value { return v.With(name, jcs.FromString(value)) }
	}
	same := func(v jcs.Value) jcs.Value { return v }
	purpose := func() jcs.Value {
		p, _ := vc.Get("proof")
		return vc.With("proof", p.With("proofPurpose", jcs.FromString("authentication")))
	}
	stranger := &agent{n: n, key: newKey(t), id: "did:webvh:QmNXZqU7XNYkPT9JLFJHbJzsV6i4CBVkRn6wDBwfFQZ6c7:registry.example%3A8700:nobody"}
	for _, c := range []struct {
		name string
		vc   jcs.Value
		code api.Code
	}{
		{"tampered", vc.With("name", jcs.FromString("y")), "proof-invalid"},
		{"no proof", vc.Without("proof"), "proof-invalid"},
		{"proof for another purpose", purpose(), "proof-invalid"},
		{"signed by somebody else", resigned(other, same), "issuer-not-authorised"},
		{"issuer nobody registered", resigned(stranger, set("issuer", string(stranger.id))), "issuer-unresolvable"},
		{"no type", resigned(issuer, func(v jcs.Value) jcs.Value { return v.Without("type") }), "credential-invalid"},
		{"ends before it begins", resigned(issuer, func(v jcs.Value) jcs.Value {
			return set("validUntil", "2026-01-01T00:00:00Z")(set("validFrom", "2027-01-01T00:00:00Z")(v))
		}), "credential-invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := n.within(t)
			n.unchanged(func() {
				if p := n.post("/v1/credentials", "application/json", registerBody(c.vc, false)).refused(c.code); p.Outcome != api.NotApplied {
					t.Errorf("outcome %q", p.Outcome)
				}
				n.verdict(http.StatusBadRequest, c.vc)
			})
		})
	}
	expired := issuer.sign(set("validUntil", time.Now().Add(-time.Minute).UTC().Format(time.RFC3339))(vc.Without("proof")))
	n.verdict(http.StatusBadRequest, expired)
	if p := n.post("/credentials/verify", "application/json", []byte(`{"verifiableCredential":`)).refused(api.Malformed); p.Outcome != "" {
		t.Errorf("a read has the outcome %q", p.Outcome)
	}
	var careless struct{ Verified *bool }
	n.post("/credentials/verify", "application/json", []byte(`[]`)).json(http.StatusBadRequest, &careless)
	if careless.Verified == nil || *careless.Verified {
		t.Error("malformed input does not say verified: false")
	}
}

func TestStatusChangesThatAreRefused(t *testing.T) {
	n := startNode(t)
	issuer, other := n.register("issuers", "one"), n.register("issuers", "two")
	vc := issuer.issue("x")
	digest := record.CredentialDigest(vc).String()
	n.post("/v1/credentials", "application/json", registerBody(vc, false))
	n.post("/v1/status", "application/json", issuer.change(digest, "suspended", 10).Canonical())
	foreign := issuer.change(digest, "revoked", 20).Without("proof").With("ledger", jcs.FromString("QmNXZqU7XNYkPT9JLFJHbJzsV6i4CBVkRn6wDBwfFQZ6c7"))
	future := issuer.change(digest, "revoked", 7200)
	for _, c := range []struct {
		name   string
		change jcs.Value
		code   api.Code
	}{
		{"by somebody else", other.change(digest, "revoked", 20), "not-authorised"},
		{"tampered", issuer.change(digest, "active", 20).With("status", jcs.FromString("revoked")), "proof-invalid"},
		{"of another ledger", issuer.sign(foreign), "unknown-ledger"},
		{"no change", issuer.change(digest, "suspended", 20), "no-change"},
		{"issued no later", issuer.change(digest, "active", 10), "issued-not-later"},
		{"issued in the future", future, "issued-in-future"},
		{"unknown target", issuer.change(strings.Repeat("0", 64), "revoked", 20), "unknown-target"},
		{"unknown status", issuer.sign(issuer.change(digest, "lost", 20).Without("proof")), api.Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := n.within(t)
			n.unchanged(func() { n.post("/v1/status", "application/json", c.change.Canonical()).refused(c.code) })
		})
	}
}

func TestRevokedIssuer(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "bad")
	vc := issuer.issue("x")
	n.verdict(http.StatusOK, vc)
	var receipt api.Receipt
	n.post("/v1/status", "application/json", issuer.change(string(issuer.id), "revoked", 1).Canonical()).json(http.StatusCreated, &receipt)
	v := n.verdict(http.StatusBadRequest, vc)
	if row, _ := v.Check(credential.CheckIssuerState); row.Code != credential.CodeIssuerRevoked {
		t.Errorf("%+v", row)
	}
	var status api.Status
	n.get("/v1/status/"+string(issuer.id)).json(http.StatusOK, &status)
	if status.Status != "revoked" {
		t.Errorf("%+v", status)
	}
	n.unchanged(func() {
		n.post("/v1/credentials", "application/json", registerBody(issuer.issue("y"), false)).refused("issuer-not-authorised")
		n.post(issuer.logPath(), "text/jsonl", issuer.update(webvh.UpdateOptions{}).Value.Canonical()).refused("did-revoked")
	})
}

// TestStatusNamesWhoseCredentialItIs: a stranger who registered the digest first must not be taken
// for the issuer.
func TestStatusNamesWhoseCredentialItIs(t *testing.T) {
	n := startNode(t)
	issuer, stranger := n.register("agents", "issuer"), n.register("agents", "stranger")
	vc := issuer.issue("x")
	digest := record.CredentialDigest(vc).String()
	for _, by := range []*agent{stranger, issuer} {
		p, _ := by.sign(vc.Without("proof")).Get("proof")
		n.post("/v1/credentials", "application/json", jcs.Object(
			jcs.Member{Name: "digest", Value: jcs.FromString(digest)},
			jcs.Member{Name: "issuer", Value: jcs.FromString(string(by.id))},
			jcs.Member{Name: "proof", Value: p}).Canonical()).json(http.StatusCreated, new(api.Receipt))
	}
	n.post("/v1/status", "application/json", issuer.change(digest, "revoked", 1).Canonical()).json(http.StatusCreated, new(api.Receipt))
	for query, want := range map[string]api.Status{
		"":                               {Issuer: string(stranger.id), Status: "active"},
		"?issuer=" + string(stranger.id): {Issuer: string(stranger.id), Status: "active"},
		"?issuer=" + string(issuer.id):   {Issuer: string(issuer.id), Status: "revoked"},
	} {
		var got api.Status
		n.get("/v1/status/"+digest+strings.ReplaceAll(query, "%", "%25")).json(http.StatusOK, &got)
		if got.Issuer != want.Issuer || got.Status != want.Status {
			t.Errorf("%q: %s by %s", query, got.Status, got.Issuer)
		}
	}
}

// TestHolderRegistersTheDigestFirst: the issuer's registration, which says more, completes it, and its
// entry is in the list.
func TestHolderRegistersTheDigestFirst(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "acme")
	held := n.ledger.View()
	list := "https://" + held.Domain() + record.ListPath + url.PathEscape(string(issuer.id)) + "/revocation/0"
	held.Close()
	vc := issuer.sign(issuer.issue("permit").Without("proof").With("credentialStatus", statuslist.Entry{
		Purpose: "revocation", ListURL: list, Index: 7, Size: 1,
	}.Value()))
	digest := record.CredentialDigest(vc)
	holders, _ := vc.Get("proof")
	var first, receipt, again api.Receipt
	n.post("/v1/credentials", "application/json", jcs.Object(
		jcs.Member{Name: "digest", Value: jcs.FromString(digest.String())},
		jcs.Member{Name: "issuer", Value: jcs.FromString(string(issuer.id))},
		jcs.Member{Name: "proof", Value: holders},
	).Canonical()).json(http.StatusCreated, &first)
	n.post("/v1/credentials", "application/json", registerBody(vc, false)).json(http.StatusCreated, &receipt)
	if receipt.Completes != first.Seq || receipt.Digest != digest.String() || first.Completes != 0 {
		t.Fatalf("%+v, the first was %+v", receipt, first)
	}
	n.unchanged(func() {
		n.post("/v1/credentials", "application/json", registerBody(vc, false)).json(http.StatusCreated, &again)
	})
	if again != receipt {
		t.Errorf("registered again: %+v, was %+v", again, receipt)
	}
	n.post("/v1/status", "application/json", issuer.change(receipt.Digest, "revoked", 1).Canonical()).json(http.StatusCreated, &api.Receipt{})
	v := n.verdict(http.StatusBadRequest, vc)
	if row, _ := v.Check(credential.CheckStatus); row.Code != credential.CodeRevoked {
		t.Errorf("%+v", row)
	}
	held = n.ledger.View()
	defer held.Close()
	if l, known, err := held.StatusList(issuer.id, "revocation", 0); err != nil || !known || len(l.Bits) == 0 || l.Bits[0] != 1 {
		t.Errorf("bits %x, %v, %v", l.Bits, known, err)
	}
}

// TestHolderRegistersFirstWrittenOtherwise: of a credential that is signed as RDF its issuer, who comes
// second, learns which registration it completes, and revokes it by either digest.
func TestHolderRegistersFirstWrittenOtherwise(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "acme")
	vc, err := proof.Sign(issuer.issue("permit").Without("proof"), issuer.key, proof.SignOptions{
		VerificationMethod: string(issuer.id) + "#key-1", Purpose: did.AssertionMethod, Created: n.now, Cryptosuite: proof.EdDSARDFC2022,
	})
	if err != nil {
		t.Fatal(err)
	}
	other := vc.With("type", jcs.FromString("VerifiableCredential"))
	var first, receipt api.Receipt
	n.post("/v1/credentials", "application/json", registerBody(other, false)).json(http.StatusCreated, &first)
	got := n.post("/v1/credentials", "application/json", registerBody(vc, false))
	got.json(http.StatusCreated, &receipt)
	if want := record.CredentialDigest(vc).String(); receipt.Digest != want || receipt.Completes != first.Seq ||
		got.header.Get("Location") != "/v1/credentials/"+want {
		t.Fatalf("%+v, want digest %s", receipt, want)
	}
	n.post("/v1/status", "application/json", issuer.change(receipt.Digest, "revoked", 1).Canonical()).json(http.StatusCreated, &api.Receipt{})
	quads, err := jsonld.Default().Canonicalize(vc.Without("proof"), jsonld.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	graph := fmt.Sprintf("%x", sha256.Sum256(quads))
	var status api.Status
	n.get("/v1/status/"+graph+"?by=graph&issuer="+url.QueryEscape(string(issuer.id))).json(http.StatusOK, &status)
	if status.Target != graph || status.Digest != first.Digest || status.Status != "revoked" || status.Issuer != string(issuer.id) {
		t.Errorf("%+v", status)
	}
	for _, digest := range []string{first.Digest, receipt.Digest} {
		n.get("/v1/status/"+digest).json(http.StatusOK, &status)
		if status.Status != "revoked" {
			t.Errorf("by %s: %+v", digest, status)
		}
	}
	for query, want := range map[string]api.Code{
		"?by=graph": api.InvalidParameter, "?by=digest&issuer=did:key:z": api.InvalidParameter, "?by=graph&issuer=did:example:other": "unknown-target",
	} {
		n.get("/v1/status/" + graph + query).refused(want)
	}
	n.get("/v1/status/x?by=graph&issuer=did:example:other").refused(api.InvalidParameter)
	for _, v := range []jcs.Value{vc, other} {
		verdict := n.verdict(http.StatusBadRequest, v)
		if row, _ := verdict.Check(credential.CheckStatus); row.Code != credential.CodeRevoked {
			t.Errorf("%+v", row)
		}
	}
}

// A change that asks for what nothing heeds is refused, alone and in bulk, whoever signs it; one that says
// that it does not ask for it is taken.
func TestCascadeIsRefused(t *testing.T) {
	n := startNode(t)
	a := n.register("agents", "a")
	asking := func(yes bool, after int) jcs.Value {
		return a.sign(a.change(string(a.id), "suspended", after).Without("proof").With("cascade", jcs.FromBool(yes)))
	}
	n.unchanged(func() {
		n.post("/v1/status", "application/json", asking(true, 1).Canonical()).refused(api.CascadeUnsupported)
		line := jcs.Object(jcs.Member{Name: "op", Value: jcs.FromString("status")}, jcs.Member{Name: "change", Value: asking(true, 1)})
		if got := n.post("/v1/records", api.TypeNDJSON, bulkBody(line)).outcomes(); len(got) != 1 ||
			got[0].Problem == nil || got[0].Problem.Code != api.CascadeUnsupported || got[0].Problem.Outcome != api.NotApplied {
			t.Errorf("in bulk: %+v", got)
		}
	})
	var receipt api.Receipt
	n.post("/v1/status", "application/json", asking(false, 1).Canonical()).json(http.StatusCreated, &receipt)
}

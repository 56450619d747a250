package httpapi

import (
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// metadata resolves a DID and returns its didDocumentMetadata, or the contentMetadata of a DID URL.
func (n *testNode) metadata(status int, target string) jcs.Value {
	n.t.Helper()
	got := n.get("/1.0/identifiers/"+url.QueryEscape(target), "Accept", api.TypeDIDResolution)
	if got.status != status {
		n.t.Fatalf("%s: status %d, want %d: %s", target, got.status, status, got.body)
	}
	v, err := jcs.Decode(got.body)
	if err != nil {
		n.t.Fatal(err)
	}
	m, resolved := v.Get("didDocumentMetadata")
	if !resolved {
		m, _ = v.Get("contentMetadata")
	}
	return m
}

// claiming registers a DID whose second version names a controller.
func (n *testNode) claiming(owner *agent, path ...string) *agent {
	n.t.Helper()
	a := n.register(path...)
	a.post(a.update(webvh.UpdateOptions{Document: document(a.id, a.key.Public()).With("controller", jcs.FromString(string(owner.id)))}))
	return a
}

// A DID that is suspended or revoked does not resolve as if nothing were, whichever version is asked for.
func TestSuspendedDIDsResolveAsSuch(t *testing.T) {
	n := startNode(t)
	owner := n.register("agents", "owner")
	bot := n.claiming(owner, "agents", "bot")
	targets := []string{string(bot.id), string(bot.id) + "?versionNumber=1", string(bot.id) + "#key-1", "did:web:" + string(bot.id)[len("did:webvh:")+len(bot.state.SCID)+1:]}
	status := func(target string) jcs.Value {
		m, _ := n.metadata(http.StatusOK, target).Get("registryStatus")
		return m
	}
	for _, target := range targets {
		if s := status(target); s.Kind() != jcs.KindNull {
			t.Errorf("%s: %s before anything happened", target, s.Canonical())
		}
	}
	var receipt api.Receipt
	change := owner.sign(owner.change(string(bot.id), "suspended", 1).Without("proof").With("reason", jcs.FromString("under review")).
		With("invalidFrom", jcs.FromString(n.now.Add(-time.Hour).Format("2006-01-02T15:04:05.000Z"))))
	n.post("/v1/status", "application/json", change.Canonical()).json(http.StatusCreated, &receipt)
	var said api.Status
	n.get("/v1/status/"+string(bot.id)).json(http.StatusOK, &said)
	for _, target := range targets {
		s := status(target)
		for name, want := range map[string]string{"status": "suspended", "reason": "under review", "by": string(owner.id), "since": said.Since, "invalidFrom": said.InvalidFrom} {
			if got, _ := s.GetString(name); got != want || want == "" {
				t.Errorf("%s: %s is %q, want %q", target, name, got, want)
			}
		}
		if seq, _ := s.Get("seq"); !seq.Equal(jcs.FromInt(int64(receipt.Seq))) {
			t.Errorf("%s: %s", target, s.Canonical())
		}
	}
	n.post("/v1/status", "application/json", owner.change(string(bot.id), "active", 2).Canonical()).json(http.StatusCreated, &receipt)
	for _, target := range targets {
		if s := status(target); s.Kind() != jcs.KindNull {
			t.Errorf("%s: %s after it was reinstated", target, s.Canonical())
		}
	}
	n.post("/v1/status", "application/json", owner.change(string(bot.id), "revoked", 3).Canonical()).json(http.StatusCreated, &receipt)
	if s, _ := status(string(bot.id)).GetString("status"); s != "revoked" {
		t.Errorf("%q", s)
	}
}

// What resolution says of ownership follows the controller's registration at once, and its dates.
func TestResolutionSaysWhoOwns(t *testing.T) {
	var ahead atomic.Int64
	n := startNode(t, func(c *Config) { c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) } })
	owner := n.register("agents", "owner")
	bot := n.claiming(owner, "agents", "bot")
	state := func() (jcs.Value, string) {
		t.Helper()
		list, _ := n.metadata(http.StatusOK, string(bot.id)).Get("ownership")
		if list.Len() != 1 {
			t.Fatalf("%s", list.Canonical())
		}
		s, _ := list.At(0).GetString("state")
		return list.At(0), s
	}
	if o, s := state(); s != "claimed" {
		t.Errorf("%s", o.Canonical())
	}
	if first, _ := n.metadata(http.StatusOK, string(bot.id)+"?versionNumber=1").Get("ownership"); first.Kind() != jcs.KindNull {
		t.Errorf("a version without controller: %s", first.Canonical())
	}
	until := n.now.Add(3 * time.Hour) // in two
	digest := owner.confirm(record.AgentRegistration, bot.id, jcs.Member{Name: "validUntil", Value: jcs.FromString(until.Format(time.RFC3339))})
	o, s := state()
	if got, _ := o.GetString("credential"); s != "confirmed" || got != digest {
		t.Errorf("%s", o.Canonical())
	}
	if got, _ := o.GetString("validUntil"); got != until.Format(time.RFC3339Nano) {
		t.Errorf("%s", o.Canonical())
	}
	var receipt api.Receipt
	n.post("/v1/status", "application/json", owner.change(digest, "suspended", 1).Canonical()).json(http.StatusCreated, &receipt)
	if o, s := state(); s != "claimed" {
		t.Errorf("suspended: %s", o.Canonical())
	}
	n.post("/v1/status", "application/json", owner.change(digest, "active", 2).Canonical()).json(http.StatusCreated, &receipt)
	n.post("/v1/status", "application/json", owner.change(string(owner.id), "suspended", 1).Canonical()).json(http.StatusCreated, &receipt)
	if o, s := state(); s != "claimed" {
		t.Errorf("of a suspended controller: %s", o.Canonical())
	}
	n.post("/v1/status", "application/json", owner.change(string(owner.id), "active", 2).Canonical()).json(http.StatusCreated, &receipt)
	if o, s := state(); s != "confirmed" {
		t.Errorf("reinstated: %s", o.Canonical())
	}
	ahead.Store(int64(2*time.Hour + time.Minute))
	if o, s := state(); s != "claimed" {
		t.Errorf("expired: %s", o.Canonical())
	}
}

// A verdict tells of a subject that is suspended, and who owns it; whoever wants none asks for that, or
// the operator does.
func TestSubjectSuspended(t *testing.T) {
	n := startNode(t)
	owner := n.register("agents", "owner")
	bot := n.claiming(owner, "agents", "bot")
	owner.confirm(record.AgentRegistration, bot.id)
	vc := owner.sign(owner.issue("permit").Without("proof").With("credentialSubject", jcs.Object(jcs.Member{Name: "id", Value: jcs.FromString(string(bot.id))})))
	v := n.verdict(http.StatusOK, vc)
	if len(v.Ownership) != 1 || v.Ownership[0].State != credential.Confirmed || v.Ownership[0].Role != credential.RoleSubject ||
		v.Ownership[0].Controller != string(owner.id) || v.Ownership[0].DID != string(bot.id) {
		t.Errorf("%+v", v.Ownership)
	}
	active := n.ledger.Size() - 1
	var receipt api.Receipt
	n.post("/v1/status", "application/json", owner.change(string(bot.id), "suspended", 1).Canonical()).json(http.StatusCreated, &receipt)
	v = n.verdict(http.StatusOK, vc)
	if row, _ := v.Check(credential.CheckSubjectState); row.Outcome != credential.Skipped || row.Code != credential.CodeSubjectSuspended {
		t.Errorf("%+v", row)
	}
	demanding := jcs.Object(jcs.Member{Name: "verifiableCredential", Value: vc},
		jcs.Member{Name: "options", Value: jcs.Object(jcs.Member{Name: "requireActiveSubject", Value: jcs.FromBool(true)})}).Canonical()
	n.post("/credentials/verify", "application/json", demanding).json(http.StatusBadRequest, &v)
	if row, _ := v.Check(credential.CheckSubjectState); row.Outcome != credential.Failed {
		t.Errorf("%+v", row)
	}
	n.post("/credentials/verify?at="+strconv.FormatUint(uint64(active), 10), "application/json", demanding).json(http.StatusOK, &v)
	if row, _ := v.Check(credential.CheckSubjectState); row.Outcome != credential.Passed || row.Detail == "" {
		t.Errorf("as of before: %+v", row)
	}

	// The operator's choice, which no request takes back.
	strict := n.degrade(&degraded{leader: true}, func(c *Config) { c.Verdicts.RequireActiveSubject = true })
	lax := jcs.Object(jcs.Member{Name: "verifiableCredential", Value: vc},
		jcs.Member{Name: "options", Value: jcs.Object(jcs.Member{Name: "requireActiveSubject", Value: jcs.FromBool(false)})}).Canonical()
	strict.post("/credentials/verify", "application/json", lax).json(http.StatusBadRequest, &v)
	if row, _ := v.Check(credential.CheckSubjectState); row.Outcome != credential.Failed || row.Code != credential.CodeSubjectSuspended {
		t.Errorf("%+v", row)
	}
}

package httpapi

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// owned makes the first entry of an agent whose document names a controller.
func (n *testNode) owned(controller did.ID, path ...string) *agent {
	n.t.Helper()
	a := &agent{n: n, key: newKey(n.t), path: path}
	entry, err := webvh.Create(webvh.CreateOptions{
		Domain: testDomain, Path: path, Time: n.now.Add(time.Minute),
		Document: func(id did.ID) jcs.Value {
			return document(id, a.key.Public()).With("controller", jcs.FromString(string(controller)))
		},
	}, a.key)
	if err != nil {
		n.t.Fatal(err)
	}
	a.entry, a.id = entry, did.ID(stateID(entry.Value))
	return a
}

// confirm registers a credential of the type given about a subject, and returns its digest.
func (a *agent) confirm(typ string, subject did.ID, more ...jcs.Member) string {
	a.n.t.Helper()
	vc := jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString("https://www.w3.org/ns/credentials/v2"))},
		jcs.Member{Name: "type", Value: jcs.Array(jcs.FromString("VerifiableCredential"), jcs.FromString(typ))},
		jcs.Member{Name: "issuer", Value: jcs.FromString(string(a.id))},
		jcs.Member{Name: "credentialSubject", Value: jcs.Object(jcs.Member{Name: "id", Value: jcs.FromString(string(subject))})},
	)
	for _, m := range more {
		vc = vc.With(m.Name, m.Value)
	}
	vc = a.sign(vc)
	a.n.post("/v1/credentials", "application/json", registerBody(vc, false)).json(http.StatusCreated, new(api.Receipt))
	return record.CredentialDigest(vc).String()
}

func (n *testNode) admitting(controllers ...did.ID) *testNode {
	n.t.Helper()
	list, err := admission.New(admission.Config{Mode: admission.AllowList, Controllers: controllers})
	if err != nil {
		n.t.Fatal(err)
	}
	return n.degrade(&degraded{leader: true}, func(c *Config) { c.Admission = list })
}

// An owner on the list brings in agents that have keys of their own, by her word and nobody else's.
func TestAgentsOfAListedController(t *testing.T) {
	whole := startNode(t)
	owner := whole.draft(webvh.CreateOptions{}, "owners", "alice")
	n := whole.admitting(owner.id)
	owner.n = n
	owner.post(owner.entry) // the first DID: listed before it exists

	stranger := whole.register("owners", "mallory") // registered, not listed
	bot := n.owned(owner.id, "agents", "bot")
	refused := func(name string, bot *agent, digest string) {
		t.Helper()
		target := bot.logPath()
		if digest != "" {
			target += "?registration=" + digest
		}
		n.unchanged(func() {
			if p := n.post(target, api.TypeJSONLines, bot.entry.Value.Canonical()).refused(api.NotAdmitted); p.Outcome != api.NotApplied {
				t.Errorf("%s: %+v", name, p)
			}
		})
	}
	future := jcs.FromString("2999-01-01T00:00:00Z")
	refused("a claim alone", bot, "")
	refused("another type", bot, owner.confirm("AgentCredential", bot.id))
	refused("about another agent", bot, owner.confirm(record.AgentRegistration, stranger.id))
	refused("by somebody else", bot, stranger.confirm(record.AgentRegistration, bot.id))
	refused("not yet valid", bot, owner.confirm(record.AgentRegistration, bot.id, jcs.Member{Name: "validFrom", Value: future}))
	refused("not registered", bot, record.CredentialDigest(bot.entry.Value).String())
	other := n.owned(stranger.id, "agents", "other")
	refused("by a controller that is not listed", other, stranger.confirm(record.AgentRegistration, other.id))

	revoked := owner.confirm(record.AgentRegistration, bot.id, jcs.Member{Name: "name", Value: jcs.FromString("first")})
	n.post("/v1/status", "application/json", owner.change(revoked, "revoked", 1).Canonical()).json(http.StatusCreated, new(api.Receipt))
	refused("by a credential that is revoked", bot, revoked)

	digest := owner.confirm(record.AgentRegistration, bot.id)
	n.post("/v1/status", "application/json", owner.change(string(owner.id), "suspended", 2).Canonical()).json(http.StatusCreated, new(api.Receipt))
	refused("by a controller that is suspended", bot, digest)
	n.post("/v1/status", "application/json", owner.change(string(owner.id), "active", 3).Canonical()).json(http.StatusCreated, new(api.Receipt))

	n.post(bot.logPath()+"?registration=x", api.TypeJSONLines, bot.entry.Value.Canonical()).refused(api.InvalidParameter)
	n.post(bot.logPath()+"?registered="+digest, api.TypeJSONLines, bot.entry.Value.Canonical()).refused(api.InvalidParameter)
	n.post(bot.logPath()+"?registration="+digest, api.TypeJSONLines, bot.entry.Value.Canonical()).json(http.StatusCreated, new(api.Receipt))
	bot.confirm("AgentCredential", other.id) // from now on it writes in its own name
	mine := n.owned(bot.id, "agents", "second")
	refused("by an agent that was admitted itself", mine, bot.confirm(record.AgentRegistration, mine.id))
}

func TestRegistrationIsInPeriod(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		from, until string
		want        bool
	}{
		{"", "", true},
		{"2026-11-30T12:00:59Z", "", true}, // the issuer's clock is a little ahead
		{"2026-11-30T12:01:01Z", "", false},
		{"2026-11-01T00:00:00Z", "2026-11-30T12:00:01Z", true},
		{"", "2026-11-30T12:00:00Z", false},
		{"", "2026-11-30T13:00:00+02:00", false},
		{"yesterday", "", false},
		{"", "tomorrow", false},
	} {
		if got := inPeriod(record.CredentialBody{ValidFrom: c.from, ValidUntil: c.until}, now); got != c.want {
			t.Errorf("from %q until %q: %v", c.from, c.until, got)
		}
	}
}

// The keys that control a listed DID create others, as do those in its document; spent keys do not.
func TestUpdateKeysOfAListedController(t *testing.T) {
	whole := startNode(t)
	owner := whole.register("owners", "alice")
	next := newKey(t)
	n := whole.admitting(owner.id)
	create := func(path string) answer {
		made := &agent{n: n, key: newKey(t), path: []string{"agents", path}}
		entry, err := webvh.Create(webvh.CreateOptions{Domain: testDomain, Path: made.path, Time: n.now.Add(time.Minute),
			Document: func(id did.ID) jcs.Value { return document(id, made.key.Public()) }}, owner.key)
		if err != nil {
			t.Fatal(err)
		}
		return n.post(made.logPath(), api.TypeJSONLines, entry.Value.Canonical())
	}
	without := document(owner.id, newKey(t).Public()) // the update key stands in it no more
	owner.post(owner.update(webvh.UpdateOptions{Document: without}))
	create("first").json(http.StatusCreated, new(api.Receipt))
	owner.post(owner.update(webvh.UpdateOptions{Document: without, NextKeyHashes: []string{webvh.KeyHash(next.Public().String())}}))
	create("second").refused(api.NotAdmitted)
}

// latecomer is a node that learns of what others wrote at its first barrier.
type latecomer struct {
	degraded
	arrive func()
	once   sync.Once
}

func (l *latecomer) ReadBarrier(ctx context.Context) error {
	l.once.Do(l.arrive)
	return l.degraded.ReadBarrier(ctx)
}

// What was written at another node counts, though this one has not seen it yet.
func TestAdmissionCatchesUpBeforeItRefuses(t *testing.T) {
	whole := startNode(t)
	list, err := admission.New(admission.Config{Mode: admission.AllowList, Controllers: []did.ID{"did:key:" + did.ID(newKey(t).Public().String())}})
	if err != nil {
		t.Fatal(err)
	}
	late := &latecomer{}
	n := whole.degrade(&late.degraded, func(c *Config) { c.Admission, c.Cluster = list, late })
	issuer := whole.draft(webvh.CreateOptions{}, "issuers", "late")
	late.arrive = func() { issuer.post(issuer.entry) }
	n.post("/v1/credentials", "application/json", registerBody(issuer.issue("x"), false)).json(http.StatusCreated, new(api.Receipt))
}

package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// present makes a presentation of credentials for a challenge and a domain.
func (a *agent) present(challenge, domain string, vcs ...jcs.Value) jcs.Value {
	a.n.t.Helper()
	options := proof.SignOptions{VerificationMethod: string(a.id) + "#key-1", Purpose: did.Authentication,
		Created: a.n.now, Challenge: challenge}
	if domain != "" {
		options.Domain = []string{domain}
	}
	signed, err := proof.Sign(a.unsigned(vcs...), a.key, options)
	if err != nil {
		a.n.t.Fatal(err)
	}
	return signed
}

func (a *agent) unsigned(vcs ...jcs.Value) jcs.Value {
	return jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString(credential.ContextV2))},
		jcs.Member{Name: "type", Value: jcs.Array(jcs.FromString("VerifiablePresentation"))},
		jcs.Member{Name: "holder", Value: jcs.FromString(string(a.id))},
		jcs.Member{Name: "verifiableCredential", Value: jcs.Array(vcs...)},
	)
}

func presentationBody(vp jcs.Value, options string) []byte {
	return []byte(`{"verifiablePresentation":` + string(vp.Canonical()) + `,"options":` + options + `}`)
}

// judged posts a presentation and checks that status and verdict agree.
func (n *testNode) judged(status int, body []byte) api.Verification {
	n.t.Helper()
	return n.judgedAt("/presentations/verify", status, body)
}

func (n *testNode) judgedAt(target string, status int, body []byte) api.Verification {
	n.t.Helper()
	var v api.Verification
	n.post(target, "application/json", body).json(status, &v)
	if v.Verified != (status == http.StatusOK) || v.Verified == (len(v.ProblemDetails) > 0) {
		n.t.Errorf("status %d with %+v", status, v)
	}
	return v
}

func (n *testNode) challenge() string {
	n.t.Helper()
	var c api.Challenge
	n.do(http.MethodPost, "/challenges", nil).json(http.StatusOK, &c)
	return c.Challenge
}

func TestPresentation(t *testing.T) {
	n := startNode(t)
	issuer, holder := n.register("issuers", "one"), n.register("agents", "holder")
	vcs := []jcs.Value{issuer.issue("a"), issuer.issue("b")}
	options := func(challenge, domain string) string {
		return `{"challenge":"` + challenge + `","domain":"` + domain + `","checks":["proof"],"returnPresentation":true}`
	}
	c := n.challenge()
	vp := holder.present(c, "shop.example", vcs...)
	v := n.judged(http.StatusOK, presentationBody(vp, options(c, "shop.example")))
	if !v.Verdict.Presentation || v.Holder != string(holder.id) || len(v.Credentials) != 2 || v.AsOf == nil || v.FreshUntil == "" {
		t.Errorf("%+v", v)
	}
	if v.Presentation == nil || !v.Presentation.Equal(vp) {
		t.Error("the presentation did not come back")
	}
	if v := n.judged(http.StatusBadRequest, presentationBody(vp, options(c, "shop.example"))); v.Checks[0].Code != "challenge-spent" {
		t.Errorf("replayed: %+v", v.Checks)
	}
	if v := n.judged(http.StatusOK, presentationBody(vp, `{}`)); v.Presentation != nil {
		t.Error("the presentation came back unasked")
	}
	own := "a challenge of the verifier's own"
	vp = holder.present(own, "shop.example", vcs...)
	n.judged(http.StatusOK, presentationBody(vp, options(own, "shop.example")))
	n.judged(http.StatusOK, presentationBody(vp, options(own, "shop.example")))
	n.judged(http.StatusOK, presentationBody(vp, `{"domain":["shop.example"]}`))

	for _, media := range []string{"application/vp", "application/ld+json"} {
		n.post(presentationPath, media, vp.Canonical()).json(http.StatusOK, new(api.Verification))
	}
	n.post(verifyPath, "application/vc", vcs[0].Canonical()).json(http.StatusOK, new(api.Verification))
	n.post(verifyPath, "application/vp", vp.Canonical()).refused(api.UnsupportedMediaType)

	other := n.register("agents", "other")
	tampered := vcs[1].With("name", jcs.FromString("c"))
	bare := holder.unsigned(vcs...)
	for name, body := range map[string][]byte{
		"another challenge":                  presentationBody(vp, options("another", "shop.example")),
		"another domain":                     presentationBody(vp, options(own, "evil.example")),
		"more domains":                       presentationBody(vp, `{"domain":["shop.example","evil.example"]}`),
		"no proof":                           presentationBody(bare, `{}`),
		"a tampered credential":              presentationBody(holder.present(own, "", vcs[0], tampered), `{}`),
		"a tampered presentation":            presentationBody(vp.With("verifiableCredential", jcs.Array(vcs[0])), `{}`),
		"another holder":                     presentationBody(other.present(own, "").With("holder", jcs.FromString(string(holder.id))), `{}`),
		"a challenge the presentation lacks": presentationBody(holder.present("", "", vcs...), options(n.challenge(), "shop.example")),
		"a proof to assert":                  presentationBody(holder.sign(bare), `{}`),
		"a credential for a presentation":    presentationBody(vcs[0], `{}`),
		"a presentation without proof whose credential does not hold": []byte(`{"presentation":` + string(holder.unsigned(tampered).Canonical()) + `}`),
	} {
		t.Run(name, func(t *testing.T) { n.within(t).judged(http.StatusBadRequest, body) })
	}
	if v := n.judged(http.StatusOK, []byte(`{"presentation":`+string(bare.Canonical())+`}`)); len(v.Credentials) != 2 {
		t.Errorf("without proof: %+v", v)
	}
	digest := record.CredentialDigest(vcs[0]).String()
	n.post("/v1/credentials", "application/json", registerBody(vcs[0], false)).json(http.StatusCreated, new(api.Receipt))
	n.post("/v1/status", "application/json", issuer.change(digest, "revoked", 1).Canonical()).json(http.StatusCreated, new(api.Receipt))
	v = n.judged(http.StatusBadRequest, presentationBody(vp, options(own, "shop.example")))
	if len(v.Credentials) != 2 || v.Credentials[0].Verified || !v.Credentials[1].Verified {
		t.Errorf("one of two revoked: %+v", v)
	}
}

func TestVerdictOfAMomentPast(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "past")
	vc := issuer.issue("x")
	digest := record.CredentialDigest(vc).String()
	var registered, revoked api.Receipt
	n.post("/v1/credentials", "application/json", registerBody(vc, false)).json(http.StatusCreated, &registered)
	n.post("/v1/status", "application/json", issuer.change(digest, "revoked", 1).Canonical()).json(http.StatusCreated, &revoked)
	n.verdict(http.StatusBadRequest, vc)
	at := func(s string) string { return "/credentials/verify?at=" + s }
	seq := strconv.FormatUint(uint64(registered.Seq), 10)
	v := n.judgedAt(at(seq), http.StatusOK, verifyBody(vc))
	if v.AsOf == nil || v.AsOf.Seq != uint64(registered.Seq) || v.AsOf.Time != registered.Time || v.FreshUntil != "" {
		t.Errorf("%+v", v)
	}
	v = n.judgedAt(at(registered.Time), http.StatusOK, verifyBody(vc))
	if v.AsOf == nil || v.AsOf.Seq != uint64(registered.Seq) {
		t.Errorf("by time: %+v", v.AsOf)
	}
	offset, err := time.Parse(time.RFC3339Nano, registered.Time)
	if err != nil {
		t.Fatal(err)
	}
	n.judgedAt(at(offset.In(time.FixedZone("", 5400)).Format(time.RFC3339Nano)), http.StatusOK, verifyBody(vc))
	n.judgedAt(at(strconv.FormatUint(uint64(revoked.Seq), 10)), http.StatusBadRequest, verifyBody(vc))
	n.judgedAt(at("0"), http.StatusBadRequest, verifyBody(vc)) // before the issuer was there

	retro := issuer.issue("retro")
	digest = record.CredentialDigest(retro).String()
	n.post("/v1/credentials", "application/json", registerBody(retro, false)).json(http.StatusCreated, &registered)
	change := issuer.sign(issuer.change(digest, "revoked", 2).Without("proof").With("invalidFrom", jcs.FromString(n.now.Format("2006-01-02T15:04:05.000Z"))))
	n.post("/v1/status", "application/json", change.Canonical()).json(http.StatusCreated, &revoked)
	v = n.judgedAt(at(strconv.FormatUint(uint64(registered.Seq), 10)), http.StatusBadRequest, verifyBody(retro))
	if row, _ := v.Check(credential.CheckStatus); row.Code != credential.CodeRevokedRetroactively {
		t.Errorf("%+v", row)
	}
	for _, bad := range []string{"", "-1", "01", "1e3", "99", "18446744073709551616", "2026-01-01", "yesterday", "9999-01-01T00:00:00Z",
		"1999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", strings.Repeat("1", 1000)} {
		n.post(at(url.QueryEscape(bad)), "application/json", verifyBody(vc)).refused(api.InvalidParameter)
	}
}

func TestIssuerThatIsNoDID(t *testing.T) {
	ok, bad := http.StatusOK, http.StatusBadRequest
	for policy, want := range map[api.Concession][2]int{api.OnRequest: {bad, ok}, api.Always: {ok, ok}, api.Never: {bad, bad}} {
		n := startNode(t, func(c *Config) { c.Verdicts.AcceptAnyIssuer = policy })
		signer := n.register("agents", "signer")
		vc := signer.sign(signer.issue("x").Without("proof").With("issuer", jcs.FromString("https://university.example/")))
		status := want[0]
		v := n.verdict(status, vc)
		if row, _ := v.Check(credential.CheckIssuer); row.Outcome == credential.Passed || row.Code != credential.CodeIssuerNotDID {
			t.Errorf("%+v", row)
		}
		body := []byte(`{"verifiableCredential":` + string(vc.Canonical()) + `,"options":{"acceptAnyIssuer":true,"returnCredential":true}}`)
		asked := n.judgedAt(verifyPath, want[1], body)
		if row, _ := asked.Check(credential.CheckIssuer); (row.Outcome == credential.Skipped) != (want[1] == ok) || asked.Credential == nil || !asked.Credential.Equal(vc) {
			t.Errorf("%+v", row)
		}
		n.post(verifyPath, "application/json", []byte(strings.Replace(string(body), "true", `"true"`, 1))).refused(api.Malformed)
		n.judged(status, presentationBody(signer.present("", "", vc), `{}`))
		n.judged(want[1], presentationBody(signer.present("", "", vc), `{"acceptAnyIssuer":true}`))
	}
}

// slowHost is a host whose answers wait for a word.
type slowHost struct {
	doc     *did.Document
	started chan struct{}
	finish  chan struct{}
	asked   sync.Map
}

func (h *slowHost) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	count, _ := h.asked.LoadOrStore(id, new(int))
	*count.(*int)++
	if h.started != nil {
		h.started <- struct{}{}
		select {
		case <-h.finish:
		case <-ctx.Done():
			return did.Resolution{}, &did.Error{Code: did.InternalError, Err: ctx.Err()}
		}
	}
	if h.doc == nil || h.doc.ID() != id {
		return did.Resolution{}, &did.Error{Code: did.NotFound}
	}
	return did.Resolution{Document: h.doc}, nil
}

// foreigner is an agent whose DID another host serves.
func foreigner(t *testing.T, n *testNode) (*agent, *did.Document) {
	t.Helper()
	a := &agent{n: n, key: newKey(t), id: "did:web:issuer.example"}
	doc, err := did.ParseDocument(document(a.id, a.key.Public()))
	if err != nil {
		t.Fatal(err)
	}
	return a, doc
}

func TestForeignIssuer(t *testing.T) {
	host := &slowHost{}
	n := startNode(t, func(c *Config) { c.Foreign = host })
	issuer, doc := foreigner(t, n)
	vc := issuer.issue("from afar")
	v := n.verdict(http.StatusBadRequest, vc)
	if row, _ := v.Check(credential.CheckProof); row.Code != credential.CodeKeyUnavailable {
		t.Errorf("a host that has nothing: %+v", row)
	}
	host.doc = doc
	host.asked.Clear()
	n.verdict(http.StatusOK, vc)
	if count, _ := host.asked.Load(issuer.id); *count.(*int) != 1 {
		t.Errorf("asked %d times for one verdict", *count.(*int))
	}
	v = n.judgedAt("/credentials/verify?at=0", http.StatusBadRequest, verifyBody(vc)).Verdict
	if row, _ := v.Check(credential.CheckProof); row.Code != credential.CodeKeyUnavailable {
		t.Errorf("what the host says today counted for the past: %+v", row)
	}
	nobody := "did:web:registry.example%3A8700:agents:nobody"
	host.asked.Clear()
	n.get(identifiers + nobody).checkNothing((&did.Error{Code: did.NotFound}).Type())
	if _, asked := host.asked.Load(did.ID(nobody)); asked {
		t.Error("the registry asked itself")
	}
}

// TestWaitingForAHostHoldsUpNobody: verifications that waited for a slow host took the places of those that
// need no other host. They have places of their own now, and one client a part of them.
func TestWaitingForAHostHoldsUpNobody(t *testing.T) {
	host := &slowHost{started: make(chan struct{}), finish: make(chan struct{})}
	n := startNode(t, func(c *Config) {
		c.Foreign, c.Verifications, c.VerificationsWaiting = host, 1, 3
	})
	foreign, doc := foreigner(t, n)
	host.doc = doc
	local := n.register("issuers", "local").issue("at home")
	answers := make(chan answer, defaultAway/clientsShare)
	var wg sync.WaitGroup
	for range cap(answers) {
		wg.Go(func() { answers <- n.post(verifyPath, "application/json", verifyBody(foreign.issue("from afar"))) })
		<-host.started
	}
	n.verdict(http.StatusOK, local)
	p := n.post(verifyPath, "application/json", verifyBody(foreign.issue("one too many"))).refused(api.RateLimited)
	if !p.Retryable {
		t.Errorf("%+v", p)
	}
	close(host.finish)
	wg.Wait()
	for range cap(answers) {
		if got := <-answers; got.status != http.StatusOK {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
}

// TestOneClientsVerifications leave room for those of others.
func TestOneClientsVerifications(t *testing.T) {
	g := newGate(1, 8)
	greedy, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	running, err := g.enter(t.Context(), greedy)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wait := func(addr netip.Addr) {
		wg.Go(func() {
			s, err := g.enter(t.Context(), addr)
			if err != nil {
				t.Error(err)
				return
			}
			s.leave()
		})
		eventually(t, func() bool { g.turns.mu.Lock(); defer g.turns.mu.Unlock(); return g.turns.clients[addr] != nil })
	}
	wait(greedy)
	if _, err := g.enter(t.Context(), greedy); problem(err).Code != api.RateLimited {
		t.Errorf("more than a quarter of all: %v", err)
	}
	wait(other)
	running.leave()
	wg.Wait()
	if g.here.all != 0 || len(g.here.by) != 0 || g.away.all != 0 || g.turns.free != 1 {
		t.Errorf("left behind: %+v %+v", g.here, g.away)
	}
	for addr := range 8 {
		if err := g.here.take(netip.AddrFrom4([4]byte{192, 0, 2, byte(addr)}), 1, ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.enter(t.Context(), netip.MustParseAddr("192.0.2.99")); problem(err).Code != api.Overloaded {
		t.Errorf("more than all: %v", err)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("gave up waiting")
		}
	}
}

// TestForeignAnswersAreNotKept: nobody tells the node when a document elsewhere changes.
func TestForeignAnswersAreNotKept(t *testing.T) {
	host := &slowHost{}
	n := startNode(t, func(c *Config) { c.Foreign = host })
	issuer, doc := foreigner(t, n)
	host.doc = doc
	target := identifiers + string(issuer.id)
	n.get(target).json(http.StatusOK, new(resolved))
	host.doc = nil
	n.get(target).checkNothing((&did.Error{Code: did.NotFound}).Type())
	_, host.doc = foreigner(t, n)
	before := n.get(target).content()
	if before.Equal(doc.Value()) {
		t.Error("an old document of another host")
	}
	if got := n.get(target, "Accept", api.TypeDID); strings.Contains(got.header.Get("Cache-Control"), "immutable") {
		t.Errorf("%v", got.header)
	}
}

func TestVerificationHasADeadline(t *testing.T) {
	host := &slowHost{started: make(chan struct{}, 1)}
	n := startNode(t, func(c *Config) { c.Foreign, c.VerifyTimeout = host, 20*time.Millisecond })
	foreign, doc := foreigner(t, n)
	host.doc = doc
	n.verdict(http.StatusBadRequest, foreign.issue("from afar"))
}

func TestOneRequestAsksSoMuchAndNoMore(t *testing.T) {
	host := &slowHost{}
	n := startNode(t, func(c *Config) { c.Foreign = host })
	s, ok := n.server.Config.Handler.(*server)
	if !ok {
		t.Fatal("not the server")
	}
	slot, err := s.verifications.enter(t.Context(), netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	defer slot.leave()
	o := &outside{server: s, slot: slot}
	for i := range maxOutside + 1 {
		id := did.ID("did:web:host" + strconv.Itoa(i) + ".example")
		for range 2 {
			_, err = o.resolve(t.Context(), id, did.Options{})
			if over := i == maxOutside; errors.Is(err, errOutside) != over {
				t.Fatalf("question %d: %v", i, err)
			}
		}
	}
}

// Every refusal of a request to verify says that nothing is verified.
func TestVerifyRefusalVectors(t *testing.T) {
	var file struct{ Cases []refusalVector }
	if err := json.Unmarshal(readVectors(t, "http/verify.json"), &file); err != nil {
		t.Fatal(err)
	}
	n := startNode(t)
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			n := n.within(t)
			got := n.checkRefusal(c)
			var v struct {
				Verified       *bool
				Checks         []credential.Check
				ProblemDetails []struct{ Type, Title, Code string }
			}
			got.json(c.Response.Status, &v)
			if v.Verified == nil || *v.Verified || len(v.ProblemDetails) == 0 || v.ProblemDetails[0].Type == "" {
				t.Errorf("%s", got.body)
			}
			if want := c.Response.Verdict; want != "" && (len(v.Checks) == 0 || v.Checks[0].Name != want && string(v.Checks[0].Code) != want) {
				t.Errorf("want %s: %s", want, got.body)
			}
		})
	}
}

// oneList is a host of one status list.
type oneList struct{ list jcs.Value }

func (o *oneList) StatusList(context.Context, string, time.Time) (credential.ListDocument, error) {
	return credential.ListDocument{Value: o.list, FetchedAt: time.Now()}, nil
}

// TestListsTrustedByConfiguration: a node that is set up to trusts a list by another issuer,
// and says so; another does not, and no option of a request makes it.
func TestListsTrustedByConfiguration(t *testing.T) {
	lister := newKey(t)
	id := key.FromPublic(lister.Public())
	for trusted, policy := range map[bool]credential.Policy{true: {ListIssuers: []credential.ListIssuer{{List: id}}}, false: {}} {
		host := &oneList{}
		n := startNode(t, func(c *Config) { c.Lists, c.Verdicts.Policy = host, policy })
		made, err := statuslist.NewList(statuslist.List{ID: issuedURL, Issuer: string(id), Purposes: []string{"revocation"}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		unsigned, err := made.Credential()
		if err != nil {
			t.Fatal(err)
		}
		if host.list, err = proof.Sign(unsigned, lister, proof.SignOptions{VerificationMethod: key.MethodID(lister.Public()), Purpose: did.AssertionMethod}); err != nil {
			t.Fatal(err)
		}
		vc := n.register("banks", "one").issueWith("x", issuedURL, "revocation", 3)
		if !trusted {
			v := n.verdict(http.StatusBadRequest, vc)
			if row, _ := v.Check(credential.CheckStatus); row.Code != credential.CodeListUntrusted {
				t.Errorf("%+v", row)
			}
			body := `{"verifiableCredential":` + string(vc.Canonical()) + `,"options":{"listIssuer":"` + string(id) + `"}}`
			n.post(verifyPath, "application/json", []byte(body)).refused(api.UnknownOption)
			continue
		}
		v := n.verdict(http.StatusOK, vc)
		if row, _ := v.Check(credential.CheckStatus); row.Outcome != credential.Passed || !strings.Contains(row.Detail, string(id)+", which is trusted here") {
			t.Errorf("%+v", row)
		}
	}
}

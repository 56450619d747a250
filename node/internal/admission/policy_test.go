package admission

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
)

func request(remote string, forwarded ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = remote
	for _, f := range forwarded {
		r.Header.Add("X-Forwarded-For", f)
	}
	return r
}

func must(t *testing.T, cfg Config) *Policy {
	t.Helper()
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRateOfOneAddress(t *testing.T) {
	now := time.Unix(0, 0)
	p := must(t, Config{Writes: Rate{PerSecond: 2, Burst: 3}, now: func() time.Time { return now }})
	a, b := request("192.0.2.1:1000"), request("192.0.2.2:1000")
	for i := range 3 {
		if _, ok := p.Allow(Write, a); !ok {
			t.Fatalf("request %d of a burst of 3 was refused", i)
		}
	}
	wait, ok := p.Allow(Write, a)
	if ok || wait != 500*time.Millisecond {
		t.Errorf("after the burst: %v, %v; want half a second", wait, ok)
	}
	if _, ok := p.Allow(Write, b); !ok {
		t.Error("one address used up another's rate")
	}
	if _, ok := p.Allow(Read, a); !ok {
		t.Error("writes used up the rate of reads")
	}
	now = now.Add(wait)
	if _, ok := p.Allow(Write, request("192.0.2.1:2000")); !ok {
		t.Error("no token after the time that was promised")
	}
}

func TestTableOfAddressesIsBounded(t *testing.T) {
	p := must(t, Config{Reads: Rate{PerSecond: 1}, Addresses: 64})
	for i := range 5000 {
		addr := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		p.Allow(Read, request(netip.AddrPortFrom(addr, 1).String()))
	}
	held := 0
	for i := range p.limiters[Read].shard {
		held += len(p.limiters[Read].shard[i].byKey)
	}
	if held > 64 {
		t.Errorf("%d addresses are held, at most 64 were asked for", held)
	}
}

func TestAddress(t *testing.T) {
	p := must(t, Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, c := range []struct {
		name string
		r    *http.Request
		want string
	}{
		{"direct", request("192.0.2.1:5"), "192.0.2.1"},
		{"header of an untrusted peer", request("192.0.2.1:5", "198.51.100.7"), "192.0.2.1"},
		{"through a proxy", request("10.1.1.1:5", "198.51.100.7"), "198.51.100.7"},
		{"through two", request("10.1.1.1:5", "198.51.100.7, 10.2.2.2"), "198.51.100.7"},
		{"forged before the proxy's own", request("10.1.1.1:5", "203.0.113.9, 198.51.100.7"), "198.51.100.7"},
		{"two headers", request("10.1.1.1:5", "203.0.113.9", "198.51.100.7"), "198.51.100.7"},
		{"rubbish", request("10.1.1.1:5", "203.0.113.9, unknown"), "10.1.1.1"},
		{"with a port", request("10.1.1.1:5", "198.51.100.7:4711"), "198.51.100.7"},
		{"in brackets", request("10.1.1.1:5", "[2001:db8:1:2:3::4]"), "2001:db8:1:2::"},
		{"in brackets with a port", request("10.1.1.1:5", "[2001:db8:1:2:3::4]:443"), "2001:db8:1:2::"},
		{"mapped, in brackets with a port", request("10.1.1.1:5", "[::ffff:198.51.100.7]:443"), "198.51.100.7"},
		{"a second proxy with a port", request("10.1.1.1:5", "198.51.100.7:1, 10.2.2.2:8080"), "198.51.100.7"},
		{"IPv4 in brackets", request("10.1.1.1:5", "[198.51.100.7]"), "10.1.1.1"},
		{"half a bracket", request("10.1.1.1:5", "[2001:db8::1"), "10.1.1.1"},
		{"port out of range", request("10.1.1.1:5", "198.51.100.7:65536"), "10.1.1.1"},
		{"IPv6 counts as its /64", request("[2001:db8:1:2:3:4:5:6]:5"), "2001:db8:1:2::"},
		{"mapped", request("[::ffff:192.0.2.1]:5"), "192.0.2.1"},
		{"no address", request("@"), "invalid IP"},
	} {
		if got := p.Address(c.r).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A proxy may reach the node from a link-local address, whose zone is this machine's name for a link.
func TestTrustedProxyWithZone(t *testing.T) {
	p := must(t, Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("fe80::/10")}})
	if got := p.Address(request("[fe80::1%eth0]:5", "198.51.100.7")).String(); got != "198.51.100.7" {
		t.Errorf("%s, want 198.51.100.7", got)
	}
}

func TestParsePrefix(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1": "127.0.0.1/32", "10.1.2.3/8": "10.0.0.0/8", "2001:db8::1": "2001:db8::1/128", "fe80::1%eth0": "fe80::1/128",
		"::ffff:10.1.2.3": "10.1.2.3/32", "::ffff:10.1.2.3/104": "10.0.0.0/8", "::/0": "::/0",
		"": "", "localhost": "", "10.0.0.0/33": "", "127.0.0.1:80": "", "10.0.0.0/": "", "[::1]": "",
	} {
		got, err := ParsePrefix(text)
		if (err == nil) != (want != "") || err == nil && got.String() != want {
			t.Errorf("ParsePrefix(%q) = %v, %v; want %q", text, got, err, want)
		}
	}
}

// registered is a registry of the documents it holds, with update keys and credentials to go with them.
type registered struct {
	documents   map[did.ID]string
	update      map[did.ID][]string
	credentials map[record.Hash]registration
	broken      error
}

type registration struct {
	issuer  did.ID
	subject did.ID
}

func (r registered) Resolve(_ context.Context, id did.ID, _ did.Options) (did.Resolution, error) {
	if r.broken != nil {
		return did.Resolution{}, r.broken
	}
	text, ok := r.documents[id]
	if !ok {
		return did.Resolution{}, &did.Error{Code: did.NotFound}
	}
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		return did.Resolution{}, err
	}
	doc, err := did.ParseDocument(v)
	return did.Resolution{Document: doc}, err
}

func (r registered) Keys(ctx context.Context, id did.ID) ([]string, error) {
	res, err := r.Resolve(ctx, id, did.Options{})
	if err != nil {
		return nil, r.broken
	}
	keys := r.update[id]
	for _, vm := range res.Document.VerificationMethods() {
		keys = append(keys, vm.Key.String())
	}
	return keys, nil
}

func (r registered) Registered(_ context.Context, digest record.Hash) (did.ID, []string, bool, error) {
	c, ok := r.credentials[digest]
	return c.issuer, []string{"did:example:other", string(c.subject)}, ok, nil
}

func TestAllowList(t *testing.T) {
	const (
		key    = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
		other  = "z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf"
		update = "z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG"
		org    = did.ID("did:webvh:QmOrg:a.example:org")
		agent  = did.ID("did:webvh:QmAgent:a.example:agent")
		fresh  = did.ID("did:webvh:QmNew:a.example:x")
	)
	byOrg, ofOther, byAgent, unknown := record.Hash{1}, record.Hash{2}, record.Hash{3}, record.Hash{4}
	known := registered{
		documents: map[did.ID]string{
			org: `{"id":"did:webvh:QmOrg:a.example:org","verificationMethod":[{"id":"#k","type":"Multikey",` +
				`"controller":"did:webvh:QmOrg:a.example:org","publicKeyMultibase":"` + key + `"}]}`,
			agent: `{"id":"did:webvh:QmAgent:a.example:agent"}`,
		},
		update:      map[did.ID][]string{org: {update}},
		credentials: map[record.Hash]registration{byOrg: {org, fresh}, ofOther: {org, agent}, byAgent: {agent, fresh}},
	}
	listKey := must(t, Config{Mode: AllowList, Controllers: []did.ID{"did:key:" + key}})
	listOrg := must(t, Config{Mode: AllowList, Controllers: []did.ID{org}})
	claim := func(key string, controller did.ID, registration *record.Hash) Claim {
		return Claim{Subject: fresh, Keys: []string{key}, Controllers: []did.ID{controller}, Registration: registration}
	}
	for _, c := range []struct {
		name  string
		p     *Policy
		claim Claim
		want  bool
	}{
		{"open", must(t, Config{}), Claim{Subject: fresh, Keys: []string{other}}, true},
		{"listed before it exists", listOrg, Claim{Subject: org, Keys: []string{other}}, true},
		{"created by a listed key", listKey, Claim{Subject: fresh, Keys: []string{key}}, true},
		{"created by another key", listKey, Claim{Subject: fresh, Keys: []string{other}}, false},
		{"created by a key of a listed DID", listOrg, Claim{Subject: fresh, Keys: []string{key}}, true},
		{"created by an update key of a listed DID", listOrg, Claim{Subject: fresh, Keys: []string{update}}, true},
		{"created by a key that no listed DID has", listOrg, Claim{Subject: fresh, Keys: []string{other}}, false},
		{"registered already", listOrg, Claim{Subject: agent, Keys: []string{other}}, true},
		{"issuer registered", listOrg, Claim{Subject: agent}, true},
		{"issuer did:key listed", listKey, Claim{Subject: "did:key:" + key}, true},
		{"issuer did:key not listed", listKey, Claim{Subject: "did:key:" + other}, false},
		{"nobody", listKey, Claim{}, false},

		{"agent confirmed by its listed controller", listOrg, claim(other, org, &byOrg), true},
		{"agent that only claims a listed controller", listOrg, claim(other, org, nil), false},
		{"agent whose controller has confirmed another", listOrg, claim(other, org, &ofOther), false},
		{"agent that names a credential that is not registered", listOrg, claim(other, org, &unknown), false},
		{"agent confirmed by whom its document does not name", listOrg, claim(other, agent, &byOrg), false},
		{"agent confirmed by a controller that is registered but not listed", listOrg, claim(other, agent, &byAgent), false},
		{"agent confirmed by its controller, where only a key is listed", listKey, claim(other, org, &byOrg), false},
		{"issuer that names a registration", listOrg, Claim{Subject: fresh, Controllers: []did.ID{org}, Registration: &byOrg}, false},
	} {
		got, err := c.p.Admits(t.Context(), known, c.claim)
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	known.broken = &did.Error{Code: did.InternalError}
	if got, err := listOrg.Admits(t.Context(), known, claim(other, org, &byOrg)); got || !errors.Is(err, known.broken) {
		t.Errorf("a registry that cannot be read: %v, %v", got, err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, cfg := range map[string]Config{
		"unknown mode":       {Mode: "closed"},
		"empty list":         {Mode: AllowList},
		"controller no DID":  {Mode: AllowList, Controllers: []did.ID{"alice"}},
		"negative rate":      {Reads: Rate{PerSecond: -1}},
		"rate is no number":  {Reads: Rate{PerSecond: math.NaN()}},
		"rate is infinite":   {Writes: Rate{PerSecond: math.Inf(1)}},
		"negative burst":     {Reads: Rate{PerSecond: 1, Burst: -1}},
		"too many":           {Controllers: make([]did.ID, maxControllers+1)},
		"listed but invalid": {Controllers: []did.ID{"did:x"}},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

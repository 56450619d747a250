package ledger

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger/record"
)

func (f *fixture) bits(a *agent, purpose string, want ...int) {
	f.Helper()
	v := f.l.View()
	defer v.Close()
	if got := bitsOf(f, v, a.id(), purpose); !slices.Equal(got, want) {
		f.Errorf("%s list: %v are set, want %v", purpose, got, want)
	}
}

// TestListsFollowStatuses: what a credential's status is, its entries say.
func TestListsFollowStatuses(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	f.bits(a, "revocation")
	first, second := a.revocable("s", 5), a.revocable("t", 131071)
	f.accept(f.credentialOp(first, false))
	f.accept(f.credentialOp(second, true))
	one, two := record.CredentialDigest(first).String(), record.CredentialDigest(second).String()
	f.bits(a, "revocation")
	f.bits(a, "suspension")
	f.change(a, one, record.Suspended)
	f.bits(a, "suspension", 5)
	f.change(a, two, record.Suspended)
	f.bits(a, "suspension", 5, 131071)
	f.change(a, one, record.Active)
	f.bits(a, "suspension", 131071)
	f.bits(a, "revocation")
	out := f.change(a, two, record.Revoked)
	f.bits(a, "revocation", 131071)
	f.bits(a, "suspension", 131071) // what is revoked is not in force either
	f.change(a, string(a.id())+"/status-lists/revocation/0#9", record.Revoked)
	f.change(a, string(a.id())+"/status-lists/suspension/0#9", record.Suspended)
	f.change(a, string(a.id())+"/status-lists/suspension/0#9", record.Active)
	f.bits(a, "revocation", 9, 131071)
	v := f.l.View()
	defer v.Close()
	l, ok, err := v.StatusList(a.id(), "revocation", 0)
	if err != nil || !ok || l.Entries != statuslist.MinEntries || len(l.Bits)*8 != l.Entries || l.Set != 2 || l.Changed <= out.Seq || !l.Since.Time().After(out.Time.Time()) {
		t.Errorf("list %d entries, %d set, changed %d at %s, %v, %v", l.Entries, l.Set, l.Changed, l.Since, ok, err)
	}
	if l.Bits[9/8] != 0x40 || l.Bits[len(l.Bits)-1] != 1 {
		t.Error("the first entry is not the most significant bit of the first byte")
	}
	for _, other := range []struct {
		issuer  did.ID
		purpose string
		n       uint64
	}{{a.id(), "revocation", 1}, {a.id(), "message", 0}, {a.id(), "revocation", 1 << 40}, {f.registry.id(), "revocation", 0}, {"did:key:nobody", "revocation", 0}} {
		if _, ok, err := v.StatusList(other.issuer, other.purpose, other.n); ok || err != nil {
			t.Errorf("%+v: %v, %v", other, ok, err)
		}
	}
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

func TestListsGrowInSteps(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	for _, test := range []struct{ index, want int }{{0, 131072}, {131071, 131072}, {131072, 262144}, {300000, 524288}, {1048575, 1048576}} {
		f.accept(f.credentialOp(a.revocable("s", test.index), false))
		v := f.l.View()
		l, ok, err := v.StatusList(a.id(), "revocation", 0)
		v.Close()
		if err != nil || !ok || l.Entries != test.want || len(l.Bits) != test.want/8 || l.Changed != 0 || l.Since != 0 {
			t.Errorf("with entry %d: %d entries, changed %d, %v, %v; want %d", test.index, l.Entries, l.Changed, ok, err, test.want)
		}
	}
}

// TestEntriesThatAreNotTheRegistrys: none of them is watched here, nor refused.
func TestEntriesThatAreNotTheRegistrys(t *testing.T) {
	f := newFixture(t)
	a, b := f.agent("a"), f.agent("b")
	own := ownList(a.id(), "revocation", 0)
	f.accept(f.listOp(a, a.statusList(ownList(a.id(), "revocation", 3), "revocation", 3)))
	for name, e := range map[string]jcs.Value{
		"another host":             inList("https://elsewhere.example"+own[len("https://"+domain):], "revocation", 5),
		"another issuer":           inList(ownList(b.id(), "revocation", 0), "revocation", 5),
		"another path":             inList("https://"+domain+"/v2/status-lists/x/revocation/0", "revocation", 5),
		"another purpose":          inList("https://"+domain+"/v1/status-lists/x/message/0", "message", 5),
		"a number too large":       inList(ownList(a.id(), "revocation", record.MaxLists), "revocation", 5),
		"a query":                  inList(own+"?x", "revocation", 5),
		"a list that a signs":      inList(ownList(a.id(), "revocation", 3), "revocation", 5),
		"another type":             inList(own, "revocation", 5).With("type", jcs.FromString("StatusList2021Entry")),
		"a host with a user":       inList("https://x@"+domain+own[len("https://"+domain):], "revocation", 5),
		"a host that begins alike": inList("https://"+domain+".evil"+own[len("https://"+domain):], "revocation", 5),
	} {
		f.accept(f.credentialOp(a.listed(strings.ReplaceAll(name, " ", "-"), e), false))
		v := f.l.View()
		if _, ok, err := v.StatusList(a.id(), "revocation", 0); ok || err != nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
		v.Close()
	}
	CheckInvariants(t, f.l)
}

// A digest says nothing of entries that anyone has signed.
func TestDigestsHaveNoEntries(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	c := a.revocable("s", 5)
	f.accept(must(t)(record.NewDigestOp(record.CredentialDigest(c), a.id(), proofOf(c))))
	f.change(a, record.CredentialDigest(c).String(), record.Revoked)
	v := f.l.View()
	defer v.Close()
	if _, ok, err := v.StatusList(a.id(), "revocation", 0); ok || err != nil {
		t.Errorf("a list: %v, %v", ok, err)
	}
}

// TestEntriesWithinABatch: operations of one batch see what those before them did.
func TestEntriesWithinABatch(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	first := a.revocable("s", 5)
	entry := string(a.id()) + "/status-lists/suspension/0#6"
	outcomes := f.apply(
		f.credentialOp(first, false),
		f.credentialOp(a.revocable("t", 5), false),
		f.changeOp(a, record.CredentialDigest(first).String(), record.Revoked),
		f.changeOp(a, entry, record.Suspended),
		f.credentialOp(a.revocable("u", 6), false),
		f.listOp(a, a.statusList(ownList(a.id(), "revocation", 0), "revocation", 3)),
		f.listOp(a, a.statusList(elsewhere("1"), "suspension", 3)),
		f.listOp(a, a.statusList(elsewhere("1"), "suspension", 5)),
		f.listOp(a, a.statusList(elsewhere("1"), "suspension", 3)),
	)
	want := []record.Code{
		record.Accepted, record.IndexTaken, record.Accepted, record.Accepted, record.IndexTaken, record.StatusListTaken,
		record.Accepted, record.IssuedNotLater, record.Accepted,
	}
	for i, out := range outcomes {
		if out.Code != want[i] {
			t.Errorf("operation %d: %s, want %s", i, out.Code, want[i])
		}
	}
	if outcomes[8] != outcomes[6] {
		t.Errorf("the same list again: %+v, want its first receipt %+v", outcomes[8], outcomes[6])
	}
	f.bits(a, "revocation", 5)
	f.bits(a, "suspension", 5, 6)
	CheckInvariants(t, f.l)
}

func TestListsOfThePast(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	c := a.revocable("s", 5)
	f.accept(f.credentialOp(c, false))
	digest := record.CredentialDigest(c).String()
	var seqs []record.Seq
	var want [][]int
	step := func(out record.Outcome, set ...int) { seqs, want = append(seqs, out.Seq), append(want, set) }
	for range 3 {
		step(f.change(a, digest, record.Suspended), 5)
		step(f.change(a, digest, record.Active))
	}
	step(f.change(a, string(a.id())+"/status-lists/suspension/0#1", record.Suspended), 1)
	step(f.change(a, digest, record.Revoked), 1, 5)
	v := f.l.View()
	defer v.Close()
	for i, seq := range seqs {
		p, err := v.At(seq)
		if err != nil {
			t.Fatal(err)
		}
		if got := bitsOf(t, p, a.id(), "suspension"); !slices.Equal(got, want[i]) {
			t.Errorf("after record %d: %v, want %v", seq, got, want[i])
		}
		if l, ok, err := p.StatusList(a.id(), "suspension", 0); !ok || err != nil || l.Changed != seq {
			t.Errorf("after record %d: changed %d, %v, %v", seq, l.Changed, ok, err)
		}
	}
}

func TestIssuedLists(t *testing.T) {
	f := newFixture(t)
	a, squatter := f.agent("a"), f.agent("squatter")
	url := elsewhere("1")
	var outcomes []record.Outcome
	for _, set := range [][]uint64{{}, {3}, {3, 5}} {
		outcomes = append(outcomes, f.accept(f.listOp(a, a.statusList(url, "revocation", set...))))
	}
	f.accept(f.listOp(squatter, squatter.statusList(url, "revocation", 7)))
	v := f.l.View()
	defer v.Close()
	for i, count := range []int{0, 1, 2} {
		p, err := v.At(outcomes[i].Seq)
		if err != nil {
			t.Fatal(err)
		}
		l, ok, err := p.IssuedStatusList(url)
		if err != nil || !ok || l.Issuer != a.id() || l.Seq != outcomes[i].Seq || l.Time != outcomes[i].Time {
			t.Fatalf("after record %d: %+v, %v, %v", outcomes[i].Seq, l, ok, err)
		}
		content, err := jcs.Decode(l.Content)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := statuslist.ParseList(content)
		if err != nil || statuslist.Count(parsed.Bits()) != count || record.CredentialDigest(content) != l.Digest {
			t.Errorf("after record %d: %v", outcomes[i].Seq, err)
		}
	}
	if l, ok, err := v.IssuedStatusListBy(url, squatter.id()); !ok || err != nil || l.Issuer != squatter.id() {
		t.Errorf("the other one's list: %s, %v, %v", l.Issuer, ok, err)
	}
	if _, ok, err := v.IssuedStatusList(elsewhere("2")); ok || err != nil {
		t.Errorf("a list that is not there: %v, %v", ok, err)
	}
	r, err := v.recordAt(outcomes[2].Seq)
	if err != nil {
		t.Fatal(err)
	}
	body, err := record.ParseListBody(r.Body)
	if err != nil || body.Changed != 1 || body.Set != 2 || !slices.Equal(body.Flips, []record.Flip{{Index: 5, Old: 0, New: 1}}) || body.Entries != statuslist.MinEntries {
		t.Errorf("record %+v, %v", body, err)
	}
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestFlipsBeyondTheLimit: a record names so many, and counts the rest.
func TestFlipsBeyondTheLimit(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	l, err := statuslist.NewList(statuslist.List{ID: elsewhere("1"), Issuer: string(a.id()), Purposes: []string{"suspension"}}, statuslist.MinEntries)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(5000) {
		if err := l.Set(2*i, 1); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := l.Credential()
	if err != nil {
		t.Fatal(err)
	}
	out := f.accept(f.listOp(a, doc.With("validFrom", jcs.FromString("2026-01-01T00:00:00Z"))))
	v := f.l.View()
	defer v.Close()
	r, err := v.recordAt(out.Seq)
	if err != nil {
		t.Fatal(err)
	}
	body, err := record.ParseListBody(r.Body)
	if err != nil || body.Changed != 5000 || body.Set != 5000 || len(body.Flips) != record.MaxFlips || body.Flips[1023].Index != 2046 {
		t.Errorf("%d changed, %d set, %d flips, %v", body.Changed, body.Set, len(body.Flips), err)
	}
}

func TestListsAndChangedSince(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	c := a.revocable("s", 5)
	f.accept(f.credentialOp(c, false))
	f.accept(f.listOp(a, a.statusList(elsewhere("1"), "revocation")))
	v := f.l.View()
	made, _, err := v.StatusList(a.id(), "revocation", 0)
	if err != nil {
		t.Fatal(err)
	}
	signed, _, err := v.IssuedStatusList(elsewhere("1"))
	if err != nil {
		t.Fatal(err)
	}
	v.Close()
	changed := func(wantMade, wantSigned bool, op record.Op) {
		t.Helper()
		size := f.l.Size()
		f.accept(op)
		if f.l.ChangedSince(made.Key, size) != wantMade || f.l.ChangedSince(signed.Key, size) != wantSigned {
			t.Errorf("changed %v, %v", f.l.ChangedSince(made.Key, size), f.l.ChangedSince(signed.Key, size))
		}
	}
	digest := record.CredentialDigest(c).String()
	changed(false, false, f.changeOp(a, digest, record.Suspended))
	changed(true, false, f.changeOp(a, digest, record.Revoked))
	changed(false, true, f.listOp(a, a.statusList(elsewhere("1"), "revocation", 3)))
	changed(true, false, f.credentialOp(a.revocable("t", 6), false))
	changed(false, false, f.credentialOp(a.sign(a.credential("u")), false))
}

// TestEmptyLedgerTakesNoneOfThese as there is nobody yet whom they could be by.
func TestEmptyLedgerTakesNoneOfThese(t *testing.T) {
	f := emptyFixture(t)
	a := newAgent(t, "a", []string{"a"}, nil)
	f.refuse(f.listOp(a, a.statusList(elsewhere("1"), "revocation", 3)), record.UnknownLedger)
	f.refuse(f.whoisOp(a, a.presentation("s")), record.UnknownLedger)
	s := newStranger(t, "s")
	f.refuse(f.observationOp(f.seen(s), s.jsonl()), record.UnknownLedger)
	v := f.l.View()
	defer v.Close()
	if _, ok, err := v.StatusList(a.id(), "revocation", 0); ok || err != nil {
		t.Errorf("list: %v, %v", ok, err)
	}
	if _, ok, err := v.Observation(s.id()); ok || err != nil {
		t.Errorf("observation: %v, %v", ok, err)
	}
	if _, _, ok, err := v.Whois(a.id()); ok || err != nil {
		t.Errorf("presentation: %v, %v", ok, err)
	}
}

func TestClosedLedgerAnswersNothing(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	f.accept(f.credentialOp(a.revocable("s", 5), false))
	v := f.l.View()
	v.Close()
	for name, ask := range map[string]func() error{
		"list":         func() error { _, _, err := v.StatusList(a.id(), "revocation", 0); return err },
		"issued":       func() error { _, _, err := v.IssuedStatusList(elsewhere("1")); return err },
		"observation":  func() error { _, _, err := v.Observation("did:web:x.example"); return err },
		"presentation": func() error { _, _, _, err := v.Whois(a.id()); return err },
	} {
		if err := ask(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := v.SeqAt(time.Now()); err != nil { // it is empty
		t.Error(err)
	}
}

// TestStrangersProofOnAList: whoever passes an issuer's list on cannot put a proof beside
// the issuer's that makes it expire, or fail when its DID does.
func TestStrangersProofOnAList(t *testing.T) {
	f := newFixture(t)
	a, b := f.agent("a"), f.agent("b")
	list := a.signAt(a.statusList(elsewhere("1"), "revocation", 3), f.now.Add(time.Second), did.AssertionMethod)
	both, err := proof.Sign(list, b.key, proof.SignOptions{
		VerificationMethod: b.method(), Purpose: did.AssertionMethod, Created: f.now.Add(time.Second), Expires: f.now.Add(time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.refuse(must(t)(record.NewStatusListOp(both)), record.IssuerNotAuthorised)
	f.accept(must(t)(record.NewStatusListOp(list)))
}

// TestEntryThatIsWrittenOtherwise: the holder of a credential that is signed as RDF
// registers it first, written so that the registry would keep no bit of it.
func TestEntryThatIsWrittenOtherwise(t *testing.T) {
	fixed := func(f *fixture, a *agent) (c, entry jcs.Value, url string) {
		url = ownList(a.id(), "revocation", 0)
		entry = obj("id", "urn:entry:1", "type", "BitstringStatusListEntry", "statusPurpose", "revocation",
			"statusListIndex", "5", "statusListCredential", url)
		return a.overRDF(a.rdfCredential("s").With("credentialStatus", entry), did.AssertionMethod, epoch), entry, url
	}
	const state = `{"state": {"@id": "https://www.w3.org/2018/credentials#credentialStatus", "@type": "@id"}}`
	for name, write := range map[string]func(c, entry jcs.Value, url string) jcs.Value{
		"array": func(c, e jcs.Value, url string) jcs.Value {
			return c.With("credentialStatus", e.With("statusListCredential", strs(url)))
		},
		"object": func(c, e jcs.Value, url string) jcs.Value {
			return c.With("credentialStatus", e.With("statusListCredential", obj("id", url)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			a := f.agent("a")
			c, entry, url := fixed(f, a)
			other := write(c, entry, url)
			first := f.accept(f.credentialOp(other, name != "array"))
			if again := f.accept(f.credentialOp(other, name != "array")); again != first {
				t.Errorf("again: %+v, was %+v", again, first)
			}
			f.bits(a, "revocation")
			out := f.accept(f.credentialOp(c, true))
			if out.Completes != first.Seq || out.Seq == first.Seq {
				t.Errorf("outcome %+v, first %+v", out, first)
			}
			f.change(a, record.CredentialDigest(other).String(), record.Revoked)
			f.bits(a, "revocation", 5)
			f.refuse(f.changeOp(a, record.CredentialDigest(c).String(), record.Active), record.FinalStatus)
			CheckInvariants(t, f.l)
			restores(t, f.l)
		})
	}
	t.Run("what no proof holds of", func(t *testing.T) {
		f := newFixture(t)
		a := f.agent("a")
		c, entry, url := fixed(f, a)
		contexts, _ := c.Get("@context")
		with := func(context, status jcs.Value) jcs.Value {
			return c.With("@context", jcs.Array(contexts.At(0), context)).With("credentialStatus", status)
		}
		prefix := obj("reg", "https://"+domain+"/v1/status-lists/")
		short := text("reg:" + strings.TrimPrefix(url, "https://"+domain+"/v1/status-lists/"))
		aliased, _ := aliasedEntry(t, c)
		for name, v := range map[string]jcs.Value{
			"another name of the type": aliased,
			"another property":         with(parse(t, state), entry).Without("credentialStatus").With("state", entry),
			"prefix":                   with(prefix, entry.With("statusListCredential", short)),
			"prefix inside":            c.With("credentialStatus", entry.With("@context", prefix).With("statusListCredential", short)),
		} {
			t.Run(name, func(*testing.T) { f.refuse(f.credentialOp(v, true), record.ProofInvalid) })
		}
	})
}

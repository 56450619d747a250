package lists

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

const (
	domain = "registry.example"
	alice  = did.ID("did:example:alice")
	bob    = did.ID("did:example:bob")
)

var errBroken = errors.New("the disk is broken")

// state is a State whose lists are what a test says.
type state struct {
	size   record.Seq
	lists  map[string]ledger.StatusList
	issued map[string]ledger.IssuedList // by URL and issuer; the first of a URL by URL alone
	broken bool
	asked  int
}

func (s *state) Size() record.Seq    { return s.size }
func (s *state) Domain() string      { return domain }
func (s *state) RegistryDID() did.ID { return "did:webvh:Qm:registry.example" }

func (s *state) Resolve(_ context.Context, id did.ID, _ did.Options) (did.Resolution, error) {
	if id != alice && id != bob {
		return did.Resolution{}, &did.Error{Code: did.NotFound}
	}
	doc, err := did.ParseDocument(jcs.Object(jcs.Member{Name: "id", Value: jcs.FromString(string(id))}))
	return did.Resolution{Document: doc}, err
}

func (s *state) StatusList(issuer did.ID, purpose string, n uint64) (ledger.StatusList, bool, error) {
	s.asked++
	if s.broken {
		return ledger.StatusList{}, false, errBroken
	}
	l, ok := s.lists[fmt.Sprint(issuer, purpose, n)]
	return l, ok, nil
}

func (s *state) IssuedStatusList(url string) (ledger.IssuedList, bool, error) {
	l, ok := s.issued[url]
	return l, ok, nil
}

func (s *state) IssuedStatusListBy(url string, issuer did.ID) (ledger.IssuedList, bool, error) {
	l, ok := s.issued[url+string(issuer)]
	return l, ok, nil
}

// touched are the keys that have changed, and since when.
type touched map[string]record.Seq

func (t touched) ChangedSince(key string, size record.Seq) bool { return t[key] > size }

func bits(set byte) []byte {
	data := make([]byte, statuslist.MinBytes)
	data[0] = set
	return data
}

func revocation(of did.ID) record.ListID {
	return record.ListID{Issuer: of, Purpose: record.Revocation}
}

func TestBookForgetsWhatChanged(t *testing.T) {
	ctx := context.Background()
	changed := touched{}
	book := NewBook(changed)
	s := &state{size: 10, lists: map[string]ledger.StatusList{
		fmt.Sprint(alice, "revocation", 0): {Bits: bits(0x80), Changed: 5, Since: record.TimeOf(time.Unix(1780000000, 0)), Key: "k"},
	}}
	get := func(s *state) Own {
		t.Helper()
		own, err := book.Own(ctx, s, revocation(alice))
		if err != nil {
			t.Fatal(err)
		}
		return own
	}
	if got := get(s); got.Bits[0] != 0x80 || got.Since.IsZero() || get(s).Bits[0] != 0x80 || s.asked != 1 {
		t.Errorf("%+v, asked %d times", got.Changed, s.asked)
	}
	s.size = 20
	if get(s); s.asked != 1 {
		t.Error("records of others made it look again")
	}
	past := &state{size: 4, lists: map[string]ledger.StatusList{fmt.Sprint(alice, "revocation", 0): {Bits: bits(0), Key: "k"}}}
	if got := get(past); got.Bits[0] != 0 || past.asked != 1 {
		t.Error("a past state is answered from a later page")
	}
	if got := get(s); got.Bits[0] != 0x80 {
		t.Error("the present is answered from the page of a past state")
	}
	changed["k"] = 21
	s.size = 21
	s.lists[fmt.Sprint(alice, "revocation", 0)] = ledger.StatusList{Bits: bits(0xc0), Changed: 20, Key: "k"}
	if got := get(s); got.Bits[0] != 0xc0 || s.asked != 2 {
		t.Errorf("after a change: %#x, asked %d times", got.Bits[0], s.asked)
	}
}

func TestBookIsBounded(t *testing.T) {
	book := NewBook(touched{})
	s := &state{size: 1, lists: map[string]ledger.StatusList{}}
	for n := range uint32(maxBits/statuslist.MinBytes + 100) {
		s.lists[fmt.Sprint(alice, "revocation", uint64(n))] = ledger.StatusList{Bits: bits(1), Key: fmt.Sprint(n)}
		if _, err := book.Own(context.Background(), s, record.ListID{Issuer: alice, Purpose: record.Revocation, Number: n}); err != nil {
			t.Fatal(err)
		}
	}
	if book.bytes > maxBits || len(book.byID) != book.order.Len() || book.bytes != len(book.byID)*statuslist.MinBytes {
		t.Errorf("%d bytes in %d pages", book.bytes, len(book.byID))
	}
}

func TestListsOfNobody(t *testing.T) {
	book := NewBook(touched{})
	own, err := book.Own(context.Background(), &state{}, revocation(bob))
	if err != nil || statuslist.Count(own.Bits) != 0 {
		t.Errorf("an issuer without records: %v", err)
	}
	if _, err := book.Own(context.Background(), &state{}, revocation("did:example:stranger")); !errors.Is(err, ErrUnknown) {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := book.Own(context.Background(), &state{broken: true}, revocation(alice)); !errors.Is(err, errBroken) {
		t.Errorf("a broken disk: %v", err)
	}
}

// elsewhere is a source of lists of other hosts.
type elsewhere struct{ err error }

func (e elsewhere) StatusList(context.Context, string, time.Time) (credential.ListDocument, error) {
	return credential.ListDocument{Token: "elsewhere"}, e.err
}

// signedAt is a source of a list that was signed at some time.
type signedAt string

func (at signedAt) StatusList(context.Context, string, time.Time) (credential.ListDocument, error) {
	return listSignedAt("elsewhere", string(at)), nil
}

func listSignedAt(issuer, at string) credential.ListDocument {
	v, err := jcs.Decode([]byte(`{"issuer":"` + issuer + `","proof":{"type":"DataIntegrityProof","verificationMethod":"x","proofPurpose":"assertionMethod","created":"` + at + `"}}`))
	if err != nil {
		panic(err)
	}
	return credential.ListDocument{Value: v}
}

// TestAnOldListIsNoShelter: whoever was revoked may have an old list of the issuer
// recorded, but not have it count.
func TestAnOldListIsNoShelter(t *testing.T) {
	const url = "https://issuer.example/3"
	recorded := func(v jcs.Value) *state {
		issued := ledger.IssuedList{Content: v.Canonical(), Issuer: alice}
		return &state{size: 1, issued: map[string]ledger.IssuedList{url: issued, url + string(alice): issued}}
	}
	old := listSignedAt("recorded", "2026-01-01T00:00:00Z").Value
	bounded := old.With("validUntil", jcs.FromString("2027-01-01T00:00:00Z"))
	asked := errors.New("nobody answers")
	for name, c := range map[string]struct {
		recorded jcs.Value
		foreign  credential.Lists
		at       time.Time
		want     string
	}{
		"a newer one is at the url":                  {recorded: old, foreign: signedAt("2026-02-01T00:00:00Z"), want: "elsewhere"},
		"the same one is at the url":                 {recorded: old, foreign: signedAt("2026-01-01T00:00:00Z"), want: "elsewhere"},
		"an older one is at the url":                 {recorded: old, foreign: signedAt("2025-12-31T23:59:59Z"), want: "recorded"},
		"nobody answers":                             {recorded: old, foreign: elsewhere{asked}},
		"nobody answers, and it says until when":     {recorded: bounded, foreign: elsewhere{asked}, want: "recorded"},
		"a newer one is at the url, for a past time": {recorded: old, foreign: signedAt("2026-02-01T00:00:00Z"), at: time.Unix(1, 0), want: "recorded"},
		"nobody is asked":                            {recorded: old, want: "recorded"},
	} {
		t.Run(name, func(t *testing.T) {
			source := Source{Book: NewBook(touched{}), State: recorded(c.recorded), Foreign: c.foreign}
			doc, err := source.StatusListBy(context.Background(), url, string(alice), c.at)
			if got, _ := doc.Value.GetString("issuer"); got != c.want || (c.want == "") != errors.Is(err, asked) {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestWhereAListIsFrom(t *testing.T) {
	const foreign = "https://issuer.example/3"
	own := "https://" + domain + revocation(alice).Path()
	content := func(by did.ID) ledger.IssuedList {
		return ledger.IssuedList{Content: []byte(`{"issuer":"` + string(by) + `"}`), Issuer: by}
	}
	s := &state{size: 1, issued: map[string]ledger.IssuedList{
		foreign: content(bob), foreign + string(bob): content(bob),
		foreign + "/4": content(alice), foreign + "/4" + string(alice): content(alice),
	}}
	asked := errors.New("nobody answers")
	for name, c := range map[string]struct {
		url, issuer string
		foreign     credential.Lists
		want        string
		err         error
	}{
		"own":                               {url: own, issuer: string(alice), want: "own"},
		"own-of-another-issuer":             {url: own, issuer: string(bob), want: "own"},
		"recorded-by-the-issuer":            {url: foreign + "/4", issuer: string(alice), want: string(alice)},
		"recorded-by-another-but-elsewhere": {url: foreign, issuer: string(alice), foreign: elsewhere{}, want: "elsewhere"},
		"recorded-by-another-and-no-answer": {url: foreign, issuer: string(alice), foreign: elsewhere{asked}, want: string(bob)},
		"recorded-by-another-alone":         {url: foreign, issuer: string(alice), want: string(bob)},
		"elsewhere":                         {url: foreign + "/5", issuer: string(alice), foreign: elsewhere{}, want: "elsewhere"},
		"elsewhere-and-no-answer":           {url: foreign + "/5", issuer: string(alice), foreign: elsewhere{asked}, err: asked},
		"elsewhere-and-nobody-to-ask":       {url: foreign + "/5", issuer: string(alice), err: ErrElsewhere},
		"own-path-on-another-host":          {url: "https://issuer.example" + revocation(alice).Path(), issuer: string(alice), err: ErrElsewhere},
		"own-of-a-stranger":                 {url: "https://" + domain + revocation("did:example:x").Path(), err: ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			source := Source{Book: NewBook(touched{}), State: s, Foreign: c.foreign}
			doc, err := source.StatusListBy(context.Background(), c.url, c.issuer, time.Time{})
			if !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Fatalf("%v, want %v", err, c.err)
			}
			got := doc.Token
			if doc.Own {
				got = "own"
				if doc.List == nil || doc.List.ID != c.url || doc.List.Issuer != string(s.RegistryDID()) {
					t.Errorf("list %+v", doc.List)
				}
			} else if issuer, ok := doc.Value.GetString("issuer"); ok {
				got = issuer
			}
			if got != c.want {
				t.Errorf("from %q, want %q", got, c.want)
			}
		})
	}
}

package ledger

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/web"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

func resolve(v *View, id did.ID, opt did.Options) (did.Resolution, error) {
	return v.Resolve(context.Background(), id, opt)
}

// TestResolutionAgreesWithTheLog holds every version, by every way of naming it,
// against what the method's own library makes of the log.
func TestResolutionAgreesWithTheLog(t *testing.T) {
	f := newFixture(t)
	a := newAgent(t, "a", []string{"agents", "a"}, portable)
	f.accept(f.didOp(a))
	for _, service := range []string{"one", "two", "three"} {
		a.update(webvh.UpdateOptions{}, service)
		f.accept(f.didOp(a))
	}
	former := a.id()
	doc := a.document(did.ID(strings.Replace(string(a.id()), ":agents:a", ":people:a", 1))).With("alsoKnownAs", strs(string(a.id())))
	a.update(webvh.UpdateOptions{Document: doc})
	f.accept(f.didOp(a))
	for _, deactivated := range []bool{false, true} {
		if deactivated {
			a.deactivate()
			f.accept(f.didOp(a))
		}
		v := f.l.View()
		log, err := webvh.VerifyLog(logOf(t, v, a.state.SCID), nil, f.now)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []did.ID{former, a.id()} {
			for _, opt := range everyOption(log) {
				want, wantErr := log.Resolve(id, opt)
				got, err := resolve(v, id, opt)
				if did.CodeOf(err) != did.CodeOf(wantErr) || (err == nil) != (wantErr == nil) {
					t.Errorf("%s %+v: error %v, the log says %v", id, opt, err, wantErr)
					continue
				}
				if !got.Metadata.Value().Equal(want.Metadata.Value()) {
					t.Errorf("%s %+v: metadata %s, the log says %s", id, opt, got.Metadata.Value().Canonical(), want.Metadata.Value().Canonical())
				}
				if (got.Document == nil) != (want.Document == nil) ||
					got.Document != nil && !got.Document.Value().Equal(want.Document.Value()) {
					t.Errorf("%s %+v: another document than the log's", id, opt)
				}
			}
		}
		v.Close()
	}
	CheckInvariants(t, f.l)
}

func everyOption(log *webvh.Log) []did.Options {
	list := []did.Options{
		{}, {VersionID: "1-x"}, {VersionID: "nonsense"}, {VersionNumber: 100}, {VersionNumber: -1},
		{VersionTime: epoch.Add(-time.Hour)}, {VersionTime: epoch.Add(time.Hour)},
		{VersionNumber: 1, VersionID: "1-x"},
	}
	for _, version := range log.Versions {
		s := version.State
		list = append(list, did.Options{VersionID: s.VersionID}, did.Options{VersionNumber: s.Number},
			did.Options{VersionTime: version.Entry.Time}, did.Options{VersionTime: version.Entry.Time.Add(500 * time.Millisecond)})
	}
	return list
}

func TestResolveOtherMethods(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	v := f.l.View()
	defer v.Close()
	parsed, err := webvh.ParseID(a.id())
	if err != nil {
		t.Fatal(err)
	}
	res, err := resolve(v, parsed.Web(), did.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := web.Check(parsed.Web(), res.Document); err != nil {
		t.Error(err)
	}
	k := key.FromPublic(a.key.Public())
	if res, err := resolve(v, k, did.Options{}); err != nil || res.Document.ID() != k {
		t.Errorf("did:key: %v", err)
	}
	for id, want := range map[did.ID]did.ErrorCode{
		"did:web:registry.example:agents:b":                                 did.NotFound,
		"did:web:example.com":                                               did.NotFound,
		"did:web:registry.example:..":                                       did.InvalidDID,
		"did:webvh:x:registry.example":                                      did.InvalidDID,
		did.ID("did:webvh:" + a.state.SCID + ":registry.example:z"):         did.NotFound,
		did.ID("did:webvh:Q" + a.state.SCID[1:45] + "1:registry.example:z"): did.NotFound,
		"did:example:123":                                                   did.MethodNotSupported,
		"nonsense":                                                          did.InvalidDID,
	} {
		if _, err := resolve(v, id, did.Options{}); did.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", id, err, want)
		}
	}
	root, err := resolve(v, "did:web:registry.example", did.Options{})
	if err != nil || root.Document.ID() != "did:web:registry.example" {
		t.Errorf("the registry's did:web DID: %v", err)
	}
}

// A DID whose log says it has moved is not resolved by its did:web DID any more,
// but keeps its path, its history and its former DID.
func TestMovedDIDs(t *testing.T) {
	f := newFixture(t)
	a := newAgent(t, "a", []string{"a"}, portable)
	f.accept(f.didOp(a))
	former := a.id()
	home, err := webvh.ParseID(former)
	if err != nil {
		t.Fatal(err)
	}
	c := a.sign(a.credential("s"))
	f.accept(f.credentialOp(c, false))
	moved(a, "elsewhere.example")
	f.accept(f.didOp(a))
	v := f.l.View()
	if _, err := resolve(v, home.Web(), did.Options{}); did.CodeOf(err) != did.NotFound {
		t.Errorf("did:web after the move: %v", err)
	}
	for _, id := range []did.ID{former, a.id()} {
		if res, err := resolve(v, id, did.Options{}); err != nil || res.Document.ID() != a.id() {
			t.Errorf("%s after the move: %v", id, err)
		}
	}
	v.Close()
	f.refuse(f.didOp(newAgent(t, "b", []string{"a"}, nil)), record.PathTaken)
	// What it issued before is still its own to revoke.
	f.change(a, record.CredentialDigest(c).String(), record.Revoked)
	// And it may come back.
	doc := a.document(former).With("alsoKnownAs", strs(string(a.id())))
	a.update(webvh.UpdateOptions{Document: doc})
	f.accept(f.didOp(a))
	CheckInvariants(t, f.l)
}

func TestWholeLogMovesIn(t *testing.T) {
	f := newFixture(t)
	a := newAgent(t, "a", []string{"old"}, func(o *webvh.CreateOptions) { o.Domain, o.Portable = "elsewhere.example", true })
	former := a.id()
	id := did.ID(strings.Replace(string(former), "elsewhere.example:old", domain+":new", 1))
	a.update(webvh.UpdateOptions{Document: a.document(id).With("alsoKnownAs", strs(string(former)))})
	if out := f.accept(f.didOp(a)); out.Count != 2 {
		t.Errorf("%d records", out.Count)
	}
	v := f.l.View()
	defer v.Close()
	if res, err := resolve(v, former, did.Options{VersionNumber: 1}); err != nil || res.Document.ID() != former {
		t.Errorf("the version before the move: %v", err)
	}
	if scid, ok, err := v.DIDByPath("new"); scid != a.state.SCID || !ok || err != nil {
		t.Errorf("path new is that of %q, %v", scid, err)
	}
	if _, ok, err := v.DIDByPath("old"); ok || err != nil {
		t.Errorf("the path on the other domain was taken as well: %v", err)
	}
	CheckInvariants(t, f.l)
}

func TestViewOfNothing(t *testing.T) {
	f := emptyFixture(t)
	v := f.l.View()
	defer v.Close()
	if v.Size() != 0 || v.LedgerID() != "" || !v.Time().IsZero() || v.Root() != emptyRoot {
		t.Error("an empty ledger has something")
	}
	if _, err := v.Record(0); !errors.Is(err, ErrNotFound) {
		t.Errorf("record 0: %v", err)
	}
	if _, _, err := v.Head("x"); !errors.Is(err, ErrNotFound) {
		t.Errorf("head: %v", err)
	}
	for _, err := range v.Log("x") {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("log: %v", err)
		}
	}
	if _, ok, err := v.DIDByPath(""); ok || err != nil {
		t.Errorf("root path: %v, %v", ok, err)
	}
	if _, ok, err := v.Credential(record.Hash{}); ok || err != nil {
		t.Errorf("credential: %v, %v", ok, err)
	}
}

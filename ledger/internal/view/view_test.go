package view

import (
	"bytes"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/record"
)

// memory is a store of the test's; positions are 7.
type memory map[string][]byte

func (m memory) Get(key []byte) ([]byte, error) {
	if value, ok := m[string(key)]; ok {
		return bytes.Clone(value), nil
	}
	return nil, store.ErrNotFound
}

func (m memory) Set(key, value []byte) { m[string(key)] = value }
func (m memory) Delete(key []byte)     { delete(m, string(key)) }
func (m memory) SetSeq(key, value []byte, at, _ int) {
	value[at+7] = 7
	m[string(key)] = value
}

// A State in a view is what encoding/json makes of it, in canonical form; a field
// that is added to it must be added here.
func TestHeadsHoldTheWholeState(t *testing.T) {
	texts := rapid.SliceOfN(rapid.String(), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		want := webvh.State{
			DID: did.ID(rapid.String().Draw(t, "did")), SCID: rapid.String().Draw(t, "scid"),
			Method: rapid.String().Draw(t, "method"), VersionID: rapid.String().Draw(t, "versionId"),
			VersionTime: rapid.String().Draw(t, "versionTime"), Created: rapid.String().Draw(t, "created"),
			Number: rapid.IntRange(1, 1<<31).Draw(t, "number"), UpdateKeys: texts.Draw(t, "keys"),
			NextKeyHashes: texts.Draw(t, "hashes"), Watchers: texts.Draw(t, "watchers"),
			Portable: rapid.Bool().Draw(t, "portable"), Deactivated: rapid.Bool().Draw(t, "deactivated"),
			TTL: rapid.IntRange(0, 1<<31).Draw(t, "ttl"),
		}
		for _, id := range texts.Draw(t, "witnesses") {
			want.Witness.Threshold = 1
			want.Witness.Witnesses = append(want.Witness.Witnesses, webvh.WitnessID{ID: id})
		}
		for _, list := range []*[]string{&want.UpdateKeys, &want.NextKeyHashes, &want.Watchers} {
			if len(*list) == 0 {
				*list = nil
			}
		}
		m := memory{}
		PutHead(m, &want, 0)
		got, err := GetHead(m, want.SCID)
		if err != nil || got.Seq != 7 || !reflect.DeepEqual(got.State, want) {
			t.Fatalf("%+v, %v, want %+v", got, err, want)
		}
		canonical, err := jcs.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if stored := m[string(key(famHead, want.SCID))][seqSize:]; !bytes.Equal(stored, canonical) {
			t.Fatalf("stored as %s, encoding/json has %s", stored, canonical)
		}
	})
	if n := reflect.TypeFor[webvh.State]().NumField(); n != 14 {
		t.Errorf("webvh.State has %d fields, 14 are stored", n)
	}
}

func TestStatusesHoldWhatWasSaid(t *testing.T) {
	want := &Status{
		Seq: 7, Since: 1, Status: record.Suspended, By: "did:key:z", BySelf: true, Controllers: []string{"a", "b"},
		Issued: "2026-01-02T03:04:05Z", Reason: "é\n", InvalidFrom: "2026-01-01T00:00:00Z", Cascade: true,
	}
	m := memory{}
	for _, target := range []Target{DIDTarget("x"), CredentialTarget(record.Hash{1}, "x")} {
		PutStatus(m, target, nil, want, 0)
		got, err := GetStatus(m, target)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	if len(m) != 2 {
		t.Error("two targets share a key")
	}
}

func TestDamagedValuesAreNamed(t *testing.T) {
	m := memory{}
	PutHead(m, &webvh.State{SCID: "s"}, 0)
	PutStatus(m, DIDTarget("d"), nil, &Status{}, 0)
	PutOutcome(m, record.Hash{1}, "signer", record.Outcome{}, 0)
	PutRegistration(m, record.Hash{2}, Registration{Issuer: "i"}, nil, 0)
	PutIdentity(m, Identity{Ledger: "l", DID: "d", Domain: "x"})
	PutFile(m, "s", NewWitnessFile(nil))
	m.Set(AppliedEntry(1))
	m.Set(StateEntry(&State{}))
	read := map[string]func() error{
		"head":         func() error { _, err := GetHead(m, "s"); return err },
		"status":       func() error { _, err := GetStatus(m, DIDTarget("d")); return err },
		"outcome":      func() error { _, _, err := GetOutcome(m, record.Hash{1}, "signer"); return err },
		"registration": func() error { _, err := GetPrimary(m, record.Hash{2}); return err },
		"identity":     func() error { _, err := GetIdentity(m); return err },
		"file":         func() error { _, err := GetFile(m, "s"); return err },
		"applied":      func() error { _, err := GetApplied(m); return err },
		"state":        func() error { _, err := GetState(m); return err },
	}
	for name, get := range read {
		if err := get(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for k, value := range m {
		if k[0] != famPrimary {
			m[k] = value[:len(value)-1]
		}
	}
	for name, get := range read {
		if err := get(); !store.IsCorruption(err) {
			t.Errorf("%s, cut short: %v", name, err)
		}
	}
}

func TestSubjects(t *testing.T) {
	const scid = "QmaJp6pmb6RUk4oaDyWQcjeqYbvxsc3kvmHWPpz7B5JYDU"
	for id, want := range map[did.ID]string{
		"did:webvh:" + scid + ":example.com":   scid,
		"did:webvh:" + scid + ":example.com:a": scid,
		"did:webvh:x:example.com":              "did:webvh:x:example.com",
		"did:key:z6Mk":                         "did:key:z6Mk",
	} {
		if got := Subject(id); got != want {
			t.Errorf("%s is looked up by %s, want %s", id, got, want)
		}
	}
}

func TestKeys(t *testing.T) {
	if !Beside([]byte{famStaged, 'x'}) || Beside([]byte{famHead}) || Beside(nil) || !Beside([]byte{famApplied}) {
		t.Error("what is beside the records is another set")
	}
	if seq, ok := RecordSeq(RecordKey(5)); !ok || seq != 5 {
		t.Errorf("record 5 is %d, %v", seq, ok)
	}
	if _, ok := RecordSeq([]byte{famRecord}); ok {
		t.Error("a key without position is a record's")
	}
}

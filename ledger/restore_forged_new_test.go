package ledger

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// newForgeries are of the past, status lists, observations and presentations.
func newForgeries(source *fixture) []forgeryCase {
	mallory := newAgent(source, "mallory", []string{"agents", "mallory"}, nil)
	owner := newAgent(source, "owner", []string{"agents", "owner"}, nil)
	stranger := newStranger(source, "stranger")
	var cases []forgeryCase
	for family, name := range map[byte]string{
		'T': "superseded status", 'v': "superseded head", 'D': "first registration of a digest",
		'b': "bit", 'B': "superseded bit", 'l': "owner of an entry", 'E': "entries of a credential", 'L': "list",
		'j': "status list", 'J': "superseded status list", 'u': "issuer of a list", 'n': "observation", 'N': "superseded observation",
		'x': "presentation", 'G': "graph",
	} {
		if family == 'D' || family == 'G' { // nobody registered one before its issuer, or over RDF
			cases = append(cases, forgeryCase{name + " that was not", otherwise, func(f *forgery) {
				f.kv[string(family)+strings.Repeat("x", 32)] = []byte(owner.state.SCID)
			}})
			continue
		}
		cases = append(cases,
			forgeryCase{name + " left out", otherwise, func(f *forgery) { delete(f.kv, f.key(family)) }},
			forgeryCase{name + " changed", otherwise, func(f *forgery) { v := f.kv[f.key(family)]; v[len(v)-1] ^= 1 }})
	}
	return append(cases, []forgeryCase{
		{"entry that is somebody else's", otherwise, func(f *forgery) {
			f.kv[strings.Replace(f.key('l'), owner.state.SCID, mallory.state.SCID, 1)] = make([]byte, 8)
		}},
		{"content of a status list left out", "is missing", func(f *forgery) { delete(f.kv, f.key('K')) }},
		{"flips that were not", "is not what the ledger makes", func(f *forgery) {
			f.rewrite(f.find(record.KindStatusList, anyBody), func(b jcs.Value) jcs.Value { return b.With("changed", jcs.FromInt(77)) })
		}},
		{"signature of a status list", "record ", func(f *forgery) { f.rewrite(f.find(record.KindStatusList, anyBody), spoil) }},
		{"signature of an observation", "record ", func(f *forgery) {
			f.rewrite(f.find(record.KindObservation, anyBody), func(b jcs.Value) jcs.Value {
				o, _ := b.Get("observation")
				return b.With("observation", spoil(o))
			})
		}},
		{"document that was not observed", "record ", func(f *forgery) {
			f.rewrite(f.find(record.KindObservation, anyBody), func(b jcs.Value) jcs.Value {
				o, _ := b.Get("observation")
				doc, _ := o.Get("document")
				doc = doc.With("alsoKnownAs", strs("did:example:x"))
				digest := record.FileDigest(doc.Canonical())
				return b.With("observation", o.With("document", doc).With("digest", text(digest.String())))
			})
		}},
		{"observation by an agent", "record ", func(f *forgery) {
			o := stranger.seen(source.ledgerID(), source.now)
			o.DID, o.Document = "did:web:x.example", owner.document("did:web:x.example")
			o.Log, o.VersionID = nil, ""
			f.append(record.KindObservation, record.ObservationBody{Observation: mustParse(source, owner.sign(o.Value()))}.Value())
		}},
		{"history that is said to be rewritten", "is not what the ledger makes", func(f *forgery) {
			f.rewrite(f.last(record.KindObservation, has("observation"), "elsewhere.example:s\""), func(b jcs.Value) jcs.Value {
				return b.With("rewritten", jcs.FromBool(true))
			})
		}},
		{"divergence that is not said", "is not what the ledger makes", func(f *forgery) {
			f.rewrite(f.find(record.KindObservation, has("diverged")), func(b jcs.Value) jcs.Value { return b.Without("diverged") })
		}},
		{"files that were not observed", otherwise, func(f *forgery) { v := f.kv[f.key('y')]; v[len(v)-2] ^= 1 }},
		{"files of a did:web DID", otherwise, func(f *forgery) { f.kv["ydid:web:elsewhere.example:w"] = f.kv[f.key('y')] }},
		{"signature of a presentation", "record ", func(f *forgery) { f.rewrite(f.find(record.KindWhois, anyBody), spoil) }},
		{"presentation of somebody else", "record ", func(f *forgery) {
			f.rewrite(f.find(record.KindWhois, anyBody), func(b jcs.Value) jcs.Value { return b.With("did", text(string(mallory.id()))) })
		}},
		{"presentation that was not made", otherwise, func(f *forgery) {
			f.kv[f.key('X')] = owner.signAt(owner.presentation("forged"), source.now, "authentication").Canonical()
		}},
		{"presentation that is no JSON", "record ", func(f *forgery) { f.kv[f.key('X')] = []byte("{") }},
		{"graph of a credential over JSON", "is not what the ledger makes", func(f *forgery) {
			at := f.find(record.KindCredential, func(b jcs.Value) bool {
				digest, _ := b.GetString("digest")
				h, err := record.ParseHash(digest)
				return err == nil && has("types")(b) && f.kv["k"+string(h[:])] != nil
			})
			f.rewrite(at, func(b jcs.Value) jcs.Value { return b.With("graph", text(strings.Repeat("ab", 32))) })
		}},
	}...)
}

func mustParse(t testing.TB, v jcs.Value) record.Observation {
	t.Helper()
	o, err := record.ParseObservation(v)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// last is the last record of a kind whose body is such and has that text in it.
func (f *forgery) last(kind record.Kind, is func(jcs.Value) bool, text string) record.Seq {
	f.Helper()
	found, ok := record.Seq(0), false
	for seq := record.Seq(0); f.kv[string(view.RecordKey(seq))] != nil; seq++ {
		if r := f.record(seq); r.Kind == kind && is(r.Body) && strings.Contains(string(r.Body.Canonical()), text) {
			found, ok = seq, true
		}
	}
	if !ok {
		f.Fatalf("no %s record with %s", kind, text)
	}
	return found
}

// TestCarriedContentThatIsNotOfTheRecord: a list whose content was changed on the way, by
// somebody who makes all digests right again.
func TestCarriedContentThatIsNotOfTheRecord(t *testing.T) {
	in := newSnapshotReader(bytes.NewReader(snapshotOf(t, full(t).l)))
	header, err := in.header()
	if err != nil {
		t.Fatal(err)
	}
	var forged bytes.Buffer
	out := &snapshotWriter{w: &forged, whole: sha256.New()}
	out.write(header.encode())
	for block := []byte(nil); err == nil; {
		if block, err = in.block(); err != nil || block == nil {
			break
		}
		err = entries(block, func(key, value []byte) error {
			if key[0] == 'K' {
				value = bytes.Replace(value, []byte("2026"), []byte("2025"), 1)
			}
			return out.entry(key, value)
		})
	}
	out.endBlock()
	sums, endErr := in.end()
	if err := errors.Join(err, endErr, out.err); err != nil {
		t.Fatal(err)
	}
	out.write(make([]byte, 4))
	out.write(sums.encode())
	out.write(out.whole.Sum(nil))
	err = newFixture(t).l.RestoreSnapshot(&forged, nil)
	if !errors.Is(err, ErrSnapshot) || !strings.Contains(err.Error(), "record ") {
		t.Errorf("error %v", err)
	}
}

// TestWhatMayBeLeftOut: of what others have followed nothing is there to check, and of
// the newest it may have been erased.
func TestWhatMayBeLeftOut(t *testing.T) {
	source := full(t)
	for _, family := range []byte{'k', 'X', 'y'} {
		snapshot := forge(t, source.l, func(f *forgery) { delete(f.kv, f.key(family)) })
		if err := newFixture(t).l.RestoreSnapshot(bytes.NewReader(snapshot), nil); err != nil {
			t.Errorf("%c: %v", family, err)
		}
	}
}

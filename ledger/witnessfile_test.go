package ledger

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// rotating has three entries that wait for two of three witnesses each, and the proofs
// for them, by other two each time.
func rotating(t testing.TB, name string) (a *agent, proofs []jcs.Value) {
	a = witnessed(t, name, 2, "w1", "w2", "w3")
	a.update(webvh.UpdateOptions{}, "x")
	a.update(webvh.UpdateOptions{}, "y")
	for i, by := range [][]string{{"w1", "w2"}, {"w3", "w1"}, {"w2", "w3"}} {
		v, _ := a.pending[i].GetString("versionId")
		proofs = append(proofs, witnessItem(t, v, by...))
	}
	return a, proofs
}

// TestWitnessFileDependedOnHowEntriesCame: in whichever operations, did-witness.json and
// everything else is what the records make of it.
func TestWitnessFileDependedOnHowEntriesCame(t *testing.T) {
	var want []byte
	for _, sizes := range [][]int{{1, 1, 1}, {3}, {1, 2}, {2, 1}} {
		f := newFixture(t)
		a, proofs := rotating(t, "a")
		for at, n := 0, 0; len(sizes) > 0; sizes, at = sizes[1:], at+n {
			n = sizes[0]
			op := must(t)(record.NewDIDOp(a.pending[at:at+n], proofs[at:at+n]))
			if out := f.raw(f.now.UnixMilli(), [][]byte{op.Encode()})[0]; out.Code != record.Accepted {
				t.Fatal(out.Code)
			}
		}
		CheckInvariants(t, f.l)
		restores(t, f.l)
		got := dump(t, f.l)
		if want == nil {
			want = got
		}
		if !bytes.Equal(want, got) {
			t.Errorf("in operations of %v: the stores differ", sizes)
		}
	}
}

// TestWitnessFileInTheOrderOfEarlierVersions: ledgers that have it, as the entries came,
// are restored, and written in the one order.
func TestWitnessFileInTheOrderOfEarlierVersions(t *testing.T) {
	g := open(t, vfs.NewMem())
	defer closing(t, g)
	old := testFile(t, "witness-order-before.snapshot.gz")
	oldOrder := fromVersion1(t, old)
	if err := g.RestoreSnapshot(bytes.NewReader(oldOrder), nil); err != nil {
		t.Fatal(err)
	}
	CheckInvariants(t, g)
	restores(t, g)
	changed := 0
	for _, name := range []string{"a", "b"} {
		key := "f" + newAgentOfEarlierVersions(t, name).state.SCID
		if !bytes.Equal(entriesOfVersion1(t, old)[key], get(t, g, []byte(key))) {
			changed++
		}
	}
	if changed == 0 {
		t.Error("the file is in the new order already: this shows nothing")
	}
	v := g.View()
	defer v.Close()
	for _, name := range []string{"a", "b"} {
		scid := newAgentOfEarlierVersions(t, name).state.SCID
		file, err := v.Witnesses(scid)
		if err != nil || file.Len() != 2 {
			t.Fatalf("%s: %d versions in did-witness.json, %v", name, file.Len(), err)
		}
		if _, err := webvh.VerifyLog(logOf(t, v, scid), file.Canonical(), epoch.Add(time.Hour)); err != nil {
			t.Error(err)
		}
	}
}

func newAgentOfEarlierVersions(t testing.TB, name string) *agent {
	a, _ := rotating(t, name)
	return a
}

// get reads a key of a ledger's store.
func get(t testing.TB, l *Ledger, key []byte) []byte {
	t.Helper()
	value, err := l.gen.db.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// entriesOfVersion1 are what a snapshot of version 1 has: all keys and values of a store but
// the hashes of the tree, in blocks as those of today.
func entriesOfVersion1(t testing.TB, snapshot []byte) map[string][]byte {
	t.Helper()
	kv := make(map[string][]byte)
	s := newSnapshotReader(bytes.NewReader(snapshot))
	head, err := s.read(len(snapshotMagic)+6, "header")
	if err == nil {
		_, err = s.read(int(binary.BigEndian.Uint32(head[len(head)-4:]))+sha256.Size, "header")
	}
	for block := []byte(nil); err == nil; {
		if block, err = s.block(); err != nil || block == nil {
			break
		}
		err = entries(block, func(key, value []byte) error {
			kv[string(key)] = value
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

// fromVersion1 is the snapshot that a store would write of which an earlier version wrote
// one of version 1.
func fromVersion1(t testing.TB, snapshot []byte) []byte {
	t.Helper()
	f := &forgery{TB: t, kv: entriesOfVersion1(t, snapshot)}
	return f.snapshot()
}

// testFile reads a compressed file of testdata.
func testFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if data, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return data
}

// crowd are witnesses of which there are enough to fill a did-witness.json.
const (
	crowdSize = 15
	largest   = 4150
)

func crowd(t testing.TB, n int) (w webvh.Witness, keys []multikey.PrivateKey) {
	w.Threshold = crowdSize
	for i := range crowdSize {
		keys = append(keys, keyOf(t, fmt.Sprintf("crowd%d-%d", n, i)))
		w.Witnesses = append(w.Witnesses, webvh.WitnessID{ID: "did:key:" + keys[i].Public().String()})
	}
	return w, keys
}

// wordy is an item of a did-witness.json with proofs of about that size.
func wordy(t testing.TB, versionID string, size int, keys []multikey.PrivateKey) jcs.Value {
	t.Helper()
	var proofs []jcs.Value
	for _, k := range keys {
		name := k.Public().String()
		v, err := proof.Sign(obj("versionId", versionID), k, proof.SignOptions{
			VerificationMethod: "did:key:" + name + "#" + name, Purpose: did.AssertionMethod, Created: epoch,
			Domain: []string{strings.Repeat("x", max(1, size-500))},
		})
		if err != nil {
			t.Fatal(err)
		}
		proofs = append(proofs, proofOf(v))
	}
	return obj("versionId", versionID, "proof", jcs.Array(proofs...))
}

// swelling fills a did-witness.json almost, by operations of one entry, and returns one
// more of two entries: after the first the file is too large, after the second not any
// more, as the first crowd approves it in fewer words.
func swelling(t testing.TB) (full []record.Op, last record.Op) {
	const crowds = 18
	first, firstKeys := crowd(t, 0)
	a := newAgent(t, "swelling", []string{"agents", "swelling"}, func(o *webvh.CreateOptions) { o.Witness = first })
	op := func(entries []jcs.Value, items ...jcs.Value) record.Op {
		a.pending = nil
		return must(t)(record.NewDIDOp(entries, items))
	}
	full = append(full, op(a.pending, wordy(t, a.state.VersionID, largest, firstKeys)))
	keys := firstKeys
	for n := 1; n < crowds; n++ {
		next, nextKeys := crowd(t, n)
		a.update(webvh.UpdateOptions{Witness: &next})
		full = append(full, op(a.pending, wordy(t, a.state.VersionID, largest, keys)))
		keys = nextKeys
	}
	a.update(webvh.UpdateOptions{Witness: &first})
	item := wordy(t, a.state.VersionID, largest, keys)
	a.update(webvh.UpdateOptions{})
	return full, op(a.pending, item, wordy(t, a.state.VersionID, 0, firstKeys))
}

// TestWitnessFileIsMeasuredByEntry: whether an entry is refused because the file grows
// too large does not depend on what comes with it.
func TestWitnessFileIsMeasuredByEntry(t *testing.T) {
	f := newFixture(t)
	full, last := swelling(t)
	for _, op := range full {
		f.accept(op)
	}
	f.refuse(last, record.EntryTooLarge)
	f.refuse(must(t)(record.NewDIDOp(last.Entries[:1], last.Witness[:1])), record.EntryTooLarge)
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestWitnessFileMeasuredByOperation: earlier versions measured the file at the end of
// an operation, and their ledgers are restored whatever it was on the way.
func TestWitnessFileMeasuredByOperation(t *testing.T) {
	g := open(t, vfs.NewMem())
	defer closing(t, g)
	if err := g.RestoreSnapshot(bytes.NewReader(fromVersion1(t, testFile(t, "witness-file-swelling.snapshot.gz"))), nil); err != nil {
		t.Fatal(err)
	}
	CheckInvariants(t, g)
	restores(t, g)
}

// TestStoreInTheOrderOfEarlierVersions goes on, and what it writes is restored as what
// a store of today writes.
func TestStoreInTheOrderOfEarlierVersions(t *testing.T) {
	f, g := newFixture(t), newFixture(t)
	for _, f := range []*fixture{f, g} {
		a, proofs := rotating(f, "a")
		f.accept(f.didOp(a, proofs...))
	}
	scid := newAgentOfEarlierVersions(t, "a").state.SCID
	key := append([]byte("f"), scid...)
	value, err := g.l.gen.db.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	file, err := jcs.Decode(value)
	if err != nil {
		t.Fatal(err)
	}
	b := g.l.gen.db.NewBatch(1 << 10)
	b.Set(key, jcs.Array(file.At(1), file.At(0)).Canonical())
	if err := errors.Join(b.Apply(), b.Close()); err != nil {
		t.Fatal(err)
	}
	g.reopen()
	if bytes.Equal(dump(t, f.l), dump(t, g.l)) || !bytes.Equal(snapshotOf(t, f.l), snapshotOf(t, g.l)) {
		t.Fatal("want stores that differ, and snapshots that do not")
	}
	h := open(t, vfs.NewMem())
	defer closing(t, h)
	if err := h.RestoreSnapshot(bytes.NewReader(snapshotOf(t, g.l)), nil); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*fixture{f, g} {
		a, _ := rotating(f, "a")
		a.pending = nil
		a.update(webvh.UpdateOptions{}, "z")
		f.accept(f.didOp(a, witnessItem(t, a.state.VersionID, "w1", "w3")))
	}
	if !bytes.Equal(dump(t, f.l), dump(t, g.l)) {
		t.Error("the stores differ after the next entry")
	}
	restores(t, g.l)
}

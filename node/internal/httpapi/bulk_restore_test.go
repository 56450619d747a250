package httpapi

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// TestWhatCameInBulkIsRestored: logs with witnesses in operations of several entries,
// credentials by digest and then by content, and changes of status, in requests of any
// size. What each node writes makes the same elsewhere, byte by byte.
func TestWhatCameInBulkIsRestored(t *testing.T) {
	nodes := startCluster(t, 3)
	n := nodes[0]
	random := rand.New(rand.NewPCG(1, 2))
	var lines []jcs.Value
	for i := range 12 {
		lines = append(lines, bulkStory(t, n, random, i)...)
	}
	for len(lines) > 0 {
		size := min(len(lines), 1+random.IntN(20))
		for _, o := range n.post("/v1/records", api.TypeNDJSON, bulkBody(lines[:size]...)).outcomes() {
			if o.Problem != nil {
				t.Errorf("line %d: %+v", o.Line, o.Problem)
			}
		}
		lines = lines[size:]
	}
	size := n.ledger.Size()
	var roots []record.Hash
	for _, n := range nodes {
		if err := n.ledger.Wait(t.Context(), size); err != nil {
			t.Fatal(err)
		}
		written := snapshotAt(t, n.ledger)
		if got := restoredFrom(t, written); !bytes.Equal(got, written) {
			t.Error("what was restored writes another snapshot")
		}
		v := n.ledger.View()
		roots = append(roots, v.Root())
		v.Close()
	}
	if len(slices.Compact(roots)) != 1 {
		t.Errorf("the nodes have the roots %v", roots)
	}
}

// bulkStory is the life of one agent, in operations each of which is accepted after those
// before it.
func bulkStory(t *testing.T, n *testNode, random *rand.Rand, i int) []jcs.Value {
	t.Helper()
	keys := []multikey.PrivateKey{newKey(t), newKey(t), newKey(t)}
	w := webvh.Witness{Threshold: 1 + random.IntN(3)}
	for _, k := range keys {
		w.Witnesses = append(w.Witnesses, webvh.WitnessID{ID: "did:key:" + k.Public().String()})
	}
	a := n.draft(webvh.CreateOptions{Witness: w}, "bulk", fmt.Sprint("agent", i))
	entries := []webvh.Entry{a.entry}
	for range random.IntN(5) {
		states, err := webvh.Candidates(nil, entries, webvh.Context{Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		a.state = states[len(states)-1]
		entries = append(entries, a.update(webvh.UpdateOptions{}))
	}
	var lines []jcs.Value
	add := func(op record.Op, err error) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, op.Payload())
	}
	for len(entries) > 0 {
		size := 1 + random.IntN(len(entries))
		var values, witness []jcs.Value
		for _, e := range entries[:size] {
			values = append(values, e.Value)
			by := random.Perm(len(keys))[:w.Threshold]
			for _, k := range by {
				p, err := webvh.WitnessSign(e.VersionID, n.now, keys[k])
				if err != nil {
					t.Fatal(err)
				}
				witness = append(witness, webvh.FormatWitnessFile([]webvh.WitnessProof{p}).At(0))
			}
		}
		add(record.NewDIDOp(values, witness))
		entries = slices.Delete(entries, 0, size)
	}
	vc := a.issue(fmt.Sprint("permit", i))
	proof, _ := vc.Get("proof")
	add(record.NewDigestOp(record.CredentialDigest(vc), a.id, proof))
	add(record.NewCredentialOp(vc, random.IntN(2) == 0))
	for after, status := range []string{"suspended", "active", "revoked"}[:random.IntN(4)] {
		add(record.NewStatusOp(a.change(record.CredentialDigest(vc).String(), status, after+1)))
	}
	return lines
}

func snapshotAt(t *testing.T, l *ledger.Ledger) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.WriteSnapshot(&b, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// restoredFrom is what a ledger restored from a snapshot writes.
func restoredFrom(t *testing.T, snapshot []byte) []byte {
	t.Helper()
	l, err := ledger.Open(ledger.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := l.RestoreSnapshot(bytes.NewReader(snapshot), nil); err != nil {
		t.Fatal(err)
	}
	return snapshotAt(t, l)
}

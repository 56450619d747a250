package httpapi

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// manyDIDs is the snapshot of a ledger of n records.
func manyDIDs(t *testing.T, n *testNode, records int) []byte {
	t.Helper()
	l := openLedger(t, multikey.NewCache(1))
	genesis, err := webvh.Create(webvh.CreateOptions{Domain: testDomain, Time: n.now,
		Document: func(id did.ID) jcs.Value { return document(id, n.key.Public()) }}, n.key)
	if err != nil {
		t.Fatal(err)
	}
	cmds := make([][]byte, records)
	for i := range cmds {
		entry := genesis
		if i > 0 {
			entry = n.draft(webvh.CreateOptions{}, "many", fmt.Sprint("agent-", i)).entry
		}
		op, err := record.NewDIDOp([]jcs.Value{entry.Value}, nil)
		if err != nil {
			t.Fatal(err)
		}
		cmds[i] = op.Encode()
	}
	for i, part := range [][][]byte{cmds[:1], cmds[1:]} {
		if _, err := l.Apply(uint64(i+1), time.Now().UnixMilli(), part); err != nil {
			t.Fatal(err)
		}
	}
	if l.Size() != record.Seq(records) {
		t.Fatalf("%d records of %d", l.Size(), records)
	}
	return snapshotAt(t, l)
}

// TestReadyTellsHowFarARestorationIs: while a snapshot is on its way, /readyz counts the
// records that are restored, and says how many there will be; in the end it says neither.
func TestReadyTellsHowFarARestorationIs(t *testing.T) {
	whole := startNode(t)
	const records, parts = 2500, 3 // each of more records than are judged at a time
	snapshot := manyDIDs(t, whole, records)
	empty := *whole
	empty.ledger = openLedger(t, multikey.NewCache(1))
	n := empty.degrade(&degraded{leader: true})
	received, sent := io.Pipe()
	defer func() {
		if err := sent.Close(); err != nil {
			t.Error(err)
		}
	}()
	done := make(chan error, 1)
	go func() {
		err := n.ledger.RestoreSnapshot(received, nil)
		done <- errors.Join(err, received.CloseWithError(err))
	}()
	var last, total int
	for part := range parts - 1 {
		if _, err := sent.Write(snapshot[part*len(snapshot)/parts : (part+1)*len(snapshot)/parts]); err != nil {
			t.Fatal(err)
		}
		before := record.Seq(last)
		eventually(t, func() bool { p, restoring := n.ledger.Restoring(); return restoring && p.Done > before })
		detail := n.get("/readyz").refused(api.StatusStale).Detail
		var rate int
		if _, err := fmt.Sscanf(detail, "the node is catching up: %d of %d records, %d a second", &last, &total, &rate); err != nil {
			t.Fatalf("%q: %v", detail, err)
		}
		if record.Seq(last) <= before || last >= records || total != records || rate <= 0 {
			t.Errorf("after %d parts of %d: %q", part+1, parts, detail)
		}
	}
	if _, err := sent.Write(snapshot[(parts-1)*len(snapshot)/parts:]); err != nil {
		t.Fatal(err)
	}
	if err := sent.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if p, restoring := n.ledger.Restoring(); restoring || n.ledger.Size() != records {
		t.Errorf("%+v, %v, %d records", p, restoring, n.ledger.Size())
	}
	n.get("/readyz").json(200, new(api.Ready))
}

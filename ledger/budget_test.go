package ledger

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// heavyLog makes a log each of whose entries is signed by as many keys as an entry may be.
func heavyLog(t *testing.T, name string, entries int) []jcs.Value {
	t.Helper()
	keys := make([]multikey.PrivateKey, webvh.MaxEntryProofs)
	names := make([]string, len(keys))
	for i := range keys {
		keys[i] = keyOf(t, fmt.Sprintf("%s %d", name, i))
		names[i] = keys[i].Public().String()
	}
	at := epoch.Add(-time.Duration(entries) * time.Second)
	entry, err := webvh.Create(webvh.CreateOptions{Domain: domain, Path: []string{"heavy", name}, Time: at, UpdateKeys: names}, keys[0])
	if err != nil {
		t.Fatal(err)
	}
	var prev *webvh.State
	var log []jcs.Value
	for {
		log = append(log, signedByAll(t, entry.Value, keys))
		if len(log) == entries {
			return log
		}
		states, err := webvh.Candidates(prev, []webvh.Entry{entry}, webvh.Context{Now: epoch})
		if err != nil {
			t.Fatal(err)
		}
		prev, at = &states[0], at.Add(time.Second)
		if entry, err = webvh.Update(*prev, webvh.UpdateOptions{Document: entry.State, Time: at}, keys[0]); err != nil {
			t.Fatal(err)
		}
	}
}

// signedByAll adds proofs by all keys but the first, which signed already.
func signedByAll(t *testing.T, entry jcs.Value, keys []multikey.PrivateKey) jcs.Value {
	t.Helper()
	first, _ := entry.Get("proof")
	if first.IsArray() {
		first = first.At(0)
	}
	proofs := []jcs.Value{first}
	for _, key := range keys[1:] {
		name := key.Public().String()
		signed, err := proof.Sign(entry.Without("proof"), key, proof.SignOptions{
			VerificationMethod: "did:key:" + name + "#" + name, Purpose: did.AssertionMethod, Created: epoch,
		})
		if err != nil {
			t.Fatal(err)
		}
		p, _ := signed.Get("proof")
		proofs = append(proofs, p)
	}
	return entry.With("proof", jcs.Array(proofs...))
}

var budgetRefusals = []refusalCase{
	{"more proofs than are verified", record.TooManySignatures, func(f *fixture) record.Op {
		a := newAgent(f, "a", []string{"agents", "a"}, nil)
		proofs := make([]jcs.Value, record.MaxSignatures)
		for i := range proofs {
			proofs[i] = obj()
		}
		return f.didOp(a, obj("versionId", a.state.VersionID, "proof", jcs.Array(proofs...)))
	}},
	{"more proofs for a version than are set aside", record.StagingFull, func(f *fixture) record.Op {
		witnesses := make([]string, record.MaxStagedProofs+1)
		for i := range witnesses {
			witnesses[i] = fmt.Sprint("w", i)
		}
		return f.witnessOp(witnessItem(f, "1-QmOne", witnesses...))
	}},
}

// One megabyte of log with 2,640 signatures was one operation, and 0.2 s on every node.
func TestOperationWithTooManySignatures(t *testing.T) {
	f := newFixture(t)
	most := record.MaxSignatures / webvh.MaxEntryProofs
	log := heavyLog(t, "a", most+1)
	f.refuse(f.entryOp(log...), record.TooManySignatures)
	if out := f.accept(f.entryOp(log[:most]...)); out.Count != most {
		t.Errorf("%d records of an operation at the limit", out.Count)
	}
	f.accept(f.entryOp(log[most]))
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// Each witness proof counts, staged or sent along, and those in the files of an observation.
func TestSignaturesOfOperations(t *testing.T) {
	f := newFixture(t)
	a := witnessed(f, "a", 1, "w1", "w2", "w3")
	item := witnessItem(t, a.state.VersionID, "w1", "w2", "w3")
	if n := f.witnessOp(item, item).Signatures(); n != 6 {
		t.Errorf("a witness operation: %d", n)
	}
	log := a.pending[0].Canonical()
	if n := f.didOp(a, item).Signatures(); n != 4 {
		t.Errorf("a did operation with witnesses: %d", n)
	}
	op := record.Op{
		Name: record.OpObservation, Observation: obj("proof", obj()),
		Log: append(append(append([]byte{}, log...), '\n'), log...), LogWitness: jcs.Array(item).Canonical(),
	}
	if n := op.Signatures(); n != 6 {
		t.Errorf("an observation: %d", n)
	}
	op.Log, op.LogWitness = []byte("{\n[]\n\"proof\""), []byte("no JSON")
	if n := op.Signatures(); n != 1 {
		t.Errorf("an observation of rubbish: %d", n)
	}
}

// Records of an operation that was accepted before there was a limit are no less true.
func TestRecordsOfLargerOperationsRestore(t *testing.T) {
	f := newFixture(t)
	op := f.entryOp(heavyLog(t, "a", record.MaxSignatures/webvh.MaxEntryProofs+1)...)
	v := f.l.View()
	defer v.Close()
	for name, p := range map[string]*past{"proposed": nil, "recorded": {}} {
		j := f.l.newJudge(0, v.in, nil, v.state.identity, v.documents)
		j.past = p
		if err := j.affordable(op); (err != nil) != (p == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Nothing more is verified for a client that is gone.
func TestCheckEndsWithItsContext(t *testing.T) {
	f := newFixture(t)
	op := f.entryOp(heavyLog(t, "a", 20)...)
	ctx, cancel := context.WithCancel(t.Context())
	verified := 0
	f.l.cfg.Verify = func(key multikey.PublicKey, message, sig []byte) bool {
		if verified++; verified == 5 {
			cancel()
		}
		return key.Verify(message, sig)
	}
	if _, err := f.l.Check(ctx, op, f.now); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if verified != 5 {
		t.Errorf("%d signatures verified, nobody waited after 5", verified)
	}
	if j, err := f.l.Check(t.Context(), op, f.now); err != nil || j.Code != record.Accepted {
		t.Errorf("%v, %v", j, err)
	}
}

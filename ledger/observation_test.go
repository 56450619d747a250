package ledger

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

func (f *fixture) observed(id did.ID) Observation {
	f.Helper()
	v := f.l.View()
	defer v.Close()
	o, ok, err := v.Observation(id)
	if err != nil || !ok {
		f.Fatalf("observation of %s: %v, %v", id, ok, err)
	}
	return o
}

// TestObservedHistory: a log that goes on is an update; one that does not is rewritten,
// and stays so until it is the first one again.
func TestObservedHistory(t *testing.T) {
	f := newFixture(t)
	s := newStranger(t, "s")
	first := f.observe(s)
	f.refuse(f.observationOp(f.seen(s), s.jsonl()), record.NoChange)
	f.observe(s.grow("a"))
	old := newStranger(t, "s") // what it was at first: a host may serve that again
	fork := newStranger(t, "s")
	steps := []struct {
		log       *stranger
		grow      string
		rewritten bool
	}{{fork, "b", true}, {fork, "c", true}, {s, "", false}, {old, "", true}, {s, "d", false}, {s, "e", false}, {fork, "f", true}, {s, "g", false}}
	for i, step := range steps {
		if step.grow != "" {
			step.log.grow(step.grow)
		}
		f.observe(step.log)
		if o := f.observed(s.id()); o.Rewritten != step.rewritten || o.Diverged || !bytes.Equal(o.Log, step.log.jsonl()) || o.VersionID != step.log.state.VersionID || o.Node != f.registry.method() {
			t.Errorf("step %d: rewritten %v, diverged %v, version %s, by %s", i, o.Rewritten, o.Diverged, o.VersionID, o.Node)
		}
	}
	v := f.l.View()
	defer v.Close()
	list, err := v.Observations(s.id(), 0, 100)
	if err != nil || len(list) != 2+len(steps) || list[0].Seq != first.Seq || list[0].Number != 1 || list[0].Log != nil {
		t.Fatalf("%d observations, %v", len(list), err)
	}
	if page, err := v.Observations(s.id(), 3, 2); err != nil || len(page) != 2 || page[0].Number != 4 {
		t.Errorf("a page of %d, %v", len(page), err)
	}
	p, err := v.At(first.Seq)
	if err != nil {
		t.Fatal(err)
	}
	o, ok, err := p.Observation(s.id())
	if err != nil || !ok || o.VersionID != old.state.VersionID || o.Log != nil || !o.Document.IsObject() || record.FileDigest(o.Document.Canonical()) != o.Digest {
		t.Errorf("at first: %s, %v, %v", o.VersionID, ok, err)
	}
	if p, err = v.At(first.Seq - 1); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := p.Observation(s.id()); ok || err != nil {
		t.Errorf("before: %v, %v", ok, err)
	}
	if _, err := v.Resolve(t.Context(), s.id(), did.Options{}); did.CodeOf(err) != did.NotFound {
		t.Errorf("a view resolves a stranger: %v", err)
	}
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

func TestObservedWebDocuments(t *testing.T) {
	f := newFixture(t)
	const id = "did:web:elsewhere.example:w"
	f.accept(f.observationOp(f.seenWeb(id, "a"), nil))
	if o := f.observed(id); o.Diverged || o.Rewritten || o.Log != nil || o.Number != 1 {
		t.Errorf("at first: %+v", o)
	}
	f.refuse(f.observationOp(f.seenWeb(id, "a"), nil), record.NoChange)
	out := f.accept(f.observationOp(f.seenWeb(id, "b"), nil))
	if o := f.observed(id); !o.Diverged || o.Rewritten || o.Number != 2 || o.Seq != out.Seq {
		t.Errorf("then: %+v", o)
	}
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestObservedIssuer: who is observed may register and revoke, as every node can tell
// from the log; with a new key once that was seen.
func TestObservedIssuer(t *testing.T) {
	f := newFixture(t)
	s := newStranger(t, "s")
	c := s.sign(s.credential("x"))
	f.refuse(f.credentialOp(c, false), record.IssuerUnresolvable)
	f.observe(s)
	f.accept(f.credentialOp(c, true))
	f.change(s.agent, record.CredentialDigest(c).String(), record.Revoked)
	rotated := *s.agent
	rotated.key = keyOf(t, "rotated")
	s.update(webvh.UpdateOptions{Document: rotated.document(s.id())})
	s.take()
	f.refuse(f.credentialOp(rotated.sign(s.credential("y")), false), record.ProofInvalid)
	f.observe(s)
	f.accept(f.credentialOp(rotated.sign(s.credential("y")), false))
	f.refuse(f.credentialOp(s.sign(s.credential("z")), false), record.ProofInvalid)
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

func TestObservedDeactivation(t *testing.T) {
	f := newFixture(t)
	s := newStranger(t, "s")
	f.observe(s)
	s.deactivate()
	f.observe(s.take())
	o := f.observed(s.id())
	if !o.Deactivated || o.Document.IsObject() || o.Digest != (record.Hash{}) || o.Rewritten {
		t.Errorf("%+v", o)
	}
	f.refuse(f.observationOp(f.seen(s), s.jsonl()), record.NoChange)
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestObservedWitnesses: where a log needs witnesses, the file is part of what was seen.
func TestObservedWitnesses(t *testing.T) {
	f := newFixture(t)
	a := newAgent(t, "s", []string{"s"}, func(o *webvh.CreateOptions) {
		o.Domain = "elsewhere.example"
		o.Witness = witnessed(t, "x", 1, "w1").state.Witness
	})
	s := (&stranger{agent: a}).take()
	file := jcs.Array(witnessItem(t, a.state.VersionID, "w1")).Canonical()
	log, err := webvh.VerifyLog(s.jsonl(), file, f.now)
	if err != nil {
		t.Fatal(err)
	}
	res, err := log.Resolve(a.id(), did.Options{})
	if err != nil {
		t.Fatal(err)
	}
	logDigest, fileDigest := record.FileDigest(s.jsonl()), record.FileDigest(file)
	o := record.Observation{Ledger: f.ledgerID(), DID: a.id(), Fetched: f.now.Add(time.Second), VersionID: a.state.VersionID,
		Log: &logDigest, Document: res.Document.Value()}
	f.refuse(f.observationOp(o, s.jsonl()), record.WitnessThreshold)
	o.Witness, o.Fetched = &fileDigest, f.now.Add(time.Second)
	f.accept(must(t)(record.NewObservationOp(f.registry.sign(o.Value()), s.jsonl(), file)))
	if seen := f.observed(a.id()); !bytes.Equal(seen.Witness, file) || !bytes.Equal(seen.Log, s.jsonl()) {
		t.Error("the files are not those that were fetched")
	}
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestObservationOfTheSecondNode: any key of the registry's document will do, until it
// is not in it any more.
func TestObservationOfTheSecondNode(t *testing.T) {
	f := newFixture(t)
	f.registry.t = t
	second := keyOf(t, "second node")
	doc := f.registry.document(f.registry.id())
	methods, _ := doc.Get("verificationMethod")
	id := string(f.registry.id())
	with := doc.With("verificationMethod", jcs.Array(methods.At(0), obj("id", id+"#second", "type", "Multikey", "controller", id,
		"publicKeyMultibase", second.Public().String()))).With("assertionMethod", strs(id+"#key", id+"#second"))
	f.registry.update(webvh.UpdateOptions{Document: with})
	f.accept(f.didOp(f.registry))
	by := func(s *stranger) record.Op {
		return must(t)(record.NewObservationOp(signBy(t, f.seen(s).Value(), second, id+"#second", did.AssertionMethod), s.jsonl(), nil))
	}
	s := newStranger(t, "s")
	f.accept(by(s))
	f.registry.update(webvh.UpdateOptions{Document: with.With("assertionMethod", strs(id+"#key"))})
	f.accept(f.didOp(f.registry))
	f.refuse(by(s.grow("a")), record.NotAuthorised)
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestWhois: the newest presentation is served, those before are gone.
func TestWhois(t *testing.T) {
	f := newFixture(t)
	a := f.agent("a")
	for _, of := range []string{"one", "two", "two"} {
		op := f.whoisOp(a, a.presentation(of))
		out := f.accept(op)
		if again := f.accept(op); again != out {
			t.Errorf("sent again: %+v, want its first receipt %+v", again, out)
		}
		v := f.l.View()
		content, seq, ok, err := v.Whois(a.id())
		v.Close()
		if err != nil || !ok || seq != out.Seq || !bytes.Equal(content, op.Credential.Canonical()) {
			t.Errorf("%s: record %d, %v, %v", of, seq, ok, err)
		}
	}
	f.accept(f.whoisOp(a, a.presentation("three").Without("holder")))
	f.accept(f.whoisOp(a, a.presentation("four").With("holder", obj("id", string(a.id()), "name", "a"))))
	CheckInvariants(t, f.l)
	restores(t, f.l)
}

// TestOpsOfNewerVersionsStopTheNode rather than let it go on with another ledger.
func TestOpsOfNewerVersionsStopTheNode(t *testing.T) {
	f := newFixture(t)
	_, err := f.l.Apply(f.index+1, f.now.UnixMilli(), [][]byte{command([]byte(`{"op":"treaty"}`))})
	if !errors.Is(err, record.ErrUnknownOp) {
		t.Errorf("error %v", err)
	}
}

package ledger

import (
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// command frames a payload, whatever it is.
func command(payload []byte) []byte {
	sum := sha256.Sum256(payload)
	return append(append([]byte{1}, sum[:]...), payload...)
}

func TestWhatCannotBeJudgedStopsTheLedger(t *testing.T) {
	flipped := func(f *fixture) []byte {
		cmd := f.didOp(newAgent(t, "x", []string{"x"}, nil)).Encode()
		cmd[len(cmd)/2] ^= 1
		return cmd
	}
	for name, test := range map[string]struct {
		cmd  func(f *fixture) []byte
		want error
	}{
		"unknown operation":       {func(*fixture) []byte { return command([]byte(`{"op":"sing"}`)) }, record.ErrUnknownOp},
		"unknown command version": {func(f *fixture) []byte { return append([]byte{2}, flipped(f)[1:]...) }, record.ErrCommandVersion},
		"flipped bit":             {flipped, record.ErrCommandDigest},
		"empty command":           {func(*fixture) []byte { return nil }, record.ErrCommandVersion},
		"cut command":             {func(f *fixture) []byte { return flipped(f)[:20] }, record.ErrCommandDigest},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			before, applied := dump(t, f.l), f.l.AppliedIndex()
			good := f.didOp(newAgent(t, "a", []string{"a"}, nil)).Encode()
			_, err := f.l.Apply(f.index+1, f.now.UnixMilli(), [][]byte{good, test.cmd(f)})
			if !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if string(dump(t, f.l)) != string(before) || f.l.AppliedIndex() != applied {
				t.Error("a part of the batch was applied")
			}
			if _, again := f.l.Apply(f.index+2, f.now.UnixMilli(), [][]byte{good}); !errors.Is(again, test.want) {
				t.Errorf("the ledger goes on: %v", again)
			}
		})
	}
}

func TestMalformedPayloadsAreOutcomes(t *testing.T) {
	f := newFixture(t)
	for _, payload := range []string{
		`{"op":"did"`, `{"op":"did"}`, `{"op":"did","entries":[]}`, `{"op":"did","entries":[1]}`,
		`{"op":"did","entries":[{}],"more":1}`, `{"op":"status","change":1}`, `{"op":"witness","file":[]}`,
		`{"op":"credential","credential":{},"publish":1}`, `{"op":"credential","digest":"AB","issuer":"did:key:z","proof":{}}`,
		`{"entries":[{}]}`, `[]`, `{"op":"status","change":{},"op":"did"}`,
	} {
		out := f.raw(f.now.UnixMilli(), [][]byte{command([]byte(payload))})
		if out[0].Code != record.Malformed {
			t.Errorf("%s: outcome %s", payload, out[0].Code)
		}
	}
	if f.l.Size() != 1 {
		t.Errorf("%d records", f.l.Size())
	}
}

func TestResubmissionsGetTheFirstReceipt(t *testing.T) {
	f := newFixture(t)
	a := newAgent(t, "a", []string{"a"}, nil)
	create := f.didOp(a)
	first := f.accept(create)
	a.update(webvh.UpdateOptions{}, "one")
	one := a.pending[0]
	a.update(webvh.UpdateOptions{}, "two")
	both := f.didOp(a)
	appended := f.accept(both)
	part := f.l.mustOutcome(t, appended.Seq-1)
	c := a.sign(a.credential("s"))
	register := f.credentialOp(c, true)
	registered := f.accept(register)
	suspend := f.changeOp(a, string(a.id()), record.Suspended)
	suspended := f.accept(suspend)
	f.change(a, string(a.id()), record.Active)
	f.change(a, string(a.id()), record.Revoked)
	before := dump(t, f.l)
	p, _ := c.Get("proof")
	for name, test := range map[string]struct {
		op   record.Op
		want record.Outcome
	}{
		"log entry":                        {create, first},
		"several entries":                  {both, appended},
		"one of them":                      {f.entryOp(one), part},
		"credential":                       {register, registered},
		"credential, not to be published":  {f.credentialOp(c, false), registered},
		"credential by digest":             {must(t)(record.NewDigestOp(record.CredentialDigest(c), a.id(), p)), registered},
		"credential signed again":          {f.credentialOp(a.sign(c), true), registered},
		"status change that was undone":    {suspend, suspended},
		"two of them in one batch as well": {suspend, suspended},
	} {
		if out := f.apply(test.op, test.op); out[0] != test.want || out[1] != test.want {
			t.Errorf("%s: outcomes %+v, the first time it was %+v", name, out, test.want)
		}
	}
	f.refuse(f.entryOp(one.With("versionTime", jcs.FromString("2026-01-02T03:04:59Z"))), record.StalePredecessor)
	if string(before) != string(dump(t, f.l)) {
		t.Error("resubmissions changed the views")
	}
}

// mustOutcome is that of an operation that appended record seq and nothing else.
func (l *Ledger) mustOutcome(t testing.TB, seq record.Seq) record.Outcome {
	t.Helper()
	v := l.View()
	defer v.Close()
	data, err := v.Record(seq)
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return record.Outcome{Code: record.Accepted, Seq: seq, Count: 1, Time: r.Time, Leaf: record.LeafHash(data)}
}

func TestOperationsOfOneBatchSeeEachOther(t *testing.T) {
	f := newFixture(t)
	a := newAgent(t, "a", []string{"a"}, nil)
	create := f.didOp(a)
	rival := f.didOp(newAgent(t, "b", []string{"a"}, nil))
	a.update(webvh.UpdateOptions{}, "one")
	update := f.didOp(a)
	c := a.sign(a.credential("s"))
	out := f.apply(create, rival, create, update, f.credentialOp(c, false),
		f.changeOp(a, string(a.id()), record.Suspended), f.credentialOp(a.sign(a.credential("t")), false))
	want := []record.Code{
		record.Accepted, record.PathTaken, record.Accepted, record.Accepted, record.Accepted, record.Accepted, record.IssuerNotAuthorised,
	}
	for i := range want {
		if out[i].Code != want[i] {
			t.Errorf("operation %d: %s, want %s", i, out[i].Code, want[i])
		}
	}
	if out[2] != out[0] || f.l.Size() != 5 {
		t.Errorf("outcomes %+v, %d records", out, f.l.Size())
	}
	CheckInvariants(t, f.l)
}

func TestTimeNeverGoesBack(t *testing.T) {
	f := newFixture(t)
	late := f.now.UnixMilli() + 5000
	first := f.raw(late, [][]byte{f.didOp(newAgent(t, "a", []string{"a"}, nil)).Encode()})[0]
	second := f.raw(late-4000, [][]byte{f.didOp(newAgent(t, "b", []string{"b"}, nil)).Encode()})[0]
	if int64(first.Time) != late || int64(second.Time) != late {
		t.Errorf("times %d and %d, want %d twice", first.Time, second.Time, late)
	}
	for _, ms := range []int64{-1, int64(record.MaxTime) + 1} {
		g := newFixture(t)
		if _, err := g.l.Apply(g.index+1, ms, nil); err == nil {
			t.Errorf("time %d ms was taken", ms)
		}
	}
	CheckInvariants(t, f.l)
}

func TestAppliedIndexesAreSkipped(t *testing.T) {
	f := newFixture(t)
	op := f.didOp(newAgent(t, "a", []string{"a"}, nil))
	results, err := f.l.Apply(f.index, f.now.UnixMilli(), [][]byte{op.Encode()})
	if err != nil || len(results) != 1 || results[0] != nil {
		t.Errorf("results %v, %v", results, err)
	}
	if f.l.Size() != 1 {
		t.Error("an entry was applied again")
	}
	f.raw(f.now.UnixMilli(), nil)
	if f.l.AppliedIndex() != f.index {
		t.Errorf("an empty entry left the applied index at %d", f.l.AppliedIndex())
	}
}

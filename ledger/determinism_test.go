package ledger

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// timed is an operation and the leader's time for it.
type timed struct {
	cmd       []byte
	unixMilli int64
}

// script draws operations of every kind, many of which cannot be accepted.
type script struct {
	*rapid.T
	registry *agent
	agents   []*agent
	digests  []string
	known    []record.Op
	list     []timed
	now      time.Time
}

func drawScript(t *rapid.T, registry func() *agent, newAgent func(name string, o func(*webvh.CreateOptions), controllers ...string) *agent) *script {
	s := &script{T: t, registry: registry(), now: epoch.Add(time.Minute)}
	s.add(record.NewDIDOp(s.registry.pending, nil))
	n := rapid.IntRange(1, 40).Draw(t, "operations")
	for i := range n {
		s.step(i, newAgent)
	}
	return s
}

func (s *script) add(op record.Op, err error) {
	if err != nil {
		s.Fatal(err)
	}
	s.known = append(s.known, op)
	// Several operations may come at one time, and time may seem to go back.
	s.now = s.now.Add(time.Duration(rapid.IntRange(-200, 900).Draw(s.T, "ms")) * time.Millisecond)
	s.list = append(s.list, timed{op.Encode(), s.now.UnixMilli()})
}

func (s *script) pick(label string) *agent {
	return s.agents[rapid.IntRange(0, len(s.agents)-1).Draw(s.T, label)]
}

func (s *script) step(i int, newAgent func(string, func(*webvh.CreateOptions), ...string) *agent) {
	s.act(rapid.IntRange(0, 14).Draw(s.T, "action"), i, newAgent)
}

func (s *script) act(action, i int, newAgent func(string, func(*webvh.CreateOptions), ...string) *agent) {
	if len(s.agents) == 0 || action == 0 {
		name := fmt.Sprintf("agent%d", rapid.IntRange(0, 9).Draw(s.T, "name"))
		var controllers []string
		if len(s.agents) > 0 && rapid.Bool().Draw(s.T, "owned") {
			controllers = []string{string(s.pick("owner").id())}
		}
		a := newAgent(name, func(o *webvh.CreateOptions) { o.Time = epoch.Add(time.Duration(i) * time.Second) }, controllers...)
		s.agents = append(s.agents, a)
		s.add(record.NewDIDOp(a.pending, nil))
		a.pending = nil
		return
	}
	a := s.pick("who")
	switch action {
	case 1, 2:
		fork := *a
		e := fork.update(webvh.UpdateOptions{Time: epoch.Add(time.Duration(40+i) * time.Second)}, fmt.Sprint("service", i))
		if rapid.Bool().Draw(s.T, "follow") {
			*a = fork
		}
		a.pending = nil
		s.add(record.NewDIDOp([]jcs.Value{e}, nil))
	case 3:
		c := a.sign(a.credential(fmt.Sprint(rapid.IntRange(0, 5).Draw(s.T, "subject"))))
		s.digests = append(s.digests, record.CredentialDigest(c).String())
		s.add(record.NewCredentialOp(c, rapid.Bool().Draw(s.T, "publish")))
	case 4:
		c := a.credential(fmt.Sprint(rapid.IntRange(0, 5).Draw(s.T, "subject")))
		s.add(record.NewDigestOp(record.CredentialDigest(c), a.id(), proofOf(a.sign(c))))
	case 5, 6:
		target := string(s.pick("target").id())
		if len(s.digests) > 0 && rapid.Bool().Draw(s.T, "of credential") {
			target = s.digests[rapid.IntRange(0, len(s.digests)-1).Draw(s.T, "digest")]
		}
		status := rapid.SampledFrom([]record.Status{record.Active, record.Suspended, record.Suspended, record.Revoked}).Draw(s.T, "status")
		s.add(record.NewStatusOp(a.sign(statement(s.registry.state.SCID, target, status, s.now))))
	case 7:
		s.add(record.NewWitnessOp([]jcs.Value{witnessItem(a.t, a.state.VersionID, "w1", "w2")}))
	case 8:
		if rapid.IntRange(0, 3).Draw(s.T, "really") == 0 {
			fork := *a
			e := fork.deactivate()
			a.pending = nil
			s.add(record.NewDIDOp([]jcs.Value{e}, nil))
		}
	case 9:
		op := s.known[rapid.IntRange(0, len(s.known)-1).Draw(s.T, "again")]
		s.add(op, nil)
	default:
		s.stepAside(action, a)
	}
}

// stepAside draws operations about status lists, strangers and presentations.
func (s *script) stepAside(action int, a *agent) {
	index := rapid.IntRange(0, 3).Draw(s.T, "index")
	switch action {
	case 10:
		c := a.revocable(fmt.Sprint(rapid.IntRange(0, 5).Draw(s.T, "subject")), index)
		s.digests = append(s.digests, record.CredentialDigest(c).String())
		s.add(record.NewCredentialOp(c, rapid.Bool().Draw(s.T, "publish")))
	case 11:
		of := s.pick("issuer")
		entry := rapid.SampledFrom([]string{"revocation/0", "suspension/0", "suspension/1"}).Draw(s.T, "list")
		status := rapid.SampledFrom([]record.Status{record.Active, record.Suspended, record.Revoked}).Draw(s.T, "status")
		target := fmt.Sprintf("%s/status-lists/%s#%d", of.id(), entry, index)
		s.add(record.NewStatusOp(a.sign(statement(s.registry.state.SCID, target, status, s.now))))
	case 12:
		url := rapid.SampledFrom([]string{elsewhere("1"), elsewhere("2"), ownList(a.id(), "suspension", 1), ownList(a.id(), "suspension", 0)}).Draw(s.T, "url")
		set := rapid.SampledFrom([][]uint64{{}, {3}, {5}, {3, 5}, {3, 9}, {7}}).Draw(s.T, "set")
		purpose := rapid.SampledFrom([]string{"suspension", "suspension", "revocation"}).Draw(s.T, "purpose")
		s.add(record.NewStatusListOp(a.signAt(a.statusList(url, purpose, set...), s.now, did.AssertionMethod)))
	case 13:
		x := newStranger(a.t, fmt.Sprint("x", rapid.IntRange(0, 1).Draw(s.T, "stranger")))
		for range rapid.IntRange(0, 3).Draw(s.T, "versions") {
			x.grow(rapid.SampledFrom([]string{"s", "s", "t"}).Draw(s.T, "service"))
		}
		s.registry.t = a.t
		s.add(record.NewObservationOp(s.registry.sign(x.seen(s.registry.state.SCID, s.now).Value()), x.jsonl(), nil))
		if rapid.Bool().Draw(s.T, "unpin") {
			u := record.Unpin{Ledger: s.registry.state.SCID, DID: x.id(), Issued: s.now.Add(time.Second)}
			s.add(record.NewUnpinOp(s.registry.sign(u.Value())))
		}
	case 14:
		s.add(record.NewWhoisOp(a.signAt(a.presentation(fmt.Sprint(index)), s.now, did.Authentication)))
	}
}

// play applies a script in batches of operations of one time, cut as cut says, and
// calls after when each batch has been applied.
func play(t testing.TB, l func() *Ledger, script []timed, cut func(i int) bool, after func(index uint64)) [][]byte {
	t.Helper()
	var results [][]byte
	var index uint64
	var cmds [][]byte
	for i := range script {
		cmds = append(cmds, script[i].cmd)
		last := i == len(script)-1
		if !last && script[i+1].unixMilli == script[i].unixMilli && !cut(i) {
			continue
		}
		index++
		out, err := l().Apply(index, script[i].unixMilli, cmds)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, out...)
		cmds = nil
		after(index)
	}
	return results
}

// quantise makes times coincide, so that batches can be of several operations.
func quantise(script []timed) []timed {
	out := make([]timed, len(script))
	for i, s := range script {
		out[i] = timed{s.cmd, s.unixMilli / 2000 * 2000}
	}
	return out
}

func TestNeitherBatchesNorRestartsShow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawn := drawScript(rt,
			func() *agent { return newAgent(t, "registry", nil, nil) },
			func(name string, edit func(*webvh.CreateOptions), controllers ...string) *agent {
				return newAgent(t, name, []string{name}, edit, controllers...)
			})
		list := quantise(drawn.list)

		one := open(t, vfs.NewMem())
		defer closing(t, one)
		want := play(t, func() *Ledger { return one }, list, func(int) bool { return true }, func(uint64) {})

		fs := vfs.NewMem()
		many := open(t, fs)
		defer func() { closing(t, many) }()
		got := play(t, func() *Ledger { return many }, list,
			func(int) bool { return rapid.IntRange(0, 3).Draw(rt, "cut") == 0 },
			func(uint64) {
				if rapid.IntRange(0, 9).Draw(rt, "restart") == 0 {
					closing(t, many)
					many = open(t, fs)
				}
			})

		for i := range want {
			if !bytes.Equal(want[i], got[i]) {
				rt.Fatalf("operation %d: outcome %x one by one, %x in batches", i, want[i], got[i])
			}
		}
		if a, b := dump(t, one), dump(t, many); !bytes.Equal(a, b) {
			rt.Fatalf("the stores differ:\n%s\n%s", a, b)
		}
		CheckInvariants(t, many)
		restores(t, many)
	})
}

func closing(t testing.TB, l *Ledger) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCrashesLoseNothingThatIsReplayed takes away what was not synced, as a power
// failure may, and applies again what came after the applied index that is left.
func TestCrashesLoseNothingThatIsReplayed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawn := drawScript(rt,
			func() *agent { return newAgent(t, "registry", nil, nil) },
			func(name string, edit func(*webvh.CreateOptions), controllers ...string) *agent {
				return newAgent(t, name, []string{name}, edit, controllers...)
			})
		whole := open(t, vfs.NewMem())
		defer closing(t, whole)
		fs := vfs.NewCrashableMem()
		crashing := open(t, fs)
		var flushed uint64
		for i, op := range drawn.list {
			index := uint64(i + 1)
			for _, l := range []*Ledger{whole, crashing} {
				if _, err := l.Apply(index, op.unixMilli, [][]byte{op.cmd}); err != nil {
					rt.Fatal(err)
				}
			}
			switch rapid.IntRange(0, 7).Draw(rt, "event") {
			case 0:
				if err := crashing.Flush(); err != nil {
					rt.Fatal(err)
				}
				flushed = index
			case 1:
				fs = fs.CrashClone(vfs.CrashCloneCfg{
					UnsyncedDataPercent: rapid.IntRange(0, 100).Draw(rt, "kept"),
					RNG:                 rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0)),
				})
				closing(t, crashing) // the old one writes to a disk that nobody reads any more
				crashing = open(t, fs)
				applied := crashing.AppliedIndex()
				if applied < flushed || applied > index {
					rt.Fatalf("applied index %d after a crash at %d; %d was flushed", applied, index, flushed)
				}
				CheckInvariants(t, crashing)
				for j := applied; j < index; j++ {
					if _, err := crashing.Apply(j+1, drawn.list[j].unixMilli, [][]byte{drawn.list[j].cmd}); err != nil {
						rt.Fatal(err)
					}
				}
			}
		}
		if a, b := dump(t, whole), dump(t, crashing); !bytes.Equal(a, b) {
			rt.Fatalf("the stores differ:\n%s\n%s", a, b)
		}
		closing(t, crashing)
	})
}

// TestParallelJudgementDoesNotShow judges large batches with one worker and with
// many.
func TestParallelJudgementDoesNotShow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawn := drawScript(rt,
			func() *agent { return newAgent(t, "registry", nil, nil) },
			func(name string, edit func(*webvh.CreateOptions), controllers ...string) *agent {
				return newAgent(t, name, []string{name}, edit, controllers...)
			})
		cmds := make([][]byte, len(drawn.list))
		for i, op := range drawn.list {
			cmds[i] = op.cmd
		}
		var dumps, outcomes [2][]byte
		for i, workers := range []int{1, 16} {
			l, err := Open(Config{Dir: "ledger", fs: vfs.NewMem(), Workers: workers, MemTableBytes: 1 << 20})
			if err != nil {
				rt.Fatal(err)
			}
			results, err := l.Apply(1, drawn.now.UnixMilli(), cmds)
			if err != nil {
				rt.Fatal(err)
			}
			outcomes[i], dumps[i] = bytes.Join(results, nil), dump(t, l)
			closing(t, l)
		}
		if !bytes.Equal(outcomes[0], outcomes[1]) || !bytes.Equal(dumps[0], dumps[1]) {
			rt.Fatal("sixteen workers come to another result than one")
		}
	})
}

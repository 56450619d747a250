package consensus_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
)

var (
	faultTime = flag.Duration("faults", 8*time.Second, "how long the randomised fault run lasts")
	faultSeed = flag.Uint64("seed", 1, "seed of the randomised fault run")
)

// access is one operation on a register, as porcupine sees it.
type access struct {
	key   string
	write bool
	value string
}

// registers is a sequential set of registers, one partition for each key.
var registers = porcupine.Model{
	Partition: func(history []porcupine.Operation) (out [][]porcupine.Operation) {
		byKey := map[string][]porcupine.Operation{}
		for _, op := range history {
			k := op.Input.(access).key
			byKey[k] = append(byKey[k], op)
		}
		for _, ops := range byKey {
			out = append(out, ops)
		}
		return out
	},
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		if in := input.(access); in.write {
			return true, in.value
		}
		return output.(string) == state.(string), state
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprint(input, " → ", output) },
}

// recorder collects the history of one run.
type recorder struct {
	mu    sync.Mutex
	start time.Time
	ops   []porcupine.Operation
	ended map[string]int
}

func (r *recorder) now() int64 { return int64(time.Since(r.start)) }

func (r *recorder) add(op porcupine.Operation, how string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[how]++
	if how != "refused" {
		r.ops = append(r.ops, op)
	}
}

// enough says whether there is something to check.
func (r *recorder) enough() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended["written"] >= 50 && r.ended["read"] >= 50
}

// client writes and reads through nodes picked at random until ctx ends.
func (r *recorder) client(ctx context.Context, c *consensustest.Cluster, nodes *sync.Map, id int, rng *rand.Rand) {
	for n := 0; ctx.Err() == nil; n++ {
		in := access{key: fmt.Sprint("k", rng.IntN(6)), write: rng.IntN(2) == 0, value: fmt.Sprintf("%d-%d", id, n)}
		v, ok := nodes.Load(rng.IntN(len(c.Nodes)))
		if !ok {
			continue
		}
		node := v.(*live)
		op := porcupine.Operation{ClientId: id, Input: in, Output: "", Call: r.now()}
		call, cancel := context.WithTimeout(context.Background(), 400*time.Millisecond)
		var err error
		if in.write {
			err = c.Propose(call, node.replica, consensustest.Command{ID: in.value, Key: in.key, Value: in.value})
		} else if err = node.replica.ReadBarrier(call); err == nil {
			op.Output = node.machine.Get(in.key)
		}
		cancel()
		op.Return = r.now()
		switch {
		case err == nil:
			r.add(op, map[bool]string{true: "written", false: "read"}[in.write])
		case errors.Is(err, consensus.ErrOutcomeUnknown):
			op.Return = int64(time.Hour) // it may take effect at any time
			r.add(op, "unknown")
		case consensus.NotProposed(err), !in.write && errors.Is(err, consensus.ErrBehind):
			r.add(op, "refused")
		default:
			c.TB.Errorf("an ending that is none of the three: %v", err)
		}
	}
}

// live is a running node. Its machine is frozen when the replica stops, so that a
// read begun before a crash does not see what the crash left.
type live struct {
	replica *consensus.Replica
	machine interface{ Get(string) string }
}

// TestLinearizableUnderFaults runs writers and readers on all nodes while links
// are cut, slowed and reset and nodes crash, close and take snapshots, and proves
// the history linearizable.
func TestLinearizableUnderFaults(t *testing.T) {
	t.Parallel()
	seed := *faultSeed
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		cfg.SnapshotEntries, cfg.SnapshotInterval, cfg.TrailingEntries = 40, 100*time.Millisecond, 8
		cfg.LeaderWait = 100 * time.Millisecond
	}})
	c.Leader()
	var nodes sync.Map
	for i, n := range c.Nodes {
		nodes.Store(i, &live{n.Replica, n.M()})
	}
	rec := &recorder{start: time.Now(), ended: map[string]int{}}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		pause(ctx, *faultTime)
		for end := time.Now().Add(consensustest.Patience); !rec.enough() && time.Now().Before(end); {
			pause(ctx, time.Second) // on a busy machine
		}
		cancel()
	}()
	var clients sync.WaitGroup
	for id := range 8 {
		r := rand.New(rand.NewPCG(seed, uint64(id+1)))
		clients.Go(func() { rec.client(ctx, c, &nodes, id, r) })
	}
	faults := 0
	for ctx.Err() == nil {
		faults++
		disturb(ctx, c, &nodes, rng)
	}
	clients.Wait()
	c.Net.Heal()
	c.Check()
	t.Logf("%d faults, endings %v", faults, rec.ended)
	if !rec.enough() {
		t.Errorf("too little happened: %v", rec.ended)
	}
	result := porcupine.CheckOperationsTimeout(registers, rec.ops, time.Minute)
	if result != porcupine.Ok {
		t.Errorf("history of %d operations: %v", len(rec.ops), result)
	}
}

// disturb does one harmful thing, lets it last, and undoes it.
func disturb(ctx context.Context, c *consensustest.Cluster, nodes *sync.Map, rng *rand.Rand) {
	i := rng.IntN(len(c.Nodes))
	n, other := c.Nodes[i], c.Nodes[(i+1)%len(c.Nodes)]
	if rng.IntN(2) == 0 { // leaders are the better victims
		for j, p := range c.Nodes {
			if _, self := p.Replica.Leader(); self {
				i, n, other = j, p, c.Nodes[(j+1)%len(c.Nodes)]
			}
		}
	}
	lasting := time.Duration(50+rng.IntN(600)) * time.Millisecond
	switch rng.IntN(7) {
	case 0:
		n.Isolate()
	case 1:
		c.Net.Cut(n.ID, other.ID)
	case 2:
		c.Net.CutOneWay(n.ID, other.ID)
	case 3:
		c.Net.Delay(n.ID, other.ID, time.Duration(rng.IntN(80))*time.Millisecond)
	case 4:
		c.Net.Reset(n.ID, other.ID)
	case 5, 6:
		nodes.Delete(i)
		if rng.IntN(2) == 0 {
			n.Crash()
		} else {
			n.Stop()
		}
	}
	pause(ctx, lasting)
	c.Net.Heal()
	if n.Replica == nil {
		n.Start()
		nodes.Store(i, &live{n.Replica, n.M()})
	}
	pause(ctx, time.Duration(rng.IntN(400))*time.Millisecond)
}

// pause lets time pass: how long a fault lasts is part of what is tested.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

package faulttest

import (
	"fmt"
	"testing"
	"time"
)

// A crash of all servers takes nothing away that was acknowledged, and little that has to be applied
// again: what they do to be ready does not depend on how much was written before, each write in a log
// entry of its own.
func TestCrashOfAllLeavesLittleToReplay(t *testing.T) {
	faults(t)
	c := newCluster(t, "--write-rate", "0")
	took := make(map[int]time.Duration)
	const few, many = 100, 1700
	size := uint64(1)
	for _, n := range []int{few, many} {
		leader := c.leader()
		for i := range n {
			leader.create(fmt.Sprintf("agents-%d/%d", n, i))
			size++
		}
		for _, s := range c.servers {
			s.kill()
		}
		start := time.Now()
		for _, s := range c.servers {
			s.start()
		}
		c.ready(c.servers...)
		for _, s := range c.servers {
			took[n] = max(took[n], s.cpu())
		}
		t.Logf("after %d writes: all ready in %v, the busiest with %v of processor time", n, time.Since(start), took[n])
		c.checkAgree(size)
	}
	if most := took[few] + time.Second/4; took[many] > most {
		t.Errorf("after %d writes a restart takes %v of processor time, more than %v", many, took[many], most)
	}
}

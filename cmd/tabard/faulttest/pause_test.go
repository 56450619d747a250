package faulttest

import (
	"fmt"
	"testing"
)

// A leader that is paused in the middle of writes, and goes on when another leads, loses nothing:
// what was confirmed meanwhile it has, like all others.
func TestPausedLeader(t *testing.T) {
	t.Parallel()
	faults(t)
	c := newCluster(t)
	var paths []string
	for round := range 2 {
		leader := c.leader()
		entry, taken := newCreation(t, fmt.Sprintf("perhaps/%d", round)), make(chan struct{})
		go func() { // on its way to the leader, or taken by it, when that is paused
			defer close(taken)
			_, _ = entry.post(impatient, leader) // however it ends
		}()
		leader.pause()
		for _, s := range c.servers {
			if s != leader {
				path := fmt.Sprintf("meanwhile/%d-%s", round, s.id)
				s.create(path)
				paths = append(paths, path)
			}
		}
		leader.resume()
		<-taken
		path := fmt.Sprintf("after/%d", round)
		leader.create(path)
		paths = append(paths, path)
		c.ready(c.servers...)
	}
	c.checkAgree(uint64(len(paths)))
	for _, s := range c.servers {
		for _, path := range paths {
			if !s.has(path) {
				t.Errorf("%s has lost %s", s.id, path)
			}
		}
	}
}

package faulttest

import (
	"fmt"
	"testing"
)

// What was acknowledged by any server is on all of them after each has been killed once.
func TestEachServerKilledOnce(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	var newest uint64
	for i, s := range c.servers {
		newest = max(newest, uint64(s.create(fmt.Sprintf("before/%d", i)).Seq))
		s.kill()
		other := c.servers[(i+1)%len(c.servers)]
		newest = max(newest, uint64(other.create(fmt.Sprintf("meanwhile/%d", i)).Seq))
		s.start()
		c.ready(s)
	}
	c.checkAgree(newest + 1)
	for _, s := range c.servers {
		if s.cpu() <= 0 || s.memory() <= 0 || s.descriptors() <= 0 {
			t.Errorf("%s: %v of CPU, %d bytes, %d descriptors", s.id, s.cpu(), s.memory(), s.descriptors())
		}
		s.stop()
	}
}

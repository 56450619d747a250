package consensustest

import "fmt"

// Check brings all running nodes up to date and proves that no acknowledged
// command is lost, that none is applied twice, that time never goes back in
// entries of one machine's history, and that all replicas agree.
func (c *Cluster) Check() {
	c.TB.Helper()
	var first []Command
	for i, n := range c.Running() {
		n.Barrier()
		h := n.M().History()
		if err := c.checkHistory(h); err != nil {
			c.TB.Fatalf("%s: %v", n.ID, err)
		}
		if i == 0 {
			first = h
			continue
		}
		for j := range min(len(first), len(h)) {
			if first[j] != h[j] {
				c.TB.Fatalf("replicas diverge at command %d: %v on one, %v on %s", j, first[j], h[j], n.ID)
			}
		}
	}
}

func (c *Cluster) checkHistory(h []Command) error {
	seen := make(map[string]int, len(h))
	for i, cmd := range h {
		if j, ok := seen[cmd.ID]; ok {
			return fmt.Errorf("command %s applied at %d and again at %d", cmd.ID, j, i)
		}
		seen[cmd.ID] = i
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id := range c.acked {
		if _, ok := seen[id]; !ok {
			return fmt.Errorf("acknowledged command %s is lost", id)
		}
	}
	return nil
}

package node

import (
	"context"
	"time"
)

// progressEvery is how often a node that is not ready says how far it has come.
const progressEvery = 2 * time.Second

// tellProgress logs, until the node is ready for the first time, what it has applied of
// what it has.
func (n *Node) tellProgress(ctx context.Context) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	start := time.Now()
	for !n.ready() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if log := n.replica.Status(); !n.ready() {
			reason := ""
			if err := n.replica.Unready(); err != nil {
				reason = err.Error()
			}
			n.log.Info("not ready yet", "reason", reason, "applied", log.AppliedIndex, "of", log.LastIndex,
				"records", n.ledger.Size(), "leader", log.Leader, "since", time.Since(start).Round(time.Second).String())
		}
	}
	n.log.Info("ready", "records", n.ledger.Size(), "after", time.Since(start).Round(time.Second).String())
}

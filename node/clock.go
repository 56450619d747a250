package node

import (
	"context"
	"time"

	"github.com/tabard-id/tabard/node/internal/httpapi"
)

// timeInterval is how often the time of the newest record is compared with the clock.
const timeInterval = 10 * time.Second

// watchTime says, once each time it comes about, that the ledger is ahead of the clock.
func (n *Node) watchTime(ctx context.Context) {
	tick := time.NewTicker(timeInterval)
	defer tick.Stop()
	said := false
	for {
		words := n.ahead()
		if words != "" && !said {
			n.log.Error("the ledger's time is ahead of this node's clock", "problem", words)
		}
		said = words != ""
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (n *Node) ahead() string {
	view := n.ledger.View()
	defer view.Close()
	if view.Size() == 0 {
		return ""
	}
	return httpapi.Ahead(view.Time(), n.cfg.clock(), n.cfg.MaxClockSkew)
}

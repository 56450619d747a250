package node

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/tabard-id/tabard/consensus"
)

// damaged is told that the ledger's files hold something else than was written to them.
// From then on the node serves nothing from them (httpapi), and its subscribers hear no
// heartbeat. It still votes, and applies what it can.
func (n *Node) damaged(err error) {
	n.log.Error("the ledger is damaged: this node is out of service", "error", err, "do", "stop the node, "+n.repair())
}

// repair says what an operator is to do about a damaged ledger.
func (n *Node) repair() string {
	ledger, log := filepath.Join(n.cfg.Dir, "ledger"), filepath.Join(n.cfg.Dir, "raft")
	if len(n.cfg.Peers) == 1 {
		return fmt.Sprintf("put %s and %s back from a backup of one moment, and start the node again", ledger, log)
	}
	return fmt.Sprintf("move %s and %s away, keep %s, and start the node again: it fetches the ledger from the others",
		ledger, log, filepath.Join(n.cfg.Dir, keyFile))
}

// staleness is how old the state is that subscribers hear of.
func (n *Node) staleness() time.Duration {
	if n.ledger.Damage() != nil {
		return consensus.NeverApplied
	}
	return n.replica.Staleness()
}

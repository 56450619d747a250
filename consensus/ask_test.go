package consensus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
)

// A node answers the questions of its peers, leader or not, and one that cannot be reached is told from
// one that may have heard.
func TestAsk(t *testing.T) {
	t.Parallel()
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		id := cfg.NodeID
		cfg.Answer = func(question []byte) []byte { return append([]byte(id+" heard "), question...) }
	}})
	ask := func(from int, peer string, question []byte) ([]byte, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		return c.Nodes[from].Replica.Ask(ctx, peer, question)
	}
	for from := range c.Nodes {
		for _, to := range c.Nodes {
			c.Eventually(to.ID+" answers", func() error {
				got, err := ask(from, to.ID, []byte("this"))
				if err == nil && string(got) != to.ID+" heard this" {
					t.Fatalf("n%d asked %s and heard %q", from+1, to.ID, got)
				}
				return err
			})
		}
	}
	if _, err := ask(0, "n2", bytes.Repeat([]byte("x"), 1025)); !errors.Is(err, consensus.ErrTooLarge) {
		t.Errorf("a question of more than 1 KiB: %v", err)
	}
	if _, err := ask(0, "n9", nil); !consensus.NotProposed(err) {
		t.Errorf("a stranger: %v", err)
	}
	c.Nodes[1].Stop()
	c.Eventually("n2 is known to be away", func() error {
		if _, err := ask(0, "n2", []byte("this")); !errors.Is(err, consensus.ErrNoLeader) {
			return fmt.Errorf("it ended with %v", err)
		}
		return nil
	})
}

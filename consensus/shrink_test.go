package consensus_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
)

// The file of the log stays small under writes, snapshots and crashes, and nothing that
// was acknowledged is lost by that.
func TestLogFileStaysSmall(t *testing.T) {
	t.Parallel()
	var exchanged [3]atomic.Int64
	c := consensustest.New(t, consensustest.Options{Configure: func(cfg *consensus.Config) {
		cfg.SnapshotBytes, cfg.SnapshotInterval = 1<<20, 20*time.Millisecond
		cfg.TrailingEntries, cfg.RetainBytes = 4, 1<<20
		consensus.ShrinkFile(cfg, 1<<20, func(step string) error {
			if step == "directory synced" {
				exchanged[cfg.NodeID[1]-'1'].Add(1)
			}
			return nil
		})
	}})
	value := strings.Repeat("v", 100<<10)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				n := c.Nodes[0].Replica // never crashed here, so that it can be used without a lock
				short, cancel := context.WithTimeout(ctx, 30*time.Second)
				err := c.Propose(short, n, consensustest.Command{ID: fmt.Sprint(w, "-", i), Key: fmt.Sprint(w), Value: value})
				cancel()
				if err != nil && ctx.Err() == nil && !consensus.NotProposed(err) && !errors.Is(err, consensus.ErrOutcomeUnknown) {
					t.Error(err)
				}
			}
		})
	}
	for _, n := range c.Nodes[1:] {
		c.Eventually("the file of "+n.ID+" to be exchanged", func() error {
			if exchanged[n.ID[1]-'1'].Load() == 0 {
				return errors.New("it is not")
			}
			return nil
		})
		n.Crash()
		n.Start()
	}
	c.Eventually("every file to be exchanged", func() error {
		for i := range exchanged {
			if exchanged[i].Load() == 0 {
				return fmt.Errorf("that of n%d is not", i+1)
			}
		}
		return nil
	})
	stop()
	writers.Wait()
	c.Check()
	for _, n := range c.Nodes {
		n.Stop()
		n.Start() // a file that is mostly free is made smaller
		info, err := os.Stat(filepath.Join(n.Dir, "raft.db"))
		if err != nil {
			t.Fatal(err)
		}
		if most := int64(32 << 20); info.Size() > most {
			t.Errorf("the file of %s has %d bytes, want at most %d", n.ID, info.Size(), most)
		}
	}
	c.Check()
}

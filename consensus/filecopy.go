package consensus

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
)

const (
	copyBatchBytes   = 4 << 20
	copyBatchEntries = 1024
	// copyTail is how many entries may be left for the time in which Raft has to wait.
	copyTail = 16
)

// errCut means that a copy was given up because entries it may hold were deleted.
var errCut = errors.New("the end of the log was cut off meanwhile")

// shrink exchanges the file for a copy of what is in use, if it is mostly free. Raft
// goes on meanwhile, but for the last steps:
//
//  1. What is in the log is copied, and synced. A crash leaves a file that is dropped
//     at the next start, and the log as it was.
//  2. Raft has to wait from here on. What it has stored since is copied, deletions
//     are repeated, and all is synced: both files say the same.
//  3. The copy gets the name of the file. Whichever a crash leaves under that name,
//     it has everything.
//  4. The directory is synced before Raft goes on, so that what it stores from now on
//     cannot be in a file that has no name after a crash.
func (f *fileStore) shrink(ctx context.Context) (done bool, err error) {
	if !f.due() {
		return false, nil
	}
	if err := removeIfThere(f.path + copySuffix); err != nil {
		return false, err
	}
	next, err := openBolt(f.path+copySuffix, true)
	if err != nil {
		return false, err
	}
	c := &fileCopy{from: f, to: next, cuts: f.cuts.Load()}
	if err = c.most(ctx); err == nil {
		err = f.exchange(c)
	}
	if c.renamed {
		return err == nil, err
	}
	if !c.closed {
		err = errors.Join(err, next.Close())
	}
	return false, errors.Join(err, removeIfThere(f.path+copySuffix))
}

func (f *fileStore) due() bool {
	due := false
	err := f.use(func(b *raftboltdb.BoltStore) error {
		due = f.wasteful(os.Getpagesize(), b.Stats)
		return nil
	})
	return err == nil && due
}

// exchange takes the last steps, during which nothing else is done with the file.
func (f *fileStore) exchange(c *fileCopy) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	if err := c.rest(); err != nil {
		return err
	}
	c.closed = true
	if err := errors.Join(c.to.Close(), f.step("copied")); err != nil {
		return err
	}
	c.renamed = true // perhaps: from here on only success lets the file be used
	old, err := f.bolt, f.rename()
	if err == nil {
		f.bolt, err = openBolt(f.path, false)
	}
	if err = errors.Join(err, old.Close()); err != nil {
		f.err = fmt.Errorf("exchange %s for a copy: %w", f.path, err)
	}
	return f.err
}

// fileCopy is a copy being made of a log's file.
type fileCopy struct {
	from *fileStore
	to   *raftboltdb.BoltStore
	cuts uint64 // of from, when the copy began
	last uint64 // entry copied

	closed, renamed bool
}

// most copies what is in the log, until little is left, while Raft goes on.
func (c *fileCopy) most(ctx context.Context) error {
	for {
		first, last, err := bounds(c.from)
		if err != nil {
			return err
		}
		if err := c.entries(ctx, c.from, first, last); err != nil {
			return err
		}
		if err := errors.Join(c.to.Sync(), c.from.step("most copied")); err != nil {
			return err
		}
		if _, now, err := bounds(c.from); err != nil || now <= last+copyTail {
			return err
		}
	}
}

// rest brings the copy up to date. The caller holds from.mu.
func (c *fileCopy) rest() error {
	if c.from.cuts.Load() != c.cuts {
		return errCut
	}
	first, last, err := bounds(c.from.bolt)
	if err != nil {
		return err
	}
	if err := c.entries(context.Background(), c.from.bolt, first, last); err != nil {
		return err
	}
	if old, end, err := bounds(c.to); err != nil {
		return err
	} else if gone := min(first-1, end); last == 0 && end > 0 {
		if err := c.to.DeleteRange(old, end); err != nil {
			return err
		}
	} else if end > 0 && old <= gone {
		if err := c.to.DeleteRange(old, gone); err != nil {
			return err
		}
	}
	for key := range c.from.keys {
		value, err := c.from.bolt.Get([]byte(key))
		if errors.Is(err, raftboltdb.ErrKeyNotFound) {
			continue
		}
		if err == nil {
			err = c.to.Set([]byte(key), value)
		}
		if err != nil {
			return err
		}
	}
	return c.to.Sync()
}

// entries copies the entries that have not been, up to last. Those that are deleted
// meanwhile are the oldest, or the copy is given up.
func (c *fileCopy) entries(ctx context.Context, from raft.LogStore, first, last uint64) error {
	var batch []*raft.Log
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := c.to.StoreLogs(batch)
		batch, size = batch[:0], 0
		return errors.Join(err, ctx.Err())
	}
	for i := max(first, c.last+1); i <= last && last > 0; i++ {
		l := new(raft.Log)
		err := from.GetLog(i, l)
		if errors.Is(err, raft.ErrLogNotFound) && c.from.cuts.Load() == c.cuts {
			c.last = i
			continue // deleted just now, with all before it
		}
		if err != nil {
			return err
		}
		batch, size, c.last = append(batch, l), size+len(l.Data), i
		if size > copyBatchBytes || len(batch) == copyBatchEntries {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func bounds(s raft.LogStore) (first, last uint64, err error) {
	if first, err = s.FirstIndex(); err == nil {
		last, err = s.LastIndex()
	}
	return first, last, err
}

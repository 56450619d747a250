package main

import (
	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/node"
)

// timingFlags say what the nodes of a cluster expect of each other; the same on every node.
func timingFlags() []cli.Flag {
	return []cli.Flag{
		&cli.DurationFlag{Name: "heartbeat-timeout", Usage: "elect another leader after `TIME` to twice that without a word of it", DefaultText: "1s, of a node without peers 50ms"},
		&cli.DurationFlag{Name: "election-timeout", Usage: "begin an election again after `TIME` to twice that; at least the heartbeat timeout", DefaultText: "1s"},
		&cli.DurationFlag{Name: "leader-lease", Usage: "step down after `TIME` without a majority; at most the heartbeat timeout", DefaultText: "heartbeat timeout"},
		&cli.DurationFlag{Name: "leader-wait", Usage: "how long a write waits for a leader, `TIME`, or as long as there was none before, up to 10s more", DefaultText: "8 election timeouts"},
		&cli.DurationFlag{Name: "append-timeout", Usage: "step down when the own disk takes longer than `TIME` for an entry of the log", DefaultText: "1.5s"},
	}
}

func timingFromFlags(c *cli.Context) (node.Timing, error) {
	for _, f := range timingFlags() {
		if err := positive(c, f.Names()[0]); err != nil {
			return node.Timing{}, err
		}
	}
	return node.Timing{
		Heartbeat: c.Duration("heartbeat-timeout"), Election: c.Duration("election-timeout"),
		Lease: c.Duration("leader-lease"), LeaderWait: c.Duration("leader-wait"), Append: c.Duration("append-timeout"),
	}, nil
}

// positive refuses times and numbers that are given as zero or less, which would count as not given.
func positive(c *cli.Context, names ...string) error {
	for _, name := range names {
		if c.IsSet(name) && c.Duration(name) <= 0 && c.Int(name) <= 0 {
			return usage("--%s must be more than nothing", name)
		}
	}
	return nil
}

// maxRetain is the largest --retain-log, in MiB.
const maxRetain = 1 << 20

func retainFromFlags(c *cli.Context) (int64, error) {
	n := c.Int("retain-log")
	if n < 1 || n > maxRetain {
		return 0, usage("--retain-log must be between 1 and %d", maxRetain)
	}
	return int64(n) << 20, nil
}

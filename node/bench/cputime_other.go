//go:build !unix

package bench

import "time"

var started = time.Now()

// cpuTime is wall time where the system is not asked for anything better.
func cpuTime() time.Duration { return time.Since(started) }

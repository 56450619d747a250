package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// What one hostile input, or one request, may cost at most.
const (
	HostileCPU  = time.Second
	HostileHeap = 64 << 20
)

// A HostileRow is what the worst input found for a parser or verifier costs.
type HostileRow struct {
	Parser string `json:"parser"`
	Input  string `json:"input"`
	// Bytes is the size of the input.
	Bytes int `json:"bytes"`
	// CPU is user and system time of all threads, garbage collection included.
	CPU float64 `json:"cpuMilliseconds"`
	// Allocated is all that was allocated, Peak the most heap in use at a time while the
	// collector hardly lets garbage lie; both beyond what was there before.
	Allocated int64 `json:"allocatedBytes"`
	Peak      int64 `json:"peakHeapBytes"`
	// Refused says whether the input was, Detail why.
	Refused bool   `json:"refused"`
	Detail  string `json:"detail,omitempty"`
	// Met: neither time nor memory went beyond the aim.
	Met bool `json:"met"`
}

// An attack is one hostile input.
type attack struct {
	parser, name string
	// refused is whether it has to be; a legal input that is expensive is not.
	refused bool
	// prepare makes the input, its size, and what is measured.
	prepare func(context.Context) (int, func() error, error)
}

// text is an attack whose input is one text.
func text(parser, name string, refused bool, make func() string, run func([]byte) error) attack {
	return attack{parser, name, refused, func(context.Context) (int, func() error, error) {
		input := []byte(make())
		return len(input), func() error { return run(input) }, nil
	}}
}

// HostileOptions choose among the inputs.
type HostileOptions struct {
	// Parser names one parser; "" is all of them.
	Parser string
}

// Hostile gives every parser and verifier the worst inputs known, one after another, and reports what
// each costs. It fails where an input is accepted that has to be refused, or the other way round.
func Hostile(ctx context.Context, opt HostileOptions) ([]HostileRow, error) {
	target, err := newTarget(ctx)
	if err != nil {
		return nil, err
	}
	all, err := target.attacks()
	if err != nil {
		return nil, errors.Join(err, target.close())
	}
	rows, err := hostileRows(ctx, opt, all)
	return rows, errors.Join(err, target.close())
}

func hostileRows(ctx context.Context, opt HostileOptions, all []attack) ([]HostileRow, error) {
	var rows []HostileRow
	for _, a := range all {
		if opt.Parser != "" && opt.Parser != a.parser {
			continue
		}
		if err := ctx.Err(); err != nil {
			return rows, err
		}
		row, err := a.measure(ctx)
		if err != nil {
			return rows, fmt.Errorf("%s: %s: %w", a.parser, a.name, err)
		}
		if row.Refused != a.refused {
			return rows, fmt.Errorf("%s: %s: refused is %v, want %v: %s", a.parser, a.name, row.Refused, a.refused, row.Detail)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no hostile input is for %q", opt.Parser)
	}
	return rows, nil
}

// collecting is how much the heap may grow, in percent, before garbage is collected while memory is
// measured: what is in use then is what is needed.
const collecting = 10

// measure runs the attack twice, on inputs made anew, since caches may have seen the first: once for
// memory and once for time.
func (a attack) measure(ctx context.Context) (HostileRow, error) {
	row := HostileRow{Parser: a.parser, Input: a.name}
	size, run, err := a.prepare(ctx)
	if err != nil {
		return row, err
	}
	row.Bytes, row.Peak = size, peakOf(func() { err = run() })
	if err != nil {
		row.Refused, row.Detail = true, fmt.Sprintf("%.100s", err.Error())
	}
	if _, run, err = a.prepare(ctx); err != nil {
		return row, err
	}
	runtime.GC()
	before := readUsage()
	again := run()
	after := readUsage()
	if (again != nil) != row.Refused {
		return row, fmt.Errorf("first %q, then %w", row.Detail, again)
	}
	row.CPU = float64((after.cpu - before.cpu).Microseconds()) / 1000
	row.Allocated = int64(after.allocated - before.allocated)
	row.Met = after.cpu-before.cpu <= HostileCPU && row.Peak <= HostileHeap
	return row, nil
}

// peakOf is the most heap that f has in use at a time.
func peakOf(f func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(collecting))
	runtime.GC()
	watch := watchHeap(readUsage().heap)
	f()
	return int64(watch.stop())
}

type usage struct {
	cpu time.Duration
	// allocated and heap are in bytes.
	allocated, heap uint64
}

const (
	metricHeap      = "/memory/classes/heap/objects:bytes"
	metricAllocated = "/gc/heap/allocs:bytes"
)

func readUsage() usage {
	s := []metrics.Sample{{Name: metricHeap}, {Name: metricAllocated}}
	metrics.Read(s)
	return usage{cpu: cpuTime(), heap: s[0].Value.Uint64(), allocated: s[1].Value.Uint64()}
}

// heapWatch looks at the heap again and again.
type heapWatch struct {
	end  chan struct{}
	peak chan uint64
}

func watchHeap(base uint64) heapWatch {
	w := heapWatch{make(chan struct{}), make(chan uint64)}
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		most, s := base, []metrics.Sample{{Name: metricHeap}}
		for done := false; !done; {
			select {
			case <-tick.C:
			case <-w.end:
				done = true
			}
			metrics.Read(s)
			most = max(most, s[0].Value.Uint64())
		}
		w.peak <- most - base
	}()
	return w
}

func (w heapWatch) stop() uint64 {
	close(w.end)
	return <-w.peak
}

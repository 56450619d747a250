package consensus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// raftLogger passes Raft's messages to slog, one level lower: what Raft calls an
// error is mostly a peer that cannot be reached just now. What ends the node is
// reported by the replica itself.
type raftLogger struct {
	log     *slog.Logger
	name    string
	args    []any
	repeats *repeats    // shared by all loggers made from one
	closing func() bool // when connections break because this node closes them
}

func newRaftLogger(l *slog.Logger, closing func() bool) hclog.Logger {
	return &raftLogger{log: l.With("component", "raft"), repeats: &repeats{last: map[string]time.Time{}}, closing: closing}
}

// repeats holds back what Raft says again and again for as long as a peer is down.
type repeats struct {
	mu   sync.Mutex
	last map[string]time.Time // by message, of which Raft has a fixed set
}

// repeatEvery is how often one message may come at its own level.
const repeatEvery = 10 * time.Second

// again reports whether msg came within the last repeatEvery.
func (r *repeats) again(msg string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, ok := r.last[msg]; ok && now.Sub(last) < repeatEvery {
		return true
	}
	r.last[msg] = now
	return false
}

func slogLevel(l hclog.Level) slog.Level {
	switch {
	case l >= hclog.Error:
		return slog.LevelWarn
	case l == hclog.Warn:
		return slog.LevelInfo
	case l == hclog.Info:
		return slog.LevelDebug
	}
	return slog.LevelDebug - 4
}

func (r *raftLogger) emit(l hclog.Level, msg string, args []any) {
	if !r.enabled(l) {
		return
	}
	plain, level := make([]any, len(args)), slogLevel(l)
	for i, a := range args {
		if err, ok := a.(error); ok && errors.Is(err, net.ErrClosed) {
			level = slog.LevelDebug // this node is closing, or has closed that connection
		}
		if f, ok := a.(hclog.Format); ok && len(f) > 0 {
			if format, ok := f[0].(string); ok {
				a = fmt.Sprintf(format, f[1:]...)
			}
		}
		plain[i] = a
	}
	if level > slog.LevelDebug && (r.closing() || r.repeats.again(msg, time.Now())) {
		level = slog.LevelDebug
	}
	r.log.Log(context.Background(), level, msg, plain...)
}

func (r *raftLogger) enabled(l hclog.Level) bool {
	return r.log.Enabled(context.Background(), slogLevel(l))
}

func (r *raftLogger) Log(l hclog.Level, msg string, args ...any) { r.emit(l, msg, args) }
func (r *raftLogger) Trace(msg string, args ...any)              { r.emit(hclog.Trace, msg, args) }
func (r *raftLogger) Debug(msg string, args ...any)              { r.emit(hclog.Debug, msg, args) }
func (r *raftLogger) Info(msg string, args ...any)               { r.emit(hclog.Info, msg, args) }
func (r *raftLogger) Warn(msg string, args ...any)               { r.emit(hclog.Warn, msg, args) }
func (r *raftLogger) Error(msg string, args ...any)              { r.emit(hclog.Error, msg, args) }

func (r *raftLogger) IsTrace() bool { return r.enabled(hclog.Trace) }
func (r *raftLogger) IsDebug() bool { return r.enabled(hclog.Debug) }
func (r *raftLogger) IsInfo() bool  { return r.enabled(hclog.Info) }
func (r *raftLogger) IsWarn() bool  { return r.enabled(hclog.Warn) }
func (r *raftLogger) IsError() bool { return r.enabled(hclog.Error) }

func (r *raftLogger) ImpliedArgs() []any          { return r.args }
func (r *raftLogger) Name() string                { return r.name }
func (r *raftLogger) GetLevel() hclog.Level       { return hclog.NoLevel }
func (r *raftLogger) SetLevel(hclog.Level)        {}
func (r *raftLogger) Named(n string) hclog.Logger { return r.ResetNamed(r.name + n) }

func (r *raftLogger) With(args ...any) hclog.Logger {
	return &raftLogger{log: r.log.With(args...), name: r.name, args: append(r.args[:len(r.args):len(r.args)], args...), repeats: r.repeats, closing: r.closing}
}

func (r *raftLogger) ResetNamed(n string) hclog.Logger {
	return &raftLogger{log: r.log, name: n, args: r.args, repeats: r.repeats, closing: r.closing}
}

func (r *raftLogger) StandardLogger(*hclog.StandardLoggerOptions) *log.Logger {
	return slog.NewLogLogger(r.log.Handler(), slog.LevelDebug)
}

func (r *raftLogger) StandardWriter(o *hclog.StandardLoggerOptions) io.Writer {
	return r.StandardLogger(o).Writer()
}

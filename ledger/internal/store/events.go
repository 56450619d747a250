package store

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// engineLogger passes what Pebble says to slog. Text is made only if wanted.
type engineLogger struct{ log *slog.Logger }

func (l engineLogger) Infof(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("store", "event", fmt.Sprintf(format, args...))
	}
}

func (l engineLogger) Errorf(format string, args ...any) {
	l.log.Error("store", "event", fmt.Sprintf(format, args...))
}

// Fatalf must not return: Pebble calls it when its files and its memory no longer
// agree, and anything done after that would make things worse.
func (l engineLogger) Fatalf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	l.log.Error("store cannot go on", "event", text)
	panic("store: " + text)
}

// events notes the first background failure, and logs the rest.
func (d *DB) events(log *slog.Logger) *pebble.EventListener {
	e := &pebble.EventListener{}
	if log.Enabled(context.Background(), slog.LevelDebug) {
		logging := pebble.MakeLoggingEventListener(engineLogger{log})
		e = &logging
	}
	e.BackgroundError = func(err error) {
		d.failure.CompareAndSwap(nil, &err)
		log.Error("store failed in the background", "error", err)
	}
	e.DataCorruption = func(info pebble.DataCorruptionInfo) {
		d.damage.noted(&fileError{info.Path, fmt.Errorf("%w: %w", ErrCorrupt, info.Details)}) //nolint:errcheck // nobody waits for it
	}
	e.DiskSlow = func(info pebble.DiskSlowInfo) {
		log.Warn("disk is slow", "path", info.Path, "duration", info.Duration)
	}
	return e
}

package consensus

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestRaftDoesNotRepeatItself(t *testing.T) {
	var out bytes.Buffer
	var closing atomic.Bool
	log := newRaftLogger(slog.New(slog.NewTextHandler(&out, nil)), closing.Load)
	for range 100 {
		log.Error("failed to appendEntries to", "peer", "n2")
		log.With("x", 1).Error("failed to heartbeat to", "peer", "n2")
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines for two messages:\n%s", n, out.String())
	}
	r := &repeats{last: map[string]time.Time{}}
	now := time.Now()
	if r.again("m", now) || !r.again("m", now.Add(repeatEvery-1)) || r.again("m", now.Add(repeatEvery)) {
		t.Error("a message may come again after repeatEvery, not before")
	}
}

func TestClosedConnectionsAreNoNews(t *testing.T) {
	var out bytes.Buffer
	var closing atomic.Bool
	log := newRaftLogger(slog.New(slog.NewTextHandler(&out, nil)), closing.Load)
	log.Error("failed to accept connection", "error", &net.OpError{Op: "accept", Err: net.ErrClosed})
	closing.Store(true)
	log.Error("failed to decode incoming command", "error", "transport shutdown")
	if out.Len() > 0 {
		t.Errorf("logged: %s", out.String())
	}
	closing.Store(false)
	log.Error("failed to decode incoming command", "error", "transport shutdown")
	if out.Len() == 0 {
		t.Error("what is no consequence of closing was not logged")
	}
}

package httpapi

import (
	"fmt"
	"net/http"
	"time"

	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// maxWholeLog is the size of a log beyond which it is sent as it is read: a log may grow without
// end, and a request must not cost as much memory.
const maxWholeLog = 1 << 20

// logFile is the log of a hosted DID up to a version, the newest one of a ledger of that size.
type logFile struct {
	scid, versionID string
	entries         int
	size            record.Seq
}

func findLog(v *ledger.View, scid string) (logFile, error) {
	state, _, err := v.Head(scid)
	return logFile{scid, state.VersionID, state.Number, v.Size()}, err
}

// getLog serves the log of the DID that lives at a folder, from the cache if the ledger vouches for it.
func (s *server) getLog(w *reply, r *http.Request, rt route) error {
	key := cacheKey{rt.rest, repLog}
	if r.URL.RawQuery == "" && s.sendCached(w, r, key) {
		return nil
	}
	b, err := onlyBounds(r)
	if err != nil {
		return err
	}
	segments, err := folder(rt.rest)
	if err != nil {
		return err
	}
	v, err := s.view(w, r, b)
	if err != nil {
		return err
	}
	scid, err := livesHere(v, segments)
	var log logFile
	if err == nil {
		log, err = findLog(v, scid)
	}
	v.Close() // before the reply: a client that reads slowly pins no state
	if err != nil {
		return err
	}
	return s.sendLog(w, r, log, key)
}

// sendLog writes a log, and keeps it under key, if there is one, unless it is too large. It is read once,
// and not at all for a client that has it: the versionId of the last entry stands for all, since it is a
// hash over them. No state is held while the client reads: entries never change.
func (s *server) sendLog(w *reply, r *http.Request, log logFile, key cacheKey) error {
	etag := `"` + log.versionID + `"`
	known := r.Header["If-None-Match"] != nil && matches(r.Header["If-None-Match"], etag)
	if known || r.Method == http.MethodHead {
		status := http.StatusOK
		if known {
			status = http.StatusNotModified
		}
		beginLog(w, status, etag)
		return nil
	}
	var lines []byte
	next := 1
	for next <= log.entries && len(lines) <= maxWholeLog {
		if wait, ok := s.Admission.AllowN(admission.Read, r, 0); !ok {
			return rateLimited(wait)
		}
		var err error
		if lines, next, err = s.logLines(lines, r, log, next); err != nil {
			return err
		}
	}
	if next > log.entries && len(lines) <= maxWholeLog {
		val := &cached{subject: log.scid, size: log.size, status: http.StatusOK, body: lines, media: api.TypeJSONLines, etag: etag}
		val.finish(valueNoCache)
		if key.path != "" {
			s.cache.put(key, val)
		}
		return s.sendValue(w, r, val)
	}
	beginLog(w, http.StatusOK, etag)
	return s.streamLog(w, r, log, lines, next)
}

// beginLog sends the headers of a log whose length is not known.
func beginLog(w *reply, status int, etag string) {
	h := w.Header()
	h[keyETag], h[keyCacheControl] = []string{etag}, valueNoCache
	if status == http.StatusOK {
		h[keyType] = []string{api.TypeJSONLines}
	}
	w.WriteHeader(status)
}

// streamLog goes on with a log from the given version, after what has been read of it, as fast as the
// client may read.
func (s *server) streamLog(w *reply, r *http.Request, log logFile, lines []byte, next int) error {
	for {
		if _, err := w.Write(lines); err != nil {
			return sent(err)
		}
		if next > log.entries {
			return nil
		}
		if err := s.pace(r); err != nil {
			return sent(err)
		}
		var err error
		if lines, next, err = s.logLines(lines[:0], r, log, next); err != nil {
			return fmt.Errorf("log %s, version %d: %w", log.scid, next, err) // the transfer breaks
		}
	}
}

// logLines appends entries from the given version on, as many as make one write, charges for reading
// them, and returns the next version.
func (s *server) logLines(dst []byte, r *http.Request, log logFile, number int) ([]byte, int, error) {
	start := len(dst)
	v := s.Ledger.View()
	defer v.Close()
	defer func() { s.chargeRead(r, len(dst)-start) }()
	for entry, err := range v.LogFrom(log.scid, number) {
		if err != nil || number > log.entries || len(dst)-start >= chunkBytes {
			return dst, number, err
		}
		dst = append(append(dst, entry...), '\n')
		number++
	}
	return dst, number, nil
}

// chunkBytes is what is read for one write.
const chunkBytes = 64 << 10

// chargeRead charges for what was read of the store beyond what the request's own token pays.
func (s *server) chargeRead(r *http.Request, bytes int) {
	s.Admission.Charge(admission.Read, r, float64(bytes)/bytesPerToken)
}

// pace waits until the client may read again: it owes for what it has been sent.
func (s *server) pace(r *http.Request) error {
	for {
		wait, ok := s.Admission.AllowN(admission.Read, r, 0)
		if ok {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-r.Context().Done():
			timer.Stop()
			return r.Context().Err()
		}
	}
}

package httpapi

import (
	"fmt"
	"net/http"

	"github.com/tabard-id/tabard/node/api"
)

// maxWholeLog is the size of a log beyond which it is sent as it is read: a log may grow without
// end, and a request must not cost as much memory.
const maxWholeLog = 1 << 20

// longLog is the log up to a version, too large to be rendered. It is an error of renderLog.
type longLog struct {
	scid, versionID string
	entries         int
}

func (longLog) Error() string { return "the log is too large to be rendered" }

// sendLog writes a log a chunk at a time. No state is held while the client reads: entries never
// change. The versionId of the last one stands for all, since it is a hash over them.
func (s *server) sendLog(w *reply, r *http.Request, log longLog) error {
	etag := `"` + log.versionID + `"`
	h := w.Header()
	h[keyETag], h[keyCacheControl] = []string{etag}, valueNoCache
	if match := r.Header["If-None-Match"]; match != nil && matches(match, etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	chunk, next, err := s.logLines(nil, log, 1)
	if err != nil {
		return err
	}
	h[keyType] = []string{api.TypeJSONLines}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	for len(chunk) > 0 {
		if _, err := w.Write(chunk); err != nil {
			return sent(err)
		}
		if chunk, next, err = s.logLines(chunk[:0], log, next); err != nil {
			return fmt.Errorf("log %s, version %d: %w", log.scid, next, err) // the transfer breaks
		}
	}
	return nil
}

// logLines appends entries from the given version on until there are enough for one write, and
// returns the next version.
func (s *server) logLines(dst []byte, log longLog, number int) ([]byte, int, error) {
	const enough = 64 << 10
	v := s.Ledger.View()
	defer v.Close()
	for entry, err := range v.LogFrom(log.scid, number) {
		if err != nil || number > log.entries || len(dst) >= enough {
			return dst, number, err
		}
		dst = append(append(dst, entry...), '\n')
		number++
	}
	return dst, number, nil
}

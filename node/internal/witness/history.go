package witness

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/durable"
)

// history is this witness's copy of a log: each entry as canonical JSON, as it reads,
// and what the log came to with it.
type history struct {
	lines   [][]byte
	entries []webvh.Entry
	states  []webvh.State
}

// split reads the entries of a log; nil is an empty one.
func split(log []byte) (*history, error) {
	h := &history{}
	if len(log) > webvh.MaxLogBytes {
		return nil, fmt.Errorf("witness: a log of more than %d bytes", webvh.MaxLogBytes)
	}
	for line := range bytes.SplitSeq(bytes.TrimRight(log, "\r\n"), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		v, err := jcs.Decode(line)
		if err != nil {
			return nil, err
		}
		e, err := webvh.ParseEntry(v)
		if err != nil {
			return nil, err
		}
		h.lines, h.entries = append(h.lines, v.Canonical()), append(h.entries, e)
	}
	return h, nil
}

// read returns the copy of a log, nil if there is none. It is judged anew, so that a
// file that somebody changed is not gone on from.
func (w *Witness) read(scid string) (*history, error) {
	log, err := os.ReadFile(w.path(scid))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	h, err := split(log)
	if err != nil || len(h.lines) == 0 {
		return nil, fmt.Errorf("witness: the copy in %s is damaged: %w", w.path(scid), errors.Join(err, errDamaged))
	}
	if h.states, err = webvh.Candidates(nil, h.entries, webvh.Context{Now: w.cfg.now()}); err != nil {
		return nil, fmt.Errorf("witness: the copy in %s is damaged: %w", w.path(scid), errors.Join(errDamaged, err))
	}
	if h.states[0].SCID != scid {
		return nil, fmt.Errorf("witness: the copy in %s is of another log: %w", w.path(scid), errDamaged)
	}
	return h, nil
}

var errDamaged = errors.New("it does not verify")

// path is where the copy of a log is kept. An SCID is base58 and a file's name as it is.
func (w *Witness) path(scid string) string { return filepath.Join(w.cfg.Dir, scid+".jsonl") }

// write keeps a longer copy, whole or not at all, before it returns.
func (w *Witness) write(scid string, h *history) error {
	if err := durable.Replace(w.path(scid), append(bytes.Join(h.lines, []byte("\n")), '\n'), 0o600); err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	return nil
}

package store

import (
	"errors"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// IsCorruption reports whether err is that stored bytes are not what was written.
func IsCorruption(err error) bool {
	return errors.Is(err, ErrCorrupt) || pebble.IsCorruptionError(err)
}

// damage watches errors for the first that is of corruption.
type damage struct {
	told atomic.Bool
	tell func(error)
}

// fileError says which file an error is of, on one line.
type fileError struct {
	path string
	err  error
}

func (e *fileError) Error() string {
	text, _, _ := strings.Cut(e.err.Error(), "\n") // the engine hangs on what it carries for itself
	if strings.Contains(text, e.path) {
		return text
	}
	return e.path + ": " + text
}

func (e *fileError) Unwrap() error { return e.err }

// noted returns err, which from then on names the file that is damaged, if one is
// known to be.
func (d *damage) noted(err error) error {
	if err == nil || err == ErrNotFound || !IsCorruption(err) { // most keys asked for are new
		return err
	}
	if info := pebble.ExtractDataCorruptionInfo(err); info != nil {
		err = &fileError{info.Path, err}
	}
	if d.told.CompareAndSwap(false, true) && d.tell != nil {
		d.tell(err)
	}
	return err
}

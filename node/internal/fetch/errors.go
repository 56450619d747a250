package fetch

import (
	"errors"
	"time"
)

// The ways in which a request ends without an answer. Every error of Get is an
// *Error whose Kind is one of them, so that errors.Is finds it.
var (
	// ErrURL: the URL is not one that may be asked.
	ErrURL = errors.New("url refused")
	// ErrBlockedAddress: its name leads to an address that may not be connected to.
	ErrBlockedAddress = errors.New("address refused")
	// ErrNoHost: the name does not exist.
	ErrNoHost = errors.New("no such host")
	// ErrConnect: no connection, or none that TLS vouches for.
	ErrConnect = errors.New("connection failed")
	// ErrRedirect: the host points elsewhere.
	ErrRedirect = errors.New("redirect refused")
	// ErrNotFound: the host says that there is nothing (404, 410).
	ErrNotFound = errors.New("not found")
	// ErrStatus: any other status than 200 (or 304 where it was asked for).
	ErrStatus = errors.New("unexpected status")
	// ErrContentType: not a type that was asked for, or a body encoded otherwise than with
	// gzip.
	ErrContentType = errors.New("unexpected content type")
	// ErrTooLarge: more bytes than allowed, of header or body.
	ErrTooLarge = errors.New("too large")
	// ErrTimeout: not whole in time.
	ErrTimeout = errors.New("timeout")
	// ErrBusy: too many requests are under way, in all or to that host.
	ErrBusy = errors.New("too many requests")
	// ErrClosed: the Fetcher is closed.
	ErrClosed = errors.New("closed")
	// ErrCanceled: the caller went away.
	ErrCanceled = errors.New("canceled")
)

// Error is why there is no answer.
type Error struct {
	Kind error
	// Status is that of the host's reply, 0 if there was none.
	Status int
	// RetryAfter is how long the host asks to be left alone, 0 if it does not say;
	// never more than an hour.
	RetryAfter time.Duration
	// Detail is for people. It may name addresses of the node's own network, so it is
	// for the operator's log.
	Detail string
	Err    error
}

func (e *Error) Error() string {
	s := e.Kind.Error()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives both the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// kinds are the names of the kinds in metrics and vectors.
var kinds = []struct {
	kind error
	name string
}{
	{ErrURL, "url"}, {ErrBlockedAddress, "blocked-address"}, {ErrNoHost, "no-host"}, {ErrConnect, "connect"},
	{ErrRedirect, "redirect"}, {ErrNotFound, "not-found"}, {ErrStatus, "status"}, {ErrContentType, "content-type"},
	{ErrTooLarge, "too-large"}, {ErrTimeout, "timeout"}, {ErrBusy, "busy"}, {ErrClosed, "closed"}, {ErrCanceled, "canceled"},
}

// KindName is the stable name of an error's kind: "ok" for none, "other" for an
// error that is not this package's.
func KindName(err error) string {
	if err == nil {
		return "ok"
	}
	for _, k := range kinds {
		if errors.Is(err, k.kind) {
			return k.name
		}
	}
	return "other"
}

package fetch

import (
	"context"
	"errors"
)

// flight is one request under way, and those who wait for it.
type flight struct {
	key    string
	riders int // guarded by Fetcher.mu
	cancel context.CancelCauseFunc
	done   chan struct{}
	resp   *Response
	err    error
}

// board joins the flight of that key, or starts it.
func (f *Fetcher) board(key string, t Target, opt Options) (*flight, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, &Error{Kind: ErrClosed}
	}
	if fl, ok := f.flights[key]; ok {
		fl.riders++
		return fl, nil
	}
	// A flight lives as long as anybody waits for it, not as long as whoever came first.
	ctx, cancel := context.WithCancelCause(context.Background())
	fl := &flight{key: key, riders: 1, cancel: cancel, done: make(chan struct{})}
	f.flights[key] = fl
	f.running.Go(func() { f.fly(ctx, fl, t, opt) })
	return fl, nil
}

// leave gives up a seat; the last one out turns a flight around.
func (f *Fetcher) leave(fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl.riders--
	if fl.riders == 0 {
		fl.cancel(&Error{Kind: ErrCanceled})
		f.forget(fl)
	}
}

// forget lets nobody else board. The caller holds mu.
func (f *Fetcher) forget(fl *flight) {
	if f.flights[fl.key] == fl {
		delete(f.flights, fl.key)
	}
}

func (f *Fetcher) fly(ctx context.Context, fl *flight, t Target, opt Options) {
	timed, stop := context.WithTimeoutCause(ctx, f.cfg.Timeout, &Error{Kind: ErrTimeout})
	defer stop()
	began := f.cfg.now()
	resp, err := f.request(timed, t, opt)
	if err != nil {
		err = classify(timed, err)
		f.cfg.Logger.Debug("fetch failed", "url", t.String(), "error", err)
	}
	f.refused.put(fl.key, err, f.cfg.now())
	f.slow.ended(t.Origin(), began, f.cfg.now(), err)
	f.mu.Lock()
	f.forget(fl)
	f.mu.Unlock()
	fl.resp, fl.err = resp, err
	close(fl.done)
	fl.cancel(nil)
}

// request waits for its turn and makes the request.
func (f *Fetcher) request(ctx context.Context, t Target, opt Options) (*Response, error) {
	release, err := f.gate.enter(ctx, t.Host)
	if err != nil {
		return nil, err
	}
	defer release()
	resp, err := f.follow(ctx, t, opt)
	if err == nil {
		// A host that is told to stop may still end its reply as if it were whole.
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// classify makes an *Error of whatever ended a request.
func classify(ctx context.Context, err error) *Error {
	var own *Error
	if ctx.Err() != nil {
		if cause := context.Cause(ctx); errors.As(cause, &own) {
			return &Error{Kind: own.Kind, Err: err}
		}
	}
	if errors.As(err, &own) {
		return own
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return &Error{Kind: ErrTimeout, Err: err}
	}
	return &Error{Kind: ErrConnect, Err: err}
}

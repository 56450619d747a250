package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/tabard-id/tabard/node/api"
)

// WatchOptions say which frames to yield, and from where on. Filters narrow; an empty one lets all
// through.
type WatchOptions struct {
	// After is the cursor of the last record already seen, "<ledger id>:<seq>", or "<ledger id>:start"
	// for every record there is. Empty: from now on.
	After string
	// Kinds are of did, credential, status, status-list, observation, whois. Statuses are of active, suspended, revoked.
	Kinds, Statuses []string
	// DIDs match frames about, Issuers frames by.
	DIDs, Issuers []string
	// Heartbeats yields the heartbeats too: about one a second while the node is current.
	Heartbeats bool
	// Silence is how long nothing may arrive before another node is tried; default 5 s. A node that
	// is not current sends nothing.
	Silence time.Duration
	// Notify, if set, hears of connections made and lost. It is called from the consumer's goroutine.
	Notify func(WatchEvent)
}

// WatchEvent is a change of connection.
type WatchEvent struct {
	// Node is the base URL. After is where the stream goes on from.
	Node, After string
	// Err is why the connection was lost, or not made; nil when it was made.
	Err error
}

const defaultSilence = 5 * time.Second

// Watch yields the frames of the stream in ledger order, each exactly once, across lost connections
// and restarted nodes: it reconnects, to whichever node answers, and resumes after the last frame
// yielded. It ends when the consumer stops, when ctx ends (with its error), or with an error that no
// reconnection can mend, such as a cursor of another ledger.
func (c *Client) Watch(ctx context.Context, opt WatchOptions) iter.Seq2[api.Frame, error] {
	return func(yield func(api.Frame, error) bool) {
		w := watch{client: c, opt: opt, yield: yield, at: c.preferred.Load()}
		if w.opt.Silence <= 0 {
			w.opt.Silence = defaultSilence
		}
		if err := w.run(ctx); err != nil && !errors.Is(err, errStopped) {
			yield(api.Frame{}, err)
		}
	}
}

// errStopped: the consumer wants no more.
var errStopped = errors.New("stopped")

// futureCursorRounds is how often every node may say that the cursor lies in its future, before that
// is believed. A node that lags says so too.
const futureCursorRounds = 3

// watch is one call of Watch.
type watch struct {
	client *Client
	opt    WatchOptions
	yield  func(api.Frame, error) bool
	cursor api.Cursor
	at     uint32 // index of the base URL in use
	future int    // refusals in a row for a cursor in the future
	heard  bool   // something has arrived since the last connection was made
}

func (w *watch) run(ctx context.Context) error {
	if err := w.locate(ctx); err != nil {
		return err
	}
	pause := firstPause
	for {
		w.heard = false
		node := w.client.bases[int(w.at)%len(w.client.bases)]
		err := w.session(ctx, node)
		if errors.Is(err, errStopped) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if w.final(err) {
			return err
		}
		w.notify(node, err)
		if w.heard {
			pause = firstPause
		}
		w.at++
		if err := w.client.sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, 2*longestPause)
	}
}

// locate sets the first cursor. Where none is given it is the present end of the ledger, so that a
// connection lost before the first frame loses no frame either.
func (w *watch) locate(ctx context.Context) error {
	if w.opt.After != "" {
		var err error
		w.cursor, err = api.ParseCursor(w.opt.After)
		return err
	}
	cluster, err := w.client.Cluster(ctx)
	if err != nil {
		return err
	}
	if cluster.Ledger == "" {
		return fmt.Errorf("%w: the cluster has no ledger yet", ErrUnreachable)
	}
	w.cursor = api.Cursor{Ledger: cluster.Ledger, Next: cluster.Size}
	return nil
}

// final reports whether reconnecting cannot help.
func (w *watch) final(err error) bool {
	var closed *StreamClosed
	var p *Problem
	future := false
	switch {
	case errors.As(err, &closed):
		if !closed.Reason.Retryable() {
			return true
		}
		future = closed.Reason == api.CloseFutureCursor
	case errors.As(err, &p):
		future = p.Code == api.FutureCursor
		if !future && !retryable(err) {
			return true
		}
	}
	if !future {
		w.future = 0
		return false
	}
	w.future++
	return w.future >= futureCursorRounds*len(w.client.bases)
}

// take yields one frame if it is new and wanted.
func (w *watch) take(f api.Frame) error {
	cursor, err := api.ParseCursor(f.Cursor)
	if err != nil {
		return err
	}
	if cursor.Ledger != w.cursor.Ledger {
		return fmt.Errorf("%w: a frame of ledger %s in the stream of %s", ErrMismatch, cursor.Ledger, w.cursor.Ledger)
	}
	if f.Kind == api.KindHeartbeat {
		return w.beat(f, cursor)
	}
	if *f.Seq+1 != cursor.Next {
		return fmt.Errorf("%w: frame %d with cursor %s", ErrMismatch, *f.Seq, f.Cursor)
	}
	if *f.Seq < w.cursor.Next {
		return nil // seen before
	}
	if *f.Seq > w.cursor.Next && w.unfiltered() {
		return fmt.Errorf("%w: frame %d where %d was due", ErrMismatch, *f.Seq, w.cursor.Next)
	}
	w.cursor = cursor
	if !w.yield(f, nil) {
		return errStopped
	}
	return nil
}

// beat takes a heartbeat: whatever it covers and was not sent, the filter held back.
func (w *watch) beat(f api.Frame, cursor api.Cursor) error {
	if cursor.Next > w.cursor.Next {
		if w.unfiltered() {
			return fmt.Errorf("%w: heartbeat at %s before frame %d", ErrMismatch, f.Cursor, w.cursor.Next)
		}
		w.cursor = cursor
	}
	if w.opt.Heartbeats && !w.yield(f, nil) {
		return errStopped
	}
	return nil
}

func (w *watch) unfiltered() bool {
	return len(w.opt.Kinds)+len(w.opt.Statuses)+len(w.opt.DIDs)+len(w.opt.Issuers) == 0
}

func (w *watch) notify(node *url.URL, err error) {
	if w.opt.Notify != nil {
		w.opt.Notify(WatchEvent{Node: node.String(), After: w.cursor.String(), Err: err})
	}
}

// target is the URL of the stream at a node, from the cursor on.
func (w *watch) target(node *url.URL) string {
	q := url.Values{"after": {w.cursor.String()}}
	for name, values := range map[string][]string{
		"kinds": w.opt.Kinds, "status": w.opt.Statuses, "did": w.opt.DIDs, "issuer": w.opt.Issuers,
	} {
		if len(values) > 0 {
			q.Set(name, strings.Join(values, ","))
		}
	}
	u := *node
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	u.Path = "/v1/stream"
	u.RawQuery = q.Encode()
	return u.String()
}

package agent

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

// Limits of what a Follower remembers, and of what it asks for.
const (
	maxRemembered      = 4096
	maxRememberedBytes = 32 << 20
	maxChanges         = 256
)

// Follower asks a registry, and remembers its answers for as long as nothing is recorded
// that may change them. Whoever verifies asks once what has been recorded since the last
// time, and for nothing more than is not remembered. It is safe for concurrent use.
//
// An answer is as fresh as that question: what was recorded before it is seen.
type Follower struct {
	*client.Client

	mu sync.Mutex
	// position is the number of records of which everything remembered takes account;
	// 0 if nothing is remembered.
	position uint64
	known    map[string]remembered
	bytes    int
}

// remembered is an answer about those subjects: a *did.Error or a *client.Problem if it
// was that there is none.
type remembered struct {
	subjects []string
	value    any
	err      error
	bytes    int
}

// NewFollower returns a Follower of the registry that a client asks.
func NewFollower(c *client.Client) *Follower { return &Follower{Client: c} }

// session is one request's view of a registry. The first question of it finds out what
// has been recorded; a registry that does not answer is not asked again.
type session struct {
	mu       sync.Mutex
	begun    chan struct{} // closed when it is known where the session stands; nil before
	position uint64
	err      error
}

type sessionKey struct{}

// withSession lets the questions that are put within ctx be those of one session.
func withSession(ctx context.Context) context.Context {
	return context.WithValue(ctx, sessionKey{}, new(session))
}

// begin returns the session of ctx, or one of its own, once it is known where it stands.
func (f *Follower) begin(ctx context.Context) (*session, error) {
	s, ok := ctx.Value(sessionKey{}).(*session)
	if !ok {
		s = new(session)
	}
	s.mu.Lock()
	begun := s.begun
	if begun == nil {
		s.begun = make(chan struct{})
	}
	s.mu.Unlock()
	if begun == nil {
		position, err := f.catchUp(ctx)
		s.mu.Lock()
		s.position, s.err = position, err
		s.mu.Unlock()
		close(s.begun)
		return s, err
	}
	select {
	case <-begun:
		return s, s.failed()
	case <-ctx.Done():
		return s, ctx.Err()
	}
}

// fail ends the session of a registry that did not answer.
func (s *session) fail(err error) {
	if !silent(err) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

func (s *session) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// silent reports whether an error is that nobody answered.
func silent(err error) bool {
	return errors.Is(err, client.ErrUnreachable) || errors.Is(err, context.DeadlineExceeded)
}

// catchUp forgets what may have changed since the last time, and returns the position of
// which what is left takes account.
func (f *Follower) catchUp(ctx context.Context) (uint64, error) {
	f.mu.Lock()
	since := f.position
	f.mu.Unlock()
	ctx, stop := context.WithTimeout(ctx, askTimeout)
	defer stop()
	got, err := f.Changes(ctx, since, maxChanges, f.from(since)...)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		if !silent(err) { // it may be another ledger, or a shorter one
			f.forget()
		}
		return 0, err
	}
	if !got.Complete {
		f.forget()
	}
	for _, rec := range got.Records {
		subjects, ok := touched(rec)
		if !ok {
			f.forget()
		}
		for key, r := range f.known {
			if overlap(r.subjects, subjects) {
				f.drop(key)
			}
		}
	}
	if got.Size == 0 { // nobody tells what has been recorded, and nothing is remembered
		return 0, nil
	}
	f.position = max(f.position, got.Size)
	return f.position, nil
}

// from are the options of a read that sees the first n records, and is not old.
func (f *Follower) from(n uint64) []client.ReadOption {
	opts := []client.ReadOption{client.MaxStale(documentAge)}
	if n > 0 {
		opts = append(opts, client.MinSeq(record.Seq(n-1)))
	}
	return opts
}

// forget drops everything, and drop one answer. mu is held.
func (f *Follower) forget() { f.known, f.bytes, f.position = nil, 0, 0 }

func (f *Follower) drop(key string) {
	f.bytes -= f.known[key].bytes
	delete(f.known, key)
}

// recall returns what is remembered by that name.
func (f *Follower) recall(key string) (remembered, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.known[key]
	return r, ok
}

// remember keeps the answer to a question that was put at a position, unless something was
// recorded meanwhile that it may not take account of.
func (f *Follower) remember(position uint64, key string, r remembered) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if position != f.position || position == 0 || r.bytes > maxRememberedBytes/8 {
		return
	}
	if len(f.known) >= maxRemembered || f.bytes+r.bytes > maxRememberedBytes {
		f.known, f.bytes = nil, 0
	}
	if f.known == nil {
		f.known = map[string]remembered{}
	}
	f.drop(key)
	f.known[key], f.bytes = r, f.bytes+r.bytes
}

// answered returns the remembered answer to a question, or puts it in a session. good, if
// it is there, says whether what is remembered will do; about are the subjects of a value,
// and what it takes to remember it.
func answered[T any](ctx context.Context, f *Follower, key string, good func(T) bool, about func(T) ([]string, int),
	put func(context.Context, ...client.ReadOption) (T, error)) (T, error) {
	var none T
	s, err := f.begin(ctx)
	if err != nil {
		return none, err
	}
	if r, ok := f.recall(key); ok {
		value, ok := r.value.(T)
		if ok && r.err != nil {
			return value, r.err
		}
		if ok && (good == nil || good(value)) {
			return value, nil
		}
	}
	if err := s.failed(); err != nil {
		return none, err
	}
	ctx, stop := context.WithTimeout(ctx, askTimeout)
	defer stop()
	value, err := put(ctx, f.from(s.position)...)
	s.fail(err)
	if err == nil || final(err) {
		subjects, bytes := about(value)
		f.remember(s.position, key, remembered{subjects, value, err, bytes})
	}
	return value, err
}

// final reports whether an error is an answer that holds until something is recorded: that
// the registry has no such DID, or no such credential.
func final(err error) bool {
	var p *client.Problem
	return did.CodeOf(err) == did.NotFound || errors.As(err, &p) && p.Code == unknownTarget
}

// Resolve resolves as the client does.
func (f *Follower) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	if opt != (did.Options{}) || id.Method() != "webvh" {
		ctx, stop := context.WithTimeout(ctx, askTimeout)
		defer stop()
		return f.Client.Resolve(ctx, id, opt)
	}
	return answered(ctx, f, "did "+string(id), nil, func(res did.Resolution) ([]string, int) {
		size := 1 << 10
		if res.Document != nil {
			size += len(res.Document.Value().Canonical())
		}
		return []string{subject(id)}, size
	}, func(ctx context.Context, opts ...client.ReadOption) (did.Resolution, error) {
		log, err := f.Log(ctx, id, opts...)
		if err != nil {
			return did.Resolution{}, err
		}
		return log.Verified.Resolve(id, opt)
	})
}

// StatusList returns a list as the client does.
func (f *Follower) StatusList(ctx context.Context, url string, opts ...client.ReadOption) (*statuslist.List, error) {
	if len(opts) > 0 {
		return f.Client.StatusList(ctx, url, opts...)
	}
	inForce := func(l *statuslist.List) bool { return l.InForce(time.Now()) == nil }
	return answered(ctx, f, "list "+url, inForce, func(l *statuslist.List) ([]string, int) {
		if l == nil {
			return nil, 0
		}
		return append(listSubjects(url), subject(did.ID(l.Issuer))), 1<<10 + len(l.Bits())
	}, func(ctx context.Context, opts ...client.ReadOption) (*statuslist.List, error) {
		return f.Client.StatusList(ctx, url, opts...)
	})
}

// status asks for one status, about those subjects.
func (f *Follower) status(ctx context.Context, key string, about did.ID,
	put func(context.Context, ...client.ReadOption) (api.Status, error)) (api.Status, error) {
	return answered(ctx, f, key, nil, func(api.Status) ([]string, int) { return []string{subject(about)}, 1 << 10 }, put)
}

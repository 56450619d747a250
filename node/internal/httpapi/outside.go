package httpapi

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/fetch"
	"github.com/tabard-id/tabard/node/internal/foreign"
)

// maxOutside bounds what one verification may ask of other hosts: DIDs, lists and schemas together.
const maxOutside = 32

// errOutside: a request has asked too much of other hosts.
var errOutside = errors.New("this needs more of other hosts than one request may ask for")

// outside is what one verification asks of other hosts. Each thing is asked for once; while it is waited
// for, the request gives up its slot to others.
type outside struct {
	server *server
	slot   *slot

	mu    sync.Mutex
	asked int
	dids  map[didQuestion]didAnswer
}

type didQuestion struct {
	id  did.ID
	opt did.Options
}

type didAnswer struct {
	res did.Resolution
	err error
}

// ask runs a question to another host. Where this node has too much under way to ask it, the slot learns
// of it.
func (o *outside) ask(ctx context.Context, question func() error) error {
	o.mu.Lock()
	o.asked++
	tooMany := o.asked > maxOutside
	o.mu.Unlock()
	if tooMany {
		return errOutside
	}
	if err := o.slot.pause(); err != nil {
		o.slot.refused = err
		return err
	}
	if errors.Is(question(), fetch.ErrBusy) {
		o.slot.refused = api.NewProblem(api.Overloaded, "too many requests to other hosts are under way")
	}
	return o.slot.resume(ctx)
}

func (o *outside) resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	q := didQuestion{id, opt}
	o.mu.Lock()
	known, ok := o.dids[q]
	o.mu.Unlock()
	if ok {
		return known.res, known.err
	}
	var a didAnswer
	if err := o.ask(ctx, func() error { a.res, a.err = o.server.Foreign.Resolve(ctx, id, opt); return a.err }); err != nil {
		a = didAnswer{err: &did.Error{Code: did.InternalError, Detail: "resolve " + string(id), Err: err}}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dids == nil {
		o.dids = map[didQuestion]didAnswer{}
	}
	o.dids[q] = a
	return a.res, a.err
}

// lists is nil, and then a credential that needs one fails, where there is no source of lists.
func (o *outside) lists() credential.Lists {
	if o.server.Lists == nil {
		return nil
	}
	return outsideLists{o}
}

type outsideLists struct{ *outside }

// StatusList implements credential.Lists.
func (o outsideLists) StatusList(ctx context.Context, url string, at time.Time) (doc credential.ListDocument, err error) {
	asked := o.ask(ctx, func() error { doc, err = o.server.Lists.StatusList(ctx, url, at); return err })
	return doc, errors.Join(asked, err)
}

// errNoTokens: the source of lists has none of that kind.
var errNoTokens = errors.New("other hosts are not asked for status list tokens")

// TokenStatusList implements credential.TokenLists.
func (o outsideLists) TokenStatusList(ctx context.Context, uri string, at time.Time) (doc credential.ListDocument, err error) {
	tokens, ok := o.server.Lists.(credential.TokenLists)
	if !ok {
		return doc, errNoTokens
	}
	asked := o.ask(ctx, func() error { doc, err = tokens.TokenStatusList(ctx, uri, at); return err })
	return doc, errors.Join(asked, err)
}

func (o *outside) schemas() credential.Schemas {
	if o.server.Schemas == nil {
		return nil
	}
	return outsideSchemas{o}
}

type outsideSchemas struct{ *outside }

// Schema implements credential.Schemas.
func (o outsideSchemas) Schema(ctx context.Context, url string) (text []byte, err error) {
	asked := o.ask(ctx, func() error { text, err = o.server.Schemas.Schema(ctx, url); return err })
	return text, errors.Join(asked, err)
}

// resolver finds DIDs for a verification at present: in the ledger, and elsewhere what can only live
// there.
type resolver struct {
	view    *ledger.View
	outside *outside
}

// Resolve implements did.Resolver.
func (r *resolver) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	res, err := r.view.Resolve(ctx, id, opt)
	if r.outside.server.Foreign == nil || did.CodeOf(err) != did.NotFound || !livesElsewhere(r.view.Domain(), id) {
		return res, err
	}
	return r.outside.resolve(ctx, id, opt)
}

// pastResolver finds DIDs as they were at a moment past.
type pastResolver struct {
	past    *ledger.Past
	outside *outside
	at      time.Time
}

// Resolve implements did.Resolver. A DID that lives elsewhere is what the ledger had observed of it by
// then. One that was never observed can be asked for by its history, if it keeps one that proves itself;
// what another host says today is no witness of what its document was.
func (r *pastResolver) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	res, err := r.past.Resolve(ctx, id, opt)
	if did.CodeOf(err) != did.NotFound || !livesElsewhere(r.past.Domain(), id) {
		return res, err
	}
	if opt == (did.Options{}) {
		opt.VersionTime = r.at.UTC().Truncate(time.Second)
	}
	res, err = foreign.Observed(r.past, id, opt, "asked as of a time past", r.at)
	if did.CodeOf(err) != did.NotFound || id.Method() != "webvh" || r.outside.server.Foreign == nil {
		return res, err
	}
	return r.outside.resolve(ctx, id, opt)
}

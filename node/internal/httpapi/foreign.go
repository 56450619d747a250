package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/web"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

// foreignLimit bounds the resolution of one DID that lives elsewhere.
const foreignLimit = 10 * time.Second

// resolveDID resolves from the ledger, or elsewhere what can only live there. own says that the answer
// is the ledger's; otherwise the view is closed.
func (s *server) resolveDID(r *http.Request, v *ledger.View, id did.ID, opt did.Options) (res did.Resolution, own bool, err error) {
	res, err = v.Resolve(r.Context(), id, opt)
	if s.Foreign == nil || did.CodeOf(err) != did.NotFound || !livesElsewhere(v.Domain(), id) {
		return res, true, err
	}
	v.Close() // a host that takes its time pins no state
	ctx, cancel := context.WithTimeout(s.asking(r), foreignLimit)
	defer cancel()
	if res, err = s.Foreign.Resolve(ctx, id, opt); err != nil {
		err = hostError{err}
	}
	return res, false, err
}

// asking is the context of what a request asks of other hosts: it says for whom.
func (s *server) asking(r *http.Request) context.Context {
	return fetch.WithClient(r.Context(), s.Admission.Address(r))
}

// hostError is an error that another host is to blame for. What it says may be told: it names nothing
// that is ours.
type hostError struct{ error }

func (e hostError) Unwrap() error { return e.error }

// livesElsewhere reports whether a DID names a host that is not this registry's. What names this one
// and is not registered does not exist: to ask oneself over the network would not bring it about.
func livesElsewhere(domain string, id did.ID) bool {
	switch id.Method() {
	case "webvh":
		parsed, err := webvh.ParseID(id)
		return err == nil && parsed.Domain != domain
	case "web":
		parsed, err := web.ParseID(id)
		return err == nil && parsed.Domain != domain
	}
	return false
}

package httpapi

import (
	"log/slog"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/credential/schema"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/lists"
)

type server struct {
	Config
	metrics *metrics
	cache   *cache
	gauge   http.Handler // /metrics
	stamped atomic.Pointer[stamped]
	bulk    *places
	bodies  *bodies

	underway chan struct{} // a token for each bulk operation past its turn, of all requests

	verifications *gate
	turns         *turns
	staging, pins *holdings
	lists         *credential.ListCache
	compiled      *schema.Cache
	book          *lists.Book
	signed        *signedLists
}

// listBytes bounds the decoded status lists kept.
const listBytes = 64 << 20

// compiledSchemas bounds the compiled JSON Schemas kept.
const compiledSchemas = 256

// New returns the handler of a node's public listener. It is safe for concurrent use and keeps no
// goroutine of its own.
func New(cfg Config) (http.Handler, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &server{
		Config: cfg,
		cache:  newCache(cfg.CacheBytes),
		gauge:  promhttp.HandlerFor(cfg.Gatherer, promhttp.HandlerOpts{}),
		bulk:   newPlaces(cfg.BulkRequests),
		bodies: newBodies(maxBodies),

		underway: make(chan struct{}, cfg.BulkInFlight),

		verifications: newGate(cfg.Verifications, cfg.VerificationsWaiting),
		staging:       newHoldings(maxStagedPerAddress, record.StagedLife),
		pins:          newHoldings(cfg.PinsPerAddress, 0),
		turns:         newTurns(runtime.GOMAXPROCS(0)),
		lists:         credential.NewListCache(listBytes),
		compiled:      schema.NewCache(compiledSchemas),
		book:          lists.NewBook(cfg.Ledger),
		signed:        newSignedLists(),
	}
	var err error
	if s.metrics, err = newMetrics(cfg.Registerer, s.cache); err != nil {
		return nil, err
	}
	return s, nil
}

// ServeHTTP finds the route, serves it, and accounts for it.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := s.now()
	rt := s.route(rawPath(r))
	rep := newReply(w)
	rep.held, rep.patience = holding{bodies: s.bodies, client: s.Admission.Address}, s.bodyPatience
	if err := s.serve(rt, rep, r); err != nil {
		s.fail(rt, rep, r, err)
	}
	elapsed := s.now().Sub(start)
	s.metrics.observe(rt.name, rep.status, elapsed)
	s.log(rt.name, rep, r, elapsed)
	cut := rep.cut
	rep.held.release()
	rep.release()
	if cut {
		panic(http.ErrAbortHandler) // the connection breaks: what was sent must not pass for whole
	}
}

func (s *server) serve(rt route, w *reply, r *http.Request) error {
	if rt.methods == nil {
		return api.NewProblem(api.NotFound, "no such route")
	}
	if h := rt.methods.handler(r.Method); h != nil {
		if !rt.always {
			if err := s.sound(); err != nil {
				return err
			}
		}
		if err := s.charged(rt, r); err != nil {
			return err
		}
		if rt.cors && !rt.operates(r) {
			allowAnyOrigin(w.Header(), r)
		}
		return h(s, w, r, rt)
	}
	w.Header().Set("Allow", rt.methods.allow())
	if r.Method == http.MethodOptions {
		s.stamp(w, s.Ledger.Size())
		preflight(w, rt)
		return nil
	}
	return api.Problemf(api.MethodNotAllowed, "%s takes %s", rt.name, rt.methods.allow())
}

// log writes one line a request, at debug whatever came of it: strangers choose what they send, and what
// is refused, unsupported or not to be had now is no event of this node. What went wrong in it has been
// logged as an error where that was found. Bodies and query strings are never logged.
func (s *server) log(name string, w *reply, r *http.Request, elapsed time.Duration) {
	if !s.Logger.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	s.Logger.LogAttrs(r.Context(), slog.LevelDebug, "request",
		slog.String("route", name), slog.String("method", r.Method), slog.String("path", cut(r.URL.Path)),
		slog.Int("status", w.status), slog.Int64("bytes", w.written), slog.Duration("elapsed", elapsed),
		slog.String("code", string(w.code)), slog.String("remote", r.RemoteAddr))
}

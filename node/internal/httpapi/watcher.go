package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/foreign"
)

// Files fetches a file of another host; *foreign.Resolver does.
type Files interface {
	File(ctx context.Context, url string, accept ...string) (foreign.File, error)
}

// A node is a did:webvh watcher (did:webvh 1.0, "Watcher Endpoints and Behavior") of the DIDs that it
// hosts and of those that were observed: https://<node>/v1/watcher is the watcher's URL.
const watcherPath = "/v1/watcher"

// watched is a log that this watcher has.
type watched struct {
	id           did.ID
	log, witness []byte
	hosted       *logFile // the log, which is not read yet, of a DID that is hosted here
}

// takeSCID reads the parameter scid.
func (q params) takeSCID() (string, error) {
	scid, ok := q.take("scid")
	if !ok {
		return "", api.NewProblem(api.InvalidParameter, "scid is required")
	}
	const anywhere = ":a.example"
	if _, err := webvh.ParseID(did.ID("did:webvh:" + scid + anywhere)); err != nil || strings.Contains(scid, ":") {
		return "", api.NewProblem(api.InvalidParameter, "scid: not an SCID")
	}
	return scid, nil
}

// findWatched returns the newest log of an SCID: the registry's own, or the one observed last.
func findWatched(v *ledger.View, scid string) (watched, error) {
	state, _, err := v.Head(scid)
	if err == nil {
		witness, err := renderWitness(nil, v, scid, nil)
		return watched{id: state.DID, witness: witness, hosted: &logFile{scid, state.VersionID, state.Number, v.Size()}}, err
	}
	if !errors.Is(err, ledger.ErrNotFound) {
		return watched{}, err
	}
	return observedLog(v, scid)
}

// observedLog looks among the DIDs of one SCID that were observed for the log that goes furthest.
func observedLog(v *ledger.View, scid string) (watched, error) {
	const names = 16 // of a DID that moved
	ids, err := v.ObservedDIDs("did:webvh:"+scid+":", "", names)
	if err != nil {
		return watched{}, err
	}
	var found watched
	var newest ledger.Observation
	for _, id := range ids {
		o, ok, err := v.Observation(id)
		if err != nil {
			return watched{}, err
		}
		if ok && o.Log != nil && (found.log == nil || o.Seq > newest.Seq) {
			found, newest = watched{id: id, log: o.Log, witness: o.Witness}, o
		}
	}
	if found.log == nil {
		return watched{}, api.NewProblem(api.NotFound, "this watcher has no such SCID")
	}
	if found.witness == nil {
		found.witness = []byte("[]")
	}
	return found, nil
}

// watch reads the parameters of a watcher's route and finds the log.
func (s *server) watch(w *reply, r *http.Request) (watched, params, error) {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return watched{}, nil, err
	}
	b, err := q.takeBounds()
	if err != nil {
		return watched{}, nil, err
	}
	scid, err := q.takeSCID()
	if err != nil {
		return watched{}, nil, err
	}
	v, err := s.view(w, r, b)
	if err != nil {
		return watched{}, nil, err
	}
	defer v.Close()
	found, err := findWatched(v, scid)
	return found, q, err
}

func (s *server) getWatchedLog(w *reply, r *http.Request, _ route) error {
	found, q, err := s.watch(w, r)
	if err == nil {
		err = q.rest()
	}
	if err != nil {
		return err
	}
	if found.hosted != nil {
		return s.sendLog(w, r, *found.hosted, cacheKey{})
	}
	return s.sendWatched(w, r, found.log, api.TypeJSONLines)
}

func (s *server) getWatchedWitness(w *reply, r *http.Request, _ route) error {
	found, q, err := s.watch(w, r)
	if err == nil {
		err = q.rest()
	}
	if err != nil {
		return err
	}
	return s.sendWatched(w, r, found.witness, api.TypeJSON)
}

func (s *server) sendWatched(w *reply, r *http.Request, body []byte, media string) error {
	val := &cached{status: http.StatusOK, body: body, media: media}
	val.finish(valueNoCache)
	return s.sendValue(w, r, val)
}

// postWatchedLog is told of a new log entry: a DID that lives elsewhere is looked at now. A watcher of
// one that it hosts has seen the entry already.
func (s *server) postWatchedLog(w *reply, r *http.Request, _ route) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	text, ok := q.take("did")
	if err := q.rest(); err != nil {
		return err
	}
	id, err := webvh.ParseID(did.ID(text))
	if !ok || err != nil {
		return api.NewProblem(api.InvalidParameter, "did: want a did:webvh DID")
	}
	v := s.Ledger.View()
	own := id.Domain == v.Domain()
	v.Close()
	if !own {
		if _, _, err := s.observe(r, text); err != nil {
			return notifyProblem(err)
		}
	}
	return s.received(w, r)
}

// notifyProblem gives a notification that leads to nothing the status that the watcher's API has for it.
func notifyProblem(err error) error {
	var p *api.Problem
	if errors.As(err, &p) && p.Code == api.ForeignUnavailable {
		return api.NewProblem(api.ForeignInvalid, p.Detail)
	}
	return err
}

func (s *server) received(w *reply, r *http.Request) error {
	return s.sendJSON(w, r, http.StatusAccepted, struct{}{})
}

// postWatchedDelete is asked to forget a log or a resource. The request is taken, as the specification
// has it; this watcher's governance is that the records of a ledger stay.
func (s *server) postWatchedDelete(w *reply, r *http.Request, rt route) error {
	if _, err := readObject(w, r, presentationTypes); err != nil {
		return err
	}
	found, q, err := s.watch(w, r)
	if err == nil && strings.Contains(rt.name, "/resource/") {
		_, err = q.takePath()
	}
	if err == nil {
		err = q.rest()
	}
	if err != nil {
		return err
	}
	s.Logger.Debug("a watcher's client asks to forget a DID", "did", found.id, "route", rt.name)
	return s.received(w, r)
}

// takePath reads the parameter path: relative to the DID's folder.
func (q params) takePath() (string, error) {
	path, ok := q.take("path")
	path = strings.TrimPrefix(path, "/")
	if !ok || path == "" || strings.ContainsAny(path, "\\?#\x00") {
		return "", api.NewProblem(api.InvalidParameter, "path: want the path of a resource")
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return "", api.NewProblem(api.InvalidParameter, "path: want the path of a resource")
		}
	}
	return path, nil
}

// getWatchedResource serves a resource beside a watched log: of a hosted DID what is hosted, of another
// one what its host serves, from the cache while that may be.
func (s *server) getWatchedResource(w *reply, r *http.Request, rt route) error {
	found, q, err := s.watch(w, r)
	if err != nil {
		return err
	}
	path, err := q.takePath()
	if err == nil {
		err = q.rest()
	}
	if err != nil {
		return err
	}
	place, err := webvh.ParseID(found.id)
	if err != nil {
		return err
	}
	if found.hosted != nil {
		return s.hostedResource(w, r, place, path)
	}
	if s.Files == nil {
		return api.NewProblem(api.ForeignOff, "this node asks no other hosts")
	}
	file, err := s.Files.File(s.asking(r), place.BaseURL()+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		return observeProblem(err)
	}
	media := file.ContentType
	if !inert[media] {
		media = "application/octet-stream" // nobody's scripts run in this registry's name
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	return s.sendWatched(w, r, file.Body, media)
}

// inert are the types that no browser runs.
var inert = map[string]bool{
	"application/json": true, "application/vp": true, "application/vp+jwt": true, "application/vc": true, "application/vc+jwt": true,
	"application/ld+json": true, "text/plain": true, "text/csv": true, "application/pdf": true, "image/png": true, "image/jpeg": true,
}

// hostedResource serves what this registry hosts in a DID's folder.
func (s *server) hostedResource(w *reply, r *http.Request, place webvh.Identifier, path string) error {
	if path != "whois.vp" {
		return api.NewProblem(api.NotFound, "this registry hosts no such resource")
	}
	v := s.Ledger.View()
	content, err := whoisAt(v, place.Path)
	v.Close()
	if err != nil {
		return err
	}
	return s.sendWatched(w, r, content, typeVP)
}

// postWatchedResource is told of a resource: it is fetched when somebody asks for it.
func (s *server) postWatchedResource(w *reply, r *http.Request, _ route) error {
	if _, err := readObject(w, r, presentationTypes); err != nil {
		return err
	}
	_, q, err := s.watch(w, r)
	if err == nil {
		_, err = q.takePath()
	}
	if err == nil {
		err = q.rest()
	}
	if err != nil {
		return err
	}
	return s.received(w, r)
}

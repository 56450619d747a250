package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/api"
)

// folder reads the path of a hosted DID, as it was sent: its decoded segments, none for the DID at
// the domain's root, whose files lie under /.well-known. A path no DID can have is not found.
func folder(raw string) ([]string, error) {
	if raw == "/.well-known" {
		return nil, nil
	}
	trimmed, ok := strings.CutPrefix(raw, "/")
	if !ok || trimmed == "" {
		return nil, api.NewProblem(api.NotFound, "the files of the DID at the root lie under /.well-known")
	}
	segments := strings.Split(trimmed, "/")
	for i, segment := range segments {
		decoded, err := url.PathUnescape(segment)
		if err != nil || decoded == "" || decoded == "." || decoded == ".." || strings.ContainsAny(decoded, "/\\\x00") {
			return nil, api.NewProblem(api.NotFound, "no DID can live at this path")
		}
		segments[i] = decoded
	}
	if segments[0] == ".well-known" {
		return nil, api.NewProblem(api.NotFound, "no DID can live at this path")
	}
	return segments, nil
}

// render makes one hosted file of the DID whose SCID is given.
type render func(r *http.Request, v *ledger.View, scid string, segments []string) ([]byte, error)

func (s *server) getWitness(w *reply, r *http.Request, rt route) error {
	return s.getHosted(w, r, rt, repWitness, renderWitness)
}

func (s *server) getWeb(w *reply, r *http.Request, rt route) error {
	return s.getHosted(w, r, rt, repWeb, renderWeb)
}

// getHosted serves one file of a DID's folder, from the cache if the ledger vouches for it.
func (s *server) getHosted(w *reply, r *http.Request, rt route, rep representation, render render) error {
	key := cacheKey{rt.rest, rep}
	if r.URL.RawQuery == "" && s.sendCached(w, r, key) {
		return nil
	}
	b, err := onlyBounds(r)
	if err != nil {
		return err
	}
	segments, err := folder(rt.rest)
	if err != nil {
		return err
	}
	v, err := s.view(w, r, b)
	if err != nil {
		return err
	}
	val, err := hostedFile(r, v, segments, render)
	v.Close() // before the reply: a client that reads slowly pins no state
	if err != nil {
		return err
	}
	val.media = repTypes[rep]
	val.finish(valueNoCache)
	s.cache.put(key, val)
	return s.sendValue(w, r, val)
}

// hostedFile renders a file of the DID that lives at a folder.
func hostedFile(r *http.Request, v *ledger.View, segments []string, render render) (*cached, error) {
	scid, err := livesHere(v, segments)
	if err != nil {
		return nil, err
	}
	body, err := render(r, v, scid, segments)
	if err != nil {
		return nil, err
	}
	return &cached{subject: scid, size: v.Size(), status: http.StatusOK, body: body}, nil
}

// livesHere returns the SCID of the DID that a folder was given to.
func livesHere(v *ledger.View, segments []string) (string, error) {
	scid, ok, err := hostedAt(v, segments)
	if err == nil && !ok {
		err = api.NewProblem(api.NotFound, "no DID lives here")
	}
	return scid, err
}

// onlyBounds reads the query of a route that takes no parameters but those of consistency.
func onlyBounds(r *http.Request) (bounds, error) {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return bounds{}, err
	}
	b, err := q.takeBounds()
	if err != nil {
		return bounds{}, err
	}
	return b, q.rest()
}

func renderWitness(_ *http.Request, v *ledger.View, scid string, _ []string) ([]byte, error) {
	file, err := v.Witnesses(scid)
	if err != nil {
		return nil, err
	}
	return file.Canonical(), nil
}

// renderWeb makes the parallel did:web document; of a deactivated DID there is none.
func renderWeb(r *http.Request, v *ledger.View, scid string, segments []string) ([]byte, error) {
	state, _, err := v.Head(scid)
	if err != nil {
		return nil, err
	}
	if !livesAt(v, state, segments) {
		return nil, api.NewProblem(api.NotFound, "the DID that lived here has moved")
	}
	res, err := v.Resolve(r.Context(), state.DID, did.Options{})
	if err != nil {
		return nil, err
	}
	if res.Document == nil {
		return nil, api.NewProblem(api.Deactivated, "the DID that lived here is deactivated")
	}
	web, err := webvh.ParallelWeb(res.Document.Value())
	if did.CodeOf(err) == did.InvalidDIDDocument { // the controller's doing, not ours
		return nil, api.NewProblem(api.NotFound, "the DID that lives here has no parallel did:web document")
	}
	if err != nil {
		return nil, err
	}
	return web.Canonical(), nil
}

// atPath fails unless a did:webvh DID lives at a folder.
func atPath(id string, segments []string) (webvh.Identifier, error) {
	parsed, err := webvh.ParseID(did.ID(id))
	if err != nil {
		return parsed, api.NewProblem("state-id", err.Error())
	}
	if !slices.Equal(parsed.Path, segments) {
		return parsed, api.Problemf(api.PathMismatch, "the log of %s lives at %s", id, parsed.LogURL())
	}
	return parsed, nil
}

// atHome fails unless entries were posted where their DID lives: at the folder that the last of them gives
// it, or, if that one takes it away from this domain, at the folder that it leaves. What never lived here
// has the path that its last entry says.
func atHome(v *ledger.View, entries []jcs.Value, segments []string) error {
	last, err := placeOf(entries[len(entries)-1])
	if err != nil {
		return err
	}
	if last.Domain == v.Domain() || v.Size() == 0 {
		_, err := atPath(stateID(entries[len(entries)-1]), segments)
		return err
	}
	home, err := homeBefore(v, entries, last.SCID)
	if errors.Is(err, ledger.ErrNotFound) { // it never lived here
		_, err := atPath(stateID(entries[len(entries)-1]), segments)
		return err
	}
	if err != nil {
		return err
	}
	if home.Domain != v.Domain() { // the ledger's rules have it that what has moved away stays away
		return livedAt(v, last, segments)
	}
	if slices.Equal(home.Path, segments) {
		return nil
	}
	return api.Problemf(api.PathMismatch, "%s lives at %s: there it is told where it moves", home.ID(), home.LogURL())
}

// livedAt fails unless a DID that has moved away was given a folder here before: there its entries may be sent again.
func livedAt(v *ledger.View, moved webvh.Identifier, segments []string) error {
	scid, ok, err := hostedAt(v, segments)
	if err == nil && (!ok || scid != moved.SCID) {
		err = api.Problemf(api.PathMismatch, "%s has moved away, and did not live at this path before", moved.ID())
	}
	return err
}

// homeBefore is where a DID lives before the last entry: on this domain, if any entry before it has it here.
func homeBefore(v *ledger.View, entries []jcs.Value, scid string) (webvh.Identifier, error) {
	for _, entry := range slices.Backward(entries[:len(entries)-1]) {
		if home, err := placeOf(entry); err != nil || home.Domain == v.Domain() {
			return home, err
		}
	}
	state, _, err := v.Head(scid)
	if err != nil {
		return webvh.Identifier{}, err
	}
	return webvh.ParseID(state.DID)
}

// placeOf is where an entry has its DID live.
func placeOf(entry jcs.Value) (webvh.Identifier, error) {
	place, err := webvh.ParseID(did.ID(stateID(entry)))
	if err != nil {
		return place, api.NewProblem("state-id", err.Error())
	}
	return place, nil
}

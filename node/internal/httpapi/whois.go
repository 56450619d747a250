package httpapi

import (
	"net/http"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/web"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// presentationTypes are what a linked presentation may be sent as.
var presentationTypes = []string{"application/vp", "application/vp+ld+json", "application/ld+json", "application/json"}

// whoisFolder is folder, but that the presentation of the DID at the domain's root does not lie under
// .well-known (did:webvh 1.0, "whois LinkedVP Service"). It is served there too.
func whoisFolder(raw string) ([]string, error) {
	if raw == "" {
		return nil, nil
	}
	return folder(raw)
}

// getWhois serves the presentation that a DID has linked itself to.
func (s *server) getWhois(w *reply, r *http.Request, rt route) error {
	b, err := onlyBounds(r)
	if err != nil {
		return err
	}
	segments, err := whoisFolder(rt.rest)
	if err != nil {
		return err
	}
	v, err := s.view(w, r, b)
	if err != nil {
		return err
	}
	content, err := whoisAt(v, segments)
	v.Close()
	if err != nil {
		return err
	}
	val := &cached{status: http.StatusOK, body: content, media: typeVP}
	val.finish(valueNoCache)
	return s.sendValue(w, r, val)
}

const typeVP = "application/vp"

// whoisAt finds the presentation of the DID that lives at a folder.
func whoisAt(v *ledger.View, segments []string) ([]byte, error) {
	scid, err := livesHere(v, segments)
	if err != nil {
		return nil, err
	}
	state, _, err := v.Head(scid)
	if err != nil {
		return nil, err
	}
	if !livesAt(v, state, segments) {
		return nil, api.NewProblem(api.NotFound, "the DID that lived here has moved away")
	}
	if state.Deactivated {
		return nil, api.NewProblem(api.Deactivated, "the DID that lived here is deactivated")
	}
	content, _, ok, err := v.Whois(state.DID)
	if err != nil {
		return nil, err
	}
	if !ok || content == nil {
		return nil, api.NewProblem(api.NotFound, "the DID that lives here has linked no presentation")
	}
	return content, nil
}

// postWhois takes the presentation of the DID that lives at the path.
func (s *server) postWhois(w *reply, r *http.Request, rt route) error {
	if err := noQuery(r); err != nil {
		return err
	}
	segments, err := whoisFolder(rt.rest)
	if err != nil {
		return err
	}
	presentation, err := readObject(w, r, presentationTypes)
	if err != nil {
		return err
	}
	op, err := record.NewWhoisOp(presentation)
	if err != nil {
		return refusalOf(err)
	}
	if err := whoisPath(op.Issuer, segments); err != nil {
		return err
	}
	outcome, err := s.submit(r, op, claimOf(op))
	if err != nil {
		return err
	}
	return s.sendReceipt(w, r, s.receipt(op, outcome))
}

// whoisPath fails unless the DID, or the did:web DID beside it, lives at the folder that its
// presentation was sent to.
func whoisPath(id did.ID, segments []string) error {
	if id.Method() != web.Method {
		_, err := atPath(string(id), segments)
		return err
	}
	place, err := web.ParseID(id)
	if err != nil {
		return err
	}
	beside := webvh.Identifier{Domain: place.Domain, Path: segments}
	if beside.Web() != id {
		return api.Problemf(api.PathMismatch, "%s does not live here", id)
	}
	return nil
}

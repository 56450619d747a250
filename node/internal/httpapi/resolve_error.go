package httpapi

import (
	"errors"
	"net/http"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

// statusOf is the HTTP status of each error of DID Resolution ("HTTP(S) Binding"). Errors of other
// vocabularies are 500 there, whoever is to blame.
var statusOf = map[did.ErrorCode]int{
	did.InvalidDID: http.StatusBadRequest, did.InvalidDIDURL: http.StatusBadRequest,
	did.InvalidOptions: http.StatusBadRequest, did.NotFound: http.StatusNotFound,
	did.RepresentationNotSupported: http.StatusNotAcceptable,
	did.InvalidDIDDocument:         http.StatusInternalServerError, did.InternalError: http.StatusInternalServerError,
	did.MethodNotSupported: http.StatusNotImplemented, did.FeatureNotSupported: http.StatusNotImplemented,
	did.UnsupportedPublicKeyType:  http.StatusNotImplemented,
	did.InvalidVerificationMethod: http.StatusInternalServerError, did.InvalidRelationship: http.StatusInternalServerError,
}

// ours reports whether an error is this node's to look into. Its detail then stays here, for it may
// name what is ours.
func ours(code did.ErrorCode) bool {
	return statusOf[code] == 0 || code == did.InvalidDIDDocument || code == did.InternalError
}

// explain is what a requester is told of an error. Why another host could not be asked is not part of
// it: whoever asks could map this node's network with it.
func explain(e *did.Error) string {
	var fetching *fetch.Error
	if e.Code == did.InternalError || errors.As(e.Err, &fetching) {
		return e.Detail
	}
	return e.Explanation()
}

// errorObject is the error of a result (DID Resolution, "Errors"). That of a did:webvh log also names
// the rule that was broken, and the entry that breaks it.
func errorObject(e *did.Error, status int) jcs.Value {
	members := []jcs.Member{
		{Name: "type", Value: jcs.FromString(e.Type())},
		{Name: "title", Value: jcs.FromString(e.Title())},
		{Name: "detail", Value: jcs.FromString(explain(e))},
		{Name: "status", Value: jcs.FromInt(int64(status))},
	}
	var broken *webvh.Error
	if errors.As(e.Err, &broken) {
		members = append(members, broken.Members()...)
	}
	return jcs.Object(members...)
}

// sendResolutionError answers with an error object and no document (DID Resolution, "Errors"). What is
// no error of resolution is a problem instead.
func (s *server) sendResolutionError(w *reply, r *http.Request, rep representation, err error) error {
	var e *did.Error
	if !errors.As(err, &e) || ledger.IsCorruption(err) {
		return err
	}
	var theirs hostError
	if errors.As(err, &theirs) {
		s.Logger.Debug("another host's DID does not resolve", "error", err)
	} else if ours(e.Code) {
		s.Logger.Error("resolution failed", "error", err)
		if e = (&did.Error{Code: e.Code, Detail: "something is wrong with this node or its ledger: its log says what"}); statusOf[e.Code] == 0 {
			e.Code = did.InternalError
		}
	}
	status := statusOf[e.Code]
	own := jcs.Object(jcs.Member{Name: "error", Value: errorObject(e, status)})
	members := []jcs.Member{
		{Name: "didDocument"}, {Name: "didDocumentMetadata", Value: jcs.Object()}, {Name: "didResolutionMetadata", Value: own},
	}
	contentType := api.TypeDIDResolution
	if rep == repDereference {
		members = []jcs.Member{{Name: "content"}, {Name: "contentStream"},
			{Name: "contentMetadata", Value: jcs.Object()}, {Name: "dereferencingMetadata", Value: own}}
		contentType = api.TypeDIDDereference
	}
	h := w.Header()
	h[keyCacheControl], h[keyVary] = valueNoStore, valueAccept
	if h[api.HeaderSeq] == nil {
		s.stamp(w, s.Ledger.Size())
	}
	w.code = api.Code(e.Code)
	return w.send(r, status, contentType, jcs.Object(members...).Canonical())
}

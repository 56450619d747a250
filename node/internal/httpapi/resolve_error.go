package httpapi

import (
	"errors"
	"net/http"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/api"
)

// statusOf is the HTTP status of each error of DID Resolution ("HTTP(S) Binding"). Errors of other
// vocabularies are 500 there, whoever is to blame.
var statusOf = map[did.ErrorCode]int{
	did.InvalidDID: http.StatusBadRequest, did.InvalidDIDURL: http.StatusBadRequest,
	did.InvalidOptions: http.StatusBadRequest, did.NotFound: http.StatusNotFound,
	did.RepresentationNotSupported: http.StatusNotAcceptable,
	did.InvalidDIDDocument:         http.StatusInternalServerError, did.InternalError: http.StatusInternalServerError,
	did.MethodNotSupported: http.StatusNotImplemented, did.FeatureNotSupported: http.StatusNotImplemented,
	did.InvalidVerificationMethod: http.StatusInternalServerError, did.InvalidRelationship: http.StatusInternalServerError,
}

// ours reports whether an error is this node's to look into. Its detail then stays here, for it may
// name what is ours.
func ours(code did.ErrorCode) bool {
	return statusOf[code] == 0 || code == did.InvalidDIDDocument || code == did.InternalError
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
		if e = (&did.Error{Code: e.Code}); statusOf[e.Code] == 0 {
			e.Code = did.InternalError
		}
	}
	status := statusOf[e.Code]
	detail := jcs.Object(
		jcs.Member{Name: "type", Value: jcs.FromString(e.Type())},
		jcs.Member{Name: "title", Value: jcs.FromString(e.Title())},
		jcs.Member{Name: "detail", Value: jcs.FromString(e.Detail)},
		jcs.Member{Name: "status", Value: jcs.FromInt(int64(status))},
	)
	own := jcs.Object(jcs.Member{Name: "error", Value: detail})
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

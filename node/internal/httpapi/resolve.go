package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// statusOf is the HTTP status of each error of DID Resolution, 12.1.
var statusOf = map[did.ErrorCode]int{
	did.InvalidDID: http.StatusBadRequest, did.InvalidDIDURL: http.StatusBadRequest,
	did.InvalidOptions: http.StatusBadRequest, did.NotFound: http.StatusNotFound,
	did.RepresentationNotSupported: http.StatusNotAcceptable,
	did.InvalidDIDDocument:         http.StatusInternalServerError, did.InternalError: http.StatusInternalServerError,
	did.MethodNotSupported: http.StatusNotImplemented, did.FeatureNotSupported: http.StatusNotImplemented,
}

// getIdentifier is the GET binding of DID Resolution, 12.1. A reply that has been encoded before is
// sent again for as long as the ledger says that nothing about its DID has changed.
func (s *server) getIdentifier(w *reply, r *http.Request, rt route) error {
	rep := negotiate(r.Header["Accept"])
	key := cacheKey{rt.rest, rep}
	if r.URL.RawQuery == "" && s.sendCached(w, r, key) {
		return nil
	}
	beside, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return s.sendResolutionError(w, r, rep, invalidOptions(err.Error()))
	}
	b, err := beside.takeBounds()
	if err != nil {
		return err
	}
	return s.resolve(w, r, key, beside, b)
}

// postIdentifier is the POST binding: the options are a JSON object in the body.
func (s *server) postIdentifier(w *reply, r *http.Request, rt route) error {
	rep := negotiate(r.Header["Accept"])
	beside, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return s.sendResolutionError(w, r, rep, invalidOptions(err.Error()))
	}
	b, err := beside.takeBounds()
	if err != nil {
		return err
	}
	if r.ContentLength != 0 {
		body, err := readObject(w, r, resolutionTypes)
		if err != nil {
			return err
		}
		options, err := optionsOf(body)
		if err != nil {
			return s.sendResolutionError(w, r, rep, err)
		}
		if accept, ok := options.take("accept"); ok {
			rep = negotiate([]string{accept})
		}
		for name, value := range beside {
			if _, twice := options[name]; twice {
				return s.sendResolutionError(w, r, rep, invalidOptions("an option is given twice"))
			}
			options[name] = value
		}
		beside = options
	}
	return s.resolve(w, r, cacheKey{rt.rest, rep}, beside, b)
}

func (s *server) resolve(w *reply, r *http.Request, key cacheKey, beside params, b bounds) error {
	q, err := parseIdentifier(key.path, beside, b)
	if err == nil && key.rep == repNone {
		err = notRepresentable()
	}
	if err != nil {
		return s.sendResolutionError(w, r, key.rep, err)
	}
	v, err := s.view(w, r, q.bounds)
	if err != nil {
		return err
	}
	val, err := s.encode(r, v, q, key.rep)
	v.Close() // before the reply: a client that reads slowly pins no state
	if err != nil {
		return s.sendResolutionError(w, r, key.rep, err)
	}
	if len(beside) == 0 && val.status == http.StatusOK {
		s.cache.put(key, val)
	}
	return s.sendValue(w, r, val)
}

// encode resolves q and writes the reply down.
func (s *server) encode(r *http.Request, v *ledger.View, q query, rep representation) (*cached, error) {
	res, err := v.Resolve(r.Context(), q.url.DID, q.options)
	if err != nil {
		return nil, err
	}
	val := &cached{subject: subjectOf(q.url.DID), size: v.Size(), status: http.StatusOK}
	content := jcs.Value{}
	if res.Document == nil {
		if val.status = http.StatusGone; rep != repDereference {
			rep = repResult // a bare document cannot say why there is none
		}
	} else if content = res.Document.Value(); q.url.Fragment != "" {
		if content, err = fragment(res.Document, q); err != nil {
			return nil, err
		}
	}
	metadata := res.Metadata.Value()
	switch {
	case rep == repDereference:
		val.body = envelope("contentStream", content, "contentMetadata", metadata, "dereferencingMetadata")
	case rep == repResult && q.url.Fragment == "":
		val.body = envelope("didDocument", content, "didDocumentMetadata", metadata, "didResolutionMetadata")
	case rep == repResult: // dereferencing, and anything accepted: the whole of what that gives
		rep = repDereference
		val.body = envelope("contentStream", content, "contentMetadata", metadata, "dereferencingMetadata")
	default:
		val.body = content.Canonical()
	}
	control := valueNoCache
	if rep.document() && q.versioned() && !res.Metadata.Deactivated {
		control = valueImmutable // metadata may yet change; the document of a version never does
	}
	val.finish(repTypes[rep], control)
	val.vary = valueAccept
	return val, nil
}

// envelope writes a resolution or dereferencing result.
func envelope(content string, value jcs.Value, metadata string, meta jcs.Value, own string) []byte {
	resolution := jcs.Object(jcs.Member{Name: "contentType", Value: jcs.FromString(api.TypeDID)})
	return jcs.Object(
		jcs.Member{Name: content, Value: value},
		jcs.Member{Name: metadata, Value: meta},
		jcs.Member{Name: own, Value: resolution},
	).Canonical()
}

// finish fills in what goes out beside the body. The entity tag is strong: it is of the bytes.
func (c *cached) finish(contentType string, control []string) {
	sum := sha256.Sum256(c.body)
	c.etag = `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
	c.etags, c.control = []string{c.etag}, control
	c.contentType = []string{contentType}
	c.length = []string{strconv.Itoa(len(c.body))}
}

// sendCached sends a reply again if there is one and the ledger vouches for it.
func (s *server) sendCached(w *reply, r *http.Request, key cacheKey) bool {
	val := s.cache.get(key)
	if val == nil {
		return false
	}
	size := s.Ledger.Size() // before the question, so that the answer holds at that size
	if size != val.size && s.Ledger.ChangedSince(val.subject, val.size) {
		return false
	}
	s.cache.found.Add(1)
	s.stamp(w, size)
	// A failure to write is the client's going away: there is nobody left to tell.
	_ = s.sendValue(w, r, val)
	return true
}

func (s *server) sendValue(w *reply, r *http.Request, val *cached) error {
	h := w.Header()
	h[keyETag], h[keyCacheControl] = val.etags, val.control
	if val.vary != nil {
		h[keyVary] = val.vary
	}
	if match := r.Header["If-None-Match"]; match != nil && val.status == http.StatusOK && matches(match, val.etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h[keyType], h[keyLength] = val.contentType, val.length
	w.WriteHeader(val.status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(val.body)
	return sent(err)
}

// matches compares entity tags weakly, as If-None-Match asks (RFC 9110, 13.1.2).
func matches(headers []string, etag string) bool {
	for _, header := range headers {
		for tag := range strings.SplitSeq(header, ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == etag || tag == "*" {
				return true
			}
		}
	}
	return false
}

// sendResolutionError answers with an error object and no document (DID Resolution, 11). What is not
// the requester's to mend is a problem instead.
func (s *server) sendResolutionError(w *reply, r *http.Request, rep representation, err error) error {
	var e *did.Error
	if !errors.As(err, &e) {
		return err
	}
	status, ok := statusOf[e.Code]
	if !ok || status == http.StatusInternalServerError {
		s.Logger.Error("resolution failed", "error", err)
		e = &did.Error{Code: e.Code} // its detail may name what is ours
	}
	detail := jcs.Object(
		jcs.Member{Name: "type", Value: jcs.FromString(e.Type())},
		jcs.Member{Name: "title", Value: jcs.FromString(e.Title())},
		jcs.Member{Name: "detail", Value: jcs.FromString(e.Detail)},
		jcs.Member{Name: "status", Value: jcs.FromInt(int64(status))},
	)
	own := jcs.Object(jcs.Member{Name: "error", Value: detail})
	names := [...]string{"didDocument", "didDocumentMetadata", "didResolutionMetadata"}
	contentType := api.TypeDIDResolution
	if rep == repDereference {
		names = [...]string{"contentStream", "contentMetadata", "dereferencingMetadata"}
		contentType = api.TypeDIDDereference
	}
	body := jcs.Object(jcs.Member{Name: names[0]}, jcs.Member{Name: names[1], Value: jcs.Object()},
		jcs.Member{Name: names[2], Value: own}).Canonical()
	h := w.Header()
	h[keyCacheControl], h[keyVary] = valueNoStore, valueAccept
	if h[api.HeaderSeq] == nil {
		s.stamp(w, s.Ledger.Size())
	}
	w.code = api.Code(e.Code)
	return w.send(r, status, contentType, body)
}

// getMethods lists the DID methods that resolve here.
func (s *server) getMethods(w *reply, r *http.Request, _ route) error {
	return s.sendJSON(w, r, http.StatusOK, methodsResolved)
}

// seqAfter is the number of records of a state that holds seq.
func seqAfter(seq record.Seq) record.Seq { return seq + 1 }

package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/dereference"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// getIdentifier is the GET binding of DID Resolution ("HTTP(S) Binding"). A reply that has been encoded
// before is sent again for as long as the ledger says that nothing about its DID has changed.
func (s *server) getIdentifier(w *reply, r *http.Request, rt route) error {
	key := cacheKey{rt.rest, negotiate(r.Header["Accept"])}
	if r.URL.RawQuery == "" && s.sendCached(w, r, key) {
		return nil
	}
	return s.resolve(w, r, key)
}

// postIdentifier is the POST binding: the options are a JSON object in the body.
func (s *server) postIdentifier(w *reply, r *http.Request, rt route) error {
	return s.resolve(w, r, cacheKey{rt.rest, negotiate(r.Header["Accept"])})
}

func (s *server) resolve(w *reply, r *http.Request, key cacheKey) error {
	q, err := s.parseRequest(w, r, key.path, &key.rep)
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
	val, own, err := s.answer(r, v, q, key.rep)
	v.Close() // before the reply: a client that reads slowly pins no state
	if err != nil {
		return s.sendResolutionError(w, r, key.rep, err)
	}
	if own && !q.beside && val.status == http.StatusOK {
		s.cache.put(key, val)
	}
	return s.sendValue(w, r, val)
}

// answer resolves and dereferences q and writes the reply down. own says that the ledger alone had a
// part in it, so that the ledger knows when it is no longer right.
func (s *server) answer(r *http.Request, v *ledger.View, q query, rep representation) (val *cached, own bool, err error) {
	res, own, err := s.resolveDID(r, v, q.URL.DID, q.Options)
	if err != nil {
		return nil, own, err
	}
	val = &cached{subject: subjectOf(q.URL.DID), size: v.Size(), status: http.StatusOK, vary: valueAccept}
	if own {
		known, err := standingOf(r.Context(), v, q.URL.DID, res, s.now())
		if err != nil {
			return nil, own, err
		}
		res.Metadata.Own, val.also, val.until = known.members, known.keys, known.until
	}
	if res.Document == nil {
		gone(val, rep, res)
		return val, own, nil
	}
	doc := res.Document
	if q.ExpandRelativeURLs {
		if doc, err = dereference.Expand(doc); err != nil {
			return nil, own, err
		}
	}
	if res.Source != nil {
		val.age = []string{strconv.FormatInt(int64(max(0, res.Source.Age)/time.Second), 10)}
	}
	control := valueNoCache
	if q.IsURL() {
		err = encodeURL(val, doc, q, rep.forURL(), res)
	} else {
		err = encodeDocument(val, doc, rep.forDID(), res)
	}
	if err == nil && own && val.location != nil {
		err = served(v, q.URL, val.location[0])
	}
	if err != nil {
		return nil, own, err
	}
	bare := rep.document() || rep == repAnyJSON && q.IsURL()
	if bare && own && q.Immutable() && !res.Metadata.Deactivated && val.status == http.StatusOK {
		control = valueImmutable // metadata may yet change; the document of a version never does
	}
	val.finish(control)
	return val, own, nil
}

// gone answers for a deactivated DID: 410, metadata and no document. Neither a bare document nor a
// redirection could say why there is nothing.
func gone(val *cached, rep representation, res did.Resolution) {
	val.status = http.StatusGone
	if rep == repDereference {
		val.media, val.body = api.TypeDIDDereference, dereferencingResult(jcs.Value{}, res)
	} else {
		val.media, val.body = api.TypeDIDResolution, resolutionResult(jcs.Value{}, res)
	}
	val.finish(valueNoCache)
}

// encodeDocument writes the result of resolving a DID.
func encodeDocument(val *cached, doc *did.Document, rep representation, res did.Resolution) error {
	val.media = repTypes[rep]
	switch rep {
	case repURIs:
		return &did.Error{Code: did.RepresentationNotSupported, Detail: "a DID document is not a list of URLs"}
	case repResult:
		val.body = resolutionResult(doc.Value(), res)
	case repDereference:
		val.body = dereferencingResult(doc.Value(), res)
	default:
		val.body = doc.Value().Canonical()
	}
	return nil
}

// encodeURL writes the result of dereferencing a DID URL. One that leads elsewhere is answered with 303
// and the URL: of several, the first.
func encodeURL(val *cached, doc *did.Document, q query, rep representation, res did.Resolution) error {
	found, err := q.Dereference(doc, rep == repURIs)
	if err != nil {
		return err
	}
	if len(found.URLs) > 0 {
		val.status, val.location = http.StatusSeeOther, []string{found.URLs[0]}
		return nil
	}
	val.media = repTypes[rep]
	if rep == repDereference {
		val.body = dereferencingResult(found.Content, res)
	} else {
		val.body = found.Content.Canonical()
	}
	return nil
}

// served fails for a linked presentation that would lie at this registry and does not (did:webvh 1.0,
// "WHOIS Resolution"). Of other files of that folder others may know.
func served(v *ledger.View, u did.URL, location string) error {
	if u.Path != "/whois" || !strings.HasPrefix(location, "https://"+v.Domain()+"/") || !strings.HasSuffix(location, "/whois.vp") {
		return nil
	}
	_, _, ok, err := v.Whois(u.DID)
	if err == nil && !ok {
		err = &did.Error{Code: did.NotFound, Detail: "the DID has published no presentation"}
	}
	return err
}

// resolutionResult is a DID resolution result.
func resolutionResult(document jcs.Value, res did.Resolution) []byte {
	return jcs.Object(
		jcs.Member{Name: "didDocument", Value: document},
		jcs.Member{Name: "didDocumentMetadata", Value: res.Metadata.Value()},
		jcs.Member{Name: "didResolutionMetadata", Value: metadataOf(res)},
	).Canonical()
}

// dereferencingResult is a DID URL dereferencing result. The function calls what it returns contentStream, the
// data structure content: both are there.
func dereferencingResult(content jcs.Value, res did.Resolution) []byte {
	return jcs.Object(
		jcs.Member{Name: "content", Value: content},
		jcs.Member{Name: "contentStream", Value: content},
		jcs.Member{Name: "contentMetadata", Value: res.Metadata.Value()},
		jcs.Member{Name: "dereferencingMetadata", Value: metadataOf(res)},
	).Canonical()
}

// metadataOf is what an answer says of the resolution: the type of the document, and where a document of
// another host comes from and how old it is.
func metadataOf(res did.Resolution) jcs.Value {
	if res.Source == nil {
		return contentTypeDID
	}
	return jcs.Object(append(res.Source.Members(), contentType)...)
}

var (
	contentType    = jcs.Member{Name: "contentType", Value: jcs.FromString(api.TypeDID)}
	contentTypeDID = jcs.Object(contentType)
)

// finish fills in what goes out beside the body. The entity tag is strong: unless there is one that
// stands for the bytes, it is of them.
func (c *cached) finish(control []string) {
	if c.etag == "" {
		sum := sha256.Sum256(c.body)
		c.etag = `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
	}
	c.etags, c.control = []string{c.etag}, control
	if c.media != "" {
		c.contentType = []string{c.media}
	}
	c.length = []string{strconv.Itoa(len(c.body))}
}

// sendCached sends a reply again if there is one and the ledger vouches for it.
func (s *server) sendCached(w *reply, r *http.Request, key cacheKey) bool {
	val := s.cache.get(key)
	if val == nil {
		return false
	}
	size := s.Ledger.Size() // before the question, so that the answer holds at that size
	if !val.holds(s.Ledger, s.now()) {
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
	large := compressible(h, val.media, val.body)
	if val.location != nil {
		h[keyLocation] = val.location
	}
	if val.age != nil {
		h[keyAge] = val.age
	}
	if match := r.Header["If-None-Match"]; match != nil && val.status == http.StatusOK && matches(match, val.etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if h[keyLength] = val.length; val.contentType != nil {
		h[keyType] = val.contentType
	}
	body := val.body
	if large {
		body = encode(h, r, body)
	}
	w.WriteHeader(val.status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
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

// seqAfter is the number of records of a state that holds seq.
func seqAfter(seq record.Seq) record.Seq { return seq + 1 }

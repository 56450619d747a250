package httpapi

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/dereference"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
)

// decodeIdentifier reads the DID URL at the end of a request path, which clients write in two ways:
//
//   - wholly percent-encoded (did%3Awebvh%3A…%253A8700…): decoded once, always;
//   - literally (did:webvh:…%3A8700…): its own percent-encodings belong to it. Only the delimiters a
//     path segment cannot hold (%2F, %3F and %23) are decoded, and if a %25 shows that the sender
//     encoded the rest too, everything is, once.
func decodeIdentifier(raw string) (string, error) {
	decoded := raw
	var err error
	if !strings.HasPrefix(raw, "did:") || strings.Contains(raw, "%25") {
		decoded, err = url.PathUnescape(raw)
	} else if strings.Contains(raw, "%") {
		decoded = delimiters.Replace(raw)
	}
	if err != nil {
		return "", &did.Error{Code: did.InvalidDID, Detail: "the path is not percent-encoded well"}
	}
	return decoded, nil
}

var delimiters = strings.NewReplacer("%2F", "/", "%2f", "/", "%3F", "?", "%3f", "?", "%23", "#")

// query is a resolution or dereferencing request as understood.
type query struct {
	dereference.Request
	bounds bounds
	// beside: there were options beside the DID URL.
	beside bool
}

// methodsResolved are the DID methods that resolve here, in the order /1.0/methods lists them.
var methodsResolved = []string{"webvh", "web", "key", "jwk"}

// parseIdentifier reads the DID URL of a request, in the order of "DID Resolution Algorithm": syntax,
// then method.
func parseIdentifier(raw string) (did.URL, error) {
	text, err := decodeIdentifier(raw)
	if err != nil {
		return did.URL{}, err
	}
	u, err := did.ParseURL(text)
	if err != nil {
		return did.URL{}, err
	}
	if !supported(u.DID.Method()) {
		return did.URL{}, &did.Error{Code: did.MethodNotSupported, Detail: "the method " + cut(u.DID.Method()) + " does not resolve here"}
	}
	return u, nil
}

func supported(method string) bool {
	for _, m := range methodsResolved {
		if m == method {
			return true
		}
	}
	return false
}

// parseRequest reads a whole request: identifier first, then the options in the query of the HTTP URL,
// in the body and in the DID URL. Bounds on the age of the state stand in the HTTP URL alone.
func (s *server) parseRequest(w *reply, r *http.Request, raw string, rep *representation) (query, error) {
	var q query
	u, err := parseIdentifier(raw)
	if err != nil {
		return q, err
	}
	beside, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return q, invalidOptions(problem(err).Detail)
	}
	if q.bounds, err = beside.takeBounds(); err != nil {
		return q, err
	}
	options := dereference.Options(beside)
	if r.Method == http.MethodPost && r.ContentLength != 0 {
		if options, err = s.bodyOptions(w, r, rep); err != nil {
			return q, err
		}
		if err := options.Add(dereference.Options(beside)); err != nil {
			return q, err
		}
	}
	q.beside = len(options) > 0
	q.Request, err = dereference.New(u, options)
	return q, err
}

// bodyOptions reads the body of the POST binding. Its accept option counts in place of the header.
func (s *server) bodyOptions(w *reply, r *http.Request, rep *representation) (dereference.Options, error) {
	if err := checkType(r, resolutionTypes); err != nil {
		return nil, err
	}
	data, err := readBody(w, r, api.MaxBody)
	if err != nil {
		return nil, err
	}
	body, err := jcs.Decode(data)
	if err != nil {
		return nil, &did.Error{Code: did.InvalidOptions, Detail: "the body is not strict JSON: " + err.Error()}
	}
	options, err := dereference.ParseBody(body)
	if err != nil {
		return nil, err
	}
	if accept, ok := options["accept"]; ok {
		delete(options, "accept")
		*rep = negotiate([]string{accept})
	}
	return options, nil
}

func invalidOptions(detail string) error { return &did.Error{Code: did.InvalidOptions, Detail: detail} }

// cut shortens what is echoed back.
func cut(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most]
	}
	return s
}

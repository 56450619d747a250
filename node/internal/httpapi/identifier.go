package httpapi

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
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
	url     did.URL
	options did.Options
	rel     did.Relationship // verificationRelationship, with a fragment
	bounds  bounds
}

// versioned reports whether the request names a version, which then stays what it is.
func (q query) versioned() bool { return q.options.VersionID != "" || q.options.VersionNumber != 0 }

// methodsResolved are the DID methods that resolve here, in the order /1.0/methods lists them.
var methodsResolved = []string{"webvh", "web", "key", "jwk"}

// parseIdentifier reads a request in the order of DID Resolution, 4.4: syntax, method, options known,
// options valid. Options come from the DID URL's own query and from those given beside it.
func parseIdentifier(raw string, beside params, b bounds) (query, error) {
	text, err := decodeIdentifier(raw)
	if err != nil {
		return query{}, err
	}
	u, err := did.ParseURL(text)
	if err != nil {
		return query{}, err
	}
	if !supported(u.DID.Method()) {
		return query{}, &did.Error{Code: did.MethodNotSupported, Detail: "the method " + u.DID.Method() + " does not resolve here"}
	}
	q := query{url: u, bounds: b}
	if err := q.takeOptions(beside); err != nil {
		return query{}, err
	}
	return q, q.supported()
}

func supported(method string) bool {
	for _, m := range methodsResolved {
		if m == method {
			return true
		}
	}
	return false
}

// takeOptions merges the options of the DID URL with those beside it; one given in both is an error.
func (q *query) takeOptions(beside params) error {
	options, err := parseQuery(q.url.Query)
	if err != nil {
		return invalidOptions(err.Error())
	}
	if options == nil {
		options = params{}
	}
	for name, value := range beside {
		if _, twice := options[name]; twice {
			return invalidOptions("an option is given both in the DID URL and beside it")
		}
		options[name] = value
	}
	for name := range options {
		if !known[name] {
			return &did.Error{Code: did.FeatureNotSupported, Detail: "the option " + strconv.QuoteToASCII(cut(name)) + " is not supported"}
		}
	}
	return q.setOptions(options)
}

var known = map[string]bool{"versionId": true, "versionTime": true, "versionNumber": true,
	"expandRelativeUrls": true, "verificationRelationship": true}

func (q *query) setOptions(options params) error {
	q.options.VersionID = options["versionId"]
	if v, ok := options["versionId"]; ok && v == "" {
		return invalidOptions("versionId is empty")
	}
	if v, ok := options["versionNumber"]; ok {
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil || n == 0 || v[0] == '+' {
			return invalidOptions("versionNumber is not a positive decimal number")
		}
		q.options.VersionNumber = int(n)
	}
	if v, ok := options["versionTime"]; ok {
		const form = "2006-01-02T15:04:05Z"
		at, err := time.Parse(form, v)
		if err != nil || len(v) != len(form) {
			return invalidOptions("versionTime is not a UTC time without fractions, such as 2026-01-31T12:00:00Z")
		}
		q.options.VersionTime = at
	}
	if v, ok := options["verificationRelationship"]; ok {
		if q.rel = did.Relationship(v); q.url.Fragment == "" {
			return invalidOptions("verificationRelationship needs a fragment")
		}
	}
	switch options["expandRelativeUrls"] {
	case "", "false":
	case "true":
		return &did.Error{Code: did.FeatureNotSupported, Detail: "expandRelativeUrls is not supported"}
	default:
		return invalidOptions("expandRelativeUrls is not a boolean")
	}
	return q.options.Check()
}

// supported fails for what this resolver does not dereference.
func (q query) supported() error {
	if q.url.Path != "" {
		return &did.Error{Code: did.FeatureNotSupported, Detail: "DID URL paths are not dereferenced here"}
	}
	return nil
}

// optionsOf reads the JSON body of the POST binding: an object of strings, numbers and booleans.
func optionsOf(body jcs.Value) (params, error) {
	options := params{}
	for name, v := range body.Members() {
		if text, ok := v.Str(); ok {
			options[name] = text
		} else if n, ok := v.Int(); ok {
			options[name] = strconv.FormatInt(n, 10)
		} else if b, ok := v.Bool(); ok {
			options[name] = strconv.FormatBool(b)
		} else {
			return nil, invalidOptions("the option " + strconv.QuoteToASCII(cut(name)) + " is neither string, number nor boolean")
		}
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

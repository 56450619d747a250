package httpapi

import (
	"mime"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/node/api"
)

// representation is a form in which a resolution goes out.
type representation uint8

const (
	repAny      representation = iota // whatever there is: the whole result
	repResult                         // the whole DID resolution result
	repAnyJSON                        // application/json: the whole result of a DID, the bare content of a DID URL
	repDocument                       // the document or node alone, as application/did
	repJSON                           // the same under its older names
	repJSONLD
	repDereference // the whole dereferencing result
	repURIs        // text/uri-list: where a service leads
	repNone        // nothing acceptable
	repLog         // did.jsonl and its neighbours, for the cache
	repWitness
	repWeb
)

var repTypes = [...]string{
	repAny: api.TypeDIDResolution, repResult: api.TypeDIDResolution, repAnyJSON: api.TypeJSON,
	repDocument: api.TypeDID, repJSON: "application/did+json",
	repJSONLD: "application/did+ld+json", repDereference: api.TypeDIDDereference, repURIs: api.TypeURIList,
	repLog: api.TypeJSONLines, repWitness: api.TypeJSON, repWeb: "application/did+json",
}

// document reports whether rep is a bare document or node.
func (rep representation) document() bool {
	return rep == repDocument || rep == repJSON || rep == repJSONLD
}

// forDID settles what goes out for a DID, whose representation is its document.
func (rep representation) forDID() representation {
	if rep == repAny || rep == repAnyJSON {
		return repResult
	}
	return rep
}

// forURL settles what goes out for a DID URL. Who accepts anything, or a resolution result, of which
// there is none of a part of a document, gets the whole result of dereferencing.
func (rep representation) forURL() representation {
	if rep == repAny || rep == repResult {
		return repDereference
	}
	return rep
}

// negotiate picks the representation an Accept header asks for (RFC 9110, 12.5.1): the highest
// weight, and among equals the first named. Nothing asked for, or anything, is the whole result.
func negotiate(headers []string) representation {
	if len(headers) == 0 {
		return repAny
	}
	switch headers[0] {
	case "", "*/*":
		if len(headers) == 1 {
			return repAny
		}
	case api.TypeDIDResolution:
		if len(headers) == 1 {
			return repResult
		}
	case api.TypeDID:
		if len(headers) == 1 {
			return repDocument
		}
	}
	best, weight := repNone, 0.0
	var refused [repNone + 1]bool
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			rep, q := acceptItem(item)
			if q > weight {
				best, weight = rep, q
			}
			refused[rep] = refused[rep] || q == 0
		}
	}
	if best == repAny && refused[repResult] { // a range that names a type outranks one that does not
		for _, other := range []representation{repDocument, repDereference, repURIs} {
			if !refused[other] {
				return other
			}
		}
		return repNone
	}
	return best
}

// acceptItem reads one range of an Accept header; a weight of 0 says that it is not acceptable, not
// known, or not well-formed.
func acceptItem(item string) (representation, float64) {
	media, attrs, err := mime.ParseMediaType(item)
	if err != nil {
		return repNone, 0
	}
	weight := 1.0
	if q, ok := attrs["q"]; ok {
		if weight, ok = qvalue(q); !ok {
			return repNone, 0
		}
	}
	switch media {
	case "*/*", "application/*":
		return repAny, weight
	case api.TypeDIDResolution:
		return repResult, weight
	case api.TypeJSON:
		return repAnyJSON, weight
	case api.TypeURIList, "text/*":
		return repURIs, weight
	case api.TypeDID:
		return repDocument, weight
	case "application/did+json":
		return repJSON, weight
	case "application/did+ld+json":
		return repJSONLD, weight
	case api.TypeDIDDereference:
		return repDereference, weight
	case "application/ld+json":
		return profiled(attrs["profile"]), weight
	}
	return repNone, 0
}

// qvalue reads a weight: 0 or 1 with up to three decimals, at most 1 (RFC 9110, 12.4.2).
func qvalue(s string) (float64, bool) {
	if len(s) == 0 || len(s) > 5 || len(s) > 1 && s[1] != '.' || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	q, err := strconv.ParseFloat(s, 64)
	return q, err == nil && q <= 1
}

// profiled tells the older JSON-LD types apart by their profile.
func profiled(profile string) representation {
	switch {
	case strings.Contains(profile, "did-url-dereferencing"):
		return repDereference
	case strings.Contains(profile, "did-resolution"):
		return repResult
	}
	return repJSONLD
}

func notRepresentable() error {
	return &did.Error{Code: did.RepresentationNotSupported,
		Detail: "want " + api.TypeDIDResolution + ", " + api.TypeDID + ", " + api.TypeDIDDereference + " or, of a service, " + api.TypeURIList}
}

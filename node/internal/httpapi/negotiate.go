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
	repResult   representation = iota // the whole DID resolution result
	repDocument                       // the document alone, as application/did
	repJSON                           // the same under its older names
	repJSONLD
	repDereference // the whole dereferencing result
	repNone        // nothing acceptable
	repLog         // did.jsonl and its neighbours, for the cache
	repWitness
	repWeb
)

var repTypes = [...]string{
	repResult: api.TypeDIDResolution, repDocument: api.TypeDID, repJSON: "application/did+json",
	repJSONLD: "application/did+ld+json", repDereference: api.TypeDIDDereference,
	repLog: api.TypeJSONLines, repWitness: api.TypeJSON, repWeb: "application/did+json",
}

// document reports whether rep is a bare document.
func (rep representation) document() bool {
	return rep == repDocument || rep == repJSON || rep == repJSONLD
}

// negotiate picks the representation an Accept header asks for (RFC 9110, 12.5.1): the highest
// weight, and among equals the first named. Nothing asked for, or anything, is the whole result.
func negotiate(headers []string) representation {
	if len(headers) == 0 {
		return repResult
	}
	switch headers[0] {
	case "", "*/*", api.TypeDIDResolution:
		if len(headers) == 1 {
			return repResult
		}
	case api.TypeDID:
		if len(headers) == 1 {
			return repDocument
		}
	}
	best, weight := repNone, 0.0
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			if rep, q := acceptItem(item); q > weight {
				best, weight = rep, q
			}
		}
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
		if weight, err = strconv.ParseFloat(q, 64); err != nil || weight < 0 || weight > 1 {
			return repNone, 0
		}
	}
	switch media {
	case "*/*", "application/*", api.TypeDIDResolution, "application/json":
		return repResult, weight
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
		Detail: "want " + api.TypeDIDResolution + ", " + api.TypeDID + " or " + api.TypeDIDDereference}
}

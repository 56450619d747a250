package httpapi

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
)

// Content types that routes take.
var (
	jsonTypes       = []string{"application/json", "application/ld+json", "application/vc", "application/vc+ld+json"}
	vpTypes         = append([]string{"application/vp", "application/vp+ld+json"}, jsonTypes...)
	resolutionTypes = []string{"application/json", "application/did-resolution", "application/did-url-dereferencing"}
	linesTypes      = []string{"text/jsonl", "application/jsonl", "application/jsonlines", "application/x-jsonlines",
		"application/x-ndjson", "application/ndjson", "application/json", "application/json-l"}
)

// checkType fails unless the body is declared as one of the types. A body without a type is refused:
// it is what a form or a script of another origin can send unasked.
func checkType(r *http.Request, types []string) error {
	header := r.Header.Get("Content-Type")
	media, attrs, err := mime.ParseMediaType(header)
	if err != nil || !slices.Contains(types, media) {
		return api.Problemf(api.UnsupportedMediaType, "content type %.64q: want %s", header, strings.Join(types, ", "))
	}
	if charset, ok := attrs["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return api.Problemf(api.UnsupportedMediaType, "charset %.32q: want utf-8, as JSON is (RFC 8259, 8.1)", charset)
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return api.Problemf(api.UnsupportedMediaType, "content encoding %.32q: want none", enc)
	}
	return nil
}

func readProblem(err error) error {
	var tooLarge *http.MaxBytesError
	var slow net.Error
	switch {
	case errors.As(err, &tooLarge):
		return err
	case errors.As(err, &slow) && slow.Timeout():
		return api.NewProblem(api.RequestTimeout, "")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return api.NewProblem(api.Malformed, "the body ends early")
	}
	return api.NewProblem(api.Malformed, "the body cannot be read")
}

// readJSON reads a body of one JSON value.
func readJSON(w *reply, r *http.Request, types []string) (jcs.Value, error) {
	body, err := readTyped(w, r, types)
	if err != nil {
		return jcs.Value{}, err
	}
	return decodeExact(body)
}

// readTyped reads a body of one of the types.
func readTyped(w *reply, r *http.Request, types []string) ([]byte, error) {
	if err := checkType(r, types); err != nil {
		return nil, err
	}
	return readBody(w, r, api.MaxBody)
}

// decodeExact decodes what is signed or recorded, of which the canonical form must say what was sent.
func decodeExact(data []byte) (jcs.Value, error) {
	v, err := jcs.Decode(data)
	if err != nil {
		return v, err
	}
	if pointer, text, found := v.Inexact(); found {
		return v, api.Problemf(api.Malformed, "%.256s: %.64s is a number that readers take for another: write it as a string", pointer, text)
	}
	return v, nil
}

// readObject reads a body that is one JSON object.
func readObject(w *reply, r *http.Request, types []string) (jcs.Value, error) {
	return objectOf(readJSON(w, r, types))
}

func objectOf(v jcs.Value, err error) (jcs.Value, error) {
	if err == nil && !v.IsObject() {
		err = api.NewProblem(api.Malformed, "want a JSON object")
	}
	return v, err
}

// readLines reads a body of JSON Lines: one value a line, empty lines skipped.
func readLines(w *reply, r *http.Request) ([]jcs.Value, error) {
	if err := checkType(r, linesTypes); err != nil {
		return nil, err
	}
	body, err := readBody(w, r, api.MaxBody)
	if err != nil {
		return nil, err
	}
	const limit = 1024
	var values []jcs.Value
	number := 0
	for line := range bytes.SplitSeq(body, []byte("\n")) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if len(values) == limit {
			return nil, api.Problemf(api.TooManyLines, "at most %d lines", limit)
		}
		v, err := decodeExact(line)
		if errors.Is(err, jcs.ErrSyntax) {
			return nil, api.Problemf(api.Malformed, "line %d: there is one entry on each line, as JSON: %v", number, err)
		}
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	if len(values) == 0 {
		return nil, api.NewProblem(api.Malformed, "the body has no line")
	}
	return values, nil
}

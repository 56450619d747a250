package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jwk"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// Result is the answer of the DID Resolution HTTP binding, as the node gave it.
type Result struct {
	// Status is the HTTP status: 200; 410 for a deactivated DID; 4xx and 501 for errors.
	Status int
	// Value is the whole resolution result.
	Value jcs.Value
}

// Err is nil for a result with a document, a *did.Error otherwise. A deactivated DID is NOT_FOUND.
func (r Result) Err() error {
	if r.Status == http.StatusOK {
		return nil
	}
	if r.Status == http.StatusGone {
		return &did.Error{Code: did.NotFound, Detail: "the DID is deactivated"}
	}
	meta, _ := r.Value.Get("didResolutionMetadata")
	return resolutionError(r.Status, meta)
}

// resolutionError is the error in what a resolver says of a resolution. Its cause is the *webvh.Error
// that the resolver names, if it names one: the rule, and the entry that breaks it.
func resolutionError(status int, meta jcs.Value) error {
	e, ok := meta.Get("error")
	if !ok {
		return &did.Error{Code: did.InternalError, Detail: http.StatusText(status)}
	}
	kind, _ := e.GetString("type")
	out := &did.Error{Code: did.CodeOfType(kind)}
	out.Detail, _ = e.GetString("detail")
	if rule, ok := e.GetString("rule"); ok {
		entry, _ := e.Get("entry")
		number, _ := entry.Int()
		out.Err = &webvh.Error{Rule: webvh.Rule(rule), Entry: int(number)}
	}
	return out
}

// ResolveURL asks a node to resolve a DID or a DID URL whose query holds resolution options. The
// answer is not verified; Resolve verifies.
func (c *Client) ResolveURL(ctx context.Context, didURL string, opts ...ReadOption) (Result, error) {
	a, err := c.do(ctx, request{
		method: http.MethodGet, path: "/1.0/identifiers/" + pathEscape(didURL), query: c.query(opts),
		accept: api.TypeDIDResolution, want: isResolution,
	})
	if err != nil {
		return Result{}, err
	}
	v, err := jcs.Decode(a.body)
	if err != nil {
		return Result{}, fmt.Errorf("%w: resolution result: %w", ErrMismatch, err)
	}
	if _, ok := v.Get("didResolutionMetadata"); !ok {
		return Result{}, api.ReadProblem(a.status, a.body)
	}
	return Result{a.status, v}, nil
}

// isResolution reports the statuses that carry a resolution result. 429 and 503 are refusals to try.
func isResolution(status int) bool {
	switch status {
	case http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusNotAcceptable, http.StatusGone,
		http.StatusInternalServerError, http.StatusNotImplemented:
		return true
	}
	return false
}

// Resolve resolves a DID and believes nobody: did:key and did:jwk are expanded here, a did:webvh log
// is fetched and verified from its first entry. Other methods have no proof of their own; for those
// the node's word is taken. Client is a did.Resolver.
func (c *Client) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	switch id.Method() {
	case "key":
		return key.Resolver{}.Resolve(ctx, id, opt)
	case "jwk":
		return jwk.Resolver{}.Resolve(ctx, id, opt)
	case "webvh":
		log, err := c.Log(ctx, id)
		if err != nil {
			return did.Resolution{}, err
		}
		return log.Verified.Resolve(id, opt)
	}
	return c.resolveUnverified(ctx, id, opt)
}

func (c *Client) resolveUnverified(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	if err := opt.CheckUnversioned(); err != nil {
		return did.Resolution{}, err
	}
	result, err := c.ResolveURL(ctx, string(id))
	if err != nil {
		return did.Resolution{}, err
	}
	if err := result.Err(); err != nil {
		return did.Resolution{}, err
	}
	v, _ := result.Value.Get("didDocument")
	doc, err := did.ParseDocument(v)
	if err != nil {
		return did.Resolution{}, err
	}
	if doc.ID() != id {
		return did.Resolution{}, fmt.Errorf("%w: asked for %s, got the document of %s", ErrMismatch, id, doc.ID())
	}
	return did.Resolution{Document: doc}, nil
}

// Log is a did:webvh log as published, and what it proves.
type Log struct {
	// JSONL is did.jsonl, Witness is did-witness.json (nil if there is none).
	JSONL, Witness []byte
	Verified       *webvh.Log
}

// Log fetches the log of a did:webvh DID and verifies it. A log that does not hold is an error that
// wraps ErrMismatch and the *webvh.Error.
func (c *Client) Log(ctx context.Context, id did.ID, opts ...ReadOption) (Log, error) {
	ident, err := webvh.ParseID(id)
	if err != nil {
		return Log{}, &did.Error{Code: did.InvalidDID, Detail: err.Error(), Err: err}
	}
	out, err := c.fetchLog(ctx, ident, opts)
	if rule, ok := webvh.RuleOf(err); ok && rule == webvh.WitnessThreshold {
		// The two files may be of before and after an update.
		out, err = c.fetchLog(ctx, ident, opts)
	}
	if err != nil {
		return Log{}, notFound(err, id)
	}
	return out, nil
}

// fetchLog fetches and verifies the log and the witness file once.
func (c *Client) fetchLog(ctx context.Context, ident webvh.Identifier, opts []ReadOption) (Log, error) {
	entries, err := c.do(ctx, request{method: http.MethodGet, path: logPath(ident), query: c.query(opts)})
	if err != nil {
		return Log{}, err
	}
	witness, err := c.do(ctx, request{method: http.MethodGet, path: witnessPath(ident), query: c.query(opts)})
	if err != nil && !isNotFound(err) {
		return Log{}, err
	}
	out := Log{JSONL: entries.body, Witness: witness.body}
	out.Verified, err = webvh.VerifyLog(out.JSONL, out.Witness, c.now())
	if err != nil {
		return Log{}, fmt.Errorf("%w: log of %s: %w", ErrMismatch, ident.ID(), err)
	}
	if scid := out.Verified.Versions[0].State.SCID; scid != ident.SCID {
		return Log{}, fmt.Errorf("%w: asked for the log of %s, got that of SCID %s", ErrMismatch, ident.ID(), scid)
	}
	return out, nil
}

// notFound turns a node's 404 into the error of DID Resolution.
func notFound(err error, id did.ID) error {
	if isNotFound(err) {
		return &did.Error{Code: did.NotFound, Detail: fmt.Sprintf("%s is not registered", id), Err: err}
	}
	return err
}

func isNotFound(err error) bool {
	var p *Problem
	return errors.As(err, &p) && p.Status == http.StatusNotFound
}

// hostedPath is where a node keeps the files of a DID: its path, or /.well-known at the root.
func hostedPath(id webvh.Identifier, file string) string {
	if len(id.Path) == 0 {
		return "/.well-known/" + file
	}
	segments := make([]string, len(id.Path))
	for i, s := range id.Path {
		segments[i] = url.PathEscape(s)
	}
	return "/" + strings.Join(segments, "/") + "/" + file
}

func logPath(id webvh.Identifier) string     { return hostedPath(id, "did.jsonl") }
func witnessPath(id webvh.Identifier) string { return hostedPath(id, "did-witness.json") }

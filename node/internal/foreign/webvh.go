package foreign

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

var (
	logTypes = []string{"text/jsonl", "application/jsonl"}
	// otherLogTypes are what servers say of JSON Lines.
	otherLogTypes = append([]string{"application/x-ndjson", "application/ndjson", "application/jsonlines", "application/x-jsonlines",
		"application/json-l", "application/json"}, otherTypes...)
	witnessTypes = []string{"application/json"}
)

// logContent is a did:webvh log that verifies, at least up to an entry, and the file
// of its witnesses.
type logContent struct {
	log          *webvh.Log
	raw, witness []byte
	etag         string
}

// loadLog fetches and verifies a log. Redirects are not followed, as did:webvh
// demands ("Resolver Transport Hardening").
func (r *Resolver) loadLog(ctx context.Context, id did.ID, place webvh.Identifier, old *item, anew bool) (*item, error) {
	opt := fetch.Options{Accept: logTypes, AlsoTake: otherLogTypes, MaxBytes: maxLog, Fresh: anew}
	var before *logContent
	if old != nil {
		before, _ = old.content.(*logContent)
		opt.ETag = before.etag
	}
	resp, err := r.cfg.Fetch.Get(ctx, place.LogURL(), opt)
	if err != nil {
		return nil, err
	}
	next := &logContent{raw: resp.Text(), etag: resp.ETag}
	if resp.NotModified {
		next.raw, next.etag = before.raw, before.etag
	}
	if err := r.verifyLog(ctx, place, next, anew); err != nil {
		return nil, err
	}
	if err := next.follows(before); err != nil {
		return nil, err
	}
	// That no entry is of this DID is as bad as a log that does not verify.
	if _, err := next.log.Resolve(id, did.Options{VersionNumber: 1}); err != nil {
		return nil, err
	}
	return &item{
		content: next, cost: costFactor * int64(len(next.raw)+len(next.witness)), fetched: resp.Fetched,
		until: resp.Fetched.Add(r.keepLog(next.log, resp)),
	}, nil
}

// follows refuses a log that ends before the one that was fetched earlier did, if that
// is still remembered: keys that were taken away would be good again. Which of two that
// differ is the true one nobody can tell who has not observed the DID.
func (next *logContent) follows(before *logContent) error {
	if before == nil || next.log.Err != nil || len(next.log.Versions) >= len(before.log.Versions) {
		return nil
	}
	last := len(next.log.Versions) - 1
	if next.log.Versions[last].State.VersionID != before.log.Versions[last].State.VersionID {
		return nil
	}
	return &did.Error{Code: did.InvalidDID, Detail: "the DID's host serves an older log than before"}
}

// verifyLog verifies next.raw, with the proofs of witnesses if there are any. Their
// file is fetched after the log: it is published before it, so that then it has the
// proofs of every entry.
func (r *Resolver) verifyLog(ctx context.Context, place webvh.Identifier, next *logContent, anew bool) (err error) {
	asked := false
	if bytes.Contains(next.raw, []byte(`"witness`)) {
		if next.witness, err = r.witnessFile(ctx, place, anew); err != nil {
			return err
		}
		asked = true
	}
	if err = r.judge(ctx, next); err != nil {
		return err
	}
	if bad := next.log.Err; bad != nil && bad.Rule == webvh.WitnessThreshold && !asked {
		// The parameter was spelt with escapes.
		if next.witness, err = r.witnessFile(ctx, place, anew); err != nil {
			return err
		}
		if err = r.judge(ctx, next); err != nil {
			return err
		}
	}
	if len(next.log.Versions) == 0 {
		return &did.Error{Code: did.InvalidDID, Detail: "the log does not verify", Err: next.log.Err}
	}
	return nil // versions before the first invalid entry stay resolvable
}

// judge verifies what was fetched once there is a place for it. What came of it is in
// next.log; the error is that there was no place in time.
func (r *Resolver) judge(ctx context.Context, next *logContent) error {
	select {
	case r.verifying <- struct{}{}:
	case <-ctx.Done():
		return &fetch.Error{Kind: fetch.ErrBusy, Detail: "too many logs are being verified", Err: context.Cause(ctx)}
	}
	defer func() { <-r.verifying }()
	next.log, _ = webvh.VerifyLog(next.raw, next.witness, r.cfg.now()) // the error is in the log
	return nil
}

// witnessFile returns the did-witness.json, nil if the host has none.
func (r *Resolver) witnessFile(ctx context.Context, place webvh.Identifier, anew bool) ([]byte, error) {
	resp, err := r.cfg.Fetch.Get(ctx, place.WitnessURL(), fetch.Options{
		Accept: witnessTypes, AlsoTake: otherTypes, MaxBytes: webvh.MaxWitnessFileBytes, Fresh: anew,
	})
	if errors.Is(err, fetch.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return resp.Text(), nil
}

// keepLog is how long a log is reused: as its ttl says, or for less if HTTP says
// less. One that does not verify to its end is fetched again at the first occasion,
// so that its controller can mend it.
func (r *Resolver) keepLog(log *webvh.Log, resp *fetch.Response) time.Duration {
	if log.Err != nil {
		return 0
	}
	ttl := time.Duration(log.Versions[len(log.Versions)-1].State.TTL) * time.Second
	if resp.Stated {
		ttl = min(ttl, resp.Freshness)
	}
	return r.keep(ttl, r.cfg.MaxAge)
}

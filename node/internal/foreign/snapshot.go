package foreign

import (
	"context"
	"errors"
	"time"

	"github.com/tabard-id/tabard/did"
)

// Snapshot is what a DID's host served of it at one moment.
type Snapshot struct {
	DID     did.ID
	Fetched time.Time
	// Resolution is of the newest version.
	Resolution did.Resolution
	// Log and Witness are did.jsonl and did-witness.json as they were served; of did:web
	// both are nil, and Witness too where nothing had to be witnessed.
	Log, Witness []byte
}

// Snapshot fetches what a DID's host serves now, past the cache. A did:webvh log must
// verify to its end. Errors are those of Resolve.
func (r *Resolver) Snapshot(ctx context.Context, id did.ID) (Snapshot, error) {
	it, _, err := r.document(ctx, id, did.Options{}, true)
	if err != nil {
		r.cfg.Metrics.resolved(id.Method(), outcome(err, false))
		return Snapshot{}, err
	}
	s := Snapshot{DID: id, Fetched: it.fetched}
	switch c := it.content.(type) {
	case *webContent:
		s.Resolution = did.Resolution{Document: c.document}
	case *logContent:
		s.Log, s.Witness = c.raw, c.witness
		s.Resolution, err = c.log.Resolve(id, did.Options{})
	default:
		err = errors.New("foreign: a document of an unknown kind")
	}
	r.cfg.Metrics.resolved(id.Method(), outcome(err, false))
	return s, err
}

package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
	"github.com/tabard-id/tabard/node/internal/challenge"
)

// Cluster is what the surface needs of consensus; *consensus.Replica is one. Errors are those of
// package consensus.
type Cluster interface {
	Propose(ctx context.Context, cmd []byte) ([]byte, error)
	ReadBarrier(ctx context.Context) error
	Staleness() time.Duration
	Leader() (id string, self bool)
	Status() consensus.Status
	Peers() []consensus.Peer
	Ask(ctx context.Context, peer string, question []byte) ([]byte, error)
	Unready() error
}

// Config of the surface. Ledger and Cluster are required.
type Config struct {
	Ledger    *ledger.Ledger
	Cluster   Cluster
	Admission *admission.Policy // default: open, without rates
	// Stream serves GET /v1/stream; without it the route does not exist.
	Stream http.Handler
	// Verify checks one signature; default multikey.PublicKey.Verify. A cache of successful checks
	// shared with the ledger spares it the second look.
	Verify multikey.VerifyFunc

	// Foreign resolves did:web and did:webvh DIDs that live elsewhere; nil: they are not found.
	Foreign did.Resolver
	// Lists and Schemas have what credentials to be verified point to; nil: a credential that points to
	// one does not verify.
	Lists   credential.Lists
	Schemas credential.Schemas
	// Processor has the JSON-LD contexts for the proofs of credentials; nil: jsonld.Default.
	Processor *jsonld.Processor
	// Verdicts is the operator's policy for verdicts.
	Verdicts api.VerdictPolicy
	// Proofs remembers proofs that held; default a cache of 16,384 of them.
	Proofs *proof.Cache
	// Key is this node's, which the registry's document has as #NodeID: it signs status lists. Without it
	// none are served.
	Key *multikey.PrivateKey
	// Scheme is that of the URLs that lists are known by; default https.
	Scheme string
	// Challenges issues challenges and says whether one may be used; default: of this process alone. For
	// other nodes to ask it, it must answer the questions of the Cluster's peers.
	Challenges *challenge.Issuer

	// Observer pins foreign DIDs, Files fetches what lies beside their logs, and Witness approves log
	// entries; nil: nothing of the kind is done here.
	Observer Observer
	Files    Files
	Witness  Witness

	Registerer prometheus.Registerer // default: a registry of its own
	Gatherer   prometheus.Gatherer   // what /metrics shows; default: that registry
	Logger     *slog.Logger          // default: discard
	NodeID     string

	// MaxStaleDefault bounds the age of the state that verdicts, statuses and status lists are answered
	// from, and that /readyz allows; default 5 s. Requests may ask for less or more.
	MaxStaleDefault time.Duration
	// WaitLimit bounds how long a read waits for a position or a leader; default 5 s.
	WaitLimit time.Duration
	// CacheBytes bounds the pre-encoded replies kept; default 256 MiB, negative: none.
	CacheBytes int
	// VerifyTimeout bounds one verification, other hosts included; default 15 s.
	VerifyTimeout time.Duration
	// Verifications bounds those that run at once; default two for each core. VerificationsWaiting bounds
	// them together with those that wait for their turn; default 256. As many may wait for other hosts. One
	// client has a quarter of each.
	Verifications, VerificationsWaiting int
	// PinsPerAddress is how many of the DIDs that are pinned one client address may have pinned at this
	// node; default 50.
	PinsPerAddress int
	// BulkRequests bounds the bulk requests served at once, of which one client has half; default 8.
	BulkRequests int
	// BulkInFlight bounds the operations under way at once, of one bulk request together with those that
	// wait for their turn in it, and of all bulk requests without; default 768, three entries of the log.
	BulkInFlight int

	// Now is the node's clock; default time.Now.
	Now func() time.Time
	// MaxClockSkew is how far the newest record may be ahead of it before /v1/cluster says so; default 2 s.
	MaxClockSkew time.Duration

	now func() time.Time
	// How long the client of a bulk request, or of any other with a body, may pause in all beyond what it
	// sends at a minimum rate; default 15 s and bodyPatience.
	bulkIdle, bodyPatience time.Duration
	// looked is how many records are looked at for one page of some kinds; default 8,192.
	looked int
}

func (c *Config) validate() error {
	if c.Ledger == nil || c.Cluster == nil {
		return errors.New("httpapi: a ledger and a cluster are required")
	}
	if c.Admission == nil {
		open, err := admission.New(admission.Config{})
		if err != nil {
			return err
		}
		c.Admission = open
	}
	if c.Verify == nil {
		c.Verify = multikey.PublicKey.Verify
	}
	if c.Registerer == nil {
		own := prometheus.NewRegistry()
		c.Registerer = own
		if c.Gatherer == nil {
			c.Gatherer = own
		}
	}
	if c.Gatherer == nil {
		c.Gatherer = prometheus.NewRegistry()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Proofs == nil {
		c.Proofs = proof.NewCache(1 << 14)
	}
	if c.Scheme == "" {
		c.Scheme = "https"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.now == nil {
		c.now = c.Now
	}
	if c.MaxClockSkew == 0 {
		c.MaxClockSkew = 2 * time.Second
	}
	if c.Challenges == nil {
		own, err := challenge.New(challenge.Config{Node: c.NodeID})
		if err != nil {
			return err
		}
		c.Challenges = own
	}
	c.limits()
	return nil
}

func (c *Config) limits() {
	const (
		bulkIdle   = 15 * time.Second
		maxStale   = 5 * time.Second
		waitLimit  = 5 * time.Second
		cacheBytes = 256 << 20
		verify     = 15 * time.Second
	)
	if c.VerifyTimeout <= 0 {
		c.VerifyTimeout = verify
	}
	if c.MaxStaleDefault <= 0 {
		c.MaxStaleDefault = maxStale
	}
	if c.WaitLimit <= 0 {
		c.WaitLimit = waitLimit
	}
	if c.CacheBytes == 0 {
		c.CacheBytes = cacheBytes
	}
	if c.looked <= 0 {
		c.looked = 1 << 13
	}
	if c.bodyPatience <= 0 {
		c.bodyPatience = bodyPatience
	}
	if c.bulkIdle <= 0 {
		c.bulkIdle = bulkIdle
	}
	if c.PinsPerAddress <= 0 {
		c.PinsPerAddress = 50
	}
	if c.BulkRequests <= 0 {
		c.BulkRequests = 8
	}
	if c.BulkInFlight <= 0 {
		c.BulkInFlight = 768
	}
}

package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/node/api"
)

// Config is what an agent is made of. Keys, Wallet and BaseURL are required.
type Config struct {
	Keys Keys
	// Wallet holds what the agent must remember: which index of which status list it
	// has given away, and which are set. It stays open when the agent is closed.
	Wallet *Wallet
	// BaseURL is where others reach the agent: the status lists it publishes itself
	// are below. Hosts are the further names it answers to.
	BaseURL string
	Hosts   []string
	// Token is what callers show as bearer token; "" lets everybody on this machine
	// sign.
	Token string

	// Registry records credentials with a status and changes it; its status lists live
	// under its domain, by https unless RegistryScheme says http. Without a registry the
	// agent publishes lists of its own.
	Registry       Registry
	RegistryScheme string

	// Resolver resolves the DIDs of others; did:key and did:jwk need none.
	Resolver did.Resolver
	// Status, Lists and Schemas are the verifier's: see credential.Verifier. Lists is
	// asked for lists that are not the agent's own.
	Status  credential.StatusSource
	Lists   credential.Lists
	Schemas credential.Schemas
	// Verdicts is what verdicts let pass or demand besides: credentials whose issuer is
	// not a DID, whoever signed them, terms that no context defines, registration.
	Verdicts api.VerdictPolicy
	// Elsewhere, if set, is closed with the agent.
	Elsewhere *Elsewhere
	// Processor has the JSON-LD contexts; nil is the embedded ones.
	Processor *jsonld.Processor
	// Timeout bounds what a request waits for a registry and other hosts; 0 is
	// DefaultTimeout.
	Timeout time.Duration

	// Now is the clock; nil is time.Now.
	Now    func() time.Time
	Logger *slog.Logger
}

// DefaultTimeout is that of Config.
const DefaultTimeout = 10 * time.Second

// maxProofCache is how many checked signatures are remembered.
const maxProofCache = 4096

// Agent serves the VC API. It is safe for concurrent use.
type Agent struct {
	Config
	proofs     *proof.Cache
	challenges *challenges
	book       *statusBook
	lists      published
	home       question[home]
	pinned     pinnedHome
	documents  documents
	handler    http.Handler
	// signing are places for requests that the agent answers by itself, waiting for those
	// that may have to wait for others: a registry that does not answer keeps no one from
	// signing.
	signing, waiting places
	// running ends with Close, and with it whatever is being asked.
	running context.Context
	stop    context.CancelFunc
}

// New reads the agent's state from its wallet. Close releases it.
func New(cfg Config) (*Agent, error) {
	if cfg.Keys == nil || cfg.Wallet == nil || !strings.HasPrefix(cfg.BaseURL, "http") || cfg.Timeout < 0 {
		return nil, errors.New("an agent needs keys, a wallet and a base URL")
	}
	cfg.BaseURL = strings.TrimSuffix(cfg.BaseURL, "/")
	if cfg.RegistryScheme == "" {
		cfg.RegistryScheme = "https"
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Processor == nil {
		cfg.Processor = jsonld.Default()
	}
	a := &Agent{Config: cfg, proofs: proof.NewCache(maxProofCache), challenges: newChallenges(cfg.Now),
		signing: make(places, maxRequests), waiting: make(places, maxRequests)}
	var err error
	if a.pinned.home, err = cfg.Wallet.readHome(); err != nil {
		return nil, err
	}
	if a.book, err = openStatusBook(cfg.Wallet); err != nil {
		return nil, err
	}
	a.running, a.stop = context.WithCancel(context.Background())
	a.handler = a.guard(a.routes())
	return a, nil
}

// Handler serves the agent's routes.
func (a *Agent) Handler() http.Handler { return a.handler }

// Close ends what is being asked of a registry and other hosts. The wallet stays open.
func (a *Agent) Close() error {
	a.stop()
	if a.Elsewhere != nil {
		a.Elsewhere.Close()
	}
	return a.book.close()
}

func (a *Agent) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]handler{
		"POST /credentials/issue":                                 (*Agent).issue,
		"POST /issuers/{cryptosuite}/credentials/issue":           (*Agent).issue,
		"POST /issuers/{cryptosuite}/{curve}/credentials/issue":   (*Agent).issue,
		"POST /credentials/derive":                                (*Agent).derive,
		"POST /presentations":                                     (*Agent).prove,
		"POST /presentations/prove":                               (*Agent).prove,
		"POST /holders/{cryptosuite}/presentations/prove":         (*Agent).prove,
		"POST /holders/{cryptosuite}/{curve}/presentations/prove": (*Agent).prove,
		"POST /challenges":                                        (*Agent).challenge,
		"GET /keys":                                               (*Agent).listKeys,
		"GET /status-lists/{issuer}/{purpose}/{n}":                (*Agent).statusList,
	} {
		mux.Handle(pattern, a.serve(handle, a.signing))
	}
	for pattern, handle := range map[string]handler{
		"POST /issuers/status/credentials/issue": (*Agent).issueWithStatus,
		"POST /credentials/status":               (*Agent).changeStatus,
		"POST /credentials/verify":               (*Agent).verifyCredential,
		"POST /verifiers/credentials/verify":     (*Agent).verifyCredential,
		"POST /presentations/verify":             (*Agent).verifyPresentation,
		"POST /verifiers/presentations/verify":   (*Agent).verifyPresentation,
	} {
		mux.Handle(pattern, a.serve(handle, a.waiting))
	}
	mux.Handle("GET /healthz", a.serve((*Agent).health, nil))
	return mux
}

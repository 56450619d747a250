package agent

import (
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

// Config is what an agent is made of. Keys, Dir and BaseURL are required.
type Config struct {
	Keys Keys
	// Dir holds what the agent must remember: which index of which status list it
	// has given away, and which are set.
	Dir string
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
	// AcceptAnyIssuer verifies credentials whose issuer is not a DID, such as an https
	// URL, whoever signed them; their verdicts say so. A request may ask for it, but for
	// Never.
	AcceptAnyIssuer api.Concession
	// Elsewhere, if set, is closed with the agent.
	Elsewhere *Elsewhere
	// Processor has the JSON-LD contexts; nil is the embedded ones.
	Processor *jsonld.Processor

	// Now is the clock; nil is time.Now.
	Now    func() time.Time
	Logger *slog.Logger
}

// maxProofCache is how many checked signatures are remembered.
const maxProofCache = 4096

// Agent serves the VC API. It is safe for concurrent use.
type Agent struct {
	Config
	proofs     *proof.Cache
	challenges *challenges
	book       *statusBook
	lists      published
	home       home
	handler    http.Handler
}

// New reads the agent's state from Dir. Close releases it.
func New(cfg Config) (*Agent, error) {
	if cfg.Keys == nil || cfg.Dir == "" || !strings.HasPrefix(cfg.BaseURL, "http") {
		return nil, errors.New("an agent needs keys, a directory and a base URL")
	}
	cfg.BaseURL = strings.TrimSuffix(cfg.BaseURL, "/")
	if cfg.RegistryScheme == "" {
		cfg.RegistryScheme = "https"
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
	book, err := openStatusBook(cfg.Dir)
	if err != nil {
		return nil, err
	}
	a := &Agent{Config: cfg, proofs: proof.NewCache(maxProofCache), challenges: newChallenges(cfg.Now), book: book}
	a.handler = a.guard(a.routes())
	return a, nil
}

// Handler serves the agent's routes.
func (a *Agent) Handler() http.Handler { return a.handler }

// Close gives the directory free for another process, and ends what is being asked
// of other hosts.
func (a *Agent) Close() error {
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
		"POST /issuers/status/credentials/issue":                  (*Agent).issueWithStatus,
		"POST /credentials/status":                                (*Agent).changeStatus,
		"POST /credentials/derive":                                (*Agent).derive,
		"POST /presentations":                                     (*Agent).prove,
		"POST /presentations/prove":                               (*Agent).prove,
		"POST /holders/{cryptosuite}/presentations/prove":         (*Agent).prove,
		"POST /holders/{cryptosuite}/{curve}/presentations/prove": (*Agent).prove,
		"POST /credentials/verify":                                (*Agent).verifyCredential,
		"POST /verifiers/credentials/verify":                      (*Agent).verifyCredential,
		"POST /presentations/verify":                              (*Agent).verifyPresentation,
		"POST /verifiers/presentations/verify":                    (*Agent).verifyPresentation,
		"POST /challenges":                                        (*Agent).challenge,
		"GET /keys":                                               (*Agent).listKeys,
		"GET /healthz":                                            (*Agent).health,
		"GET /status-lists/{issuer}/{purpose}/{n}":                (*Agent).statusList,
	} {
		mux.Handle(pattern, a.serve(handle))
	}
	return mux
}

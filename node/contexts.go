package node

import (
	"fmt"
	"os"

	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/node/internal/httpapi"
)

// processor compiles the JSON-LD contexts that credentials are verified with: the
// published ones, and the operator's own. Proofs in the ledger are checked with the
// published ones alone, which all nodes have.
func (c *Config) processor() (*jsonld.Processor, error) {
	if c.ContextsDir == "" {
		return jsonld.Default(), nil
	}
	contexts, err := jsonld.Embedded().WithFS(os.DirFS(c.ContextsDir))
	if err != nil {
		return nil, fmt.Errorf("contexts in %s: %w", c.ContextsDir, err)
	}
	return jsonld.New(contexts), nil
}

// verifyWith gives the surface what its verifications need of this node.
func (n *Node) verifyWith(surface *httpapi.Config) (err error) {
	surface.Challenges, surface.Verdicts = n.challenges, n.cfg.Verdicts
	if surface.Processor, err = n.cfg.processor(); err != nil {
		return misconfigured(err)
	}
	return nil
}

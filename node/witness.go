package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/internal/httpapi"
	"github.com/tabard-id/tabard/node/internal/witness"
)

// Witness makes a node a did:webvh witness. Its zero value is none.
type Witness struct {
	// Key is an Ed25519 key of the witness's own; one node has it, not the cluster.
	Key *multikey.PrivateKey
	// Serve says whose entries are approved: SCIDs, did:webvh DIDs, and did:key DIDs of
	// update keys.
	Serve []string
}

func (w Witness) validate() error {
	if (w.Key == nil) != (len(w.Serve) == 0) {
		return errors.New("node: a witness has a key and somebody to serve")
	}
	return nil
}

// actAsWitness has the surface approve log entries, if the node is a witness.
func (n *Node) actAsWitness(cfg *httpapi.Config) error {
	if n.cfg.Witness.Key == nil {
		return nil
	}
	w, err := witness.New(witness.Config{
		Key: *n.cfg.Witness.Key, Serve: n.cfg.Witness.Serve, Dir: filepath.Join(n.cfg.Dir, "witness"), Published: n.published,
	})
	if err != nil {
		return misconfigured(err)
	}
	cfg.Witness = w
	n.log.Info("node is a witness", "witness", w.ID())
	return nil
}

// published returns the log of a DID: the ledger's own, or what its host serves.
func (n *Node) published(ctx context.Context, id did.ID) ([]byte, error) {
	place, err := webvh.ParseID(id)
	if err != nil {
		return nil, err
	}
	if n.hosts(place.Domain) {
		return n.ownLog(place.SCID)
	}
	if n.foreign == nil {
		return nil, fmt.Errorf("witness: %s lives elsewhere, and other hosts are not asked", id)
	}
	seen, err := n.foreign.Snapshot(ctx, id)
	if did.CodeOf(err) == did.NotFound {
		return nil, nil
	}
	return seen.Log, err
}

func (n *Node) ownLog(scid string) ([]byte, error) {
	view := n.ledger.View()
	defer view.Close()
	var log []byte
	for entry, err := range view.Log(scid) {
		if errors.Is(err, ledger.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if log = append(append(log, entry...), '\n'); len(log) > webvh.MaxLogBytes {
			return nil, fmt.Errorf("witness: a log of more than %d bytes", webvh.MaxLogBytes)
		}
	}
	return log, nil
}

package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/ledger"
)

// checkIdentity compares the node's key, and the secret if it is its own, with what the
// ledger says of them: a node whose files were changed or mixed up does not go on under
// another identity. A ledger without records, or a damaged one, says nothing.
func (n *Node) checkIdentity() error {
	view := n.ledger.View()
	defer view.Close()
	if view.Size() == 0 || n.ledger.Damage() != nil {
		return nil
	}
	err := n.checkKey(view)
	if err == nil && n.ownSecret {
		err = n.checkSecret(view)
	}
	if ledger.IsCorruption(err) {
		return nil // the node is out of service, and says so
	}
	return err
}

func (n *Node) checkKey(view *ledger.View) error {
	found, err := view.Resolve(context.Background(), view.RegistryDID(), did.Options{})
	if err != nil {
		return fmt.Errorf("resolve the registry's DID: %w", err)
	}
	if found.Document == nil {
		return nil // deactivated
	}
	method, err := found.Document.Method(methodID(found.Document.ID(), n.cfg.NodeID), did.AssertionMethod)
	if err != nil || method.KeyErr != nil {
		return nil // it has none yet
	}
	path := filepath.Join(n.cfg.Dir, keyFile)
	switch {
	case method.Key != n.key.Public() && n.fresh.Load():
		return nil // the leader will record it
	case method.Key != n.key.Public():
		for _, other := range n.cfg.Peers {
			if m, err := found.Document.Method(methodID(found.Document.ID(), other.ID), did.AssertionMethod); err == nil && m.Key == n.key.Public() {
				return misconfigured(fmt.Errorf("%s is the directory of %s, not of %s", n.cfg.Dir, other.ID, n.cfg.NodeID))
			}
		}
		return misconfigured(fmt.Errorf("%s is not the key of %s in the registry's document, which is %s: put the right file back; "+
			"if it is lost for good, write the word %s into it, and the node makes another", path, n.cfg.NodeID, method.Key, newKeyWord))
	case n.fresh.Load():
		if err := writeSecret(path, withChecksum(n.key.Multibase())); err != nil {
			return fmt.Errorf("node key: %w", err)
		}
		n.fresh.Store(false)
	}
	return nil
}

// checkSecret compares the registry's update keys with the one that derives from the
// secret in the node's directory.
func (n *Node) checkSecret(view *ledger.View) error {
	state, _, err := view.Head(view.LedgerID())
	if err != nil {
		return fmt.Errorf("head of the registry's DID: %w", err)
	}
	key, err := registryKey(n.cfg.Secret)
	if err != nil {
		return err
	}
	if len(state.UpdateKeys) > 0 && !slices.Contains(state.UpdateKeys, key.Public().String()) {
		return misconfigured(errors.New(filepath.Join(n.cfg.Dir, secretFile) + " is not the secret of this ledger: put the right file back"))
	}
	return nil
}

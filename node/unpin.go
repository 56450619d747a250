package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/record"
)

// SignUnpin states, with the key of the node whose directory is dir, that a DID is not
// to be observed any more. registry is the document of the registry's own DID, which
// lists that key: who may read a node's key speaks for the registry. Nothing is written.
func SignUnpin(dir string, registry *did.Document, ledger string, subject did.ID, now time.Time) (jcs.Value, error) {
	text, err := os.ReadFile(filepath.Join(dir, keyFile))
	if err != nil {
		return jcs.Value{}, fmt.Errorf("the key of a node: %w", err)
	}
	if strings.TrimSpace(string(text)) == newKeyWord { // it is for the node to make one
		return jcs.Value{}, errors.New("the node in " + dir + " has no key yet")
	}
	id, err := nodeKey(dir)
	if err != nil {
		return jcs.Value{}, err
	}
	key := id.key
	for _, method := range registry.VerificationMethods() {
		if method.KeyErr != nil || method.Key != key.Public() {
			continue
		}
		statement := record.Unpin{Ledger: ledger, DID: subject, Issued: now}
		return proof.Sign(statement.Value(), key, proof.SignOptions{
			VerificationMethod: method.ID, Purpose: did.AssertionMethod, Created: now,
		})
	}
	return jcs.Value{}, errors.New("the key in " + dir + " is not one of this registry's nodes")
}

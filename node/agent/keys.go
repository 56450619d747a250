package agent

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// Key is a key that signs and the name under which it does.
type Key struct {
	// Method is the DID URL of the key in its controller's document.
	Method string
	// Signer makes the signatures: a multikey.PrivateKey, or a module that never
	// gives its key away.
	Signer proof.Signer
}

// DID is whose key it is.
func (k Key) DID() did.ID {
	id, _, _ := strings.Cut(k.Method, "#")
	return did.ID(id)
}

// Keys is where the keys of an agent are. Implementations are safe for concurrent
// use. The order counts: of several keys that fit a request, the first signs.
type Keys interface {
	Keys() []Key
}

// errNoKey: no key of the agent can do what was asked for.
var errNoKey = errors.New("the agent has no such key")

// choose finds the key for a request. Empty criteria match every key; a key of a
// type without signatures matches none.
func choose(keys []Key, types []multikey.Type, controller did.ID, method string) (Key, error) {
	for _, k := range keys {
		t := k.Signer.Public().Type()
		if proof.SuiteFor(t) == "" || len(types) > 0 && !contains(types, t) {
			continue
		}
		if (controller == "" || controller == k.DID()) && (method == "" || method == k.Method) {
			return k, nil
		}
	}
	switch {
	case method != "":
		return Key{}, fmt.Errorf("%w: %s", errNoKey, method)
	case controller != "":
		return Key{}, fmt.Errorf("%w: none of %s that fits the cryptosuite", errNoKey, controller)
	default:
		return Key{}, fmt.Errorf("%w: none that fits the cryptosuite", errNoKey)
	}
}

func contains(types []multikey.Type, t multikey.Type) bool {
	for _, each := range types {
		if each == t {
			return true
		}
	}
	return false
}

// didKeyMethod names a key by its did:key.
func didKeyMethod(k multikey.PublicKey) string {
	text := k.String()
	return "did:key:" + text + "#" + text
}

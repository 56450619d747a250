package agent

import (
	"errors"
	"slices"
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

func contains(types []multikey.Type, t multikey.Type) bool { return slices.Contains(types, t) }

// didKeyMethod names a key by its did:key.
func didKeyMethod(k multikey.PublicKey) string {
	text := k.String()
	return "did:key:" + text + "#" + text
}

package webvh

import (
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// parameters is what one entry says under that name ("did:webvh DID Method
// Parameters"). The has fields tell an explicit value from an absent one.
type parameters struct {
	method, scid              string
	updateKeys, nextKeyHashes []string
	watchers                  []string
	witness                   Witness
	portable, deactivated     bool
	ttl                       int

	hasMethod, hasSCID, hasUpdateKeys, hasNextKeyHashes, hasWatchers,
	hasWitness, hasPortable, hasDeactivated, hasTTL bool
}

func parseParameters(v jcs.Value) (parameters, *Error) {
	var p parameters
	for name, member := range v.Members() {
		if err := p.read(name, member); err != nil {
			return parameters{}, err
		}
	}
	return p, nil
}

func (p *parameters) read(name string, v jcs.Value) (err *Error) {
	switch name {
	case "method":
		p.hasMethod = true
		if p.method, _ = v.Str(); p.method != Method {
			return refuse(MethodUnknown, "%.64s", v.Canonical())
		}
	case "scid":
		p.hasSCID = true
		if p.scid, _ = v.Str(); !isMultihash(p.scid) {
			return refuse(ParametersInvalid, "scid is not a base58btc SHA-256 multihash")
		}
	case "updateKeys":
		p.hasUpdateKeys = true
		p.updateKeys, err = stringList(name, v)
	case "nextKeyHashes":
		p.hasNextKeyHashes = true
		p.nextKeyHashes, err = stringList(name, v)
	case "watchers":
		p.hasWatchers = true
		p.watchers, err = watcherList(v)
	case "witness":
		p.hasWitness = true
		p.witness, err = parseWitness(v)
	case "portable":
		p.hasPortable = true
		p.portable, err = boolean(name, v)
	case "deactivated":
		p.hasDeactivated = true
		p.deactivated, err = boolean(name, v)
	case "ttl":
		p.hasTTL = true
		p.ttl, err = parseTTL(v)
	default:
		return refuse(ParametersInvalid, "unknown parameter %.64q", name)
	}
	return err
}

func boolean(name string, v jcs.Value) (bool, *Error) {
	b, ok := v.Bool()
	if !ok {
		return false, refuse(ParametersInvalid, "%s is not a boolean", name)
	}
	return b, nil
}

func parseTTL(v jcs.Value) (int, *Error) {
	if v.Kind() == jcs.KindNull {
		return DefaultTTL, nil
	}
	n, ok := v.Int()
	if !ok || n < 0 || n > MaxTTL {
		return 0, refuse(ParametersInvalid, "ttl is not an integer from 0 to 2^31")
	}
	return int(n), nil
}

// stringList reads a list of strings, or the null that stands for the empty one.
// The strings do not keep the entry alive.
func stringList(name string, v jcs.Value) ([]string, *Error) {
	if v.Kind() == jcs.KindNull {
		return nil, nil
	}
	if !v.IsArray() || v.Len() > MaxListItems {
		return nil, refuse(ParametersInvalid, "%s is not a list of at most %d items", name, MaxListItems)
	}
	if v.Len() == 0 {
		return nil, nil
	}
	list := make([]string, 0, v.Len())
	for item := range v.Elems() {
		s, ok := item.Str()
		if !ok || s == "" || len(s) > MaxItemBytes {
			return nil, refuse(ParametersInvalid, "%s has an item that is not a string of 1 to %d bytes", name, MaxItemBytes)
		}
		list = append(list, strings.Clone(s))
	}
	return list, nil
}

func watcherList(v jcs.Value) ([]string, *Error) {
	list, err := stringList("watchers", v)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		if !lexical.IsURL(s) {
			return nil, refuse(ParametersInvalid, "watcher %.128q is not a URL", s)
		}
	}
	return list, nil
}

// keyring parses each Multikey of an entry once.
type keyring struct {
	names []string
	keys  []multikey.PublicKey
}

func (r *keyring) get(name string) (multikey.PublicKey, error) {
	if i := slices.Index(r.names, name); i >= 0 {
		return r.keys[i], nil
	}
	k, err := multikey.ParsePublic(name)
	if err != nil {
		return multikey.PublicKey{}, err
	}
	r.names, r.keys = append(r.names, name), append(r.keys, k)
	return k, nil
}

// checkUpdateKeys refuses what is no Multikey of a kind that signs.
func (p *parameters) checkUpdateKeys(keys *keyring) *Error {
	for _, name := range p.updateKeys {
		k, err := keys.get(name)
		if err != nil {
			return because(ParametersInvalid, "updateKeys", err)
		}
		if k.Type() == multikey.X25519 {
			return refuse(ParametersInvalid, "updateKeys has a key that cannot sign")
		}
	}
	return nil
}

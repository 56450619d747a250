package webvh

import (
	"bytes"
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// ImplicitServices returns a did:webvh document with the services #files and
// #whois where it does not define them itself ("DID URL Resolution").
func ImplicitServices(document jcs.Value) (jcs.Value, error) {
	s, _ := document.GetString("id")
	id, err := ParseID(did.ID(s))
	if err != nil {
		return jcs.Value{}, err
	}
	return withServices(document, s, id.BaseURL()), nil
}

func withServices(document jcs.Value, id, base string) jcs.Value {
	services, _ := document.Get("service")
	list := make([]jcs.Value, 0, services.Len()+2)
	files, whois := false, false
	for v := range services.Elems() {
		name, _ := v.GetString("id")
		files = files || name == "#files" || name == id+"#files"
		whois = whois || name == "#whois" || name == id+"#whois"
		list = append(list, v)
	}
	if files && whois {
		return document
	}
	if !files {
		list = append(list, jcs.Object(
			jcs.Member{Name: "id", Value: jcs.FromString("#files")},
			jcs.Member{Name: "type", Value: jcs.FromString("relativeRef")},
			jcs.Member{Name: "serviceEndpoint", Value: jcs.FromString(base)},
		))
	}
	if !whois {
		list = append(list, jcs.Object(
			jcs.Member{Name: "@context", Value: jcs.FromString("https://identity.foundation/linked-vp/contexts/v1")},
			jcs.Member{Name: "id", Value: jcs.FromString("#whois")},
			jcs.Member{Name: "type", Value: jcs.FromString("LinkedVerifiablePresentation")},
			jcs.Member{Name: "serviceEndpoint", Value: jcs.FromString(base + "whois.vp")},
		))
	}
	return document.With("service", jcs.Array(list...))
}

// ParallelWeb makes the did:web document that may be published as did.json beside
// the log, from the state of a version ("Publishing a Parallel did:web DID"). Some
// documents have none, because the replacement makes one of two names in them, or
// there is no room for another alias: that is a *did.Error with InvalidDIDDocument.
func ParallelWeb(document jcs.Value) (jcs.Value, error) {
	full, err := ImplicitServices(document)
	if err != nil {
		return jcs.Value{}, err
	}
	s, _ := document.GetString("id")
	scid := s[len(idPrefix) : len(idPrefix)+scidSize]
	replaced := bytes.ReplaceAll(full.Canonical(), []byte(idPrefix+scid+":"), []byte(webPrefix))
	web, err := jcs.Decode(replaced)
	if err != nil {
		return jcs.Value{}, noParallel(s, err)
	}
	web = webAliases(web, s)
	if err := did.CheckDocument(web); err != nil {
		return jcs.Value{}, noParallel(s, err)
	}
	return web, nil
}

func noParallel(id string, err error) error {
	return &did.Error{Code: did.InvalidDIDDocument, Detail: fmt.Sprintf("no did:web document is parallel to that of %.256s", id), Err: err}
}

// webAliases adds the did:webvh DID to alsoKnownAs, and leaves out the did:web
// document's own DID and what occurs twice.
func webAliases(web jcs.Value, webvh string) jcs.Value {
	own, _ := web.GetString("id")
	seen := map[string]bool{own: true}
	var list []jcs.Value
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			list = append(list, jcs.FromString(name))
		}
	}
	names, _ := web.Get("alsoKnownAs")
	for v := range names.Elems() {
		if name, ok := v.Str(); ok {
			add(name)
		}
	}
	add(webvh)
	return web.With("alsoKnownAs", jcs.Array(list...))
}

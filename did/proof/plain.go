package proof

import (
	"slices"
	"strings"
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// plain reports whether names alone tell what a document means, as they do in nearly
// all of them: its contexts are published ones, which protect what decides, no keyword
// and no IRI stands for a name, and no node is written in two places.
func plain(doc jcs.Value) bool {
	own, _ := doc.Get("@context")
	for i := range contexts(own) {
		c := contextAt(own, i)
		if url, ok := c.Str(); !ok || !embeddedContexts()[url] {
			return false
		}
	}
	var n names
	return n.members(doc, "@context") && n.node(doc)
}

// embeddedContexts has the URLs of those that are known not to rename what decides.
var embeddedContexts = sync.OnceValue(func() map[string]bool {
	urls := make(map[string]bool)
	for _, url := range jsonld.Embedded().URLs() {
		urls[url] = true
	}
	return urls
})

// names looks through the objects of a document.
type names struct {
	few [8]string
	ids []string
}

// maxNodes is how many nodes with an id are compared with each other. Documents of more
// are read from RDF, which takes no longer for each of them.
const maxNodes = 64

// members reports whether the members of an object, but for one, and all in them say by
// name what they mean. Proofs are looked at by themselves, and credentials in a
// presentation have proofs of their own.
func (n *names) members(v jcs.Value, but string) bool {
	for name, member := range v.Members() {
		switch {
		case name == but:
		case strings.HasPrefix(name, "@"), strings.Contains(name, ":"):
			return false
		case name != "proof" && name != "verifiableCredential" && !n.value(member):
			return false
		}
	}
	return true
}

// node reports whether an object is the only one that says something of what its id
// names.
func (n *names) node(v jcs.Value) bool {
	id, named := v.GetString("id")
	if !named || v.Len() == 1 { // a reference says nothing
		return true
	}
	if n.ids == nil {
		n.ids = n.few[:0]
	}
	if len(n.ids) == maxNodes || slices.Contains(n.ids, id) {
		return false
	}
	n.ids = append(n.ids, id)
	return true
}

func (n *names) value(v jcs.Value) bool {
	if v.IsObject() {
		return n.members(v, "") && n.node(v)
	}
	for e := range v.Elems() {
		if !n.value(e) {
			return false
		}
	}
	return true
}

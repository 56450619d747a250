package jsonld

import "github.com/tabard-id/tabard/did/jcs"

// place is where in the document a node object without @id stands.
type place struct {
	path []step
	// gone: it got an @id after all, or is no node.
	gone bool
}

// unblank forgets that o has no @id.
func (x *expander) unblank(o *object) {
	if o.source >= 0 {
		x.places[o.source].gone = true
	}
}

// Skolemize returns doc with an "@id" put into every object that expansion makes
// a blank node without a name of its own; label gives the identifier of the i-th,
// counted from 0 in the order of expansion. Canonicalising the result gives the
// dataset of doc with those blank nodes named. The cells of lists, and graphs
// that a @graph container makes around an object, have no object of their own in
// the document and stay blank nodes.
func (p *Processor) Skolemize(doc jcs.Value, label func(i int) string) (jcs.Value, error) {
	w := p.worker()
	defer p.release(w)
	w.skolem = true
	roots, err := w.expandDocument(doc)
	if err != nil {
		return jcs.Value{}, err
	}
	if err := w.emitAll(roots); err != nil {
		return jcs.Value{}, err
	}
	n := 0
	root := &graft{}
	for _, b := range w.places {
		if b.gone {
			continue
		}
		root.add(b.path, label(n))
		n++
	}
	return root.apply(doc), nil
}

// graft is the tree of places at which a document gets identifiers.
type graft struct {
	id      string
	has     bool
	members map[string]*graft
	items   map[int]*graft
}

func (g *graft) add(path []step, id string) {
	for _, s := range path {
		next := g.items[s.index]
		if s.index < 0 {
			next = g.members[s.name]
		}
		if next == nil {
			next = &graft{}
			g.put(s, next)
		}
		g = next
	}
	g.id, g.has = id, true
}

func (g *graft) put(s step, next *graft) {
	if s.index < 0 {
		if g.members == nil {
			g.members = map[string]*graft{}
		}
		g.members[s.name] = next
		return
	}
	if g.items == nil {
		g.items = map[int]*graft{}
	}
	g.items[s.index] = next
}

func (g *graft) apply(v jcs.Value) jcs.Value {
	if v.IsArray() {
		if len(g.items) == 0 {
			return v
		}
		items := make([]jcs.Value, 0, v.Len())
		i := 0
		for e := range v.Elems() {
			if inner := g.items[i]; inner != nil {
				e = inner.apply(e)
			}
			items = append(items, e)
			i++
		}
		return jcs.Array(items...)
	}
	if !v.IsObject() {
		return v
	}
	members := make([]jcs.Member, 0, v.Len()+1)
	for name, e := range v.Members() {
		if inner := g.members[name]; inner != nil {
			e = inner.apply(e)
		}
		members = append(members, jcs.Member{Name: name, Value: e})
	}
	if g.has {
		members = append(members, jcs.Member{Name: "@id", Value: jcs.FromString(g.id)})
	}
	return jcs.Object(members...)
}

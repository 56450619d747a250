package jsonld

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// expander carries out the expansion of one document (JSON-LD 1.1 API, 5.1).
type expander struct {
	loader
	cache *contextCache
	slab  slab
	// stack holds results until whoever asked for them takes them off.
	stack []*object
	path  []step
	key   []byte
	// places are, for Skolemize, the places of node objects without @id.
	skolem bool
	places []place
}

// step is one member name or array index on the way to the present value.
type step struct {
	name  string
	index int // -1 for a member
}

// result is what expansion made: nothing, one object, or an array of objects on
// the stack.
type result uint8

const (
	resNull result = iota
	resOne
	resArray
)

// active is an active property.
type active struct {
	name string  // "" is null
	kw   keyword // kwGraph for @graph, kwReverse for @reverse
}

// top reports whether values of a are free-floating.
func (a active) top() bool { return a.name == "" || a.kw == kwGraph }

// fail adds the present place to an error.
func (x *expander) fail(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Path != "" {
		return err
	}
	var b strings.Builder
	for _, s := range x.path {
		b.WriteByte('/')
		if s.index >= 0 {
			b.WriteString(strconv.Itoa(s.index))
			continue
		}
		if len(s.name) > 256 {
			s.name = s.name[:256]
		}
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(s.name))
	}
	e.Path = b.String()
	return e
}

func (x *expander) enter(name string) { x.path = append(x.path, step{name: name, index: -1}) }
func (x *expander) item(i int)        { x.path = append(x.path, step{index: i}) }
func (x *expander) leave()            { x.path = x.path[:len(x.path)-1] }

func (x *expander) push(o *object) result {
	x.stack = append(x.stack, o)
	return resOne
}

// take moves what lies on the stack from base on into a slice of its own.
func (x *expander) take(base int) []*object {
	if len(x.stack) == base {
		return nil
	}
	s := slices.Clone(x.stack[base:])
	x.stack = x.stack[:base]
	return s
}

// expand pushes the expansion of elem onto the stack (5.1.2). fromMap is the
// "from map" flag.
func (x *expander) expand(c *activeContext, ap active, elem jcs.Value, fromMap bool) (result, error) {
	if len(x.path) > maxDepth {
		return resNull, overBudget("nested too deeply")
	}
	switch elem.Kind() {
	case jcs.KindNull:
		return resNull, nil
	case jcs.KindArray:
		return resArray, x.expandArray(c, ap, elem, fromMap)
	case jcs.KindObject:
		return x.expandMap(c, ap, elem, fromMap)
	}
	if ap.top() {
		return resNull, x.lose("a value that belongs to nothing")
	}
	t := c.terms[ap.name]
	if t != nil && t.hasContext {
		var err error
		if c, err = x.scopedContext(c, t, true); err != nil {
			return resNull, err
		}
		t = c.terms[ap.name]
	}
	o, err := x.expandValue(c, t, elem)
	if err != nil {
		return resNull, err
	}
	return x.push(o), nil
}

func (x *expander) expandArray(c *activeContext, ap active, elem jcs.Value, fromMap bool) error {
	t := c.terms[ap.name]
	inList := t != nil && t.containers.has(inList)
	i := 0
	for e := range elem.Elems() {
		x.item(i)
		base := len(x.stack)
		r, err := x.expand(c, ap, e, fromMap)
		if err != nil {
			return x.fail(err)
		}
		if inList && r == resNull {
			if err := x.lose("an item of a list"); err != nil {
				return x.fail(err)
			}
		}
		if inList && r == resArray {
			o, err := x.object()
			if err != nil {
				return x.fail(err)
			}
			o.has, o.items = bit(kwList), x.take(base)
			x.push(o)
		}
		x.leave()
		i++
	}
	return nil
}

func (x *expander) object() (*object, error) {
	if err := x.budget.object(); err != nil {
		return nil, err
	}
	return x.slab.object(), nil
}

// expandMap is steps 6 to 19 for an object.
func (x *expander) expandMap(c *activeContext, ap active, elem jcs.Value, fromMap bool) (result, error) {
	t := c.terms[ap.name]
	if c.previous != nil && !fromMap {
		revert, err := x.reverts(c, elem)
		if err != nil {
			return resNull, err
		}
		if revert {
			c = c.previous
		}
	}
	var err error
	if t != nil && t.hasContext {
		if c, err = x.scopedContext(c, t, true); err != nil {
			return resNull, err
		}
	}
	if local, ok := elem.Get("@context"); ok {
		if c, err = x.localContext(c, local); err != nil {
			x.enter("@context")
			return resNull, x.fail(err)
		}
	}
	typeScoped := c
	c, inputJSON, err := x.typeContexts(c, elem)
	if err != nil {
		return resNull, err
	}
	o, err := x.object()
	if err != nil {
		return resNull, err
	}
	f := &frame{c: c, typeScoped: typeScoped, ap: ap, out: o, json: inputJSON}
	if err := x.expandMembers(f, elem); err != nil {
		return resNull, err
	}
	return x.finish(f, t)
}

// reverts reports whether a type-scoped context ends at elem (step 7).
func (x *expander) reverts(c *activeContext, elem jcs.Value) (bool, error) {
	for key := range elem.Members() {
		iri, err := x.expandIRI(c, key, true, false)
		if err != nil {
			return false, err
		}
		if iri == "@value" || iri == "@id" && elem.Len() == 1 {
			return false, nil
		}
	}
	return true, nil
}

// typeContexts applies the type-scoped contexts of elem (step 11), and reports
// whether its type is @json (step 12).
func (x *expander) typeContexts(c *activeContext, elem jcs.Value) (*activeContext, bool, error) {
	typeScoped, first, isJSON := c, true, false
	for key, value := range elem.Members() {
		if key != "@type" {
			t := typeScoped.terms[key]
			if t == nil || t.kw != kwType {
				continue
			}
		}
		types := sortedStrings(value)
		for _, name := range types {
			t := typeScoped.terms[name]
			if t == nil || !t.hasContext {
				continue
			}
			var err error
			if c, err = x.scopedContext(c, t, false); err != nil {
				x.enter(key)
				return nil, false, x.fail(err)
			}
		}
		if first && len(types) > 0 {
			last := types[len(types)-1]
			iri, err := x.expandIRI(c, last, true, true)
			if err != nil {
				return nil, false, err
			}
			first, isJSON = false, iri == "@json"
		}
	}
	return c, isJSON, nil
}

// sortedStrings returns the strings of a value or array in code point order.
func sortedStrings(v jcs.Value) []string {
	if s, ok := v.Str(); ok {
		return []string{s}
	}
	list := make([]string, 0, v.Len())
	for e := range v.Elems() {
		if s, ok := e.Str(); ok {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return list
}

// scopedContext returns c updated by the context of term t.
func (x *expander) scopedContext(c *activeContext, t *term, property bool) (*activeContext, error) {
	k := scopeKey{term: t, property: property}
	if d := c.derivedScoped(k); d != nil {
		return d, x.budget.again(d)
	}
	d, err := x.process(c, t.context, scope{base: t.base, override: property, propagate: property, validate: true})
	if err != nil {
		return nil, err
	}
	c.keepScoped(k, d)
	return d, nil
}

// localContext returns c updated by an @context of the document.
func (x *expander) localContext(c *activeContext, local jcs.Value) (*activeContext, error) {
	x.key = local.Append(x.key[:0])
	key := x.key
	if c == initial && x.cache != nil {
		if d := x.cache.get(key); d != nil {
			return d, x.budget.again(d)
		}
	} else if d := c.derivedEmbedded(key); d != nil {
		return d, x.budget.again(d)
	}
	d, err := x.process(c, local, scope{base: x.rootBase, propagate: true, validate: true})
	if err != nil {
		return nil, err
	}
	if c == initial && x.cache != nil {
		d.root = &rootWeight{}
		x.cache.put(key, d)
		return d, nil
	}
	if len(key) <= cacheKeyBytes {
		c.keepEmbedded(key, d)
	}
	return d, nil
}

// initial is the initial context of every document: no terms, no base.
var initial = &activeContext{terms: map[string]*term{}}

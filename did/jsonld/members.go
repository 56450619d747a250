package jsonld

import (
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// frame is the expansion of one object: its contexts and what it becomes.
type frame struct {
	c          *activeContext
	typeScoped *activeContext
	ap         active
	out        *object
	json       bool // the input type is @json
}

// expandMembers is steps 13 and 14: every member of elem, then nested ones.
func (x *expander) expandMembers(f *frame, elem jcs.Value) error {
	nested := false
	for key, value := range elem.Members() {
		if key == "@context" {
			continue
		}
		x.enter(key)
		isNest, err := x.expandMember(f, key, value)
		if err != nil {
			return x.fail(err)
		}
		nested = nested || isNest
		x.leave()
	}
	if !nested {
		return nil
	}
	for key, value := range elem.Members() {
		iri, err := x.expandIRI(f.c, key, true, false)
		if err != nil {
			return err
		}
		if iri != "@nest" {
			continue
		}
		x.enter(key)
		if err := x.expandNested(f, key, value); err != nil {
			return x.fail(err)
		}
		x.leave()
	}
	return nil
}

// expandNested is step 14 for one member.
func (x *expander) expandNested(f *frame, key string, value jcs.Value) error {
	if !value.IsArray() {
		return x.expandNest(f, key, value)
	}
	i := 0
	for v := range value.Elems() {
		x.item(i)
		if err := x.expandNest(f, key, v); err != nil {
			return x.fail(err)
		}
		x.leave()
		i++
	}
	return nil
}

func (x *expander) expandNest(f *frame, key string, v jcs.Value) error {
	if len(x.path) > maxDepth {
		return overBudget("nested too deeply")
	}
	bad := invalid("invalid @nest value", "@nest holds objects without @value")
	if !v.IsObject() {
		return bad
	}
	inner := *f
	if t := f.c.terms[key]; t != nil && t.hasContext {
		c, err := x.scopedContext(f.c, t, true)
		if err != nil {
			return err
		}
		inner.c = c
	}
	for k := range v.Members() {
		iri, err := x.expandIRI(inner.c, k, true, false)
		if err != nil {
			return err
		}
		if iri == "@value" {
			return bad
		}
	}
	return x.expandMembers(&inner, v)
}

// expandMember is step 13 for one member; nest means that step 14 sees to it.
func (x *expander) expandMember(f *frame, key string, value jcs.Value) (nest bool, err error) {
	t := f.c.terms[key]
	var iri string
	var kw keyword
	if t != nil {
		iri, kw = t.iri, t.kw
	} else {
		if iri, err = x.expandIRI(f.c, key, true, false); err != nil {
			return false, err
		}
		kw = keywordOf(iri)
	}
	if kw != kwNone {
		return kw == kwNest, x.expandKeyword(f, kw, value)
	}
	if t == nil || !t.property {
		if err := x.predicate(key, iri); err != nil {
			return false, err
		}
		if strings.IndexByte(iri, ':') < 0 {
			return false, nil // only where losses are accepted
		}
	}
	return false, x.expandProperty(f, t, key, iri, value)
}

// predicate checks that a key became something RDF can have as a predicate.
func (x *expander) predicate(key, iri string) error {
	switch {
	case iri == "":
		return x.undefined("property " + quote(key) + " is mapped to nothing")
	case isBlank(iri):
		return x.lose("property " + quote(key) + " is a blank node")
	case !isIRI(iri):
		return x.undefined("property " + quote(key) + " is not defined by any context")
	}
	return nil
}

// expandProperty is steps 13.5 to 13.14.
func (x *expander) expandProperty(f *frame, t *term, key, iri string, value jcs.Value) error {
	base := len(x.stack)
	r, err := x.expandTermValue(f, t, key, value)
	if err != nil {
		return err
	}
	if r == resNull {
		return nil
	}
	values := x.take(base)
	if t != nil && t.containers.has(inList) && !(r == resOne && values[0].is(kwList)) {
		o, err := x.object()
		if err != nil {
			return err
		}
		o.has, o.items = bit(kwList), values
		values = []*object{o}
	}
	if t != nil && t.containers.has(inGraph) && !t.containers.has(inID|inIndex) {
		if values, err = x.wrapGraphs(values); err != nil {
			return err
		}
	}
	if t != nil && t.reverse {
		if err := reversible(values); err != nil {
			return err
		}
		f.out.has |= bit(kwReverse)
		f.out.reverse = append(f.out.reverse, property{iri: iri, values: values})
		return nil
	}
	f.out.props = append(f.out.props, property{iri: iri, values: values})
	return nil
}

// reversible checks that what is on the other end of a reverse property are nodes.
func reversible(values []*object) error {
	for _, v := range values {
		if !v.isNode() {
			return invalid("invalid reverse property value", "a value or list is no subject")
		}
	}
	return nil
}

// wrapGraphs makes each value a graph object (step 13.12).
func (x *expander) wrapGraphs(values []*object) ([]*object, error) {
	for i, v := range values {
		if err := x.keepsNode(v); err != nil {
			return nil, err
		}
		g, err := x.object()
		if err != nil {
			return nil, err
		}
		g.has, g.graph = bit(kwGraph), []*object{v}
		values[i] = g
	}
	return values, nil
}

// keepsNode checks that v says something where it stands on its own (step 19).
func (x *expander) keepsNode(v *object) error {
	switch {
	case v.is(kwValue):
		return x.lose("a value that belongs to nothing")
	case v.is(kwList):
		return x.lose("a list that belongs to nothing")
	case v.only():
		return x.lose("an empty object that belongs to nothing")
	case v.only(kwID):
		return x.lose("an object with nothing but an id")
	}
	return nil
}

// expandTermValue is steps 13.6 to 13.9: the value as its term says.
func (x *expander) expandTermValue(f *frame, t *term, key string, value jcs.Value) (result, error) {
	if t != nil {
		switch {
		case t.typ == typeJSON:
			o, err := x.object()
			if err != nil {
				return resNull, err
			}
			o.has, o.types, o.value = bit(kwValue)|bit(kwType), jsonTypes, value
			return x.push(o), nil
		case t.containers.has(inLanguage) && value.IsObject():
			return resArray, x.expandLanguageMap(f.c, t, value)
		case t.containers.has(inIndex|inID|inType) && value.IsObject():
			return resArray, x.expandIndexMap(f.c, t, key, value)
		}
	}
	return x.expand(f.c, active{name: key}, value, false)
}

// jsonTypes is the @type of JSON literals.
var jsonTypes = []string{"@json"}

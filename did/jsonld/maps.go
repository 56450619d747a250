package jsonld

import (
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// languageString adds one string of a language map.
func (x *expander) languageString(tag *object, v jcs.Value) error {
	if v.Kind() == jcs.KindNull {
		return nil
	}
	if !v.IsString() {
		return invalid("invalid language map value", "not a string")
	}
	o, err := x.object()
	if err != nil {
		return err
	}
	o.has, o.value = bit(kwValue), v
	if tag.lang != "" {
		o.has |= bit(kwLanguage)
		o.lang = strings.ToLower(tag.lang)
	}
	if tag.dir != "" {
		o.has |= bit(kwDirection)
		o.dir = tag.dir
	}
	x.push(o)
	return nil
}

// expandIndexMap is step 13.8: maps by @index, @id and @type.
func (x *expander) expandIndexMap(c *activeContext, t *term, key string, m jcs.Value) error {
	for index, value := range m.Members() {
		x.enter(index)
		if err := x.expandIndex(c, t, key, index, value); err != nil {
			return x.fail(err)
		}
		x.leave()
	}
	return nil
}

func (x *expander) expandIndex(c *activeContext, t *term, key, index string, value jcs.Value) error {
	mapContext := c
	if t.containers.has(inID|inType) && c.previous != nil {
		mapContext = c.previous
	}
	if it := mapContext.terms[index]; t.containers.has(inType) && it != nil && it.hasContext {
		var err error
		if mapContext, err = x.scopedContext(mapContext, it, false); err != nil {
			return err
		}
	}
	expanded, err := x.expandIRI(c, index, true, false)
	if err != nil {
		return err
	}
	base := len(x.stack)
	if _, err := x.expand(mapContext, active{name: key}, value, true); err != nil {
		return err
	}
	for i := base; i < len(x.stack); i++ {
		if t.containers.has(inGraph) && !x.stack[i].isGraph() {
			wrapped, err := x.wrapGraphs([]*object{x.stack[i]})
			if err != nil {
				return err
			}
			x.stack[i] = wrapped[0]
		}
		if expanded == "@none" {
			continue
		}
		if err := x.setIndex(c, t, x.stack[i], index, expanded); err != nil {
			return err
		}
	}
	return nil
}

// isGraph reports whether o is a graph object.
func (o *object) isGraph() bool { return o.is(kwGraph) && o.only(kwGraph, kwID, kwIndex) }

// setIndex puts the key of a map into one of its values.
func (x *expander) setIndex(c *activeContext, t *term, o *object, index, expanded string) error {
	switch {
	case t.containers.has(inIndex) && t.index != "":
		return x.indexProperty(c, t, o, index)
	case t.containers.has(inIndex):
		if o.is(kwIndex) {
			return nil
		}
		o.has |= bit(kwIndex)
		o.index = index
		return x.lose("the key of an @index map is not part of the data")
	}
	if !o.isNode() {
		return invalid("invalid value object", "a map by @id or @type holds a value or list")
	}
	if t.containers.has(inType) {
		if !isIRI(expanded) && !isBlankID(expanded) {
			if err := x.undefined("type " + quote(index) + " is not an absolute IRI"); err != nil {
				return err
			}
		}
		o.has |= bit(kwType)
		o.types = append([]string{expanded}, o.types...)
		return nil
	}
	if o.is(kwID) {
		return nil
	}
	iri, err := x.expandIRI(c, index, false, true)
	if err != nil {
		return err
	}
	o.has |= bit(kwID)
	o.id = iri
	x.unblank(o)
	return x.reference(index, iri)
}

// indexProperty is a property-valued index (JSON-LD 1.1, 4.6.1.1).
func (x *expander) indexProperty(c *activeContext, t *term, o *object, index string) error {
	if !o.isNode() {
		return invalid("invalid value object", "a property-valued index of a value or list")
	}
	v, err := x.expandValue(c, c.terms[t.index], jcs.FromString(index))
	if err != nil {
		return err
	}
	iri, err := x.expandIRI(c, t.index, true, false)
	if err != nil {
		return err
	}
	if err := x.predicate(t.index, iri); err != nil {
		return err
	}
	o.props = append(o.props, property{iri: iri, values: []*object{v}})
	return nil
}

package jsonld

import (
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// details is steps 19 to 26: everything of a term but its IRI.
func (d *definer) details(t *term, name string, value jcs.Value, depth int) error {
	for k, v := range value.Members() {
		var err error
		switch keywordOf(k) {
		case kwID, kwType, kwProtected:
		case kwReverse:
		case kwContainer:
			if !t.reverse || v.Kind() != jcs.KindNull {
				t.containers, err = containers(v)
			}
		case kwIndex, kwContext, kwNest:
		case kwLanguage:
			err = d.language(t, v, value)
		case kwDirection:
			var s string
			if s, err = direction(v); err == nil && t.typ == typeUnset {
				t.dir = optional{set: true, value: s}
			}
		case kwPrefix:
			err = prefixFlag(t, name, v)
		default:
			err = invalid("invalid term definition", "term "+quote(name)+" has an entry "+quote(k))
		}
		if err != nil {
			return err
		}
	}
	if t.containers.has(inType) {
		if t.typ == typeUnset {
			t.typ = typeID
		}
		if t.typ != typeID && t.typ != typeVocab {
			return invalid("invalid type mapping", "term "+quote(name)+" with a @type container")
		}
	}
	if err := d.indexAndNest(t, name, value, depth); err != nil {
		return err
	}
	return d.scopedContext(t, name, value)
}

var containerWords = map[string]container{
	"@graph": inGraph, "@id": inID, "@index": inIndex, "@language": inLanguage,
	"@list": inList, "@set": inSet, "@type": inType,
}

// containers reads a container mapping (step 19).
func containers(v jcs.Value) (container, error) {
	bad := invalid("invalid container mapping", "@container")
	var c container
	if s, ok := v.Str(); ok {
		if c = containerWords[s]; c == 0 {
			return 0, bad
		}
		return c, nil
	}
	if !v.IsArray() || v.Len() == 0 || v.Len() > 3 {
		return 0, bad
	}
	for e := range v.Elems() {
		s, _ := e.Str()
		w := containerWords[s]
		if w == 0 || c.has(w) {
			return 0, bad
		}
		c |= w
	}
	switch c &^ inSet {
	case 0, inGraph, inID, inIndex, inLanguage, inType, inGraph | inID, inGraph | inIndex:
		return c, nil
	case inList:
		if c == inList {
			return c, nil
		}
	}
	return 0, bad
}

func (d *definer) language(t *term, v, value jcs.Value) error {
	s, ok := v.Str()
	if !ok && v.Kind() != jcs.KindNull {
		return invalid("invalid language mapping", "@language is not a string")
	}
	if ok && !isLanguage(s) {
		if err := d.lose("@language " + quote(s) + " is not a language tag"); err != nil {
			return err
		}
	}
	if t.typ == typeUnset {
		t.lang = optional{set: true, value: strings.ToLower(s)}
	}
	return nil
}

func prefixFlag(t *term, name string, v jcs.Value) error {
	if strings.ContainsAny(name, ":/") {
		return invalid("invalid term definition", "term "+quote(name)+" cannot be a prefix")
	}
	b, ok := v.Bool()
	if !ok {
		return invalid("invalid @prefix value", "of term "+quote(name))
	}
	if b && keywordOf(t.iri) != kwNone {
		return invalid("invalid term definition", "term "+quote(name)+" is a keyword and a prefix")
	}
	t.prefix = b
	return nil
}

func (d *definer) indexAndNest(t *term, name string, value jcs.Value, depth int) error {
	if v, ok := value.Get("@index"); ok {
		s, isString := v.Str()
		if !isString || !t.containers.has(inIndex) {
			return invalid("invalid term definition", "@index of term "+quote(name))
		}
		iri, err := d.expand(s, true, false, depth)
		if err != nil {
			return err
		}
		if !isIRI(iri) {
			return invalid("invalid term definition", "@index of term "+quote(name)+" is not a property")
		}
		t.index = s
	}
	if v, ok := value.Get("@nest"); ok {
		s, isString := v.Str()
		if kw := keywordOf(s); !isString || kw != kwNone && kw != kwNest {
			return invalid("invalid @nest value", "of term "+quote(name))
		}
		t.nest = s
	}
	return nil
}

// scopedContext is step 21: the context is processed once to find its errors.
func (d *definer) scopedContext(t *term, name string, value jcs.Value) error {
	c, ok := value.Get("@context")
	if !ok {
		return nil
	}
	_, err := d.process(d.result, c, scope{
		base: d.scope.base, remotes: d.scope.remotes, override: true, propagate: true,
	})
	if err != nil {
		return asScoped(err, name)
	}
	t.context, t.hasContext, t.base = c, true, d.scope.base
	return nil
}

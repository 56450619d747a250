package jsonld

import (
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// definer creates the terms of one context definition.
type definer struct {
	*loader
	result    *activeContext
	local     jcs.Value
	scope     scope
	protected bool
	// state: false while a term is being defined, true when it is.
	state map[string]bool
}

// maxTermChain is how far terms may depend on one another.
const maxTermChain = 64

// define creates the definition of one term (JSON-LD 1.1 API, 4.2.2).
func (d *definer) define(name string, depth int) error {
	if done, seen := d.state[name]; done {
		return nil
	} else if seen {
		return invalid("cyclic IRI mapping", "term "+quote(name))
	}
	if name == "" {
		return invalid("invalid term definition", "the empty string is a term")
	}
	if depth > maxTermChain {
		return overBudget("terms depend on one another in a long chain")
	}
	if err := d.budget.context(1); err != nil {
		return err
	}
	d.state[name] = false
	value, _ := d.local.Get(name)
	if keep, err := d.redefinable(name, value); err != nil || !keep {
		return err
	}
	previous := d.result.terms[name]
	delete(d.result.terms, name)
	t, err := d.build(name, value, depth)
	if err != nil || t == nil {
		return err
	}
	if previous != nil && previous.protected && !d.scope.override {
		if !t.same(previous) {
			return invalid("protected term redefinition", "term "+quote(name))
		}
		t = previous
	}
	d.put(name, t)
	return nil
}

func (d *definer) put(name string, t *term) {
	d.result.terms[name] = t
	d.result.protected = d.result.protected || t.protected
	d.state[name] = true
}

// redefinable is steps 5 and 6: what terms may not be.
func (d *definer) redefinable(name string, value jcs.Value) (bool, error) {
	if name == "@type" {
		ok := value.IsObject() && value.Len() > 0
		for k, v := range value.Members() {
			s, _ := v.Str()
			ok = ok && (k == "@container" && s == "@set" || k == "@protected")
		}
		if !ok {
			return false, invalid("keyword redefinition", "@type may only be a @set or @protected")
		}
		return true, nil
	}
	if keywordOf(name) != kwNone {
		return false, invalid("keyword redefinition", quote(name))
	}
	if keywordForm(name) {
		return false, d.lose("term " + quote(name) + " has the form of a keyword")
	}
	return true, nil
}

// build makes the definition; nil without an error means that the term is ignored.
func (d *definer) build(name string, value jcs.Value, depth int) (*term, error) {
	t := &term{protected: d.protected}
	simple := false
	switch value.Kind() {
	case jcs.KindNull:
		value = jcs.Object(jcs.Member{Name: "@id"})
	case jcs.KindString:
		simple = true
		value = jcs.Object(jcs.Member{Name: "@id", Value: value})
	case jcs.KindObject:
	default:
		return nil, invalid("invalid term definition", "term "+quote(name)+" is neither a string nor an object")
	}
	if v, ok := value.Get("@protected"); ok {
		b, isBool := v.Bool()
		if !isBool {
			return nil, invalid("invalid @protected value", "of term "+quote(name))
		}
		t.protected = b
	}
	if err := d.typeMapping(t, value, depth); err != nil {
		return nil, err
	}
	mapping := d.iriMapping
	if _, ok := value.Get("@reverse"); ok {
		mapping = d.reverse
	}
	keep, err := mapping(t, name, value, simple, depth)
	if err != nil || !keep {
		return nil, err
	}
	if err := d.details(t, name, value, depth); err != nil {
		return nil, err
	}
	t.settle()
	return t, nil
}

// settle fills in what follows from the IRI mapping.
func (t *term) settle() {
	t.kw = keywordOf(t.iri)
	t.property = t.kw == kwNone && isIRI(t.iri)
}

func (d *definer) typeMapping(t *term, value jcs.Value, depth int) error {
	v, ok := value.Get("@type")
	if !ok {
		return nil
	}
	s, ok := v.Str()
	if !ok {
		return invalid("invalid type mapping", "@type is not a string")
	}
	iri, err := d.expand(s, true, false, depth)
	if err != nil {
		return err
	}
	switch keywordOf(iri) {
	case kwID:
		t.typ = typeID
	case kwVocab:
		t.typ = typeVocab
	case kwJSON:
		t.typ = typeJSON
	case kwNoneWord:
		t.typ = typeNone
	default:
		if !isIRI(iri) {
			return invalid("invalid type mapping", quote(s)+" is not an absolute IRI")
		}
		t.typ, t.datatype, t.types = typeIRI, iri, []string{iri}
	}
	return nil
}

// reverse is step 13: a reverse property; keep is false if the term is ignored.
func (d *definer) reverse(t *term, name string, value jcs.Value, _ bool, depth int) (keep bool, err error) {
	for _, k := range []string{"@id", "@nest"} {
		if _, ok := value.Get(k); ok {
			return false, invalid("invalid reverse property", "term "+quote(name)+" has @reverse and "+k)
		}
	}
	v, _ := value.Get("@reverse")
	s, ok := v.Str()
	if !ok {
		return false, invalid("invalid IRI mapping", "@reverse of term "+quote(name)+" is not a string")
	}
	if keywordForm(s) {
		return false, d.lose("@reverse of term " + quote(name) + " has the form of a keyword")
	}
	iri, err := d.expand(s, true, false, depth)
	if err != nil {
		return false, err
	}
	if !isIRI(iri) && !isBlankID(iri) {
		return false, invalid("invalid IRI mapping", "@reverse of term "+quote(name)+" is not an absolute IRI")
	}
	if c, ok := value.Get("@container"); ok {
		if s, _ := c.Str(); s != "@set" && s != "@index" && c.Kind() != jcs.KindNull {
			return false, invalid("invalid reverse property", "container of term "+quote(name))
		}
	}
	t.iri, t.reverse = iri, true
	return true, nil
}

// iriMapping is steps 14 to 18; keep is false if the term is ignored.
func (d *definer) iriMapping(t *term, name string, value jcs.Value, simple bool, depth int) (keep bool, err error) {
	id, hasID := value.Get("@id")
	if s, isString := id.Str(); hasID && !(isString && s == name) {
		if id.Kind() == jcs.KindNull {
			return true, nil
		}
		if !isString {
			return false, invalid("invalid IRI mapping", "@id of term "+quote(name)+" is not a string")
		}
		return d.idMapping(t, name, s, simple, depth)
	}
	if i := strings.IndexByte(name, ':'); i > 0 {
		prefix, suffix := name[:i], name[i+1:]
		if _, ok := d.local.Get(prefix); ok {
			if err := d.define(prefix, depth+1); err != nil {
				return false, err
			}
		}
		t.iri = name
		if p := d.result.terms[prefix]; p != nil && p.iri != "" {
			t.iri = p.iri + suffix
		}
		return true, d.budget.text(len(t.iri))
	}
	if strings.IndexByte(name, '/') >= 0 {
		t.iri, err = d.expandIRI(d.result, name, true, false)
		if err == nil && !isIRI(t.iri) {
			err = invalid("invalid IRI mapping", "term "+quote(name)+" does not expand to an absolute IRI")
		}
		return true, err
	}
	if name == "@type" {
		t.iri = name
		return true, nil
	}
	if d.result.vocab == "" {
		return false, invalid("invalid IRI mapping", "term "+quote(name)+" has no IRI and there is no @vocab")
	}
	t.iri = d.result.vocab + name
	return true, d.budget.text(len(t.iri))
}

// idMapping is step 14.2: the term's @id is the string s.
func (d *definer) idMapping(t *term, name, s string, simple bool, depth int) (bool, error) {
	if keywordOf(s) == kwNone && keywordForm(s) {
		return false, d.lose("@id of term " + quote(name) + " has the form of a keyword")
	}
	iri, err := d.expand(s, true, false, depth)
	if err != nil {
		return false, err
	}
	if keywordOf(iri) == kwNone && !isIRI(iri) && !isBlankID(iri) {
		return false, invalid("invalid IRI mapping", "@id of term "+quote(name)+" is not an absolute IRI")
	}
	if iri == "@context" {
		return false, invalid("invalid keyword alias", "term "+quote(name)+" is an alias of @context")
	}
	t.iri = iri
	colon := strings.IndexByte(name[1:], ':')
	inner := colon >= 0 && colon+1 < len(name)-1
	slash := strings.IndexByte(name, '/') >= 0
	if inner || slash {
		d.state[name] = true
		own, err := d.expand(name, true, false, depth)
		if err != nil {
			return false, err
		}
		if own != iri {
			return false, invalid("invalid IRI mapping", "term "+quote(name)+" is an IRI other than its @id")
		}
	}
	if simple && strings.IndexByte(name, ':') < 0 && !slash && keywordOf(iri) == kwNone {
		t.prefix = genDelim(iri) || isBlank(iri)
	}
	return true, nil
}

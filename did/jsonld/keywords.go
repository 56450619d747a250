package jsonld

import (
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// expandKeyword is step 13.4: a member whose name is or becomes a keyword.
func (x *expander) expandKeyword(f *frame, kw keyword, value jcs.Value) error {
	o := f.out
	if f.ap.kw == kwReverse {
		return invalid("invalid reverse property map", "a keyword inside @reverse")
	}
	if o.is(kw) && kw != kwIncluded && kw != kwType && kw != kwReverse {
		return invalid("colliding keywords", "given twice")
	}
	switch kw {
	case kwID:
		return x.expandID(f, value)
	case kwType:
		return x.expandType(f, value)
	case kwGraph:
		return x.expandGraph(f, value)
	case kwIncluded:
		return x.expandIncluded(f, value)
	case kwValue:
		return x.expandLiteral(f, value)
	case kwLanguage, kwDirection, kwIndex:
		return x.expandTag(o, kw, value)
	case kwList, kwSet:
		return x.expandItems(f, kw, value)
	case kwReverse:
		return x.expandReverse(f, value)
	case kwNest:
		return nil
	default:
		return x.lose("a keyword that has no meaning here")
	}
}

func (x *expander) expandID(f *frame, value jcs.Value) error {
	s, ok := value.Str()
	if !ok {
		return invalid("invalid @id value", "not a string")
	}
	iri, err := x.expandIRI(f.c, s, false, true)
	if err != nil {
		return err
	}
	f.out.has |= bit(kwID)
	f.out.id = iri
	return x.reference(s, iri)
}

// reference checks that an identifier is one that RDF can have.
func (x *expander) reference(s, iri string) error {
	if isIRI(iri) || isBlankID(iri) {
		return nil
	}
	return x.lose("id " + quote(s) + " is not an absolute IRI")
}

func (x *expander) expandType(f *frame, value jcs.Value) error {
	f.out.has |= bit(kwType)
	if s, ok := value.Str(); ok {
		return x.addType(f, s)
	}
	if !value.IsArray() {
		return invalid("invalid type value", "neither a string nor strings")
	}
	if f.out.types == nil && value.Len() > 0 {
		f.out.types = make([]string, 0, value.Len())
	}
	for e := range value.Elems() {
		s, ok := e.Str()
		if !ok {
			return invalid("invalid type value", "neither a string nor strings")
		}
		if err := x.addType(f, s); err != nil {
			return err
		}
	}
	return nil
}

func (x *expander) addType(f *frame, s string) error {
	if err := x.budget.object(); err != nil {
		return err
	}
	iri, err := x.expandIRI(f.typeScoped, s, true, true)
	if err != nil {
		return err
	}
	if !isIRI(iri) && !isBlankID(iri) && iri != "@json" {
		if err := x.undefined("type " + quote(s) + " is not an absolute IRI"); err != nil {
			return err
		}
	}
	f.out.types = append(f.out.types, iri)
	return nil
}

func (x *expander) expandGraph(f *frame, value jcs.Value) error {
	base := len(x.stack)
	if _, err := x.expand(f.c, active{name: "@graph", kw: kwGraph}, value, false); err != nil {
		return err
	}
	f.out.has |= bit(kwGraph)
	f.out.graph = x.take(base)
	return nil
}

func (x *expander) expandIncluded(f *frame, value jcs.Value) error {
	base := len(x.stack)
	r, err := x.expand(f.c, active{}, value, false)
	if err != nil {
		return err
	}
	items := x.take(base)
	bad := r == resNull
	for _, o := range items {
		bad = bad || !o.isNode()
	}
	if bad {
		return invalid("invalid @included value", "not node objects")
	}
	f.out.has |= bit(kwIncluded)
	f.out.included = append(f.out.included, items...)
	return nil
}

func (x *expander) expandLiteral(f *frame, value jcs.Value) error {
	if !f.json && (value.IsArray() || value.IsObject()) {
		return invalid("invalid value object value", "@value is an array or object")
	}
	f.out.has |= bit(kwValue)
	f.out.value = value
	return nil
}

// expandTag handles @language, @direction and @index.
func (x *expander) expandTag(o *object, kw keyword, value jcs.Value) error {
	s, ok := value.Str()
	o.has |= bit(kw)
	switch kw {
	case kwLanguage:
		if !ok {
			return invalid("invalid language-tagged string", "@language is not a string")
		}
		if !isLanguage(s) {
			if err := x.lose("@language " + quote(s) + " is not a language tag"); err != nil {
				return err
			}
		}
		o.lang = strings.ToLower(s)
	case kwDirection:
		if s != "ltr" && s != "rtl" {
			return invalid("invalid base direction", "@direction is neither ltr nor rtl")
		}
		o.dir = s
	default:
		if !ok {
			return invalid("invalid @index value", "not a string")
		}
		o.index = s
		return x.lose("@index is not part of the data")
	}
	return nil
}

// expandItems handles @list and @set.
func (x *expander) expandItems(f *frame, kw keyword, value jcs.Value) error {
	if kw == kwList && f.ap.top() {
		return x.lose("a list that belongs to nothing")
	}
	base := len(x.stack)
	var err error
	if kw == kwList && value.IsArray() {
		err = x.expandList(f, value)
	} else {
		var r result
		if r, err = x.expand(f.c, f.ap, value, false); err == nil && kw == kwList && r == resNull {
			err = x.lose("an item of a list")
		}
	}
	if err != nil {
		return err
	}
	f.out.has |= bit(kw)
	f.out.items = x.take(base)
	return nil
}

// expandList expands the items of an explicit @list. Arrays and sets in it are
// lists where the term is a list too; elsewhere processors disagree about what
// they are, so they are refused.
func (x *expander) expandList(f *frame, value jcs.Value) error {
	i := 0
	for e := range value.Elems() {
		x.item(i)
		base := len(x.stack)
		r, err := x.expand(f.c, f.ap, e, false)
		if err == nil && r == resNull {
			err = x.lose("an item of a list")
		}
		if err == nil && r == resArray {
			if t := f.c.terms[f.ap.name]; t == nil || !t.containers.has(inList) {
				err = x.lose("an array or @set inside @list")
			}
			if err == nil {
				err = x.wrapList(base)
			}
		}
		if err != nil {
			return x.fail(err)
		}
		x.leave()
		i++
	}
	return nil
}

func (x *expander) wrapList(base int) error {
	o, err := x.object()
	if err != nil {
		return err
	}
	o.has, o.items = bit(kwList), x.take(base)
	x.push(o)
	return nil
}

// expandReverse is step 13.4.13.
func (x *expander) expandReverse(f *frame, value jcs.Value) error {
	if !value.IsObject() {
		return invalid("invalid @reverse value", "not an object")
	}
	base := len(x.stack)
	r, err := x.expand(f.c, active{name: "@reverse", kw: kwReverse}, value, false)
	if err != nil || r == resNull {
		return err
	}
	for _, o := range x.take(base) {
		f.out.props = append(f.out.props, o.reverse...)
		for _, p := range o.props {
			if err := reversible(p.values); err != nil {
				return err
			}
		}
		if len(o.props) > 0 {
			f.out.has |= bit(kwReverse)
			f.out.reverse = append(f.out.reverse, o.props...)
		}
	}
	return nil
}

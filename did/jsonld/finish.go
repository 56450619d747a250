package jsonld

import (
	"slices"

	"github.com/tabard-id/tabard/did/jcs"
)

// finish is steps 15 to 19: what the members of an object make together.
func (x *expander) finish(f *frame, t *term) (result, error) {
	o := f.out
	switch {
	case o.is(kwValue):
		keep, err := x.finishValue(o)
		if err != nil || !keep {
			return resNull, err
		}
	case o.is(kwSet) || o.is(kwList):
		kw := kwList
		if o.is(kwSet) {
			kw = kwSet
		}
		if !o.only(kw, kwIndex) {
			return resNull, invalid("invalid set or list object", "@set or @list with other members")
		}
		if kw == kwSet {
			x.stack = append(x.stack, o.items...)
			return resArray, nil
		}
	default:
		keep, err := x.finishNode(f)
		if err != nil || !keep {
			return resNull, err
		}
	}
	if f.ap.top() {
		if err := x.keepsNode(o); err != nil {
			return resNull, err
		}
		if x.lossy && (!o.isNode() || o.only() || o.only(kwID)) {
			return resNull, nil
		}
	}
	return x.push(o), nil
}

// finishValue is step 15; keep is false for a null value.
func (x *expander) finishValue(o *object) (keep bool, err error) {
	tagged := o.is(kwLanguage) || o.is(kwDirection)
	if !o.only(kwValue, kwType, kwLanguage, kwDirection, kwIndex) || tagged && o.is(kwType) {
		return false, invalid("invalid value object", "@value with members that do not belong there")
	}
	if len(o.types) == 1 && o.types[0] == "@json" {
		return true, nil
	}
	if o.is(kwDirection) && !o.value.IsString() {
		if err := x.lose("@direction of what is no text"); err != nil {
			return false, err
		}
	}
	switch o.value.Kind() {
	case jcs.KindNull:
		return false, x.lose("@value is null")
	case jcs.KindString:
	case jcs.KindArray, jcs.KindObject:
		return false, invalid("invalid value object value", "@value is an array or object")
	default:
		if o.is(kwLanguage) {
			return false, invalid("invalid language-tagged value", "only strings have a language")
		}
	}
	if o.is(kwType) && (len(o.types) != 1 || !isIRI(o.types[0])) {
		return false, invalid("invalid typed value", "@type of a value is not one absolute IRI")
	}
	return true, nil
}

// finishNode checks a node object; keep is false for one that is only a @language.
func (x *expander) finishNode(f *frame) (keep bool, err error) {
	o := f.out
	if o.is(kwLanguage) || o.is(kwDirection) {
		if err := x.lose("@language or @direction without @value"); err != nil {
			return false, err
		}
		if o.only(kwLanguage) {
			return false, nil
		}
	}
	if slices.Contains(o.types, "@json") {
		if err := x.lose("@json is not the type of a node"); err != nil {
			return false, err
		}
	}
	if x.skolem && !o.is(kwID) && f.ap.kw != kwReverse {
		o.source = len(x.places)
		x.places = append(x.places, place{path: slices.Clone(x.path)})
	}
	return true, nil
}

// expandValue is value expansion (5.3.2): a scalar under its term.
func (x *expander) expandValue(c *activeContext, t *term, v jcs.Value) (*object, error) {
	o, err := x.object()
	if err != nil {
		return nil, err
	}
	s, isString := v.Str()
	if t != nil && isString && (t.typ == typeID || t.typ == typeVocab) {
		iri, err := x.expandIRI(c, s, t.typ == typeVocab, true)
		if err != nil {
			return nil, err
		}
		o.has, o.id = bit(kwID), iri
		return o, x.reference(s, iri)
	}
	o.has, o.value = bit(kwValue), v
	if t != nil && t.typ == typeIRI {
		o.has |= bit(kwType)
		o.types = t.types
		return o, nil
	}
	if isString {
		o.tag(c, t)
	}
	return o, nil
}

// tag gives a string the language and direction of its term or context.
func (o *object) tag(c *activeContext, t *term) {
	o.lang, o.dir = c.lang, c.dir
	if t != nil && t.lang.set {
		o.lang = t.lang.value
	}
	if t != nil && t.dir.set {
		o.dir = t.dir.value
	}
	if o.lang != "" {
		o.has |= bit(kwLanguage)
	}
	if o.dir != "" {
		o.has |= bit(kwDirection)
	}
}

// expandLanguageMap is step 13.7.
func (x *expander) expandLanguageMap(c *activeContext, t *term, m jcs.Value) error {
	for lang, value := range m.Members() {
		x.enter(lang)
		iri, err := x.expandIRI(c, lang, true, false)
		if err != nil {
			return x.fail(err)
		}
		tag := &object{lang: lang}
		tag.tag(c, t)
		tag.lang = lang
		if iri == "@none" {
			tag.lang = ""
		} else if !isLanguage(lang) {
			if err := x.lose(quote(lang) + " is not a language tag"); err != nil {
				return x.fail(err)
			}
		}
		if !value.IsArray() {
			value = jcs.Array(value)
		}
		for v := range value.Elems() {
			if err := x.languageString(tag, v); err != nil {
				return x.fail(err)
			}
		}
		x.leave()
	}
	return nil
}

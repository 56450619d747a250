package credential

import (
	"slices"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// contextVersion demands an array that begins with one of the two base contexts
// and goes on with URLs and objects (VC Data Model 2.0, 4.3).
func contextVersion(v jcs.Value) (version int, err error) {
	contexts, present := v.Get("@context")
	if contexts.IsArray() && contexts.Len() > MaxItems {
		return 0, tooMany("@context", contexts.Len(), MaxItems, "contexts")
	}
	first, _ := contexts.At(0).Str()
	switch {
	case first == ContextV1:
		version = 1
	case first == ContextV2:
		version = 2
	case !present:
		return 0, malformed("@context", "missing")
	default:
		return 0, malformed("@context", "not an array that begins with "+expectedContext(contexts))
	}
	for item := range contexts.Elems() {
		s, isString := item.Str()
		if !item.IsObject() && (!isString || !lexical.IsURL(s)) {
			return 0, malformed("@context", "has an item that is neither URL nor object")
		}
	}
	return version, nil
}

// expectedContext names the base context of the version that a document seems to be
// meant to be of.
func expectedContext(contexts jcs.Value) string {
	has := func(url string) bool { return slices.ContainsFunc(arrayItems(contexts), jcs.FromString(url).Equal) }
	switch {
	case has(ContextV1) && !has(ContextV2):
		return ContextV1
	case has(ContextV2):
		return ContextV2
	default:
		return ContextV2 + " or, in version 1.1, " + ContextV1
	}
}

// definesAnew reports whether a context of a document makes a term of that name, which
// has another meaning in version 1: one of its own, one of the published, or one that
// is not at hand, of which the check of contexts tells.
func definesAnew(v jcs.Value, name string) bool {
	anew := false
	contexts, _ := v.Get("@context")
	for item := range contexts.Elems() {
		if url, isString := item.Str(); isString {
			doc, known := jsonld.Embedded().Document(url)
			if !known {
				return true
			}
			item, _ = doc.Get("@context")
		}
		for _, context := range arrayItems(item) {
			term, present := context.Get(name)
			if !present {
				continue
			}
			id, _ := term.Str()
			if term.IsObject() {
				id = stringOf(term, "@id")
			}
			anew = term.Kind() != jcs.KindNull && id != vocabulary+name
		}
	}
	return anew
}

// namesOf reads id and type, where one of the types must be the one given.
func namesOf(v jcs.Value, required string) (id string, types []string, err error) {
	if id, err = optionalURL(v, "id"); err != nil {
		return "", nil, err
	}
	if types, err = typesOf(v, "type"); err != nil {
		return "", nil, err
	}
	if !slices.Contains(types, required) {
		return "", nil, malformed("type", "does not contain "+required)
	}
	return id, types, nil
}

// typedObjects checks optional properties that are one or more objects, each with a
// type and, if it has an id, with a URL there.
func typedObjects(v jcs.Value, names ...string) error {
	for _, name := range names {
		values, err := objects(v, name, MaxItems)
		if err != nil {
			return err
		}
		for _, item := range values {
			if _, err := typesOf(item, name+".type"); err != nil {
				return err
			}
			if _, err := optionalURL(item, "id"); err != nil {
				return malformed(name+".id", "not a URL")
			}
		}
	}
	return nil
}

// arrayOf returns the items of a property, itself if it is no array.
func arrayOf(v jcs.Value, name string) []jcs.Value {
	member, present := v.Get(name)
	if !present {
		return nil
	}
	return arrayItems(member)
}

func arrayItems(v jcs.Value) []jcs.Value {
	if !v.IsArray() {
		return []jcs.Value{v}
	}
	return slices.Collect(v.Elems())
}

// objects reads an optional property that is an object or an array of objects.
func objects(v jcs.Value, name string, limit int) ([]jcs.Value, error) {
	member, present := v.Get(name)
	switch {
	case !present:
		return nil, nil
	case member.IsObject():
		return []jcs.Value{member}, nil
	case !member.IsArray() || member.Len() == 0:
		return nil, malformed(name, "not an object or an array of objects")
	case member.Len() > limit:
		return nil, tooMany(name, member.Len(), limit, "objects")
	}
	list := make([]jcs.Value, 0, member.Len())
	for item := range member.Elems() {
		if !item.IsObject() {
			return nil, malformed(name, "not an object or an array of objects")
		}
		list = append(list, item)
	}
	return list, nil
}

// typesOf reads the type of v: a term or an absolute URL, or an array of them.
func typesOf(v jcs.Value, path string) ([]string, error) {
	member, _ := v.Get("type")
	if s, _ := member.Str(); isTerm(s) {
		return []string{s}, nil
	}
	if !member.IsArray() || member.Len() == 0 {
		return nil, malformed(path, "not a string or an array of strings")
	}
	if member.Len() > MaxItems {
		return nil, tooMany(path, member.Len(), MaxItems, "types")
	}
	types := make([]string, 0, member.Len())
	for item := range member.Elems() {
		s, _ := item.Str()
		if !isTerm(s) {
			return nil, malformed(path, "not a string or an array of strings")
		}
		types = append(types, s)
	}
	return types, nil
}

// isTerm reports whether s can be a type: a term of some context, or a URL. What
// looks like a JSON-LD keyword is neither.
func isTerm(s string) bool {
	return s != "" && s[0] != '@' && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func optionalURL(v jcs.Value, name string) (string, error) {
	member, present := v.Get(name)
	if !present {
		return "", nil
	}
	s, _ := member.Str()
	if !lexical.IsURL(s) {
		return "", malformed(name, "not a URL")
	}
	return s, nil
}

// optionalTime refuses the zero Time, which stands for an absent one.
func optionalTime(v jcs.Value, name string) (time.Time, error) {
	member, present := v.Get(name)
	if !present {
		return time.Time{}, nil
	}
	s, _ := member.Str()
	t, ok := lexical.Time(s)
	if !ok || t.IsZero() {
		return time.Time{}, malformed(name, "not a dateTimeStamp")
	}
	return t, nil
}

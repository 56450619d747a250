package jsonld

import (
	"errors"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// loader carries out context processing for one document.
type loader struct {
	contexts *Contexts
	budget   budget
	// lossy turns data loss into silence, as JSON-LD itself does. It serves the
	// conformance suites, which test the algorithms without safe mode.
	lossy bool
	// onlyTerms: with lossy, a property or type without meaning is a loss all the same.
	onlyTerms bool
	// rootBase is the base IRI of the document, which only those suites have.
	rootBase string
}

// lose returns the error for a loss, or nil where losses are accepted.
func (l *loader) lose(detail string) error {
	if l.lossy {
		return nil
	}
	return lost(detail)
}

// undefined is lose of what no context gives a meaning.
func (l *loader) undefined(detail string) error {
	if l.onlyTerms {
		return &Error{Code: codeLoss, Detail: detail, kind: ErrUndefined}
	}
	return l.lose(detail)
}

// scope are the optional inputs of context processing.
type scope struct {
	base     string   // of the document that holds the local context
	remotes  []string // the contexts that are being included
	override bool     // protected terms may be redefined
	propagate,
	validate bool
}

// process returns active updated by local (JSON-LD 1.1 API, 4.1.2).
func (l *loader) process(active *activeContext, local jcs.Value, s scope) (*activeContext, error) {
	before := l.budget
	if err := l.budget.context(len(active.terms) + 1); err != nil {
		return nil, err
	}
	result := active.clone()
	if err := l.apply(result, local, s); err != nil {
		return nil, err
	}
	result.cost = cost{terms: before.contexts - l.budget.contexts, text: before.bytes - l.budget.bytes}
	return result, nil
}

// apply updates result, which the caller owns, by local.
func (l *loader) apply(result *activeContext, local jcs.Value, s scope) error {
	if v, ok := local.Get("@propagate"); ok {
		if b, isBool := v.Bool(); isBool {
			s.propagate = b
		}
	}
	if !s.propagate && result.previous == nil {
		if err := l.budget.context(len(result.terms) + 1); err != nil {
			return err
		}
		result.previous = result.clone()
	}
	if !local.IsArray() {
		return l.applyOne(result, local, s)
	}
	for c := range local.Elems() {
		if err := l.applyOne(result, c, s); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) applyOne(result *activeContext, c jcs.Value, s scope) error {
	if err := l.budget.context(1); err != nil {
		return err
	}
	switch c.Kind() {
	case jcs.KindNull:
		return l.nullify(result, s)
	case jcs.KindString:
		url, _ := c.Str()
		return l.applyRemote(result, url, s)
	case jcs.KindObject:
		return l.applyDefinition(result, unwrap(c), s)
	default:
		return invalid("invalid local context", "a context is a string, an object or null")
	}
}

// unwrap takes a definition out of an object that has it as @context and nothing
// else: a context document copied into an array whole. JSON-LD has no meaning for
// that, but its implementations take it, and so do the W3C's own vectors of proof
// chains. Beside other members, which those implementations drop, it stays an error.
func unwrap(c jcs.Value) jcs.Value {
	if inner, ok := c.Get("@context"); ok && c.Len() == 1 && inner.IsObject() {
		return inner
	}
	return c
}

// nullify is step 5.1: back to the initial context.
func (l *loader) nullify(result *activeContext, s scope) error {
	if !s.override && result.protected {
		return invalid("invalid context nullification", "a null context cannot remove protected terms")
	}
	var previous *activeContext
	if !s.propagate {
		previous = result.clone()
	}
	result.reset()
	result.previous, result.base = previous, l.rootBase
	return nil
}

// applyRemote is step 5.2: a context named by its URL.
func (l *loader) applyRemote(result *activeContext, ref string, s scope) error {
	url, err := contextURL(s.base, ref)
	if err != nil {
		return err
	}
	for _, r := range s.remotes {
		if !s.validate && r == url {
			return nil
		}
	}
	if len(s.remotes) >= maxRemote {
		return &Error{Code: "context overflow", Detail: quote(url), kind: ErrBudget}
	}
	loaded, err := l.load(url)
	if err != nil {
		return err
	}
	remotes := append(s.remotes[:len(s.remotes):len(s.remotes)], url)
	return l.apply(result, loaded, scope{
		base: url, remotes: remotes, override: s.override, propagate: true, validate: s.validate,
	})
}

func contextURL(base, ref string) (string, error) {
	url := ref
	if schemeLen(ref) == 0 && base != "" {
		url = resolve(base, ref)
	}
	if !isIRI(url) {
		return "", &Error{Code: "loading document failed", Detail: "context URL " + quote(ref) + " is not absolute", kind: ErrUnknownContext}
	}
	return url, nil
}

// load returns the @context of the document at url.
func (l *loader) load(url string) (jcs.Value, error) {
	doc, ok := l.contexts.Document(url)
	if !ok {
		return jcs.Value{}, &Error{Code: codeUnknown, Detail: quote(url), kind: ErrUnknownContext}
	}
	c, ok := doc.Get("@context")
	if !ok {
		return jcs.Value{}, invalid("invalid remote context", quote(url)+" has no @context")
	}
	return c, nil
}

// applyDefinition is step 5.4 and those after it: a context definition.
func (l *loader) applyDefinition(result *activeContext, c jcs.Value, s scope) error {
	if v, ok := c.Get("@version"); ok {
		if f, isNumber := v.Float(); !isNumber || f != 1.1 {
			return invalid("invalid @version value", "@version is not 1.1")
		}
	}
	c, err := l.merge(c, s)
	if err != nil {
		return err
	}
	if err := l.applyBase(result, c, s); err != nil {
		return err
	}
	if err := l.applyVocab(result, c); err != nil {
		return err
	}
	if err := l.applyLanguage(result, c); err != nil {
		return err
	}
	if v, ok := c.Get("@propagate"); ok {
		if _, isBool := v.Bool(); !isBool {
			return invalid("invalid @propagate value", "@propagate is not a boolean")
		}
	}
	return l.defineAll(result, c, s)
}

// merge carries out @import (step 5.6).
func (l *loader) merge(c jcs.Value, s scope) (jcs.Value, error) {
	v, ok := c.Get("@import")
	if !ok {
		return c, nil
	}
	ref, ok := v.Str()
	if !ok {
		return c, invalid("invalid @import value", "@import is not a string")
	}
	url, err := contextURL(s.base, ref)
	if err != nil {
		return c, err
	}
	imported, err := l.load(url)
	if err != nil {
		return c, err
	}
	if !imported.IsObject() {
		return c, invalid("invalid remote context", quote(url)+" is not one context definition")
	}
	if _, ok := imported.Get("@import"); ok {
		return c, invalid("invalid context entry", quote(url)+" has an @import itself")
	}
	if err := l.budget.context(c.Len() + imported.Len()); err != nil {
		return c, err
	}
	members := make([]jcs.Member, 0, c.Len()+imported.Len())
	for name, value := range c.Members() {
		members = append(members, jcs.Member{Name: name, Value: value})
	}
	for name, value := range imported.Members() {
		if _, replaced := c.Get(name); !replaced {
			members = append(members, jcs.Member{Name: name, Value: value})
		}
	}
	return jcs.Object(members...), nil
}

func (l *loader) applyBase(result *activeContext, c jcs.Value, s scope) error {
	v, ok := c.Get("@base")
	if !ok || len(s.remotes) > 0 {
		return nil
	}
	if v.Kind() == jcs.KindNull {
		result.base = ""
		return nil
	}
	base, ok := v.Str()
	switch {
	case ok && isIRI(base):
		result.base = base
	case ok && result.base != "":
		if err := l.budget.text(len(base) + len(result.base)); err != nil {
			return err
		}
		result.base = resolve(result.base, base)
	default:
		return invalid("invalid base IRI", "@base is not an absolute IRI")
	}
	return nil
}

func (l *loader) applyVocab(result *activeContext, c jcs.Value) error {
	v, ok := c.Get("@vocab")
	if !ok {
		return nil
	}
	if v.Kind() == jcs.KindNull {
		result.vocab = ""
		return nil
	}
	s, ok := v.Str()
	if !ok {
		return invalid("invalid vocab mapping", "@vocab is not a string")
	}
	iri, err := l.expandIRI(result, s, true, true)
	if err != nil {
		return err
	}
	if !isIRI(iri) && !isBlank(iri) {
		if err := l.lose("@vocab " + quote(s) + " is relative"); err != nil {
			return err
		}
	}
	result.vocab = iri
	return nil
}

func (l *loader) applyLanguage(result *activeContext, c jcs.Value) error {
	if v, ok := c.Get("@language"); ok {
		s, isString := v.Str()
		if !isString && v.Kind() != jcs.KindNull {
			return invalid("invalid default language", "@language is not a string")
		}
		if isString && !isLanguage(s) {
			if err := l.lose("@language " + quote(s) + " is not a language tag"); err != nil {
				return err
			}
		}
		result.lang = strings.ToLower(s)
	}
	if v, ok := c.Get("@direction"); ok {
		s, err := direction(v)
		if err != nil {
			return err
		}
		result.dir = s
	}
	return nil
}

// direction reads a base direction; null is "".
func direction(v jcs.Value) (string, error) {
	s, ok := v.Str()
	if v.Kind() == jcs.KindNull || ok && (s == "ltr" || s == "rtl") {
		return s, nil
	}
	return "", invalid("invalid base direction", "@direction is neither ltr nor rtl")
}

// defineAll is step 5.12 and 5.13: the terms.
func (l *loader) defineAll(result *activeContext, c jcs.Value, s scope) error {
	d := &definer{loader: l, result: result, local: c, scope: s, state: make(map[string]bool, c.Len())}
	if v, ok := c.Get("@protected"); ok {
		b, isBool := v.Bool()
		if !isBool {
			return invalid("invalid @protected value", "@protected is not a boolean")
		}
		d.protected = b
	}
	for name := range c.Members() {
		switch keywordOf(name) {
		case kwBase, kwDirection, kwImport, kwLanguage, kwPropagate, kwProtected, kwVersion, kwVocab:
			continue
		}
		if err := d.define(name, 0); err != nil {
			return err
		}
	}
	if len(result.terms) > maxTerms {
		return overBudget("a context has too many terms")
	}
	return nil
}

// asScoped turns an error inside a scoped context into the one the
// specification asks for; its kind stays.
func asScoped(err error, term string) error {
	var e *Error
	if !errors.As(err, &e) || e.kind != ErrInvalid {
		return err
	}
	return invalid("invalid scoped context", "of term "+quote(term)+": "+e.Code+": "+e.Detail)
}

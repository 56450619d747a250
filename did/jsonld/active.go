package jsonld

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/tabard-id/tabard/did/jcs"
)

// activeContext is an active context (JSON-LD 1.1 API, 4.1). It is immutable
// once it is handed out; only what is derived from it is added, under mu.
type activeContext struct {
	terms map[string]*term
	vocab string // "" when there is no vocabulary mapping
	base  string // "" when there is no base IRI
	lang  string
	dir   string
	// previous is the context to go back to when a type-scoped or
	// non-propagating context goes out of scope; nil for propagating ones.
	previous *activeContext
	// protected: at least one term is protected.
	protected bool
	// cost is the work that made this context, charged for each use so that
	// budgets do not depend on what is cached.
	cost cost
	// root counts what is kept of contexts derived from one cached context.
	root *rootWeight

	mu       sync.RWMutex
	scoped   map[scopeKey]*activeContext
	embedded map[string]*activeContext
}

// cost is work on contexts: terms defined or copied, and text put together.
type cost struct{ terms, text int }

// scopeKey names a context derived from an active one by a term's own context.
type scopeKey struct {
	term     *term
	property bool // property-scoped, else type-scoped
}

// rootWeight limits the memory of one cached context and all derived from it.
type rootWeight struct{ terms atomic.Int64 }

// maxRootWeight is in terms; a derived context beyond it is made anew each time.
const maxRootWeight = 1 << 13

// keep reports whether a derived context with n terms may be kept.
func (r *rootWeight) keep(n int) bool {
	if r.terms.Add(int64(n)+4) > maxRootWeight {
		r.terms.Add(-int64(n) - 4)
		return false
	}
	return true
}

// clone returns a context that may be changed until it is handed out.
func (c *activeContext) clone() *activeContext {
	return &activeContext{
		terms: maps.Clone(c.terms), vocab: c.vocab, base: c.base, lang: c.lang, dir: c.dir,
		previous: c.previous, protected: c.protected, root: c.root,
	}
}

// reset makes c the initial context, as a null context does.
func (c *activeContext) reset() {
	c.terms = map[string]*term{}
	c.vocab, c.base, c.lang, c.dir, c.protected = "", "", "", "", false
	c.previous = nil
}

func (c *activeContext) derivedScoped(k scopeKey) *activeContext {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.scoped[k]
}

func (c *activeContext) keepScoped(k scopeKey, d *activeContext) {
	if c.root == nil || !c.root.keep(len(d.terms)) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.scoped == nil {
		c.scoped = map[scopeKey]*activeContext{}
	}
	c.scoped[k] = d
}

func (c *activeContext) derivedEmbedded(key []byte) *activeContext {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.embedded[string(key)]
}

func (c *activeContext) keepEmbedded(key []byte, d *activeContext) {
	if c.root == nil || !c.root.keep(len(d.terms)+len(key)/32) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.embedded == nil {
		c.embedded = map[string]*activeContext{}
	}
	c.embedded[string(key)] = d
}

// container is a set of the containers a term may have.
type container uint8

const (
	inGraph container = 1 << iota
	inID
	inIndex
	inLanguage
	inList
	inSet
	inType
)

func (c container) has(x container) bool { return c&x != 0 }

// typeMapping is how a term coerces its values.
type typeMapping uint8

const (
	typeUnset typeMapping = iota
	typeID
	typeVocab
	typeJSON
	typeNone
	typeIRI // to the datatype term.datatype
)

// optional is a language or direction mapping: absent, null, or a value.
type optional struct {
	set   bool
	value string // "" is null
}

// term is a term definition (JSON-LD 1.1 API, 4.2). It is immutable.
type term struct {
	iri      string // "" when the term is mapped to null
	kw       keyword
	datatype string
	// types is datatype as the @type of a value object.
	types   []string
	lang    optional
	dir     optional
	index   string
	nest    string
	context jcs.Value
	base    string // against which relative URLs in context are resolved

	hasContext bool
	prefix     bool
	protected  bool
	reverse    bool
	typ        typeMapping
	containers container
	// property: iri is an absolute IRI, which makes the term a predicate.
	property bool
}

// same reports whether t and u differ in nothing but their protection.
func (t *term) same(u *term) bool {
	a, b := *t, *u
	if a.hasContext != b.hasContext || !a.context.Equal(b.context) {
		return false
	}
	return a.iri == b.iri && a.datatype == b.datatype && a.lang == b.lang && a.dir == b.dir &&
		a.index == b.index && a.nest == b.nest && a.prefix == b.prefix && a.reverse == b.reverse &&
		a.typ == b.typ && a.containers == b.containers
}

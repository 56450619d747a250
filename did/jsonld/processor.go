package jsonld

import (
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
)

// Processor works on documents with one set of contexts. Compiled contexts are
// kept in a bounded cache. Safe for concurrent use.
type Processor struct {
	contexts *Contexts
	cache    *contextCache
	workers  *sync.Pool
	// shares are those that Share has given, by n.
	shares sync.Map
	// share is what part of the limits a document may use up: 1 is all.
	share int
	// work is what the documents of a processor made by Within have taken together, meter
	// counts them for Metering, and origin is the processor that either was made of.
	work   *Work
	meter  *Meter
	origin *Processor
}

// New returns a processor for the contexts of c.
func New(c *Contexts) *Processor {
	return &Processor{contexts: c, cache: newContextCache(), workers: new(sync.Pool), share: 1}
}

// Default returns the shared processor for the embedded contexts.
func Default() *Processor { return defaultProcessor() }

var defaultProcessor = sync.OnceValue(func() *Processor { return New(Embedded()) })

// Share returns a processor for the contexts of p that allows a document only the n-th
// part of the work: for those who work on many documents of strangers one after the
// other. It has the compiled contexts of p, and is the same for every call with n,
// which is at least 1.
func (p *Processor) Share(n int) *Processor {
	n = max(n, 1)
	if n == 1 {
		return p
	}
	if p.work != nil {
		return p.origin.Share(n).Metering(p.meter).Within(p.work)
	}
	if p.meter != nil {
		return p.origin.Share(n).Metering(p.meter)
	}
	if known, ok := p.shares.Load(n); ok {
		return known.(*Processor)
	}
	shared, _ := p.shares.LoadOrStore(n, &Processor{contexts: p.contexts, cache: p.cache, workers: p.workers, share: p.share * n})
	return shared.(*Processor)
}

// Contexts returns the contexts p knows.
func (p *Processor) Contexts() *Contexts { return p.contexts }

// worker holds what one document needs while it is worked on.
type worker struct {
	expander
	emitter
	canon canonicalizer
	// idle: there is no work left that it could do.
	idle bool
}

func (p *Processor) worker() *worker {
	w, ok := p.workers.Get().(*worker)
	if !ok {
		w = &worker{}
	}
	w.contexts, w.cache, w.budget = p.contexts, p.cache, newBudget(p.share)
	w.canon.deg.steps, w.idle = p.spent(), !p.left()
	return w
}

// release puts w back for the next document, without what it held.
func (p *Processor) release(w *worker) {
	w.slab.reset()
	w.stack = recycle(w.stack)
	w.path = recycle(w.path)
	w.quads = recycle(w.quads)
	w.names, w.blanks = nil, 0
	w.skolem, w.places = false, nil
	w.lossy, w.onlyTerms = false, false
	p.settle(w)
	w.canon.reset()
	p.workers.Put(w)
}

// maxRecycled is how many elements of a slice are kept for the next document.
const maxRecycled = 1 << 10

func recycle[T any](s []T) []T {
	if cap(s) > maxRecycled {
		return nil
	}
	clear(s[:cap(s)])
	return s[:0]
}

// expandDocument expands doc and returns the objects of the default graph.
func (x *worker) expandDocument(doc jcs.Value) ([]*object, error) {
	if x.idle {
		return nil, overBudget("documents that belong together take too much work")
	}
	r, err := x.expand(x.start(), active{}, doc, false)
	if err != nil {
		return nil, x.fail(err)
	}
	roots := x.take(0)
	if r == resNull {
		return nil, x.lose("the document is null")
	}
	if r == resOne && roots[0].only(kwGraph) {
		x.unblank(roots[0])
		roots = roots[0].graph
	}
	return roots, nil
}

// start is the context a document begins with.
func (x *worker) start() *activeContext {
	if x.rootBase == "" {
		return initial
	}
	return &activeContext{terms: map[string]*term{}, base: x.rootBase}
}

// convert expands doc and makes its quads.
func (x *worker) convert(doc jcs.Value) error {
	roots, err := x.expandDocument(doc)
	if err != nil {
		return err
	}
	return x.emitAll(roots)
}

// Canonicalize returns the canonical N-Quads of doc: safe expansion, conversion
// to RDF, and RDFC-1.0 with the given hash. Errors are *Error.
func (p *Processor) Canonicalize(doc jcs.Value, h Hash) ([]byte, error) {
	return p.Append(nil, doc, h)
}

// Append appends the canonical N-Quads of doc to dst. See Canonicalize.
func (p *Processor) Append(dst []byte, doc jcs.Value, h Hash) ([]byte, error) {
	w := p.worker()
	defer p.release(w)
	if err := w.convert(doc); err != nil {
		return dst, err
	}
	if err := w.canon.run(w.quads, h); err != nil {
		return dst, err
	}
	return w.canon.append(dst), nil
}

// Check reports whether doc is valid JSON-LD of which nothing would be lost.
func (p *Processor) Check(doc jcs.Value) error {
	w := p.worker()
	defer p.release(w)
	return w.convert(doc)
}

// CheckTerms reports whether doc is valid JSON-LD whose properties and types all have
// a meaning in its contexts (VC Data Model 2.0, 5.2). What else would not reach RDF,
// such as a null or a relative URL, it lets pass.
func (p *Processor) CheckTerms(doc jcs.Value) error {
	w := p.worker()
	defer p.release(w)
	w.lossy, w.onlyTerms = true, true
	_, err := w.expandDocument(doc)
	return err
}

// ToRDF returns the dataset of doc, with labels b0, b1 … for blank nodes. If doc is one
// node with a type, the first quad is about that node.
func (p *Processor) ToRDF(doc jcs.Value) (*Dataset, error) {
	w := p.worker()
	defer p.release(w)
	if err := w.convert(doc); err != nil {
		return nil, err
	}
	return &Dataset{Quads: append([]Quad(nil), w.quads...)}, nil
}

// NodeToRDF returns the dataset of doc, and the subject that the node object doc is
// there: the zero Term if doc is no node object, or several.
func (p *Processor) NodeToRDF(doc jcs.Value) (Term, *Dataset, error) {
	w := p.worker()
	defer p.release(w)
	roots, err := w.expandDocument(doc)
	if err != nil {
		return Term{}, nil, err
	}
	var node Term
	for _, o := range roots {
		if node, err = w.emitRoot(o, Term{}); err != nil {
			return Term{}, nil, err
		}
	}
	if len(roots) != 1 {
		node = Term{}
	}
	return node, &Dataset{Quads: append([]Quad(nil), w.quads...)}, nil
}

package jcs

import (
	"fmt"
	"sync"
)

// parser reads one text. The members of arrays and objects that are still open
// lie on the stack; closed ones move to slabs, which the Value then owns.
type parser struct {
	src    string
	pos    int
	limits Limits
	values int
	// deviations counts what made the text differ from its canonical form so
	// far. An array or object during which it did not rise is canonical.
	deviations int
	stack      []Member
	items      []Member
	nodes      []node
}

// Sizes of slabs and of the stack kept between texts. A slab is kept alive by
// any part of it, so they stay small.
const (
	bytesPerItem = 32
	minItems     = 8
	maxItems     = 512
	itemsPerNode = 4
	keptStack    = 1024
)

var parsers = sync.Pool{New: func() any { return new(parser) }}

func newParser(src string, l Limits) *parser {
	p, ok := parsers.Get().(*parser)
	if !ok {
		p = new(parser)
	}
	p.src, p.limits = src, l
	return p
}

// release gives the parser back, keeping nothing of the text alive.
func (p *parser) release() {
	clear(p.stack)
	stack := p.stack[:0]
	if cap(stack) > keptStack {
		stack = nil
	}
	*p = parser{stack: stack}
	parsers.Put(p)
}

// node moves the stack from base up into a new node.
func (p *parser) node(base int) *node {
	from := p.stack[base:]
	if len(from) > cap(p.items)-len(p.items) {
		p.items = make([]Member, 0, max(len(from), p.slab()))
	}
	at := len(p.items)
	p.items = append(p.items, from...)
	clear(from)
	p.stack = p.stack[:base]
	if len(p.nodes) == cap(p.nodes) {
		p.nodes = make([]node, 0, 1+p.slab()/itemsPerNode)
	}
	p.nodes = append(p.nodes, node{items: p.items[at:len(p.items):len(p.items)]})
	return &p.nodes[len(p.nodes)-1]
}

// slab guesses how many items are still to come.
func (p *parser) slab() int {
	return min(max((len(p.src)-p.pos)/bytesPerItem+len(p.stack), minItems), maxItems)
}

// open steps over [ or { and the space after it.
func (p *parser) open(depth int) error {
	if depth > p.limits.Depth {
		return &SyntaxError{Offset: p.pos, Err: fmt.Errorf("%w: more than %d levels", ErrTooDeep, p.limits.Depth)}
	}
	p.pos++
	p.space()
	return nil
}

// accept steps over c if it is next.
func (p *parser) accept(c byte) bool {
	if p.pos < len(p.src) && p.src[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

// space steps over insignificant white space, of which canonical JSON has none.
func (p *parser) space() {
	if p.pos >= len(p.src) || p.src[p.pos] > ' ' {
		return
	}
	start := p.pos
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
			continue
		}
		break
	}
	if p.pos > start {
		p.deviations++
	}
}

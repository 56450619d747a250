package jsonld

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"crypto/sha512"
	"slices"
	"strconv"
)

// Hash is the hash algorithm inside RDFC-1.0.
type Hash uint8

// The two hash algorithms of the specification.
const (
	SHA256 Hash = iota
	SHA384
)

// digest holds a hash of either kind; the rest is zero.
type digest [sha512.Size384]byte

// canonicalizer carries out RDFC-1.0 (RDF Dataset Canonicalization, 4) on one
// dataset. Blank nodes are numbers in it.
type canonicalizer struct {
	hash  Hash
	quads []Quad
	// at are the blank nodes of each quad.
	at []blanks
	// labels are the labels of the dataset, numbers their inverse.
	labels  []string
	numbers map[string]int32
	// mentions[starts[b]:ends[b]] are the quads that mention b, without repetitions.
	mentions     []int32
	starts, ends []int32
	// first are the first degree hashes; order the blank nodes ordered by them.
	first []digest
	order []int32
	// issued are the numbers of canonical identifiers, -1 for none.
	issued []int32
	count  int32

	buf   []byte
	lines []line
	deg   nDegree
}

// blanks are the blank nodes of a quad, -1 where another term stands.
type blanks struct{ s, o, g int32 }

// line is one line of buf, and the quad it is of.
type line struct {
	from, to int32
	quad     int32
}

const none = int32(-1) // not a blank node, or nothing issued

func (c *canonicalizer) reset() {
	c.quads = nil
	c.labels = recycle(c.labels)
	if len(c.numbers) > maxRecycled {
		c.numbers = nil
	}
	clear(c.numbers)
	c.at, c.mentions, c.first = recycle(c.at), recycle(c.mentions), recycle(c.first)
	c.starts, c.ends, c.order = recycle(c.starts), recycle(c.ends), recycle(c.order)
	c.issued, c.lines, c.count = recycle(c.issued), recycle(c.lines), 0
	if cap(c.buf) > 1<<16 {
		c.buf = nil
	}
	c.deg.reset()
}

// run issues a canonical identifier to every blank node of the quads (4.4.3).
func (c *canonicalizer) run(quads []Quad, h Hash) error {
	if h != SHA256 && h != SHA384 {
		return invalid(codeNQuads, "unknown hash algorithm")
	}
	c.hash, c.quads = h, quads
	if err := c.number(); err != nil {
		return err
	}
	if len(c.labels) == 0 {
		return nil
	}
	c.index()
	for b := range c.labels {
		c.first = append(c.first, c.firstDegree(int32(b)))
		c.order = append(c.order, int32(b))
		c.issued = append(c.issued, none)
	}
	slices.SortFunc(c.order, func(a, b int32) int {
		return cmp.Or(bytes.Compare(c.first[a][:], c.first[b][:]), cmp.Compare(a, b))
	})
	shared := false
	for i, b := range c.order {
		if c.unique(i) {
			c.issue(b)
		} else {
			shared = true
		}
	}
	if !shared {
		return nil
	}
	return c.resolveShared()
}

// unique reports whether the hash of the i-th blank node of order is its alone.
func (c *canonicalizer) unique(i int) bool {
	h := &c.first[c.order[i]]
	return (i == 0 || c.first[c.order[i-1]] != *h) && (i+1 == len(c.order) || c.first[c.order[i+1]] != *h)
}

func (c *canonicalizer) issue(b int32) {
	if c.issued[b] == none {
		c.issued[b] = c.count
		c.count++
	}
}

// number gives numbers to the blank nodes and checks the size of the dataset.
func (c *canonicalizer) number() error {
	if len(c.quads) > maxQuads {
		return overBudget("too many quads")
	}
	text := 0
	for i := range c.quads {
		q := &c.quads[i]
		if text += q.S.size() + len(q.P.Value) + q.O.size() + q.G.size(); text > maxBytes {
			return overBudget("too much text")
		}
		c.at = append(c.at, blanks{c.numberOf(&q.S), c.numberOf(&q.O), c.numberOf(&q.G)})
	}
	if len(c.labels) > maxBlanks {
		return overBudget("too many blank nodes")
	}
	return nil
}

func (c *canonicalizer) numberOf(t *Term) int32 {
	if t.Kind != Blank {
		return none
	}
	if n, ok := c.numbers[t.Value]; ok {
		return n
	}
	if c.numbers == nil {
		c.numbers = map[string]int32{}
	}
	n := int32(len(c.labels))
	c.numbers[t.Value] = n
	c.labels = append(c.labels, t.Value)
	return n
}

// index fills in mentions (the blank node to quads map).
func (c *canonicalizer) index() {
	n := len(c.labels)
	c.starts = append(c.starts, make([]int32, n)...)
	c.ends = append(c.ends, make([]int32, n)...)
	for _, a := range c.at {
		a.each(func(b int32) { c.ends[b]++ })
	}
	total := int32(0)
	for b := range n {
		c.starts[b] = total
		total += c.ends[b]
		c.ends[b] = c.starts[b]
	}
	c.mentions = append(c.mentions, make([]int32, total)...)
	for i, a := range c.at {
		a.each(func(b int32) {
			c.mentions[c.ends[b]] = int32(i)
			c.ends[b]++
		})
	}
}

// each calls f for every blank node, once for each.
func (a blanks) each(f func(int32)) {
	if a.s != none {
		f(a.s)
	}
	if a.o != none && a.o != a.s {
		f(a.o)
	}
	if a.g != none && a.g != a.s && a.g != a.o {
		f(a.g)
	}
}

// firstDegree is Hash First Degree Quads (4.6.3). It also drops repeated quads
// from the mentions of b.
func (c *canonicalizer) firstDegree(b int32) digest {
	c.buf, c.lines = c.buf[:0], c.lines[:0]
	for _, i := range c.mentions[c.starts[b]:c.ends[b]] {
		from := len(c.buf)
		c.appendMarked(i, b)
		c.lines = append(c.lines, line{int32(from), int32(len(c.buf)), i})
	}
	c.sortLines()
	kept := c.starts[b]
	from := len(c.buf)
	for i, l := range c.lines {
		if i > 0 && c.sameLine(c.lines[i-1], l) && c.at[c.lines[i-1].quad] == c.at[l.quad] {
			continue
		}
		c.mentions[kept] = l.quad
		kept++
		c.buf = append(c.buf, c.buf[l.from:l.to]...)
	}
	c.ends[b] = kept
	return c.sum(c.buf[from:])
}

func (c *canonicalizer) sameLine(a, b line) bool {
	return bytes.Equal(c.buf[a.from:a.to], c.buf[b.from:b.to])
}

// sortLines sorts by text, then by blank nodes.
func (c *canonicalizer) sortLines() {
	slices.SortFunc(c.lines, func(a, b line) int {
		if d := bytes.Compare(c.buf[a.from:a.to], c.buf[b.from:b.to]); d != 0 {
			return d
		}
		p, q := c.at[a.quad], c.at[b.quad]
		return cmp.Or(cmp.Compare(p.s, q.s), cmp.Compare(p.o, q.o), cmp.Compare(p.g, q.g))
	})
}

// appendMarked writes quad i with b as _:a and every other blank node as _:z.
func (c *canonicalizer) appendMarked(i, b int32) {
	c.appendQuad(i, func(dst []byte, n int32) []byte {
		if n == b {
			return append(dst, "_:a"...)
		}
		return append(dst, "_:z"...)
	})
}

// appendQuad writes a line of N-Quads to buf, with blank nodes as name says.
func (c *canonicalizer) appendQuad(i int32, name func([]byte, int32) []byte) {
	q, at := &c.quads[i], c.at[i]
	c.buf = appendTermAs(c.buf, &q.S, at.s, name)
	c.buf = appendPredicate(c.buf, &q.P)
	c.buf = appendTermAs(c.buf, &q.O, at.o, name)
	c.buf = append(c.buf, ' ')
	if q.G.Kind != DefaultGraph {
		c.buf = appendTermAs(c.buf, &q.G, at.g, name)
		c.buf = append(c.buf, ' ')
	}
	c.buf = append(c.buf, '.', '\n')
}

func appendTermAs(dst []byte, t *Term, n int32, name func([]byte, int32) []byte) []byte {
	if n != none {
		return name(dst, n)
	}
	return appendTerm(dst, t)
}

func (c *canonicalizer) sum(b []byte) (d digest) {
	if c.hash == SHA384 {
		return sha512.Sum384(b)
	}
	s := sha256.Sum256(b)
	copy(d[:], s[:])
	return d
}

// size is the length of a hash in bytes.
func (h Hash) size() int {
	if h == SHA384 {
		return sha512.Size384
	}
	return sha256.Size
}

// canonicalPrefix begins every canonical identifier.
const canonicalPrefix = "c14n"

func (c *canonicalizer) appendCanonical(dst []byte, b int32) []byte {
	dst = append(append(dst, "_:"...), canonicalPrefix...)
	return strconv.AppendInt(dst, int64(c.issued[b]), 10)
}

// serialize puts the canonical lines into buf, in order and without repetitions.
func (c *canonicalizer) serialize() {
	c.buf, c.lines = c.buf[:0], c.lines[:0]
	for i := range c.quads {
		from := len(c.buf)
		c.appendQuad(int32(i), c.appendCanonical)
		c.lines = append(c.lines, line{int32(from), int32(len(c.buf)), int32(i)})
	}
	slices.SortFunc(c.lines, func(a, b line) int {
		return bytes.Compare(c.buf[a.from:a.to], c.buf[b.from:b.to])
	})
	c.lines = slices.CompactFunc(c.lines, c.sameLine)
}

// append appends the canonical N-Quads to dst.
func (c *canonicalizer) append(dst []byte) []byte {
	c.serialize()
	size := 0
	for _, l := range c.lines {
		size += int(l.to - l.from)
	}
	dst = slices.Grow(dst, size)
	for _, l := range c.lines {
		dst = append(dst, c.buf[l.from:l.to]...)
	}
	return dst
}

// Canonical is a canonicalised dataset.
type Canonical struct {
	// Lines are the canonical N-Quads in code point order, each with its "\n".
	Lines []string
	// Labels are the canonical identifiers ("c14n0" …) of the blank nodes by their
	// labels in the input (without "_:").
	Labels map[string]string
}

// Canonical canonicalises d by RDFC-1.0 with the given hash. d is not modified.
func (d *Dataset) Canonical(h Hash) (*Canonical, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	var c canonicalizer
	return c.labelled(d.Quads, h)
}

// labelled canonicalises quads, and says which blank node has become which.
func (c *canonicalizer) labelled(quads []Quad, h Hash) (*Canonical, error) {
	if err := c.run(quads, h); err != nil {
		return nil, err
	}
	c.serialize()
	out := &Canonical{Lines: make([]string, 0, len(c.lines)), Labels: make(map[string]string, len(c.labels))}
	text := string(c.buf)
	for _, l := range c.lines {
		out.Lines = append(out.Lines, text[l.from:l.to])
	}
	for b, label := range c.labels {
		out.Labels[label] = canonicalPrefix + strconv.Itoa(int(c.issued[b]))
	}
	return out, nil
}

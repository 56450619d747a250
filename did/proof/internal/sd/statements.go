package sd

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// Document is a document as its statements, under labels made with one HMAC key.
// Safe for concurrent use.
type Document struct {
	ld *jsonld.Processor
	// named is the document with names for its blank nodes; labels and raw are the
	// HMAC labels of those, as written and as bytes.
	named  jcs.Value
	labels map[string]string
	raw    map[string][]byte
	lines  []string
	index  map[string]int
}

// Open takes apart a document without proof (3.4.17, steps 1 to 3). Errors are
// ErrStatements and those of jsonld.
func Open(ld *jsonld.Processor, doc jcs.Value, hmacKey []byte) (*Document, error) {
	named, err := name(ld, doc)
	if err != nil {
		return nil, err
	}
	d := &Document{ld: ld, named: named, labels: make(map[string]string), raw: make(map[string][]byte)}
	c, err := d.canonical(named)
	if err != nil {
		return nil, err
	}
	if len(c.Lines) > MaxStatements {
		return nil, fmt.Errorf("%w: %d statements, at most %d can be signed", ErrStatements, len(c.Lines), MaxStatements)
	}
	names := make(map[string]string, len(c.Labels))
	for input, canonical := range c.Labels {
		d.raw[input] = labelOf(hmacKey, canonical)
		d.labels[input] = written(d.raw[input])
		names[canonical] = d.labels[input]
	}
	if d.lines, err = relabelled(c, names); err != nil {
		return nil, err
	}
	d.index = make(map[string]int, len(d.lines))
	for i, line := range d.lines {
		d.index[line] = i
	}
	return d, nil
}

// Statements returns all statements in their order. Callers must not modify them.
func (d *Document) Statements() []string { return d.lines }

// canonical canonicalises a part of the named document, or all of it.
func (d *Document) canonical(part jcs.Value) (*jsonld.Canonical, error) {
	set, err := d.ld.ToRDF(part)
	if err != nil {
		return nil, err
	}
	unname(set)
	return d.ld.CanonicalDataset(set, jsonld.SHA256)
}

// Group is a selection of a document, as statements.
type Group struct {
	// Indexes are those of the statements, increasing.
	Indexes []int
	// Labels are the HMAC labels of its blank nodes, in the order of the labels that
	// they get when nothing but the selection is canonicalised.
	Labels [][]byte
}

// Group finds the statements that the pointers select (3.4.15 and 3.4.17). Errors
// are ErrPointer, ErrStatements where a part says something else than the whole,
// and those of jsonld.
func (d *Document) Group(pointers []string) (*Group, error) {
	part, err := Select(d.named, pointers)
	if err != nil || !part.IsObject() {
		return new(Group), err
	}
	c, err := d.canonical(part)
	if err != nil {
		return nil, err
	}
	g := &Group{Labels: make([][]byte, len(c.Labels))}
	names := make(map[string]string, len(c.Labels))
	for input, canonical := range c.Labels {
		i, ok := number(canonical, len(c.Labels))
		if label := d.raw[input]; ok && label != nil {
			g.Labels[i] = label
			names[canonical] = d.labels[input]
		}
	}
	lines, err := relabelled(c, names)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		i, ok := d.index[line]
		if !ok {
			return nil, fmt.Errorf("%w: the selection says what the document does not", ErrStatements)
		}
		g.Indexes = append(g.Indexes, i)
	}
	slices.Sort(g.Indexes)
	return g, nil
}

// number reads the number of a canonical label, of which there are n.
func number(canonical string, n int) (int, bool) {
	digits, ok := strings.CutPrefix(canonical, "c14n")
	if !ok {
		return 0, false
	}
	return index(digits, n)
}

// Statements takes apart a document that discloses a part of another (3.5.9): the
// hash of its mandatory statements, and the others. Errors are ErrStatements
// where document and proof value do not go together, and those of jsonld.
func (d *Derived) Statements(ld *jsonld.Processor, doc jcs.Value) (mandatory [sha256.Size]byte, others []string, err error) {
	set, err := ld.ToRDF(doc)
	if err != nil {
		return mandatory, nil, err
	}
	c, err := ld.CanonicalDataset(set, jsonld.SHA256)
	if err != nil {
		return mandatory, nil, err
	}
	if len(c.Labels) != len(d.Labels) {
		return mandatory, nil, fmt.Errorf("%w: %d labels for %d blank nodes", ErrStatements, len(d.Labels), len(c.Labels))
	}
	names := make(map[string]string, len(d.Labels))
	for i, label := range d.Labels {
		names["c14n"+strconv.Itoa(i)] = written(label)
	}
	lines, err := relabelled(c, names)
	if err != nil {
		return mandatory, nil, err
	}
	if n := len(d.Mandatory); n > 0 && d.Mandatory[n-1] >= len(lines) {
		return mandatory, nil, fmt.Errorf("%w: mandatory index %d of %d statements", ErrStatements, d.Mandatory[n-1], len(lines))
	}
	if len(lines)-len(d.Mandatory) != len(d.Signatures) {
		return mandatory, nil, fmt.Errorf("%w: %d signatures for %d statements", ErrStatements, len(d.Signatures), len(lines)-len(d.Mandatory))
	}
	mandatory, others = Split(lines, d.Mandatory)
	return mandatory, others, nil
}

// Split returns the hash of the statements with the given indexes, which increase,
// and the other statements.
func Split(lines []string, mandatory []int) (hash [sha256.Size]byte, others []string) {
	sum := sha256.New()
	for i, line := range lines {
		if len(mandatory) > 0 && mandatory[0] == i {
			sum.Write([]byte(line)) // a hash never fails
			mandatory = mandatory[1:]
		} else {
			others = append(others, line)
		}
	}
	return [sha256.Size]byte(sum.Sum(nil)), others
}

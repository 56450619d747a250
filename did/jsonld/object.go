package jsonld

import "github.com/tabard-id/tabard/did/jcs"

// object is a node object, value object, list object or set object in expanded
// form (JSON-LD 1.1, 1.8).
type object struct {
	// has says which keywords are present, in bits of their numbers.
	has   uint32
	id    string
	types []string
	value jcs.Value
	index string
	lang  string
	dir   string
	// items are those of @list or @set.
	items    []*object
	graph    []*object
	included []*object
	props    []property
	reverse  []property
	// source numbers the place of a node object without @id; see skolem.go.
	source int
}

// property is one property of a node; a node may have several entries of one IRI.
type property struct {
	iri    string
	values []*object
}

func bit(k keyword) uint32          { return 1 << k }
func (o *object) is(k keyword) bool { return o.has&bit(k) != 0 }
func (o *object) only(ks ...keyword) bool {
	rest := o.has
	for _, k := range ks {
		rest &^= bit(k)
	}
	return rest == 0 && len(o.props) == 0
}

// isNode reports whether o is a node object.
func (o *object) isNode() bool { return o.has&(bit(kwValue)|bit(kwList)|bit(kwSet)) == 0 }

// slab hands out objects in blocks that are used again for the next document.
type slab struct {
	blocks [][]object
	block  int
	used   int
}

const slabSize = 32

func (s *slab) object() *object {
	if s.block == len(s.blocks) {
		s.blocks = append(s.blocks, make([]object, slabSize))
	}
	o := &s.blocks[s.block][s.used]
	o.source = -1
	if s.used++; s.used == slabSize {
		s.block, s.used = s.block+1, 0
	}
	return o
}

// maxBlocks is how many blocks are kept for the next document.
const maxBlocks = 16

// reset forgets all objects.
func (s *slab) reset() {
	for i := range s.blocks {
		if i < s.block {
			clear(s.blocks[i])
		} else if i == s.block {
			clear(s.blocks[i][:s.used])
		}
	}
	if len(s.blocks) > maxBlocks {
		clear(s.blocks[maxBlocks:])
		s.blocks = s.blocks[:maxBlocks]
	}
	s.block, s.used = 0, 0
}

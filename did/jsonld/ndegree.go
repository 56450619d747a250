package jsonld

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"slices"
	"strconv"
)

// nDegree is the state of Hash N-Degree Quads. There is one temporary issuer at a
// time: a copy of it is its length, and undoing is cutting it back.
type nDegree struct {
	// temp are the numbers of temporary identifiers, -1 for none; trail are the
	// blank nodes that have one, in the order of issue.
	temp  []int32
	trail []int32
	steps int
	depth int
	// twins are the classes of blank nodes that may be exchanged for one another.
	twins []int32
}

func (d *nDegree) reset() {
	d.temp, d.trail, d.twins = recycle(d.temp), recycle(d.trail), recycle(d.twins)
	d.steps, d.depth = 0, 0
}

// found is a result of Hash N-Degree Quads: the hash and what was issued for it.
type found struct {
	hash  digest
	trail []int32
}

// resolveShared is step 5 of the canonicalisation algorithm: the blank nodes that
// share their first degree hash, by order of that hash.
func (c *canonicalizer) resolveShared() error {
	d := &c.deg
	for range c.labels {
		d.temp = append(d.temp, none)
	}
	c.classify()
	for i := 0; i < len(c.order); {
		j := i + 1
		for j < len(c.order) && c.first[c.order[j]] == c.first[c.order[i]] {
			j++
		}
		if j-i > 1 {
			if err := c.resolveGroup(c.order[i:j]); err != nil {
				return err
			}
		}
		i = j
	}
	return nil
}

func (c *canonicalizer) resolveGroup(group []int32) error {
	d := &c.deg
	var results []found
	for _, b := range group {
		if c.issued[b] != none {
			continue
		}
		d.issue(b)
		h, err := c.nDegree(b)
		if err != nil {
			return err
		}
		results = append(results, found{hash: h, trail: slices.Clone(d.trail)})
		d.rollback(0)
	}
	slices.SortStableFunc(results, func(a, b found) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	for _, r := range results {
		for _, b := range r.trail {
			c.issue(b)
		}
	}
	return nil
}

// issue gives b a temporary identifier if it has none; fresh says whether it had none.
func (d *nDegree) issue(b int32) (fresh bool) {
	if d.temp[b] != none {
		return false
	}
	d.temp[b] = int32(len(d.trail))
	d.trail = append(d.trail, b)
	return true
}

// rollback takes back all identifiers but the first n.
func (d *nDegree) rollback(n int) {
	for _, b := range d.trail[n:] {
		d.temp[b] = none
	}
	d.trail = d.trail[:n]
}

// spend counts work.
func (d *nDegree) spend(n int) error {
	if d.steps += n; d.steps > maxSteps {
		return overBudget("blank nodes are too symmetric")
	}
	return nil
}

// related are the blank nodes that one hash relates to a blank node.
type related struct {
	hash digest
	node int32
}

// nDegree is Hash N-Degree Quads (4.8.3) for b. It leaves the temporary issuer as
// the result has it.
func (c *canonicalizer) nDegree(b int32) (digest, error) {
	d := &c.deg
	if d.depth++; d.depth > maxChain {
		return digest{}, overBudget("blank nodes are too symmetric")
	}
	defer func() { d.depth-- }()
	list, err := c.relatedTo(b)
	if err != nil {
		return digest{}, err
	}
	var data []byte
	for i := 0; i < len(list); {
		j := i + 1
		for j < len(list) && list[j].hash == list[i].hash {
			j++
		}
		data = c.appendHex(data, list[i].hash)
		if data, err = c.choose(data, list[i:j]); err != nil {
			return digest{}, err
		}
		i = j
	}
	return c.sum(data), nil
}

func (c *canonicalizer) appendHex(dst []byte, h digest) []byte {
	return hex.AppendEncode(dst, h[:c.hash.size()])
}

// relatedTo is step 3: the blank nodes in the quads of b, ordered by their hashes.
func (c *canonicalizer) relatedTo(b int32) ([]related, error) {
	quads := c.mentions[c.starts[b]:c.ends[b]]
	if err := c.deg.spend(len(quads)); err != nil {
		return nil, err
	}
	list := make([]related, 0, 2*len(quads))
	for _, i := range quads {
		at := c.at[i]
		if err := c.deg.spend(len(c.quads[i].P.Value) / bytesPerStep); err != nil {
			return nil, err
		}
		if at.s != none && at.s != b {
			list = append(list, related{c.hashRelated(at.s, i, 's'), at.s})
		}
		if at.o != none && at.o != b {
			list = append(list, related{c.hashRelated(at.o, i, 'o'), at.o})
		}
		if at.g != none && at.g != b {
			list = append(list, related{c.hashRelated(at.g, i, 'g'), at.g})
		}
	}
	slices.SortFunc(list, func(p, q related) int {
		return cmp.Or(bytes.Compare(p.hash[:], q.hash[:]), cmp.Compare(c.deg.twins[p.node], c.deg.twins[q.node]), cmp.Compare(p.node, q.node))
	})
	return list, nil
}

// hashRelated is Hash Related Blank Node (4.7.3).
func (c *canonicalizer) hashRelated(b, quad int32, position byte) digest {
	c.buf = append(c.buf[:0], position)
	if position != 'g' {
		c.buf = appendIRI(c.buf, c.quads[quad].P.Value)
	}
	if c.issued[b] == none && c.deg.temp[b] == none {
		c.buf = c.appendHex(c.buf, c.first[b])
	} else {
		c.buf = c.appendIssued(c.buf, b)
	}
	return c.sum(c.buf)
}

// appendIssued writes the canonical identifier of b, or else its temporary one.
func (c *canonicalizer) appendIssued(dst []byte, b int32) []byte {
	if c.issued[b] != none {
		return c.appendCanonical(dst, b)
	}
	return strconv.AppendInt(append(dst, "_:b"...), int64(c.deg.temp[b]), 10)
}

// choose is step 5 for one hash: it appends the least path over all orders of the
// group, and leaves the issuer as on that path. Orders that differ only in twins
// give the same path, so one of them is enough.
func (c *canonicalizer) choose(data []byte, group []related) ([]byte, error) {
	d := &c.deg
	base := len(d.trail)
	var chosen []byte
	var trail []int32
	order := slices.Clone(group)
	for more := true; more; {
		path, ok, err := c.path(order, chosen)
		if err != nil {
			return nil, err
		}
		more = c.nextOrder(order)
		if !more && chosen == nil {
			return append(data, path...), nil // the only order there is
		}
		if ok && (chosen == nil || bytes.Compare(path, chosen) < 0) {
			chosen, trail = path, append(trail[:0], d.trail[base:]...)
		}
		if err := d.spend(len(d.trail[base:]) / 8); err != nil {
			return nil, err
		}
		d.rollback(base)
	}
	for _, b := range trail {
		d.issue(b)
	}
	return append(data, chosen...), nil
}

// path is steps 5.4.1 to 5.4.5 for one order of a group; ok is false if the path
// cannot become the chosen one.
func (c *canonicalizer) path(order []related, chosen []byte) (path []byte, ok bool, err error) {
	d := &c.deg
	if err := d.spend(len(order)); err != nil {
		return nil, false, err
	}
	var recursion []int32
	worse := func() bool {
		return chosen != nil && len(path) >= len(chosen) && bytes.Compare(path, chosen) > 0
	}
	for _, r := range order {
		if c.issued[r.node] == none && d.issue(r.node) {
			recursion = append(recursion, r.node)
		}
		path = c.appendIssued(path, r.node)
		if worse() {
			return nil, false, nil
		}
	}
	for _, b := range recursion {
		h, err := c.nDegree(b)
		if err != nil {
			return nil, false, err
		}
		path = c.appendIssued(path, b)
		path = append(path, '<')
		path = c.appendHex(path, h)
		path = append(path, '>')
		if worse() {
			return nil, false, nil
		}
	}
	return path, true, nil
}

// nextOrder makes of order the next one by classes of twins; false after the last.
func (c *canonicalizer) nextOrder(order []related) bool {
	class := func(i int) int32 { return c.deg.twins[order[i].node] }
	i := len(order) - 2
	for i >= 0 && class(i) >= class(i+1) {
		i--
	}
	if i < 0 {
		return false
	}
	j := len(order) - 1
	for class(j) <= class(i) {
		j--
	}
	order[i], order[j] = order[j], order[i]
	slices.Reverse(order[i+1:])
	return true
}

// classify finds twins: blank nodes whose quads are the same but for themselves,
// which may therefore be exchanged without changing the dataset. A class is named
// by its first blank node.
func (c *canonicalizer) classify() {
	d := &c.deg
	for b := range c.labels {
		d.twins = append(d.twins, int32(b))
	}
	seen := map[digest]int32{}
	for i, b := range c.order {
		if c.unique(i) {
			continue
		}
		key := c.twinKey(b)
		if first, ok := seen[key]; ok {
			d.twins[b] = first
		} else {
			seen[key] = b
		}
	}
}

// twinKey hashes the quads of b with every other blank node by its number.
func (c *canonicalizer) twinKey(b int32) digest {
	c.buf, c.lines = c.buf[:0], c.lines[:0]
	for _, i := range c.mentions[c.starts[b]:c.ends[b]] {
		from := len(c.buf)
		c.appendQuad(i, func(dst []byte, n int32) []byte {
			if n == b {
				return append(dst, "_:a"...)
			}
			return strconv.AppendInt(append(dst, "_:"...), int64(n), 10)
		})
		c.lines = append(c.lines, line{int32(from), int32(len(c.buf)), i})
	}
	c.sortLines()
	from := len(c.buf)
	for _, l := range c.lines {
		c.buf = append(c.buf, c.buf[l.from:l.to]...)
	}
	return c.sum(c.buf[from:])
}

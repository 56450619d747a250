package sdjwt

import (
	"strconv"

	"github.com/tabard-id/tabard/did/jcs"
)

// Process returns the processed payload (RFC 9901, 7.1, steps 3 to 5): the claims
// with everything that is disclosed, and nothing of how it was. Errors are *Error.
func (t *Token) Process() (jcs.Value, error) {
	p := newProcessor(t)
	return p.run()
}

// processor puts disclosures in their places.
type processor struct {
	token *Token
	// byDigest has the disclosures; seen the digests met so far.
	byDigest map[string]int
	seen     map[string]bool
	used     int
	// place, if not nil, receives the JSON Pointer of every disclosure in the
	// processed payload.
	place []string
}

func newProcessor(t *Token) *processor {
	p := &processor{token: t, byDigest: make(map[string]int, len(t.Disclosures)), seen: map[string]bool{}}
	for i := range t.Disclosures {
		p.byDigest[t.Disclosures[i].Digest] = i
	}
	return p
}

func (p *processor) run() (jcs.Value, error) {
	payload, err := p.object(p.token.Signed.Without(nameHash), 0, "")
	if err != nil {
		return jcs.Value{}, err
	}
	if p.used != len(p.token.Disclosures) {
		return jcs.Value{}, refuse(ErrUnreferenced, strconv.Itoa(len(p.token.Disclosures)-p.used)+" disclosures")
	}
	return payload, nil
}

func (p *processor) value(v jcs.Value, depth int, at string) (jcs.Value, error) {
	if depth > MaxDepth {
		return jcs.Value{}, refuse(ErrTooLarge, "the payload nests too deeply")
	}
	switch v.Kind() {
	case jcs.KindArray:
		return p.array(v, depth, at)
	case jcs.KindObject:
		return p.object(v, depth, at)
	default:
		return v, nil
	}
}

// object processes the members and adds those that _sd refers to.
func (p *processor) object(v jcs.Value, depth int, at string) (jcs.Value, error) {
	members := make([]jcs.Member, 0, v.Len())
	taken := make(map[string]bool, v.Len())
	var digests jcs.Value
	for name, member := range v.Members() {
		switch name {
		case nameDigests:
			digests = member
			if !member.IsArray() {
				return jcs.Value{}, refuse(ErrPayload, "_sd is not an array")
			}
			continue
		case nameElement, nameHash:
			return jcs.Value{}, refuse(ErrPayload, name+" out of its place")
		}
		processed, err := p.value(member, depth+1, p.step(at, name))
		if err != nil {
			return jcs.Value{}, err
		}
		members = append(members, jcs.Member{Name: name, Value: processed})
		taken[name] = true
	}
	for item := range digests.Elems() {
		d, err := p.find(item)
		if err != nil {
			return jcs.Value{}, err
		}
		if d == nil {
			continue
		}
		member, err := p.member(d, taken, depth, at)
		if err != nil {
			return jcs.Value{}, err
		}
		members = append(members, member)
	}
	return jcs.Object(members...), nil
}

// member is the claim that a disclosure adds to an object.
func (p *processor) member(d *Disclosure, taken map[string]bool, depth int, at string) (jcs.Member, error) {
	switch {
	case d.Element:
		return jcs.Member{}, refuse(ErrDisclosure, "an array element where a claim is disclosed")
	case d.Name == nameDigests || d.Name == nameElement || d.Name == nameHash:
		return jcs.Member{}, refuse(ErrName, d.Name)
	case taken[d.Name]:
		return jcs.Member{}, &Error{Code: ErrExists, Detail: strconv.Quote(d.Name)}
	}
	taken[d.Name] = true
	where := p.step(at, d.Name)
	p.put(d, where)
	processed, err := p.value(d.Value, depth+1, where)
	return jcs.Member{Name: d.Name, Value: processed}, err
}

// array processes the elements, and replaces those that refer to a disclosure.
func (p *processor) array(v jcs.Value, depth int, at string) (jcs.Value, error) {
	elems := make([]jcs.Value, 0, v.Len())
	for item := range v.Elems() {
		where := p.step(at, strconv.Itoa(len(elems)))
		if digest, hidden := item.Get(nameElement); hidden {
			if item.Len() != 1 {
				return jcs.Value{}, refuse(ErrPayload, "... beside other claims")
			}
			d, err := p.find(digest)
			if err != nil {
				return jcs.Value{}, err
			}
			if d == nil {
				continue
			}
			if !d.Element {
				return jcs.Value{}, refuse(ErrDisclosure, "a claim where an array element is disclosed")
			}
			p.put(d, where)
			item = d.Value
		}
		processed, err := p.value(item, depth+1, where)
		if err != nil {
			return jcs.Value{}, err
		}
		elems = append(elems, processed)
	}
	return jcs.Array(elems...), nil
}

// find returns the disclosure that a digest refers to; nil if there is none.
func (p *processor) find(digest jcs.Value) (*Disclosure, error) {
	text, ok := digest.Str()
	switch {
	case !ok:
		return nil, refuse(ErrPayload, "a digest is not a string")
	case p.seen[text]:
		return nil, refuse(ErrDuplicate, "a digest occurs twice")
	}
	p.seen[text] = true
	i, found := p.byDigest[text]
	if !found {
		return nil, nil
	}
	p.used++
	return &p.token.Disclosures[i], nil
}

// put notes where a disclosure went, if anybody asks.
func (p *processor) put(d *Disclosure, at string) {
	if p.place != nil {
		p.place[p.byDigest[d.Digest]] = at
	}
}

// step is the JSON Pointer one level down, if anybody asks.
func (p *processor) step(at, name string) string {
	if p.place == nil {
		return ""
	}
	return at + "/" + escape(name)
}

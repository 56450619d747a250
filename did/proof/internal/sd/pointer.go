package sd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// Select returns what the pointers select of a document (3.4.13): the values they
// point at, whole; of every object on the way its id and type, and @context; of
// every array on the way the elements selected, close together. No pointers
// select nothing: null.
func Select(doc jcs.Value, pointers []string) (jcs.Value, error) {
	if err := checkPointers(pointers); err != nil {
		return jcs.Value{}, err
	}
	if len(pointers) == 0 {
		return jcs.Value{}, nil
	}
	var root selection
	for _, pointer := range pointers {
		if err := root.add(doc, pointer); err != nil {
			return jcs.Value{}, err
		}
	}
	return root.of(doc), nil
}

func checkPointers(pointers []string) error {
	if len(pointers) > MaxPointers {
		return fmt.Errorf("%w: %d pointers", ErrPointer, len(pointers))
	}
	for _, p := range pointers {
		if len(p) > MaxPointer {
			return fmt.Errorf("%w: pointer of %d bytes", ErrPointer, len(p))
		}
	}
	return nil
}

// selection says what of a value is selected: all, or parts of it by name or
// index.
type selection struct {
	whole   bool
	members map[string]*selection
	elems   map[int]*selection
}

// add selects what pointer points at in doc.
func (s *selection) add(doc jcs.Value, pointer string) error {
	if pointer != "" && pointer[0] != '/' {
		return fmt.Errorf("%w: %.64q", ErrPointer, pointer)
	}
	value := doc
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" {
			break
		}
		name, ok := unescape(part)
		if ok {
			s, value, ok = s.enter(value, name)
		}
		if !ok {
			return fmt.Errorf("%w: %.64q", ErrPointer, pointer)
		}
	}
	s.whole = true
	return nil
}

// enter steps to the part of value that name names.
func (s *selection) enter(value jcs.Value, name string) (*selection, jcs.Value, bool) {
	if value.IsArray() {
		i, ok := index(name, value.Len())
		if !ok {
			return nil, jcs.Value{}, false
		}
		if s.elems == nil {
			s.elems = make(map[int]*selection)
		}
		if s.elems[i] == nil {
			s.elems[i] = new(selection)
		}
		return s.elems[i], value.At(i), true
	}
	member, ok := value.Get(name)
	if !ok {
		return nil, jcs.Value{}, false
	}
	if s.members == nil {
		s.members = make(map[string]*selection)
	}
	if s.members[name] == nil {
		s.members[name] = new(selection)
	}
	return s.members[name], member, true
}

// index reads an array index (RFC 6901, 4): decimal, without leading zeros.
func index(s string, length int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && n < length && strconv.Itoa(n) == s
}

// unescape reads ~1 as / and ~0 as ~; any other use of ~ is an error.
func unescape(s string) (string, bool) {
	if !strings.Contains(s, "~") {
		return s, true
	}
	if strings.Count(s, "~0")+strings.Count(s, "~1") != strings.Count(s, "~") {
		return "", false
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~"), true
}

// of returns the selected part of value.
func (s *selection) of(value jcs.Value) jcs.Value {
	if s.whole {
		return value
	}
	if value.IsArray() {
		var elems []jcs.Value
		for i := range value.Len() {
			if part := s.elems[i]; part != nil {
				elems = append(elems, part.of(value.At(i)))
			}
		}
		return jcs.Array(elems...)
	}
	var members []jcs.Member
	for name, member := range value.Members() {
		part := s.members[name]
		switch {
		case kept(name):
			members = append(members, jcs.Member{Name: name, Value: member})
		case part != nil:
			members = append(members, jcs.Member{Name: name, Value: part.of(member)})
		}
	}
	return jcs.Object(members...)
}

// kept reports whether an object on the way keeps the member whole: without its id
// and all its types the statements below it would be others. The specification leaves out ids
// that are blank nodes, which would tear apart what such an id holds together.
func kept(name string) bool {
	switch name {
	case "id", "@id", "type", "@type", "@context":
		return true
	default:
		return false
	}
}

package did

import (
	"slices"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
)

// Limits of a document.
const (
	// MaxKeys is how many verification methods a document may have, and how many
	// entries each relationship.
	MaxKeys = 64
	// MaxEntries is how many services, controllers and aliases it may have each.
	MaxEntries = 256
)

// Document is a DID document of valid structure (DID 1.1, 4 and 5). It is
// immutable.
type Document struct {
	value       jcs.Value
	id          ID
	controllers []ID
	aliases     []string
	methods     []VerificationMethod
	// related holds, for each entry of relationships, the absolute DID URLs of
	// the methods it lists.
	related  [len(relationships)][]string
	services []Service
	// keyless: the keys of methods are of no interest.
	keyless bool
}

// Service is one entry of a document's services (DID 1.1, 5.4).
type Service struct {
	// ID is absolute.
	ID    string
	Types []string
	// Endpoint is a string, an object, or an array of those.
	Endpoint jcs.Value
	// Value is the entry as it stands in the document.
	Value jcs.Value
}

// ParseDocument checks the structure of a DID document: a DID as id; DIDs as
// controllers; URIs as alsoKnownAs; verification methods and services with ids
// that are valid and distinct. Properties it does not know are kept. Key material
// that is not usable does not make a document invalid: see
// VerificationMethod.KeyErr. Errors are *Error with InvalidDIDDocument.
func ParseDocument(v jcs.Value) (*Document, error) {
	d := &Document{value: v}
	if err := d.parse(); err != nil {
		return nil, err
	}
	return d, nil
}

// CheckDocument returns the error that ParseDocument would. It costs less, for
// it reads no keys.
func CheckDocument(v jcs.Value) error {
	d := Document{value: v, keyless: true}
	return d.parse()
}

func (d *Document) parse() error {
	if !d.value.IsObject() {
		return invalidDocument("not a JSON object")
	}
	s, _ := d.value.GetString("id")
	id, err := Parse(s)
	if err != nil {
		return &Error{Code: InvalidDIDDocument, Detail: "id", Err: err}
	}
	d.id = id
	steps := []func() error{d.parseControllers, d.parseAliases, d.parseMethods, d.parseServices}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// Value returns the document as JSON, with everything it came with.
func (d *Document) Value() jcs.Value { return d.value }

// ID returns the DID the document says it is of. That it is the one asked for is
// for the resolver to check.
func (d *Document) ID() ID { return d.id }

// Controllers returns the DIDs under controller, of which there may be none.
func (d *Document) Controllers() []ID { return slices.Clone(d.controllers) }

// AlsoKnownAs returns the other URIs of the subject.
func (d *Document) AlsoKnownAs() []string { return slices.Clone(d.aliases) }

// Services returns the services in the document's order.
func (d *Document) Services() []Service { return slices.Clone(d.services) }

// Node returns the verification method or service with that absolute id, as it
// stands in the document: what dereferencing a fragment gives.
func (d *Document) Node(id string) (jcs.Value, bool) {
	if m := d.method(id); m != nil {
		return m.Value, true
	}
	for _, s := range d.services {
		if s.ID == id {
			return s.Value, true
		}
	}
	return jcs.Value{}, false
}

func (d *Document) parseControllers() error {
	list, err := oneOrMore(d.value, "controller", MaxEntries)
	if err != nil {
		return err
	}
	for _, s := range list {
		id, err := Parse(s)
		if err != nil {
			return &Error{Code: InvalidDIDDocument, Detail: "controller", Err: err}
		}
		d.controllers = append(d.controllers, id)
	}
	return nil
}

func (d *Document) parseAliases() error {
	entries, err := list(d.value, "alsoKnownAs", MaxEntries)
	if err != nil {
		return err
	}
	for v := range entries.Elems() {
		s, ok := v.Str()
		if !ok || !lexical.IsURL(s) {
			return invalidDocument("alsoKnownAs has an entry that is not a URI")
		}
		d.aliases = append(d.aliases, s)
	}
	return nil
}

func (d *Document) parseServices() error {
	entries, err := list(d.value, "service", MaxEntries)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, entries.Len())
	for v := range entries.Elems() {
		s, err := d.parseService(v)
		if err != nil {
			return err
		}
		if seen[s.ID] {
			return invalidDocument("two services have the id %.128q", s.ID)
		}
		seen[s.ID] = true
		d.services = append(d.services, s)
	}
	return nil
}

func (d *Document) parseService(v jcs.Value) (Service, error) {
	id, _ := v.GetString("id")
	s := Service{ID: d.absolute(id), Value: v}
	if !lexical.IsURL(s.ID) {
		return Service{}, invalidDocument("a service's id %.128q is not a URI", id)
	}
	var err error
	if s.Types, err = oneOrMore(v, "type", MaxEntries); err != nil {
		return Service{}, err
	}
	if len(s.Types) == 0 {
		return Service{}, invalidDocument("the service %.128q has no type", id)
	}
	s.Endpoint, _ = v.Get("serviceEndpoint")
	if !isEndpoint(s.Endpoint) {
		return Service{}, invalidDocument("the service %.128q has no serviceEndpoint of string, object or a list of them", id)
	}
	return s, nil
}

// isEndpoint: a string, an object, or a list of at least one of those.
func isEndpoint(v jcs.Value) bool {
	if !v.IsArray() {
		return v.IsString() || v.IsObject()
	}
	for e := range v.Elems() {
		if !e.IsString() && !e.IsObject() {
			return false
		}
	}
	return v.Len() > 0
}

// absolute resolves a reference that is only a fragment against the document.
func (d *Document) absolute(id string) string {
	if id != "" && id[0] == '#' {
		return string(d.id) + id
	}
	return id
}

// list returns the array called name, or the empty one if there is none.
func list(v jcs.Value, name string, most int) (jcs.Value, error) {
	entries, present := v.Get(name)
	if present && !entries.IsArray() {
		return jcs.Value{}, invalidDocument("%s is not a list", name)
	}
	if entries.Len() > most {
		return jcs.Value{}, invalidDocument("%s has more than %d entries", name, most)
	}
	return entries, nil
}

// oneOrMore returns the strings of a member that is a string or a list of them.
func oneOrMore(v jcs.Value, name string, most int) ([]string, error) {
	member, _ := v.Get(name)
	if s, ok := member.Str(); ok {
		return []string{s}, nil
	}
	entries, err := list(v, name, most)
	if err != nil {
		return nil, err
	}
	var out []string
	for e := range entries.Elems() {
		s, ok := e.Str()
		if !ok {
			return nil, invalidDocument("%s has an entry that is not a string", name)
		}
		out = append(out, s)
	}
	return out, nil
}

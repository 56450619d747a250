package jsonld

// Kind is the kind of an RDF term.
type Kind uint8

// Kinds of terms. The graph name of a quad in the default graph is DefaultGraph.
const (
	DefaultGraph Kind = iota
	IRI
	Blank
	Literal
)

// Term is an RDF term, or the name of the default graph (the zero Term).
type Term struct {
	Kind Kind
	// Value is the IRI, the label of the blank node without "_:", or the lexical
	// form of the literal.
	Value string
	// Datatype is the datatype IRI of a literal, never empty there.
	Datatype string
	// Language is the language tag of an rdf:langString, in lower case where it
	// comes from JSON-LD.
	Language string
}

// Quad is subject, predicate, object and graph name.
type Quad struct{ S, P, O, G Term }

// Dataset is an RDF dataset, in which quads may repeat.
type Dataset struct{ Quads []Quad }

// IRIs of RDF and XML Schema.
const (
	rdfNS      = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	rdfType    = rdfNS + "type"
	rdfFirst   = rdfNS + "first"
	rdfRest    = rdfNS + "rest"
	rdfNil     = rdfNS + "nil"
	rdfJSON    = rdfNS + "JSON"
	rdfLang    = rdfNS + "langString"
	xsdNS      = "http://www.w3.org/2001/XMLSchema#"
	xsdString  = xsdNS + "string"
	xsdBoolean = xsdNS + "boolean"
	xsdInteger = xsdNS + "integer"
	xsdDouble  = xsdNS + "double"
)

// appendTerm writes a term as canonical N-Quads do (RDFC-1.0, 5; RDF 1.2
// N-Quads, canonical form).
func appendTerm(dst []byte, t *Term) []byte {
	switch t.Kind {
	case IRI:
		return appendIRI(dst, t.Value)
	case Blank:
		return append(append(dst, "_:"...), t.Value...)
	case Literal:
		dst = append(appendEscaped(append(dst, '"'), t.Value), '"')
		switch {
		case t.Language != "":
			return append(append(dst, '@'), t.Language...)
		case t.Datatype != xsdString:
			return appendIRI(append(dst, "^^"...), t.Datatype)
		}
	}
	return dst
}

func appendIRI(dst []byte, iri string) []byte {
	dst = append(dst, '<')
	dst = append(dst, iri...)
	return append(dst, '>')
}

// appendEscaped writes the lexical form of a literal: control characters, the
// quote and the backslash are escaped, and nothing else.
func appendEscaped(dst []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c != 0x7f {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '"', '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(dst, s[start:]...)
}

// appendPredicate writes a predicate and the spaces around it.
func appendPredicate(dst []byte, t *Term) []byte {
	dst = append(dst, ' ')
	dst = appendIRI(dst, t.Value)
	return append(dst, ' ')
}

// size is the length of t in N-Quads, before escapes.
func (t *Term) size() int { return len(t.Value) + len(t.Datatype) + len(t.Language) + 4 }

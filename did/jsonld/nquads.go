package jsonld

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxNQuadsBytes is the longest text ParseNQuads accepts.
const maxNQuadsBytes = maxBytes

// ParseNQuads reads RDF 1.1 N-Quads strictly: absolute IRIs, well-formed blank
// node labels and language tags, valid UTF-8. Empty lines and comments are
// allowed; a datatype xsd:string is the same as none. Errors are *Error with
// Path "line N".
func ParseNQuads(b []byte) (*Dataset, error) {
	if len(b) > maxNQuadsBytes {
		return nil, overBudget("N-Quads too long")
	}
	if !utf8.Valid(b) {
		return nil, invalid(codeNQuads, "not UTF-8")
	}
	d := &Dataset{}
	text := string(b)
	for n := 1; text != ""; n++ {
		s := text
		if i := strings.IndexAny(text, "\n\r"); i >= 0 {
			s, text = text[:i], text[i+1:]
		} else {
			text = ""
		}
		p := nquadParser{s: s}
		q, ok, err := p.line()
		if err == nil && len(d.Quads) >= maxQuads {
			err = overBudget("too many quads")
		}
		if err != nil {
			err.Path = "line " + strconv.Itoa(n)
			return nil, err
		}
		if ok {
			d.Quads = append(d.Quads, q)
		}
	}
	return d, nil
}

type nquadParser struct{ s string }

func (p *nquadParser) space() { p.s = strings.TrimLeft(p.s, " \t") }

// line reads one statement; ok is false for an empty line.
func (p *nquadParser) line() (q Quad, ok bool, err *Error) {
	if p.end() {
		return q, false, nil
	}
	if q.S, err = p.term(); err != nil {
		return q, false, err
	}
	if q.P, err = p.term(); err != nil {
		return q, false, err
	}
	if q.O, err = p.term(); err != nil {
		return q, false, err
	}
	if !strings.HasPrefix(p.s, ".") {
		if q.G, err = p.term(); err != nil {
			return q, false, err
		}
	}
	if !strings.HasPrefix(p.s, ".") {
		return q, false, invalid(codeNQuads, "no full stop")
	}
	p.s = p.s[1:]
	if !p.end() {
		return q, false, invalid(codeNQuads, "text after the full stop")
	}
	return q, true, q.check()
}

// end reports whether nothing but a comment follows.
func (p *nquadParser) end() bool {
	p.space()
	return p.s == "" || p.s[0] == '#'
}

// check reports whether every term may stand where it does.
func (q *Quad) check() *Error {
	switch {
	case q.S.Kind != IRI && q.S.Kind != Blank:
		return invalid(codeNQuads, "the subject is neither an IRI nor a blank node")
	case q.P.Kind != IRI:
		return invalid(codeNQuads, "the predicate is not an IRI")
	case q.O.Kind == DefaultGraph:
		return invalid(codeNQuads, "no object")
	case q.G.Kind == Literal:
		return invalid(codeNQuads, "the graph name is a literal")
	}
	for _, t := range []*Term{&q.S, &q.P, &q.O, &q.G} {
		if err := t.check(); err != nil {
			return err
		}
	}
	return nil
}

func (t *Term) check() *Error {
	ok := true
	switch t.Kind {
	case DefaultGraph:
		ok = *t == Term{}
	case IRI:
		ok = isIRIRef(t.Value) && t.Datatype == "" && t.Language == ""
	case Blank:
		ok = isLabel(t.Value) && t.Datatype == "" && t.Language == ""
	case Literal:
		ok = utf8.ValidString(t.Value) && isIRIRef(t.Datatype) && (t.Datatype == rdfLang) == (t.Language != "")
		ok = ok && (t.Language == "" || isLanguage(t.Language))
	default:
		ok = false
	}
	if !ok {
		return invalid(codeNQuads, "malformed term "+quote(t.Value))
	}
	return nil
}

// check checks every quad, for datasets that did not come from this package.
func (d *Dataset) check() error {
	for i := range d.Quads {
		if err := d.Quads[i].check(); err != nil {
			err.Path = "quad " + strconv.Itoa(i)
			return err
		}
	}
	return nil
}

// term reads one term and the space after it.
func (p *nquadParser) term() (t Term, err *Error) {
	switch {
	case strings.HasPrefix(p.s, "<"):
		t.Kind = IRI
		t.Value, err = p.iri()
	case strings.HasPrefix(p.s, "_:"):
		t.Kind = Blank
		t.Value = p.label()
	case strings.HasPrefix(p.s, `"`):
		t, err = p.literal()
	default:
		return t, invalid(codeNQuads, "no term here")
	}
	p.space()
	return t, err
}

func (p *nquadParser) iri() (string, *Error) {
	i := strings.IndexByte(p.s, '>')
	if i < 0 {
		return "", invalid(codeNQuads, "an IRI does not end")
	}
	s := p.s[1:i]
	p.s = p.s[i+1:]
	return unescape(s, false)
}

// label reads a blank node label; a full stop at its end belongs to the statement.
func (p *nquadParser) label() string {
	i := 2
	for i < len(p.s) {
		r, n := utf8.DecodeRuneInString(p.s[i:])
		if r == ' ' || r == '\t' || r == '<' || r == '"' || r == '#' {
			break
		}
		i += n
	}
	for i > 2 && p.s[i-1] == '.' {
		i--
	}
	s := p.s[2:i]
	p.s = p.s[i:]
	return s
}

func (p *nquadParser) literal() (Term, *Error) {
	t := Term{Kind: Literal, Datatype: xsdString}
	i := 1
	for i < len(p.s) && p.s[i] != '"' {
		if p.s[i] == '\\' {
			i++
		}
		i++
	}
	if i >= len(p.s) {
		return t, invalid(codeNQuads, "a literal does not end")
	}
	var err *Error
	if t.Value, err = unescape(p.s[1:i], true); err != nil {
		return t, err
	}
	p.s = p.s[i+1:]
	switch {
	case strings.HasPrefix(p.s, "@"):
		n := strings.IndexAny(p.s, " \t.<")
		if n < 0 {
			n = len(p.s)
		}
		t.Language, t.Datatype, p.s = p.s[1:n], rdfLang, p.s[n:]
		if t.Language == "" {
			return t, invalid(codeNQuads, "an empty language tag")
		}
	case strings.HasPrefix(p.s, "^^<"):
		p.s = p.s[2:]
		t.Datatype, err = p.iri()
	case strings.HasPrefix(p.s, "^^"):
		return t, invalid(codeNQuads, "a datatype is not an IRI")
	}
	return t, err
}

// unescape replaces escapes: \uXXXX and \UXXXXXXXX, and in strings those of ECHAR.
func unescape(s string, isString bool) (string, *Error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	var b bytes.Buffer
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			i++
			continue
		}
		if i+1 == len(s) {
			return "", invalid(codeNQuads, "an escape without a character")
		}
		if size := map[byte]int{'u': 4, 'U': 8}[s[i+1]]; size > 0 {
			r, ok := codePoint(s[i+2:], size)
			if !ok {
				return "", invalid(codeNQuads, "a malformed escape")
			}
			b.WriteRune(r)
			i += 2 + size
			continue
		}
		k := strings.IndexByte(`tbnrf"'\`, s[i+1])
		if k < 0 || !isString {
			return "", invalid(codeNQuads, "an unknown escape")
		}
		b.WriteByte("\t\b\n\r\f\"'\\"[k])
		i += 2
	}
	return b.String(), nil
}

// codePoint reads a Unicode scalar value of size hexadecimal digits.
func codePoint(s string, size int) (rune, bool) {
	if len(s) < size {
		return 0, false
	}
	for _, c := range []byte(s[:size]) {
		if c == '+' || c == '-' || c == '_' {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(s[:size], 16, 32)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

package jsonld

import (
	"math"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// emitter makes the quads of an expanded document (JSON-LD 1.1 API, 7 and 8). A
// node map is not needed: the quads of a set are the same in any order.
type emitter struct {
	quads []Quad
	// names are the blank node identifiers of the document by what they become.
	names  map[string]string
	blanks int
}

// blankLabels are the labels of the first blank nodes of a dataset.
var blankLabels = func() (labels [64]string) {
	for i := range labels {
		labels[i] = "b" + strconv.Itoa(i)
	}
	return labels
}()

func (x *worker) blank() (Term, error) {
	if x.blanks >= maxBlanks {
		return Term{}, overBudget("too many blank nodes")
	}
	n := x.blanks
	x.blanks++
	if n < len(blankLabels) {
		return Term{Kind: Blank, Value: blankLabels[n]}, nil
	}
	return Term{Kind: Blank, Value: "b" + strconv.Itoa(n)}, nil
}

// resource returns the term of an identifier.
func (x *worker) resource(id string) (Term, error) {
	if !isBlank(id) {
		return Term{Kind: IRI, Value: id}, nil
	}
	if label, ok := x.names[id]; ok {
		return Term{Kind: Blank, Value: label}, nil
	}
	t, err := x.blank()
	if err != nil {
		return t, err
	}
	if x.names == nil {
		x.names = map[string]string{}
	}
	x.names[id] = t.Value
	return t, nil
}

// ok reports whether t may stand in RDF; only where losses are accepted may it not.
func (x *worker) ok(t *Term) bool {
	return !x.lossy || t.Kind != IRI || isIRI(t.Value)
}

func (x *worker) quad(s Term, p string, o, g Term) error {
	if x.lossy && (!x.ok(&s) || !x.ok(&o) || !x.ok(&g) || !isIRI(p) || o.Kind == DefaultGraph) {
		return nil
	}
	if len(x.quads) >= maxQuads {
		return overBudget("too many quads")
	}
	if err := x.budget.text(s.size() + len(p) + o.size() + g.size()); err != nil {
		return err
	}
	x.quads = append(x.quads, Quad{S: s, P: Term{Kind: IRI, Value: p}, O: o, G: g})
	return nil
}

// emitAll emits the objects of the default graph.
func (x *worker) emitAll(roots []*object) error {
	for _, o := range roots {
		if _, err := x.emitRoot(o, Term{}); err != nil {
			return err
		}
	}
	return nil
}

// emitRoot emits an object that stands on its own in graph g, and returns what it
// is called there: if no quad comes of it, its identifier would be lost.
func (x *worker) emitRoot(o *object, g Term) (Term, error) {
	before := len(x.quads)
	s, err := x.emitNode(o, g)
	if err == nil && len(x.quads) == before {
		err = x.lose("an object about which nothing is said: " + quote(o.id))
	}
	return s, err
}

func (x *worker) emitNode(o *object, g Term) (s Term, err error) {
	if o.is(kwID) {
		s, err = x.resource(o.id)
	} else {
		s, err = x.blank()
	}
	if err != nil {
		return s, err
	}
	for _, t := range o.types {
		class, err := x.resource(t)
		if err != nil {
			return s, err
		}
		if err := x.quad(s, rdfType, class, g); err != nil {
			return s, err
		}
	}
	for _, p := range o.reverse {
		for _, v := range p.values {
			subject, err := x.emitNode(v, g)
			if err != nil {
				return s, err
			}
			if err := x.quad(subject, p.iri, s, g); err != nil {
				return s, err
			}
		}
	}
	for _, v := range o.graph {
		if _, err := x.emitRoot(v, s); err != nil {
			return s, err
		}
	}
	for _, v := range o.included {
		if _, err := x.emitRoot(v, g); err != nil {
			return s, err
		}
	}
	return s, x.emitProperties(o, s, g)
}

func (x *worker) emitProperties(o *object, s, g Term) error {
	for _, p := range o.props {
		for _, v := range p.values {
			t, err := x.emitValue(v, g)
			if err != nil {
				return err
			}
			if err := x.quad(s, p.iri, t, g); err != nil {
				return err
			}
		}
	}
	return nil
}

// emitValue is Object to RDF Conversion (8.2.2).
func (x *worker) emitValue(o *object, g Term) (Term, error) {
	switch {
	case o.is(kwValue):
		return x.literal(o)
	case o.is(kwList):
		return x.emitList(o.items, g)
	default:
		return x.emitNode(o, g)
	}
}

// emitList is List to RDF Conversion (8.3.2).
func (x *worker) emitList(items []*object, g Term) (Term, error) {
	none := Term{Kind: IRI, Value: rdfNil}
	if len(items) == 0 {
		return none, nil
	}
	head, err := x.blank()
	if err != nil {
		return head, err
	}
	cell := head
	for i, item := range items {
		first, err := x.emitValue(item, g)
		if err != nil {
			return head, err
		}
		if err := x.quad(cell, rdfFirst, first, g); err != nil {
			return head, err
		}
		rest := none
		if i+1 < len(items) {
			if rest, err = x.blank(); err != nil {
				return head, err
			}
		}
		if err := x.quad(cell, rdfRest, rest, g); err != nil {
			return head, err
		}
		cell = rest
	}
	return head, nil
}

// literal makes an RDF literal of a value object.
func (x *worker) literal(o *object) (Term, error) {
	t := Term{Kind: Literal}
	if len(o.types) == 1 {
		t.Datatype = o.types[0]
	}
	if t.Datatype == "@json" {
		t.Value, t.Datatype = string(o.value.Canonical()), rdfJSON
		return t, nil
	}
	switch o.value.Kind() {
	case jcs.KindBool:
		t.Value = "false"
		if b, _ := o.value.Bool(); b {
			t.Value = "true"
		}
		t.Datatype = orDefault(t.Datatype, xsdBoolean)
	case jcs.KindNumber:
		f, _ := o.value.Float()
		if f != math.Trunc(f) || math.Abs(f) >= 1e21 || t.Datatype == xsdDouble {
			t.Value, t.Datatype = formatDouble(f), orDefault(t.Datatype, xsdDouble)
		} else {
			t.Value, t.Datatype = strconv.FormatFloat(f, 'f', 0, 64), orDefault(t.Datatype, xsdInteger)
		}
	default:
		t.Value, _ = o.value.Str()
		if o.is(kwDirection) && !x.lossy {
			t.Datatype = i18n + o.lang + "_" + o.dir
			return t, nil
		}
		if o.is(kwLanguage) {
			t.Language, t.Datatype = o.lang, rdfLang
			if x.lossy && !isLanguage(o.lang) {
				return Term{}, nil
			}
		}
		t.Datatype = orDefault(t.Datatype, xsdString)
	}
	return t, nil
}

// i18n begins the datatypes of texts that have a base direction: rdfDirection
// "i18n-datatype" of JSON-LD 1.1 API, 8.2.2, 13.2, as the RDF cryptosuites are
// commonly implemented with. The direction is part of what is signed.
const i18n = "https://www.w3.org/ns/i18n#"

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// formatDouble is the canonical form of xsd:double as JSON-LD has it: fifteen
// digits behind the point, without the zeros at the end.
func formatDouble(f float64) string {
	s := strconv.FormatFloat(f, 'E', 15, 64)
	mantissa, exponent, _ := strings.Cut(s, "E")
	mantissa = strings.TrimRight(mantissa, "0")
	if strings.HasSuffix(mantissa, ".") {
		mantissa += "0"
	}
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	digits := strings.TrimLeft(exponent[1:], "0")
	if digits == "" {
		sign, digits = "", "0"
	}
	return mantissa + "E" + sign + digits
}

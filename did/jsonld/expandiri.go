package jsonld

import "strings"

// expandIRI is IRI expansion (JSON-LD 1.1 API, 5.2.2) outside of context
// processing. It returns "" for what expands to null, a keyword as it is, and
// what stays relative as it is.
func (l *loader) expandIRI(c *activeContext, s string, vocab, relative bool) (string, error) {
	if s == "" || s[0] == '@' {
		if keywordOf(s) != kwNone {
			return s, nil
		}
		if keywordForm(s) {
			return "", nil
		}
	}
	if t := c.terms[s]; t != nil && (vocab || t.kw != kwNone) {
		return t.iri, nil
	}
	if i := strings.IndexByte(s, ':'); i > 0 {
		if iri, ok, err := l.expandCompact(c, s, i); ok || err != nil {
			return iri, err
		}
	}
	return l.expandRelative(c, s, vocab, relative)
}

// expandCompact handles what has a colon at i: blank nodes, IRIs, compact IRIs.
func (l *loader) expandCompact(c *activeContext, s string, i int) (string, bool, error) {
	prefix, suffix := s[:i], s[i+1:]
	if prefix == "_" || strings.HasPrefix(suffix, "//") {
		return s, true, nil
	}
	if t := c.terms[prefix]; t != nil && t.prefix && t.iri != "" {
		if err := l.budget.text(len(t.iri) + len(suffix)); err != nil {
			return "", false, err
		}
		return t.iri + suffix, true, nil
	}
	return s, schemeLen(s) > 0, nil
}

func (l *loader) expandRelative(c *activeContext, s string, vocab, relative bool) (string, error) {
	if vocab && c.vocab != "" {
		if err := l.budget.text(len(c.vocab) + len(s)); err != nil {
			return "", err
		}
		return c.vocab + s, nil
	}
	if relative && c.base != "" {
		if err := l.budget.text(len(c.base) + len(s)); err != nil {
			return "", err
		}
		return resolve(c.base, s), nil
	}
	return s, nil
}

// expand is IRI expansion during context processing: terms that s depends on
// are defined first.
func (d *definer) expand(s string, vocab, relative bool, depth int) (string, error) {
	if keywordOf(s) != kwNone {
		return s, nil
	}
	if keywordForm(s) {
		return "", nil
	}
	if err := d.depend(s, depth); err != nil {
		return "", err
	}
	if t := d.result.terms[s]; t == nil {
		i := strings.IndexByte(s, ':')
		if i > 0 && s[:i] != "_" && !strings.HasPrefix(s[i+1:], "//") {
			if err := d.depend(s[:i], depth); err != nil {
				return "", err
			}
		}
	}
	return d.expandIRI(d.result, s, vocab, relative)
}

// depend defines a term of the local context that is needed now.
func (d *definer) depend(name string, depth int) error {
	if _, ok := d.local.Get(name); !ok || d.state[name] {
		return nil
	}
	return d.define(name, depth+1)
}

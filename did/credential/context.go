package credential

import (
	"errors"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// context asks whether the document's contexts can be processed, and in version 2
// whether its terms have a meaning in them (VC Data Model 2.0, 5.2 and B.1). It is
// undecided where a context is not at hand, and in version 1, which does not ask for
// JSON-LD.
func (j *judgement) context(doc jcs.Value, version int) {
	err := j.by.checkContexts(doc)
	ofTerms := err == nil && version == 2 && !j.overRDF()
	if ofTerms {
		err = j.by.checkTerms(doc, j.securing)
	}
	j.exhausted = j.exhausted || overBudget(err)
	code := CodeContextInvalid
	switch {
	case err == nil:
		j.verdict.pass(CheckContext)
		return
	case errors.Is(err, jsonld.ErrUnknownContext):
		code = CodeContextUnknown
	case errors.Is(err, jsonld.ErrUndefined):
		code = CodeTermsUndefined
	case overBudget(err):
		code = CodeTooCostly
	}
	allowed := ofTerms && j.by.AllowUndefinedTerms && code != CodeContextInvalid
	if code == CodeContextUnknown || allowed || version == 1 {
		j.verdict.skip(CheckContext, code, err.Error())
		return
	}
	j.verdict.fail(CheckContext, code, "", err)
}

// overRDF reports whether a proof that holds covers the document as RDF, so that all
// of its terms have a meaning.
func (j *judgement) overRDF() bool {
	s, ok := j.securing.(*integrity)
	return ok && j.trusted && s.overRDF()
}

// claims are the members of tokens that no context has to define.
var claims = append([]string{claimStatus, "_sd_alg", "vct", "vct#integrity"}, securingClaims...)

func (v *Verifier) checkTerms(doc jcs.Value, by securing) error {
	doc = doc.Without("proof")
	if _, token := by.(*sealed); token {
		doc = doc.Without(claims...)
	}
	return v.processor().CheckTerms(doc)
}

// baseContexts are the arrays that need no processing.
var baseContexts = [...]string{ContextV1, ContextV2}

func (v *Verifier) checkContexts(doc jcs.Value) error {
	contexts, _ := doc.Get("@context")
	if s, _ := contexts.At(0).Str(); contexts.Len() == 1 && (s == baseContexts[0] || s == baseContexts[1]) {
		return nil
	}
	p := v.processor()
	for item := range contexts.Elems() {
		if url, isString := item.Str(); isString {
			if _, known := p.Contexts().Document(url); !known {
				return unknownContext(url)
			}
		}
	}
	// An object of nothing but its context: that is processed, and then nothing is
	// left of it.
	err := p.Check(jcs.Object(jcs.Member{Name: "@context", Value: contexts}))
	if errors.Is(err, jsonld.ErrDataLoss) {
		return nil
	}
	return err
}

// unknownContext is the URL of a context that is not at hand.
type unknownContext string

func (u unknownContext) Error() string { return "unknown context " + string(u) + addContext }

// addContext is what can be done about a context that is not at hand.
const addContext = "; contexts are never fetched: whoever runs the verifier can add it to those that are built in"

func (u unknownContext) Unwrap() error { return jsonld.ErrUnknownContext }

func (v *Verifier) processor() *jsonld.Processor {
	if v.Processor == nil {
		return jsonld.Default()
	}
	return v.Processor
}

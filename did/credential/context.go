package credential

import (
	"errors"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// context asks whether the document's contexts can be processed, and with
// CheckTerms whether its terms have a meaning in them (VC Data Model 2.0, 1.3 and
// B.1). The RDFC cryptosuites do so by themselves, all else secures the text as it
// is. Without CheckTerms it is undecided where a context is not at hand, and in
// version 1, which does not ask for JSON-LD.
func (j *judgement) context(doc jcs.Value, version int) {
	err := j.by.checkContexts(doc)
	j.exhausted = j.exhausted || overBudget(err)
	code := CodeContextInvalid
	switch {
	case err == nil:
		j.verdict.pass(CheckContext)
		return
	case errors.Is(err, jsonld.ErrUnknownContext):
		code = CodeContextUnknown
	case errors.Is(err, jsonld.ErrDataLoss):
		code = CodeTermsUndefined
	}
	if !j.by.CheckTerms && (code == CodeContextUnknown || version == 1) {
		j.verdict.skip(CheckContext, code, err.Error())
		return
	}
	j.verdict.fail(CheckContext, code, "", err)
}

// baseContexts are the arrays that need no processing.
var baseContexts = [...]string{ContextV1, ContextV2}

func (v *Verifier) checkContexts(doc jcs.Value) error {
	if v.CheckTerms {
		return v.processor().Check(doc.Without("proof"))
	}
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

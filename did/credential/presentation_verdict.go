package credential

import (
	"context"
	"errors"

	"github.com/tabard-id/tabard/did/jcs"
)

// judgePresentation judges a presentation and what secures it; openErr is why it
// could not be taken out of its envelope.
func (v *Verifier) judgePresentation(_ context.Context, payload jcs.Value, _ securing, openErr error, _ PresentationOptions) Verdict {
	verdict := Verdict{Presentation: true, AsOf: v.AsOf}
	err := openErr
	if err == nil {
		_, err = ParsePresentation(payload)
	}
	if err == nil {
		err = errors.New("not judged")
	}
	verdict.fail(CheckStructure, codeOf(err, CodeMalformed), "", err)
	for _, name := range presentationChecks[1:] {
		verdict.skip(name, CodeNotChecked, "")
	}
	verdict.conclude()
	return verdict
}

// ParsePresentation checks the structure of a presentation, secured or not. The
// error is an *Error.
func ParsePresentation(v jcs.Value) (*Presentation, error) {
	if !v.IsObject() {
		return nil, &Error{Type: ParsingError, Detail: "the presentation is not an object"}
	}
	return &Presentation{Value: v}, nil
}

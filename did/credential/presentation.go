package credential

import (
	"context"

	"github.com/tabard-id/tabard/did/jcs"
)

// Presentation is a presentation whose structure holds. Nothing about its proofs,
// or about the credentials in it, follows from that.
type Presentation struct {
	// Version is 1 or 2, by the first @context.
	Version int
	// ID is a URL, or "" if the presentation has none.
	ID    string
	Types []string
	// Holder is the holder's URL, whether it was given as string or as object; "" if
	// the presentation names none.
	Holder string
	// Credentials are the items of verifiableCredential in order: credentials and
	// EnvelopedVerifiableCredentials (in version 1 also strings, compact tokens),
	// whose own structure is not checked.
	Credentials []jcs.Value
	Value       jcs.Value
}

// PresentationOptions are what a presentation is held to.
type PresentationOptions struct {
	// Challenge is the one that its proof must carry; "" does not look.
	Challenge string
	// Domain is the exact set that its proof must name; nil does not look.
	Domain []string
	// Holder is whose presentation it must be; "" takes anyone's.
	Holder string
	// AllowUnsecured accepts a presentation without any proof, which then says nothing
	// but what its credentials say. It does not go with Challenge, Domain or Holder.
	AllowUnsecured bool
}

// VerifyPresentation judges a presentation, an EnvelopedVerifiablePresentation or
// a string that is a compact token, and every credential in it, each with a
// verdict of its own. The checks are those of presentations, in their order. As
// with Verify, every failure is a row, and costs are bounded by the size of doc and
// by MaxCredentials.
func (v *Verifier) VerifyPresentation(ctx context.Context, doc jcs.Value, opt PresentationOptions) Verdict {
	payload, by, err := open(doc)
	return v.judgePresentation(ctx, payload, by, err, opt)
}

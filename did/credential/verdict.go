package credential

import (
	"errors"
	"strings"

	"github.com/tabard-id/tabard/did/proof"
)

// Verdict is what verifying a credential or presentation gives; never anything less.
type Verdict struct {
	// Verified: the proof was checked and no check failed. Only a presentation whose
	// options allow for none may lack the proof.
	Verified bool `json:"verified"`
	// Checks has one row for each check, in the order of their names' constants.
	Checks []Check `json:"checks"`
	// AsOf is the state of the registry that the verdict was computed from.
	AsOf *AsOf `json:"asOf,omitempty"`
	// FreshUntil is when a verified credential must be judged anew at the latest: the
	// earliest of the verifier's bound, validUntil, a proof's expires and until when
	// its status lists serve; of a presentation, of its proofs and all credentials in
	// it. RFC 3339, UTC. Empty where the verifier has no bound.
	FreshUntil string `json:"freshUntil,omitempty"`
	// Digest names the credential, in lower-case hexadecimal.
	Digest string `json:"digest,omitempty"`
	Issuer string `json:"issuer,omitempty"`
	// Presentation says that the verdict is on a presentation; its Digest and Issuer
	// are then empty, and its rows are those of presentations.
	Presentation bool `json:"presentation,omitempty"`
	// Holder is the presentation's holder, "" if it names none.
	Holder string `json:"holder,omitempty"`
	// Credentials has a verdict on each credential of a presentation, in order.
	Credentials []Verdict `json:"credentials,omitempty"`
	// Ownership says who owns the DIDs that have a part in it, where their documents name
	// controllers and the registry knows those documents. Nothing rests on it.
	Ownership []Ownership `json:"ownership,omitempty"`
	// ProblemDetails has one problem for each check that failed (RFC 9457).
	ProblemDetails []Problem `json:"problemDetails,omitempty"`
}

// Check is one row of a verdict.
type Check struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	Code    Code    `json:"code,omitempty"`
	// Detail is for people.
	Detail string `json:"detail,omitempty"`
}

// AsOf names a position of a ledger and the time of its last record.
type AsOf struct {
	Ledger string `json:"ledger"`
	Seq    uint64 `json:"seq"`
	Time   string `json:"time"`
}

// Problem is one entry of problemDetails.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
	Code   Code   `json:"code"`
}

// Check returns the row of that name; ok is false if there is none.
func (v *Verdict) Check(name string) (row Check, ok bool) {
	for _, c := range v.Checks {
		if c.Name == name {
			return c, true
		}
	}
	return Check{}, false
}

// firstFailure tells the first failed check, for whoever relied on this verdict.
func (v *Verdict) firstFailure() string {
	for _, c := range v.Checks {
		if c.Outcome == Failed {
			return strings.TrimSpace(c.Name + ": " + string(c.Code) + " " + c.Detail)
		}
	}
	return "nothing was checked"
}

func (v *Verdict) pass(name string) {
	v.Checks = append(v.Checks, Check{Name: name, Outcome: Passed})
}

// passWith is pass with something to tell.
func (v *Verdict) passWith(name, detail string) {
	v.Checks = append(v.Checks, Check{Name: name, Outcome: Passed, Detail: detail})
}

func (v *Verdict) skip(name string, code Code, detail string) {
	v.Checks = append(v.Checks, Check{Name: name, Outcome: Skipped, Code: code, Detail: detail})
}

// fail adds a row and the problem that tells the same. err may be nil.
func (v *Verdict) fail(name string, code Code, detail string, err error) {
	if detail == "" && err != nil {
		detail = err.Error()
	}
	v.Checks = append(v.Checks, Check{Name: name, Outcome: Failed, Code: code, Detail: detail})
	v.ProblemDetails = append(v.ProblemDetails, Problem{
		Type: problemType(code, err), Title: titles[code], Detail: detail, Code: code,
	})
}

// problemType prefers the type that a specification gave the error.
func problemType(code Code, err error) string {
	var structural *Error
	var proofErr *proof.Error
	var checkErr *checkError
	switch {
	case errors.As(err, &checkErr) && checkErr.typ != "":
		return checkErr.typ
	case errors.As(err, &structural):
		return structural.Type
	case errors.Is(err, proof.ErrSignature):
		return cryptographicError
	case errors.As(err, &proofErr):
		return proofErr.Type
	}
	switch code {
	case CodeMalformedPresentation, CodeContextInvalid, CodeTermsUndefined:
		return MalformedValueError
	case CodeSuspended, CodeRevoked, CodeRevokedRetroactively, CodeStatusUnsupported, CodeListUntrusted, CodeListInvalid:
		return statusError
	case CodeStatusUnavailable:
		return retrievalError
	default:
		return ProblemBase + string(code)
	}
}

// conclude sets Verified.
func (v *Verdict) conclude() {
	v.Verified = true
	for _, c := range v.Checks {
		if c.Outcome == Failed || c.Name == CheckProof && c.Outcome != Passed {
			v.Verified = false
		}
	}
}

package client

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// AsOf asks for a verdict as of the record at position seq: would it have held then? It is for Verify
// and VerifyPresentation alone.
func AsOf(seq record.Seq) ReadOption {
	return func(r *readParameters) { r.at = fmt.Sprint(uint64(seq)) }
}

// AsOfTime asks for a verdict as of a time that is past, like AsOf.
func AsOfTime(t time.Time) ReadOption {
	return func(r *readParameters) { r.at = t.UTC().Format(time.RFC3339Nano) }
}

// AcceptAnyIssuer takes credentials whose issuer is not a DID, to which nothing ties whoever signed; the
// verdict says so. It is for verifying alone, and a node's operator may have refused it.
func AcceptAnyIssuer() ReadOption { return func(r *readParameters) { r.wishes.AcceptAnyIssuer = true } }

// AllowUndefinedTerms takes credentials with terms that no context defines; the verdict says so. It is for
// verifying alone, and a node's operator may have refused it.
func AllowUndefinedTerms() ReadOption {
	return func(r *readParameters) { r.wishes.AllowUndefinedTerms = true }
}

// RequireRegistered refuses credentials that the registry has not heard of, whose issuers cannot revoke them
// there. It is for verifying alone.
func RequireRegistered() ReadOption {
	return func(r *readParameters) { r.wishes.RequireRegistered = true }
}

// RequireActiveSubject fails credentials with a subject that is suspended or revoked, of which the row
// subjectState tells otherwise.
func RequireActiveSubject() ReadOption {
	return func(r *readParameters) { r.wishes.RequireActiveSubject = true }
}

// Verify has a node verify a credential against its state: an object with Data Integrity proofs, an
// EnvelopedVerifiableCredential, or a string that is a compact token. A credential that does not hold is
// a Verdict, not an error: look at Verified.
func (c *Client) Verify(ctx context.Context, vc jcs.Value, opts ...ReadOption) (credential.Verdict, error) {
	return c.VerifyFor(ctx, vc, credential.Options{}, opts...)
}

// VerifyFor is Verify of a credential that must have been secured for these options: of a key-bound SD-JWT,
// that its holder shows it to whoever set the challenge. A challenge of Challenge is used up.
func (c *Client) VerifyFor(ctx context.Context, vc jcs.Value, o credential.Options, opts ...ReadOption) (credential.Verdict, error) {
	if _, _, inexact := vc.Inexact(); inexact { // what would be sent is not what was read
		return new(credential.Verifier).VerifyFor(ctx, vc, o), nil
	}
	body := jcs.Object(jcs.Member{Name: "verifiableCredential", Value: vc})
	if options := c.expected(o, opts); len(options) > 0 {
		body = body.With("options", jcs.Object(options...))
	}
	verdict, err := c.verify(ctx, "/credentials/verify", body, opts)
	if err != nil || !verdict.Verified {
		return verdict, err
	}
	if !enveloped(vc) && verdict.Digest != Digest(vc) {
		return verdict, fmt.Errorf("%w: a verdict on credential %q, not %q", ErrMismatch, verdict.Digest, Digest(vc))
	}
	if verdict.Presentation {
		return verdict, fmt.Errorf("%w: a verdict on a presentation", ErrMismatch)
	}
	return verdict, nil
}

// enveloped reports whether the digest of what is inside cannot be computed from the outside.
func enveloped(vc jcs.Value) bool {
	types, _ := vc.Get("type")
	if name, ok := types.Str(); ok {
		types = jcs.Array(jcs.FromString(name))
	}
	for t := range types.Elems() {
		if name, _ := t.Str(); name == credential.EnvelopedCredential {
			return true
		}
	}
	return vc.IsString()
}

// PresentationOptions say what a presentation must have been made for.
type PresentationOptions struct {
	// Challenge is the one that it must answer: of Challenge, or the verifier's own, which the registry
	// compares but does not count. Without one a presentation may be somebody's old one.
	Challenge string
	// Domain is the exact set that it must name.
	Domain []string
	// AllowUnsecured takes a presentation without proof, which says nothing but what its credentials
	// say. It does not go with the others.
	AllowUnsecured bool
}

// VerifyPresentation has a node verify a presentation, in any of the forms of credentials, and every
// credential in it. One that does not hold is a Verdict, not an error.
func (c *Client) VerifyPresentation(ctx context.Context, vp jcs.Value, o PresentationOptions, opts ...ReadOption) (credential.Verdict, error) {
	if _, _, inexact := vp.Inexact(); inexact {
		return new(credential.Verifier).VerifyPresentation(ctx, vp, credential.PresentationOptions{}), nil
	}
	name := "verifiablePresentation"
	if o.AllowUnsecured {
		name = "presentation"
	}
	options := c.expected(credential.Options{Challenge: o.Challenge, Domain: o.Domain}, opts)
	verdict, err := c.verify(ctx, "/presentations/verify", jcs.Object(
		jcs.Member{Name: name, Value: vp}, jcs.Member{Name: "options", Value: jcs.Object(options...)},
	), opts)
	if err == nil && verdict.Verified && !verdict.Presentation {
		err = fmt.Errorf("%w: a verdict on a credential", ErrMismatch)
	}
	return verdict, err
}

// expected are the options in the body: what is expected, and what the read options say of the verdict.
func (c *Client) expected(o credential.Options, opts []ReadOption) []jcs.Member {
	r := c.reads
	for _, o := range opts {
		o(&r)
	}
	var members []jcs.Member
	for name, wished := range map[string]bool{
		"acceptAnyIssuer": r.wishes.AcceptAnyIssuer, "allowUndefinedTerms": r.wishes.AllowUndefinedTerms, "requireRegistered": r.wishes.RequireRegistered,
		"requireActiveSubject": r.wishes.RequireActiveSubject,
	} {
		if wished {
			members = append(members, jcs.Member{Name: name, Value: jcs.FromBool(true)})
		}
	}
	if o.Challenge != "" {
		members = append(members, jcs.Member{Name: "challenge", Value: jcs.FromString(o.Challenge)})
	}
	if len(o.Domain) > 0 {
		domains := make([]jcs.Value, len(o.Domain))
		for i, d := range o.Domain {
			domains[i] = jcs.FromString(d)
		}
		members = append(members, jcs.Member{Name: "domain", Value: jcs.Array(domains...)})
	}
	return members
}

// verify posts what is to be verified, and takes no answer for a verdict whose status says otherwise.
func (c *Client) verify(ctx context.Context, path string, body jcs.Value, opts []ReadOption) (credential.Verdict, error) {
	a, err := c.do(ctx, request{
		method: http.MethodPost, path: path, query: c.query(opts), contentType: api.TypeJSON, body: body.Canonical(),
		want: func(status int) bool { return status == http.StatusOK || status == http.StatusBadRequest },
	})
	if err != nil {
		return credential.Verdict{}, err
	}
	v, err := jcs.Decode(a.body)
	if err != nil {
		return credential.Verdict{}, fmt.Errorf("%w: verdict: %w", ErrMismatch, err)
	}
	if _, isVerdict := v.Get("checks"); !isVerdict {
		return credential.Verdict{}, api.ReadProblem(a.status, a.body)
	}
	verdict, err := decode[credential.Verdict](a)
	if err == nil && verdict.Verified != (a.status == http.StatusOK) {
		err = fmt.Errorf("%w: status %d with verified %t", ErrMismatch, a.status, verdict.Verified)
	}
	return verdict, err
}

// Challenge has the registry issue a challenge for a presentation to answer. It is good for one
// VerifyPresentation, within five minutes.
func (c *Client) Challenge(ctx context.Context) (string, error) {
	a, err := c.do(ctx, request{method: http.MethodPost, path: "/challenges"})
	if err != nil {
		return "", err
	}
	got, err := decode[api.Challenge](a)
	if err == nil && got.Challenge == "" {
		err = fmt.Errorf("%w: an empty challenge", ErrMismatch)
	}
	return got.Challenge, err
}

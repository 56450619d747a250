package credential

import (
	"context"
	"time"

	"github.com/tabard-id/tabard/did"
)

// validity compares the credential's period and the proofs' expires with now.
// Both ends of the period are inside.
func (j *judgement) validity() {
	c := j.credential
	if j.now.Before(c.ValidFrom) {
		j.verdict.fail(CheckValidity, CodeNotYetValid, "valid from "+timestamp(c.ValidFrom), nil)
		return
	}
	if !c.ValidUntil.IsZero() && j.now.After(c.ValidUntil) {
		j.verdict.fail(CheckValidity, CodeExpired, "valid until "+timestamp(c.ValidUntil), nil)
		return
	}
	if err := j.securing.dates(j.now); err != nil {
		j.verdict.fail(CheckValidity, codeOf(err, CodeProofExpired), "", err)
		return
	}
	j.verdict.pass(CheckValidity)
}

// issuerState asks whether the issuer's DID is in force. That its key is in the
// present document is part of the proof. Suspension comes before deactivation,
// which may be the intruder's doing.
func (j *judgement) issuerState(ctx context.Context) {
	id, isDID := j.credential.IssuerDID()
	if !isDID {
		j.verdict.skip(CheckIssuerState, CodeIssuerNotDID, "")
		return
	}
	if j.by.Status != nil {
		info, known, err := j.by.Status.DIDStatus(id)
		switch {
		case err != nil:
			j.verdict.fail(CheckIssuerState, CodeStatusUnavailable, "", err)
			return
		case known && info.Status != Active:
			j.verdict.fail(CheckIssuerState, outOfForce(info, CodeIssuerSuspended, CodeIssuerRevoked), info.detail(), nil)
			return
		}
	}
	if computed(id) {
		j.verdict.pass(CheckIssuerState)
		return
	}
	res, err := j.by.Resolver.Resolve(ctx, id, did.Options{})
	switch {
	case err != nil:
		j.verdict.fail(CheckIssuerState, CodeIssuerUnresolvable, "", err)
	case res.Metadata.Deactivated || res.Document == nil:
		j.verdict.fail(CheckIssuerState, CodeIssuerDeactivated, "", nil)
	default:
		j.verdict.pass(CheckIssuerState)
	}
}

// computed reports whether the DID's document follows from the DID, so that it
// can be neither missing nor deactivated.
func computed(id did.ID) bool {
	method := id.Method()
	return method == "key" || method == "jwk"
}

// outOfForce takes any status that is not known for a revocation.
func outOfForce(info StatusInfo, suspended, revoked Code) Code {
	if info.Status == Suspended {
		return suspended
	}
	return revoked
}

// status asks the registry about every digest the credential may be known by; the
// worst answer counts. Entries of credentialStatus cannot be checked here, so that
// a credential that has any fails unless the registry had a worse answer.
func (j *judgement) status() {
	known := false
	for _, digest := range j.securing.digests() {
		if j.by.Status == nil {
			break
		}
		info, found, err := j.by.Status.CredentialStatus(digest, did.ID(j.credential.Issuer))
		switch {
		case err != nil:
			j.verdict.fail(CheckStatus, CodeStatusUnavailable, "", err)
			return
		case found && info.Status != Active:
			j.verdict.fail(CheckStatus, outOfForce(info, CodeSuspended, CodeRevoked), info.detail(), nil)
			return
		}
		known = known || found
	}
	switch {
	case len(j.credential.Status) > 0:
		j.verdict.fail(CheckStatus, CodeStatusUnsupported, "credentialStatus of type "+j.credential.Status[0].Types[0], nil)
	case j.by.Status == nil:
		j.verdict.skip(CheckStatus, CodeNoRegistry, "")
	case !known:
		j.verdict.skip(CheckStatus, CodeUnregistered, "")
	default:
		j.verdict.pass(CheckStatus)
	}
}

// detail says what there is to say about a status.
func (s StatusInfo) detail() string {
	text := s.Status
	if !s.Since.IsZero() {
		text += " since " + timestamp(s.Since)
	}
	if !s.InvalidFrom.IsZero() {
		text += ", invalid from " + timestamp(s.InvalidFrom)
	}
	if s.Reason != "" {
		text += ": " + s.Reason
	}
	return text
}

// freshness sets FreshUntil to the first moment at which the verdict may change
// without anything happening in the registry.
func (j *judgement) freshness() {
	end := j.by.FreshUntil
	if !j.verdict.Verified || end.IsZero() {
		return
	}
	if until := j.credential.ValidUntil; !until.IsZero() && until.Before(end) {
		end = until
	}
	if until := j.securing.expires(); !until.IsZero() && until.Before(end) {
		end = until
	}
	j.verdict.FreshUntil = timestamp(end)
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

package credential

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
)

// validity compares the credential's period and the signatures' own dates with
// now. Both ends of the period are inside.
func (j *judgement) validity() {
	c, clock := j.credential, j.clock()
	if err := clock.reached("validFrom", c.ValidFrom); err != nil {
		j.verdict.fail(CheckValidity, CodeNotYetValid, "valid from "+timestamp(c.ValidFrom), nil)
		return
	}
	if !c.ValidUntil.IsZero() && j.now.After(c.ValidUntil) {
		j.verdict.fail(CheckValidity, CodeExpired, "valid until "+timestamp(c.ValidUntil), nil)
		return
	}
	if err := j.securing.dates(clock); err != nil {
		j.verdict.fail(CheckValidity, codeOf(err, CodeProofExpired), "", err)
		return
	}
	j.verdict.passWith(CheckValidity, clock.note())
}

// stateCodes are the codes for the state of a DID.
type stateCodes struct{ unresolvable, deactivated, suspended, revoked Code }

var (
	issuerCodes = stateCodes{CodeIssuerUnresolvable, CodeIssuerDeactivated, CodeIssuerSuspended, CodeIssuerRevoked}
	holderCodes = stateCodes{CodeHolderUnresolvable, CodeHolderDeactivated, CodeHolderSuspended, CodeHolderRevoked}
)

// issuerState asks whether the issuer's DID is in force.
func (j *judgement) issuerState(ctx context.Context) {
	id, isDID := j.credential.IssuerDID()
	if !isDID {
		j.verdict.skip(CheckIssuerState, CodeIssuerNotDID, "")
		return
	}
	if err := j.owned(ctx, RoleIssuer, id, j.trusted); err != nil {
		j.verdict.fail(CheckIssuerState, CodeStatusUnavailable, "", err)
		return
	}
	j.state(ctx, CheckIssuerState, id, issuerCodes)
}

// state asks whether a DID is in force. That its key is in the present document is
// part of the proof. Suspension comes before deactivation, which may be the
// intruder's doing.
func (j *judgement) state(ctx context.Context, row string, id did.ID, codes stateCodes) {
	note := ""
	ask := func(s StatusSource) (StatusInfo, bool, error) { return s.DIDStatus(id) }
	if j.by.Status != nil {
		info, known, err := ask(j.by.Status)
		switch {
		case err != nil:
			j.verdict.fail(row, CodeStatusUnavailable, "", err)
			return
		case known && info.Status != Active:
			j.verdict.fail(row, outOfForce(info, codes.suspended, codes.revoked), info.detail(), nil)
			return
		}
	}
	if j.by.Hindsight != nil {
		code, detail, err := j.hindsight(ask)
		if code != "" {
			j.verdict.fail(row, code, detail, err)
			return
		}
		note = detail
	}
	if computed(id) {
		j.verdict.passWith(row, note)
		return
	}
	res, err := j.by.Resolver.Resolve(ctx, id, did.Options{})
	switch {
	case err != nil:
		j.verdict.fail(row, codes.unresolvable, "", err)
	case res.Metadata.Deactivated || res.Document == nil:
		j.verdict.fail(row, codes.deactivated, "", nil)
	case res.Source != nil && res.Source.Observation != nil:
		j.verdict.Checks = append(j.verdict.Checks, Check{
			Name: row, Outcome: Passed, Code: CodeObserved, Detail: strings.TrimSpace(observed(res.Source) + " " + note),
		})
	default:
		j.verdict.passWith(row, note)
	}
}

// observed says how old the document is that stands in for what the DID's host would
// say now.
func observed(s *did.Source) string {
	text := "as observed at " + timestamp(s.Fetched) + ", record " + strconv.FormatUint(s.Observation.Seq, 10)
	if s.Observation.Reason != "" {
		text += " (" + s.Observation.Reason + ")"
	}
	return text
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

// hindsight asks what happened since the time judged by. A code says that it
// changes the answer, or that it cannot be told; without one, the detail is a note.
func (j *judgement) hindsight(ask func(StatusSource) (StatusInfo, bool, error)) (Code, string, error) {
	info, known, err := ask(j.by.Hindsight)
	switch {
	case err != nil:
		return CodeStatusUnavailable, "", err
	case !known || info.Status == Active:
		return "", "", nil
	case info.Status != Suspended && !info.InvalidFrom.IsZero() && !info.InvalidFrom.After(j.now):
		return CodeRevokedRetroactively, fmt.Sprintf("%s, which is not after %s", info.detail(), timestamp(j.now)), nil
	}
	return "", "later: " + info.detail(), nil
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

// freshness sets the first moment at which the verdict may change without anything
// happening in the registry.
func (j *judgement) freshness() {
	if j.credential == nil {
		return
	}
	j.end = earliest(j.credential.ValidUntil, j.securing.expires(), j.bound)
	if j.verdict.Verified && !j.by.FreshUntil.IsZero() {
		j.verdict.FreshUntil = timestamp(earliest(j.by.FreshUntil, j.end))
	}
}

// earliest returns the first of those that are not zero; zero if all are.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

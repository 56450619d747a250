package credential

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/statuslist"
)

// claimStatus refers to where the status of a token is told (IETF Token Status List,
// 6). In a document that is in no envelope it is a term like any other.
const claimStatus = "status"

// statusClaim is that claim as it was read; err is why it could not be.
type statusClaim struct {
	statuslist.Status
	err error
}

// addStatus reads the claim of a payload or header that has one.
func (s *sealed) addStatus(v jcs.Value) {
	if claim, present := v.Get(claimStatus); present {
		read, err := statuslist.ParseStatus(claim)
		s.status = append(s.status, statusClaim{read, err})
	}
}

// addStatusCBOR is addStatus for the claim of a CWT, nil if it has none.
func (s *sealed) addStatusCBOR(claim []byte) {
	if claim != nil {
		read, err := statuslist.ParseStatusCBOR(claim)
		s.status = append(s.status, statusClaim{read, err})
	}
}

// statusClaims are those of the token that the credential came in; none if it came in
// no token.
func (j *judgement) statusClaims() []statusClaim {
	if s, enveloped := j.securing.(*sealed); enveloped {
		return s.status
	}
	return nil
}

// references asks every mechanism that a status claim refers to. All count: that one of
// them says nothing does not say what another would.
func (j *judgement) references(ctx context.Context) (findings []finding) {
	for _, claim := range j.statusClaims() {
		if claim.err != nil {
			findings = append(findings, finding{CodeMalformed, "", &checkError{code: CodeMalformed, typ: MalformedValueError, err: claim.err}})
			continue
		}
		for _, name := range claim.Other {
			findings = append(findings, finding{CodeStatusUnsupported, "the claim status refers to " + cut(name), nil})
		}
		if claim.List != nil {
			findings = append(findings, j.reference(ctx, *claim.List))
		}
	}
	return findings
}

func (j *judgement) reference(ctx context.Context, ref statuslist.Reference) finding {
	lists, knows := j.by.Lists.(TokenLists)
	switch {
	case !knows || j.by.depth >= maxDepth:
		return finding{CodeStatusUnsupported, "status list tokens are not looked at here", nil}
	case !j.trusted:
		return finding{CodeNotChecked, "status lists are not asked for a credential whose proof does not hold", nil}
	}
	found, err := j.recall(listOf{ref.URI, j.credential.Issuer, true}, func() (foundList, error) {
		return j.tokenList(ctx, lists, ref.URI)
	})
	if err != nil {
		return finding{codeOf(err, CodeListInvalid), "", err}
	}
	if found.list != nil {
		return j.ownReference(found.list, ref)
	}
	status, err := found.claims.Status(ref, j.now, j.by.leeway())
	if err != nil {
		return listInvalid("status list token "+ref.URI, err)
	}
	return judgeToken(ref, status).with(found.note)
}

// judgeToken says what a status type means (7.1).
func judgeToken(ref statuslist.Reference, status byte) finding {
	told := fmt.Sprintf("status 0x%02x at index %d of %s", status, ref.Index, ref.URI)
	switch status {
	case statuslist.TokenValid:
		return finding{}
	case statuslist.TokenInvalid:
		return finding{CodeRevoked, told, nil}
	case statuslist.TokenSuspended:
		return finding{CodeSuspended, told, nil}
	}
	return finding{CodeStatusUnsupported, told + ", of which the meaning is not known", nil}
}

// ownReference asks a list of this registry's, which it serves as a token as well.
func (j *judgement) ownReference(list *statuslist.List, ref statuslist.Reference) finding {
	e := statuslist.Entry{Purpose: list.Purposes[0], ListURL: ref.URI, Index: ref.Index, Size: 1}
	result, err := list.Status(e)
	if err != nil {
		return listInvalid("status list "+ref.URI, err)
	}
	if f := judgeResult(e, result); f != (finding{}) {
		return f
	}
	return j.entryHindsight(e)
}

// tokenList returns the status list token of that URI once its signature holds, its
// issuer may speak of this credential and is in force. Errors are *checkError.
func (j *judgement) tokenList(ctx context.Context, lists TokenLists, uri string) (foundList, error) {
	at, err := j.lookup()
	if err != nil {
		return foundList{}, err
	}
	what := "status list token " + uri
	doc, err := lists.TokenStatusList(ctx, uri, at)
	if err == nil && doc.Own && (doc.List == nil || len(doc.List.Purposes) != 1) {
		err = errors.New("a list of its own has one purpose")
	}
	if err != nil {
		return foundList{}, &checkError{code: CodeStatusUnavailable, typ: retrievalError, detail: what, err: err}
	}
	if doc.Own {
		return foundList{list: doc.List}, nil
	}
	claims, issuer, err := j.verifiedToken(ctx, doc.Token)
	if err == nil && !at.IsZero() && claims.IssuedAt.After(at) {
		err = &statuslist.Error{Type: statuslist.VerificationError, Path: "iat", Detail: "later than the time asked for"}
	}
	if err != nil {
		return foundList{}, listInvalid(what, err).err
	}
	if !j.trusts(issuer) {
		return foundList{}, &checkError{code: CodeListUntrusted, typ: statusError, detail: what + " is by " + issuer + ", who may speak of credentials by " + j.credential.Issuer + " only where that is configured"}
	}
	if err := j.inForce(ctx, issuer); err != nil {
		return foundList{}, listInvalid(what, err).err
	}
	until := claims.ExpiresAt
	if !doc.FetchedAt.IsZero() && claims.TTL > 0 {
		until = earliest(until, doc.FetchedAt.Add(claims.TTL))
	}
	return foundList{claims: claims, until: until, note: strings.Join(j.byAnother(what, issuer), "; ")}, nil
}

// verifiedToken checks the signature of a status list token, by a key that its owner
// makes assertions with, before it is expanded.
func (j *judgement) verifiedToken(ctx context.Context, token string) (*statuslist.Claims, string, error) {
	opened, err := statuslist.OpenToken([]byte(token))
	if err != nil {
		return nil, "", err
	}
	key := func(url string) (multikey.PublicKey, error) {
		if err := checkKeyURL(url); err != nil {
			return multikey.PublicKey{}, err
		}
		return retrieve(ctx, expected{by: j.by, now: j.now}, url, did.AssertionMethod)
	}
	if err := opened.Verify(key, j.by.Signature); err != nil {
		return nil, "", err
	}
	claims, fresh, err := j.by.Decoded.decodeToken(token, opened, j.room())
	if err != nil {
		return nil, "", err
	}
	if fresh {
		j.by.asked.expanded += claims.List.Bytes()
	}
	return claims, opened.Owner(), nil
}

// inForce makes sure that the issuer of a list is, where it is another than the
// credential's, whose state has a row of its own.
func (j *judgement) inForce(ctx context.Context, issuer string) error {
	if issuer == j.credential.Issuer {
		return nil
	}
	inner := judgement{by: j.by, now: j.now}
	inner.state(ctx, CheckIssuerState, did.ID(issuer), issuerCodes)
	if row := inner.verdict.Checks[0]; row.Outcome == Failed {
		return errors.New("its issuer: " + inner.verdict.firstFailure())
	}
	return nil
}

package credential

import (
	"context"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
)

// Refusal is why a document is not to be signed: the row that the verdict of every
// verifier would have, with its code.
type Refusal struct {
	Check  string
	Code   Code
	Detail string
	// Type and Title are those of the problem in the verdict.
	Type, Title string
}

func (r *Refusal) Error() string {
	if r.Detail == "" {
		return string(r.Code) + ": " + r.Title
	}
	return string(r.Code) + ": " + r.Detail
}

// CheckUnsigned makes those checks of a credential or presentation that need nothing
// but the document, before it is signed: its structure and numbers, its contexts and
// terms, its issuer or holder, the resources at hand, the form of its status list
// entries. method is the DID URL of the key that is to sign, token whether that makes
// a token, whose claims no context defines. The error is a *Refusal of what would not
// verify anywhere. Time is not looked at, nor are the proofs that are there already
// or the credentials in a presentation.
func (v *Verifier) CheckUnsigned(doc jcs.Value, method string, token bool) error {
	by := securing(unsigned{openIntegrity(doc), method})
	if token {
		by = &sealed{document: doc, payload: doc, keyID: method, inner: openIntegrity(doc)}
	}
	var verdict Verdict
	if isPresentation(doc) {
		p := presenting{judgement: judgement{by: v, securing: by}}
		if p.structure(doc, nil) {
			p.holder()
			p.context(doc.Without("verifiableCredential"), p.presentation.Version)
		}
		verdict = p.verdict
	} else {
		j := judgement{by: v, securing: by}
		if j.structure(doc, nil) {
			j.issuer()
			j.entryForms()
			j.relatedResources()
			j.context(doc, j.credential.Version)
		}
		verdict = j.verdict
	}
	failed := 0
	for _, c := range verdict.Checks {
		if c.Outcome != Failed {
			continue
		}
		if p := verdict.ProblemDetails[failed]; c.Code != CodeIssuerNotDID && c.Code != CodeHolderNotDID {
			return &Refusal{Check: c.Name, Code: c.Code, Detail: c.Detail, Type: p.Type, Title: p.Title}
		}
		failed++ // a policy may let pass what is no DID
	}
	return nil
}

// entryForms checks the form of entries of status lists.
func (j *judgement) entryForms() {
	for _, entry := range j.credential.Status {
		if !statuslist.IsEntry(entry.Value) {
			continue
		}
		if _, err := statuslist.ParseEntry(entry.Value); err != nil {
			j.verdict.fail(CheckStatus, CodeListInvalid, "", err)
			return
		}
	}
}

// unsigned is what is to be signed with a key by that DID URL, after the proofs that
// there are. It secures nothing yet.
type unsigned struct {
	*integrity
	method string
}

func (u unsigned) keyOf(id did.ID) bool {
	return (&sealed{keyID: u.method}).keyOf(id) || u.integrity.keyOf(id)
}

func (u unsigned) verify(context.Context, expected) error {
	return &checkError{code: CodeProofMissing, detail: "not signed yet"}
}

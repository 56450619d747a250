package credential

import (
	"context"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/proof"
)

// finding is what one source says of the credential's status. A finding without a
// code is good; its detail, if any, is a note.
type finding struct {
	code   Code
	detail string
	err    error
}

// with adds a note to what is told, where that is not an error.
func (f finding) with(note string) finding {
	switch {
	case note == "" || f.err != nil:
	case f.detail == "":
		f.detail = note
	default:
		f.detail += "; " + note
	}
	return f
}

// severity orders codes: the worst of the findings is the row's. That a credential
// is revoked outweighs that its suspension cannot be told.
func severity(code Code) int {
	switch code {
	case "":
		return 0
	case CodeNotChecked:
		return 1
	case CodeStatusUnsupported:
		return 2
	case CodeStatusUnavailable:
		return 3
	case CodeListUntrusted:
		return 4
	case CodeListInvalid, CodeMalformed:
		return 5
	case CodeSuspended, CodeSubjectSuspended:
		return 6
	case CodeRevokedRetroactively:
		return 7
	default:
		return 8
	}
}

// status asks the registry about every digest the credential may be known by, and
// every entry of credentialStatus and every status claim for itself; the worst answer
// counts.
func (j *judgement) status(ctx context.Context) {
	known, findings := j.registered()
	findings = append(findings, j.entries(ctx)...)
	findings = append(findings, j.references(ctx)...)
	var worst finding
	var notes []string
	for _, f := range findings {
		if severity(f.code) > severity(worst.code) {
			worst = f
		}
		if f.code == "" && f.detail != "" {
			notes = append(notes, f.detail)
		}
	}
	note := strings.Join(notes, "; ")
	required := j.by.RequireRegistered && j.by.depth == 0
	switch {
	case worst.code == CodeNotChecked:
		j.verdict.skip(CheckStatus, CodeNotChecked, worst.detail)
	case worst.code != "":
		j.verdict.fail(CheckStatus, worst.code, worst.detail, worst.err)
	case required && j.by.Status == nil:
		j.verdict.fail(CheckStatus, CodeNoRegistry, "nothing is known of registered credentials here", nil)
	case required && !known:
		j.verdict.fail(CheckStatus, CodeUnregistered, "the registry has not heard of it, and so not of a revocation", nil)
	case known || len(j.credential.Status)+len(j.statusClaims()) > 0:
		j.verdict.passWith(CheckStatus, note)
	case j.by.Status == nil:
		j.verdict.skip(CheckStatus, CodeNoRegistry, note)
	default:
		j.verdict.skip(CheckStatus, CodeUnregistered, note)
	}
}

// registered asks the registry, and the present one where the time judged by is
// past, about every digest the credential may be known by.
func (j *judgement) registered() (known bool, findings []finding) {
	for _, digest := range j.digests {
		found, more := j.registeredAs(digest)
		known = known || found
		findings = append(findings, more...)
	}
	if known {
		return known, findings
	}
	for _, source := range []StatusSource{j.by.Status, j.by.Hindsight} {
		digest, found, err := j.byGraph(source)
		if err != nil {
			return known, append(findings, finding{CodeStatusUnavailable, "", err})
		}
		if found && !slices.Contains(j.digests, digest) {
			j.digests = append(j.digests, digest)
			found, more := j.registeredAs(digest)
			known = known || found
			findings = append(findings, more...)
		}
	}
	return known, findings
}

func (j *judgement) registeredAs(digest [32]byte) (known bool, findings []finding) {
	issuer := did.ID(j.credential.Issuer)
	ask := func(s StatusSource) (StatusInfo, bool, error) { return s.CredentialStatus(digest, issuer) }
	if j.by.Status != nil {
		info, found, err := ask(j.by.Status)
		known = found
		switch {
		case err != nil:
			findings = append(findings, finding{CodeStatusUnavailable, "", err})
		case found && info.Status != Active:
			findings = append(findings, finding{outOfForce(info, CodeSuspended, CodeRevoked), info.detail(), nil})
		}
	}
	if j.by.Hindsight != nil {
		code, detail, err := j.hindsight(ask)
		findings = append(findings, finding{code, detail, err})
	}
	return known, findings
}

// GraphSource is a StatusSource that knows credentials by what they say as well: a
// signature over RDF holds for every way of writing a credential, and whoever wrote a
// revoked one anew would have one that verifies and was never registered.
type GraphSource interface {
	// CredentialByGraph returns the digest under which that issuer registered a
	// credential whose canonical N-Quads (RDFC-1.0), without its proof, have that
	// SHA-256.
	CredentialByGraph(graph [32]byte, issuer did.ID) (digest [32]byte, ok bool, err error)
}

// byGraph asks for a credential that is secured as RDF by what it says. One whose
// proof does not hold is not worth the work.
func (j *judgement) byGraph(source StatusSource) (digest [32]byte, ok bool, err error) {
	graphs, asks := source.(GraphSource)
	secured, isIntegrity := j.securing.(*integrity)
	if !asks || !isIntegrity || !j.trusted || !secured.overRDF() {
		return digest, false, nil
	}
	graph, err := secured.secured.RDFDigest(proof.Options{Processor: j.by.Processor})
	if err != nil {
		return digest, false, err
	}
	return graphs.CredentialByGraph(graph, did.ID(j.credential.Issuer))
}

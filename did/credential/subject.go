package credential

import (
	"context"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
)

// maxOwned is of how many subjects the owners are looked up.
const maxOwned = 8

// subjectState asks the registry whether the subjects' DIDs are in force: the worst
// answer counts. What other hosts say of them is not asked.
func (j *judgement) subjectState(ctx context.Context) {
	subjects := j.subjectDIDs()
	switch {
	case len(subjects) == 0:
		j.verdict.skip(CheckSubjectState, CodeAbsent, "")
		return
	case j.by.Status == nil && j.by.RequireActiveSubject:
		j.verdict.fail(CheckSubjectState, CodeStatusUnavailable, "no registry is asked", nil)
		return
	case j.by.Status == nil:
		j.verdict.skip(CheckSubjectState, CodeNoRegistry, "")
		return
	}
	var worst finding
	var notes []string
	for i, id := range subjects {
		f := j.subject(id)
		if i < maxOwned && f.err == nil {
			if err := j.owned(ctx, RoleSubject, id, j.trusted); err != nil {
				f = finding{CodeStatusUnavailable, "", err}
			}
		}
		if severity(f.code) > severity(worst.code) {
			worst = f
		}
		if f.code == "" && f.detail != "" {
			notes = append(notes, f.detail)
		}
	}
	switch {
	case worst.code == "":
		j.verdict.passWith(CheckSubjectState, strings.Join(notes, "; "))
	case j.by.RequireActiveSubject:
		j.verdict.fail(CheckSubjectState, worst.code, worst.detail, worst.err)
	case worst.err != nil:
		j.verdict.skip(CheckSubjectState, worst.code, worst.err.Error())
	default:
		j.verdict.skip(CheckSubjectState, worst.code, worst.detail)
	}
}

// subjectDIDs are the subjects that are DIDs, each once.
func (j *judgement) subjectDIDs() []did.ID {
	var list []did.ID
	for _, subject := range j.credential.Subjects {
		if id, err := did.Parse(subject); err == nil && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// subject asks about one, now and where the time verified by is past, since.
func (j *judgement) subject(id did.ID) finding {
	ask := func(s StatusSource) (StatusInfo, bool, error) { return s.DIDStatus(id) }
	info, known, err := ask(j.by.Status)
	switch {
	case err != nil:
		return finding{CodeStatusUnavailable, "", err}
	case known && info.Status != Active:
		return finding{outOfForce(info, CodeSubjectSuspended, CodeSubjectRevoked), string(id) + " is " + info.detail(), nil}
	case j.by.Hindsight == nil:
		return finding{}
	}
	code, detail, err := j.hindsight(ask)
	if detail != "" {
		detail = string(id) + " " + detail
	}
	return finding{code, detail, err}
}

package credential

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
)

// maxLookups bounds how many status lists one judgement asks for, of a credential or
// of a presentation whole, those of the lists' own credentials included; maxDepth
// how far lists of lists are followed.
const (
	maxLookups = 32
	maxDepth   = 2
	// maxExpanded bounds the bytes that all of those lists are expanded to.
	maxExpanded = 2 * statuslist.MaxBytes
)

// Types of the status list that Bitstring Status List replaced; it is read like
// that one.
const (
	entry2021      = "StatusList2021Entry"
	credential2021 = "StatusList2021Credential"
	list2021       = "StatusList2021"
)

// entries asks every status list that the credential points to.
func (j *judgement) entries(ctx context.Context) []finding {
	findings := make([]finding, 0, len(j.credential.Status))
	for _, entry := range j.credential.Status {
		findings = append(findings, j.entry(ctx, entry))
	}
	return findings
}

func (j *judgement) entry(ctx context.Context, entry StatusEntry) finding {
	value, known := bitstringEntry(entry)
	switch {
	case !known:
		return finding{CodeStatusUnsupported, "credentialStatus of type " + entry.Types[0], nil}
	case j.by.Lists == nil || j.by.depth >= maxDepth:
		return finding{CodeStatusUnsupported, "status lists are not looked at here", nil}
	case !j.trusted:
		return finding{CodeNotChecked, "status lists are not asked for a credential whose proof does not hold", nil}
	}
	e, err := statuslist.ParseEntry(value)
	if err == nil && e.ID != "" && e.ID == e.ListURL {
		err = &statuslist.Error{Type: statuslist.MalformedValueError, Path: "id", Detail: "the URL of the list itself"}
	}
	if err != nil {
		return listInvalid("credentialStatus", err)
	}
	found, err := j.remembered(ctx, e.ListURL)
	if err != nil {
		return finding{codeOf(err, CodeListInvalid), "", err}
	}
	result, err := found.list.Status(e)
	if err != nil {
		return listInvalid("status list "+e.ListURL, err)
	}
	if f := judgeResult(e, result); f != (finding{}) {
		return f.with(found.note)
	}
	return j.entryHindsight(e).with(found.note)
}

// judgeResult says what a status means (Bitstring Status List 1.0, 2.1): revocation
// and suspension refuse the credential, a message and an offer to refresh do not.
// What another purpose means when it is set nobody here can tell.
func judgeResult(e statuslist.Entry, r statuslist.Result) finding {
	told := fmt.Sprintf("%s at index %d of %s", e.Purpose, e.Index, e.ListURL)
	switch {
	case e.Purpose == statuslist.Message:
		return finding{detail: fmt.Sprintf("message 0x%x: %s", r.Value, r.Message)}
	case !r.Set:
		return finding{}
	case e.Purpose == statuslist.Refresh:
		return finding{detail: "an updated credential is available from the refresh service"}
	case e.Purpose == statuslist.Revocation:
		return finding{CodeRevoked, told, nil}
	case e.Purpose == statuslist.Suspension:
		return finding{CodeSuspended, told, nil}
	}
	return finding{CodeStatusUnsupported, fmt.Sprintf("%s is 0x%x, of which the meaning is not known", told, r.Value), nil}
}

// listInvalid keeps the problem type of the specification.
func listInvalid(what string, err error) finding {
	typ := statusError
	var e *statuslist.Error
	if errors.As(err, &e) {
		typ = e.Type
	}
	return finding{CodeListInvalid, "", &checkError{code: CodeListInvalid, typ: typ, detail: what, err: err}}
}

// asked is what one judgement has asked for, so that it asks only once.
type asked struct {
	lookups, expanded int
	// schemas are those that were fetched; evaluating them took so much work.
	schemas map[schemaOf]foundSchema
	work    int
	// exhausted: one of the lists took more work than a document may.
	exhausted bool
	// lists are those that hold, for credentials by an issuer.
	lists map[listOf]foundList
}

// listOf names a list of one kind, or a status list token.
type listOf struct {
	url, issuer string
	token       bool
}

// foundList has the list, or the claims of a status list token.
type foundList struct {
	list   *statuslist.List
	claims *statuslist.Claims
	// until is when it has to be asked for again; zero if never.
	until time.Time
	// note is what it was trusted for by configuration only; "" if for nothing.
	note string
}

// remembered returns the list of that URL, and lets it bound the verdict.
func (j *judgement) remembered(ctx context.Context, url string) (foundList, error) {
	return j.recall(listOf{url, j.credential.Issuer, false}, func() (foundList, error) { return j.list(ctx, url) })
}

// recall finds a list only once, and lets it bound the verdict.
func (j *judgement) recall(key listOf, find func() (foundList, error)) (foundList, error) {
	found, ok := j.by.asked.lists[key]
	if !ok {
		var err error
		if found, err = find(); err != nil {
			return foundList{}, err
		}
		if j.by.asked.lists == nil {
			j.by.asked.lists = make(map[listOf]foundList)
		}
		j.by.asked.lists[key] = found
	}
	if j.bound = earliest(j.bound, found.until); !j.bound.IsZero() && j.bound.Before(j.now) {
		j.bound = j.now
	}
	return found, nil
}

// lookup counts a question for a list; it returns the time to ask for, zero for the
// present.
func (j *judgement) lookup() (at time.Time, err error) {
	if j.by.asked.lookups++; j.by.asked.lookups > maxLookups || j.by.asked.exhausted {
		return at, &checkError{code: CodeStatusUnavailable, typ: retrievalError, detail: "more status lists than are looked at"}
	}
	if j.by.Hindsight != nil {
		at = j.now
	}
	return at, nil
}

// room is how many bytes a list may take once it is expanded.
func (j *judgement) room() int { return min(statuslist.MaxBytes, maxExpanded-j.by.asked.expanded) }

// list returns the list of that URL once its credential has been judged like any
// other, and its issuer may speak of this credential. Errors are *checkError.
func (j *judgement) list(ctx context.Context, url string) (foundList, error) {
	at, err := j.lookup()
	if err != nil {
		return foundList{}, err
	}
	what := "status list " + url
	doc, err := j.findList(ctx, url, at)
	if err != nil {
		return foundList{}, &checkError{code: CodeStatusUnavailable, typ: retrievalError, detail: what, err: err}
	}
	if doc.Own && doc.List != nil {
		return foundList{list: doc.List}, nil
	}
	value := doc.Value
	if doc.Token != "" {
		value = jcs.FromString(doc.Token)
	}
	if !doc.Own {
		if err := j.judgeList(ctx, value); err != nil {
			return foundList{}, &checkError{code: CodeListInvalid, typ: statusError, detail: what, err: err}
		}
	}
	list, fresh, err := j.by.Decoded.decode(value, j.room(), j.minListEntries())
	if err != nil {
		return foundList{}, listInvalid(what, err).err
	}
	if fresh {
		j.by.asked.expanded += len(list.Bits())
	}
	if doc.Own {
		return foundList{list: list}, nil
	}
	if !j.trusts(list.Issuer) {
		return foundList{}, &checkError{code: CodeListUntrusted, typ: statusError, detail: what + " is by " + list.Issuer + ", who may speak of credentials by " + j.credential.Issuer + " only where that is configured"}
	}
	until := list.ValidUntil
	if !doc.FetchedAt.IsZero() && list.TTL > 0 {
		until = earliest(until, doc.FetchedAt.Add(list.TTL))
	}
	notes := j.byAnother(what, list.Issuer)
	if n := list.Entries(max(list.Size, 1)); n < statuslist.MinEntries {
		notes = append(notes, fmt.Sprintf("%s has %d entries, fewer than %d, which is accepted here", what, n, statuslist.MinEntries))
	}
	return foundList{list: list, until: until, note: strings.Join(notes, "; ")}, nil
}

func (j *judgement) minListEntries() uint64 {
	if j.by.MinListEntries == 0 {
		return statuslist.MinEntries
	}
	return j.by.MinListEntries
}

// byAnother notes a list that speaks of another issuer's credentials because the verifier
// is set up to let it.
func (j *judgement) byAnother(what, listIssuer string) []string {
	if listIssuer == j.credential.Issuer {
		return nil
	}
	return []string{what + " is by " + listIssuer + ", which is trusted here to speak of credentials by " + j.credential.Issuer}
}

// trusts reports whether lists by that issuer may speak of the credential.
func (j *judgement) trusts(listIssuer string) bool {
	issuer := j.credential.Issuer
	return listIssuer == issuer || j.by.AcceptListIssuer != nil && j.by.AcceptListIssuer(listIssuer, issuer)
}

func (j *judgement) findList(ctx context.Context, url string, at time.Time) (ListDocument, error) {
	if lists, ok := j.by.Lists.(ListsByIssuer); ok {
		return lists.StatusListBy(ctx, url, j.credential.Issuer, at)
	}
	return j.by.Lists.StatusList(ctx, url, at)
}

// judgeList judges the credential that a list is.
func (j *judgement) judgeList(ctx context.Context, doc jcs.Value) error {
	sub := *j.by
	sub.depth++
	sub.share()
	sub.Now = j.now
	payload, by, err := open(doc)
	inner := sub.judge(ctx, payload, by, err, Options{})
	j.by.asked.exhausted = j.by.asked.exhausted || inner.exhausted
	if inner.verdict.Verified {
		return nil
	}
	return errors.New("its credential is not verified: " + inner.verdict.firstFailure())
}

// bitstringEntry returns the entry as one of Bitstring Status List; known is false
// if it is of another kind.
func bitstringEntry(entry StatusEntry) (value jcs.Value, known bool) {
	if slices.Contains(entry.Types, statuslist.EntryType) {
		return entry.Value, true
	}
	if !slices.Contains(entry.Types, entry2021) {
		return jcs.Value{}, false
	}
	value = entry.Value.With("type", jcs.FromString(statuslist.EntryType))
	// Some writers of that time gave the index as a number, and most the id of an
	// entry as the URL of the list and a fragment.
	index, _ := value.Get("statusListIndex")
	if n, isInt := index.Int(); isInt && n >= 0 {
		value = value.With("statusListIndex", jcs.FromString(fmt.Sprint(n)))
	}
	return value, true
}

// bitstringList returns a list credential as one of Bitstring Status List: that of
// 2021 had base64 in either alphabet and no header before it.
func bitstringList(v jcs.Value) jcs.Value {
	types, err := typesOf(v, "type")
	if err != nil || !slices.Contains(types, credential2021) {
		return v
	}
	subject, _ := v.Get("credentialSubject")
	if kind, _ := subject.GetString("type"); kind != list2021 {
		return v
	}
	encoded, _ := subject.GetString("encodedList")
	encoded = "u" + strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(encoded), "=")
	subject = subject.With("type", jcs.FromString(statuslist.ListType)).With("encodedList", jcs.FromString(encoded))
	return v.With("type", jcs.Array(jcs.FromString(Type), jcs.FromString(statuslist.CredentialType))).With("credentialSubject", subject)
}

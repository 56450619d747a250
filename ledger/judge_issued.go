package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// issued is an issuer's own status list in the course of being judged.
type issued struct {
	op record.Op
	*statuslist.List
	// size is how many bits an entry has.
	size int
	// subject is what the issuer is looked up by, url what the list is stored under.
	subject, url string
	// own is what the registry's URL says, if it is one.
	own *record.ListID
	// prev is the issuer's list of that URL before, first who first had one there.
	prev    *view.Issued
	first   string
	created time.Time
}

// statusList records an issuer's own list: its shape, whether it may have the URL and
// follow the one before, and its signature, before its bits are looked at.
func (j *judge) statusList(op record.Op) error {
	registry, err := j.founded()
	if err != nil {
		return err
	}
	if registry.Ledger == "" {
		return refuse(record.UnknownLedger, "the ledger is empty")
	}
	l := &issued{op: op}
	if l.subject, err = j.subject(op.Issuer); err != nil {
		return err
	}
	digest := op.Digest()
	if first, ok, err := view.GetOutcome(j.in, digest, l.subject); err != nil || ok {
		j.plan.outcome = first
		return err
	}
	for _, step := range []func(*issued) error{j.listShape, j.listURL, j.listIssuer, j.listBits} {
		if err := step(l); err != nil {
			return err
		}
	}
	body, err := j.listBody(l)
	if err != nil {
		return err
	}
	rec, err := j.append(record.KindStatusList, body.Value(), 2<<10)
	if err != nil {
		return err
	}
	next := &view.Issued{Digest: op.CredentialDigest, Created: l.created}
	view.PutIssued(j.plan, l.url, l.subject, l.first, l.prev, next, rec)
	view.PutListContent(j.plan, op.CredentialDigest, op.Credential.Without("proof").Canonical())
	j.plan.touches = append(j.plan.touches, l.url)
	j.accept()
	view.PutOutcome(j.plan, digest, l.subject, j.plan.outcome, rec)
	return nil
}

// listShape checks what the credential says but for its bits.
func (j *judge) listShape(l *issued) error {
	c, err := credential.Parse(l.op.Credential)
	if err != nil {
		return &refusal{code: record.StatusListInvalid, why: err}
	}
	if !c.ValidUntil.IsZero() && j.now.Time().After(c.ValidUntil) {
		return refuse(record.StatusListInvalid, "the list was valid until %s", c.ValidUntil)
	}
	if len(c.Issuer) > record.MaxDID || c.ID == "" || len(c.ID) > record.MaxDID || strings.Contains(c.ID, "#") ||
		!strings.HasPrefix(c.ID, "https://") && !strings.HasPrefix(c.ID, "http://") {
		return refuse(record.StatusListInvalid, "issuer or id is missing, too long, or the id no URL where a list can be")
	}
	l.url = c.ID
	if size := len(l.op.Credential.Canonical()); size > record.MaxStatusList {
		return refuse(record.StatusListInvalid, "%d bytes of at most %d", size, record.MaxStatusList)
	}
	return nil
}

// listURL decides whether the list may have its URL. On the registry's own domain that
// is one of the URLs it has for the issuer, if it makes no list of its own there.
func (j *judge) listURL(l *issued) error {
	registry, err := j.founded()
	if err != nil {
		return err
	}
	id, ours := record.ParseListURL(l.url, registry.Domain)
	if ours {
		owner, err := j.subject(id.Issuer)
		if err != nil {
			return err
		}
		if owner != l.subject {
			return refuse(record.StatusListTaken, "the URL is for lists of %s", id.Issuer)
		}
		_, made, err := view.GetList(j.in, view.List{Issuer: l.subject, Purpose: id.Purpose, Number: id.Number})
		if err != nil {
			return err
		}
		if made {
			return refuse(record.StatusListTaken, "the registry makes that list of what is recorded")
		}
		l.url, l.own = canonicalListURL(id, l.subject), &id
	} else if host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(l.url, "https://"), "http://"), "/"); host == registry.Domain {
		return refuse(record.StatusListTaken, "no list of an issuer is at that URL of the registry's")
	}
	if l.prev, err = view.GetIssued(j.in, l.url, l.subject); err != nil {
		return err
	}
	l.first, err = view.GetListIssuer(j.in, l.url)
	return err
}

// listIssuer checks who signed the list and when: each one later than the one before,
// lest an old one, which says that what is suspended is not, be sent again. Nobody else
// signs it: a proof that somebody adds and that expires would take the list with it, as
// all proofs of a list have to hold.
func (j *judge) listIssuer(l *issued) error {
	if err := j.issuer(l.op.Issuer, l.subject); err != nil {
		return err
	}
	proofs, err := proof.All(l.op.Credential)
	if err != nil {
		return &refusal{code: record.ProofInvalid, why: err}
	}
	for i := range proofs {
		if contexts, _ := l.op.Credential.Get("@context"); proofs[i].SignsRDF() && !contexts.At(0).Equal(jcs.FromString(credential.ContextV2)) {
			return refuse(record.CryptosuiteNotAllowed, "a proof over RDF, of words that %s does not fix", credential.ContextV2)
		}
		if signer, err := signerOf(proofs[i]); err != nil || signer != l.op.Issuer {
			return refuse(record.IssuerNotAuthorised, "a proof is not by %s", l.op.Issuer)
		}
		if proofs[i].CreatedAt.IsZero() {
			return refuse(record.ProofInvalid, "the issuer's proof does not say when it was created")
		}
		if l.created.IsZero() || proofs[i].CreatedAt.Before(l.created) {
			l.created = proofs[i].CreatedAt
		}
	}
	if err := j.createdLater(l); err != nil {
		return err
	}
	_, err = j.securedByIssuer(l.op)
	return err
}

func (j *judge) createdLater(l *issued) error {
	if l.created.After(j.now.Time().Add(record.IssuedTolerance)) {
		return refuse(record.IssuedInFuture, "created %s, it is %s", l.created, j.now)
	}
	if l.prev != nil && !l.created.IsZero() && !l.created.After(l.prev.Created) {
		return refuse(record.IssuedNotLater, "created %s, the list before it %s", l.created, l.prev.Created)
	}
	return nil
}

// listBits expands the bits.
func (j *judge) listBits(l *issued) (err error) {
	if l.List, err = statuslist.ParseListWithin(l.op.Credential, record.MaxStatusListBits); err != nil {
		return &refusal{code: record.StatusListInvalid, why: err}
	}
	l.size = max(l.Size, 1)
	if l.own != nil && !slices.Equal(l.Purposes, []string{string(l.own.Purpose)}) {
		return refuse(record.StatusListInvalid, "a list for %.200q at the URL of one for %s", l.Purposes, l.own.Purpose)
	}
	return nil
}

// listBody compares the list with the one before.
func (j *judge) listBody(l *issued) (*record.ListBody, error) {
	var before []byte
	if l.prev != nil {
		content, err := view.GetListContent(j.in, l.prev.Digest)
		if err != nil {
			return nil, err
		}
		prev, err := statuslist.ParseListWithin(content, record.MaxStatusListBits)
		if err != nil {
			return nil, fmt.Errorf("status list %s: %w", l.prev.Digest, err)
		}
		if max(prev.Size, 1) != l.size || !slices.Equal(prev.Purposes, l.Purposes) {
			return nil, refuse(record.StatusListInvalid, "purpose or statusSize is not that of the list before")
		}
		before = prev.Bits()
	}
	flips, changed := statuslist.Diff(before, l.Bits(), l.size, record.MaxFlips)
	if slices.Contains(l.Purposes, statuslist.Revocation) || slices.Contains(l.Purposes, statuslist.Refresh) {
		if i := l.takenBack(before); i >= 0 {
			return nil, refuse(record.FinalStatus, "entry %d was set, and what is revoked or due stays so", i)
		}
	}
	set, _ := 0, 0
	if l.size == 1 {
		set = statuslist.Count(l.Bits())
	} else {
		_, set = statuslist.Diff(nil, l.Bits(), l.size, 0)
	}
	body := &record.ListBody{
		Issuer: l.op.Issuer, List: l.ID, Digest: l.op.CredentialDigest, Purposes: l.Purposes,
		Entries: int64(l.Entries(l.size)), Set: int64(set), Changed: int64(changed), Proof: l.op.Proof,
	}
	for _, f := range flips {
		body.Flips = append(body.Flips, record.Flip(f))
	}
	return body, nil
}

// takenBack returns an entry that has lost a bit which was set, -1 if there is none.
func (l *issued) takenBack(before []byte) int {
	now := l.Bits()
	for i, was := range before {
		is := byte(0)
		if i < len(now) {
			is = now[i]
		}
		if was&^is != 0 {
			return i * 8 / l.size
		}
	}
	return -1
}

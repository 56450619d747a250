package lists

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

// ErrNoToken: the issuer signs the list itself, and not as a status list token.
var ErrNoToken = errors.New("the list is its issuer's own, and no status list token")

// ErrElsewhere: the list is another host's, and this registry asks none.
var ErrElsewhere = errors.New("the status list is elsewhere, and other hosts are not asked")

// Source is where one verification finds status lists, as of State. Safe for
// concurrent use if what it holds is.
type Source struct {
	Book  *Book
	State State
	// Foreign has the lists that the ledger knows nothing of, and perhaps status list
	// tokens; nil: ErrElsewhere.
	Foreign credential.Lists
}

var (
	_ credential.ListsByIssuer = Source{}
	_ credential.TokenLists    = Source{}
)

// StatusList implements credential.Lists: see StatusListBy.
func (s Source) StatusList(ctx context.Context, url string, at time.Time) (credential.ListDocument, error) {
	return s.StatusListBy(ctx, url, "", at)
}

// StatusListBy implements credential.ListsByIssuer. The lists that the ledger knows are
// those as of State, whatever the time at. Anyone may have recorded a list of any URL
// that is not this registry's: one by another than the issuer is looked at when all else
// fails, and one by the issuer may be an old one, which whoever is revoked by a newer one
// has sent in. What is at the URL now therefore goes before it.
func (s Source) StatusListBy(ctx context.Context, url, issuer string, at time.Time) (credential.ListDocument, error) {
	id, ours := record.ParseListURL(url, s.State.Domain())
	by := did.ID(issuer)
	if ours {
		by = id.Issuer
	}
	var recorded *ledger.IssuedList
	if by != "" {
		issued, ok, err := s.State.IssuedStatusListBy(url, by)
		if err != nil {
			return document(url, issued, err)
		}
		if ok {
			recorded = &issued
		}
	}
	switch {
	case recorded != nil && (ours || s.Foreign == nil || !at.IsZero()):
		return document(url, *recorded, nil)
	case ours:
		return s.own(ctx, id, url)
	case s.Foreign == nil:
		return s.byAnyone(url, ErrElsewhere)
	}
	doc, err := s.Foreign.StatusList(ctx, url, at)
	if recorded != nil {
		return newest(url, *recorded, doc, err)
	}
	if err != nil {
		return s.byAnyone(url, err)
	}
	return doc, nil
}

// byAnyone is the list of that URL by whoever recorded one first; missing if nobody did.
func (s Source) byAnyone(url string, missing error) (credential.ListDocument, error) {
	issued, ok, err := s.State.IssuedStatusList(url)
	if err == nil && !ok {
		return credential.ListDocument{}, missing
	}
	return document(url, issued, err)
}

// newest decides between what the issuer had recorded and what came from the URL: that
// counts, unless it was signed before the other. Where nothing came, the recorded list
// serves if it says itself until when it does.
func newest(url string, recorded ledger.IssuedList, found credential.ListDocument, missing error) (credential.ListDocument, error) {
	old, err := document(url, recorded, nil)
	if err != nil {
		return old, err
	}
	if missing != nil {
		if _, bounded := old.Value.Get("validUntil"); bounded {
			return old, nil
		}
		return credential.ListDocument{}, missing
	}
	if made := created(found.Value); !made.IsZero() && made.Before(created(old.Value)) {
		return old, nil
	}
	return found, nil
}

// created is when the first proof of a list was made; zero if it has none that says so.
func created(list jcs.Value) time.Time {
	var first time.Time
	proofs, err := proof.All(list)
	if err != nil {
		return first
	}
	for i := range proofs {
		if at := proofs[i].CreatedAt; first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// TokenStatusList implements credential.TokenLists. A list that the registry makes is its
// bits, as of State: under the same URL they are served as a status list token. A list
// that an issuer has signed itself is no token, and none is made of it.
func (s Source) TokenStatusList(ctx context.Context, uri string, at time.Time) (credential.ListDocument, error) {
	id, ours := record.ParseListURL(uri, s.State.Domain())
	if !ours {
		tokens, ok := s.Foreign.(credential.TokenLists)
		if !ok {
			return credential.ListDocument{}, ErrElsewhere
		}
		return tokens.TokenStatusList(ctx, uri, at)
	}
	_, signed, err := s.State.IssuedStatusListBy(uri, id.Issuer)
	switch {
	case err != nil:
		return credential.ListDocument{}, fmt.Errorf("status list %s: %w", uri, err)
	case signed:
		return credential.ListDocument{}, ErrNoToken
	}
	return s.own(ctx, id, uri)
}

// document is a list that an issuer has signed. The ledger verified it when it was
// recorded; the verdict verifies it again, by the keys of now.
func document(url string, issued ledger.IssuedList, err error) (credential.ListDocument, error) {
	var v jcs.Value
	if err == nil {
		v, err = jcs.Decode(issued.Content)
	}
	if err != nil {
		return credential.ListDocument{}, fmt.Errorf("status list %s: %w", url, err)
	}
	return credential.ListDocument{Value: v}, nil
}

func (s Source) own(ctx context.Context, id record.ListID, url string) (credential.ListDocument, error) {
	own, err := s.Book.Own(ctx, s.State, id)
	if err != nil {
		return credential.ListDocument{}, err
	}
	list, err := own.List(url, s.State.RegistryDID())
	return credential.ListDocument{Own: true, List: list}, err
}

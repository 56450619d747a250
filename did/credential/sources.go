package credential

import (
	"context"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
)

// StatusSource knows the status of credentials and DIDs. Implementations are safe
// for concurrent use. The second result is false for what was never registered
// (a DID whose status was never changed may count as such); an error means that
// it cannot be told. A digest by itself names no issuer, and anyone can register
// one: what counts is what was registered, and is revoked, by the issuer given.
type StatusSource interface {
	CredentialStatus(digest [32]byte, issuer did.ID) (StatusInfo, bool, error)
	DIDStatus(id did.ID) (StatusInfo, bool, error)
}

// The statuses.
const (
	Active    = "active"
	Suspended = "suspended"
	Revoked   = "revoked"
)

// StatusInfo is the present status of a credential or DID.
type StatusInfo struct {
	// Status is active, suspended or revoked.
	Status string
	// Reason was given by whoever changed it; may be "".
	Reason string
	// InvalidFrom is the time from which it should never have been relied on; zero
	// if not said.
	InvalidFrom time.Time
	// Since is when the status changed; zero if it never did.
	Since time.Time
}

// Lists knows status list credentials by their URL. Implementations are safe for
// concurrent use, bound what they take from strangers, and never answer from a
// copy that the list's own rules call outdated.
type Lists interface {
	// StatusList returns the list as it was at that time, the zero time being the
	// present. An error means that it cannot be told.
	StatusList(ctx context.Context, url string, at time.Time) (ListDocument, error)
}

// ListsByIssuer is Lists that may know several lists of one URL, by different issuers.
type ListsByIssuer interface {
	Lists
	// StatusListBy is StatusList for a credential of that issuer: of several lists its
	// own comes first.
	StatusListBy(ctx context.Context, url, issuer string, at time.Time) (ListDocument, error)
}

// TokenLists is Lists that also knows status list tokens (IETF Token Status List).
type TokenLists interface {
	Lists
	// TokenStatusList returns the status list token of that URI as it was at that time,
	// the zero time being the present: a JWT or the bytes of a CWT as Token, or a list
	// of its own of one purpose, whose set bits stand for 1 (revocation) or 2
	// (suspension). An error means that it cannot be told.
	TokenStatusList(ctx context.Context, uri string, at time.Time) (ListDocument, error)
}

// ListDocument is a status list credential as it was found.
type ListDocument struct {
	// Value is the credential, secured by Data Integrity or enveloped; null where
	// Token is given.
	Value jcs.Value
	// Token is a compact JWT or SD-JWT whose payload is the credential, or "".
	Token string
	// FetchedAt is when it was asked of its publisher; zero if not said.
	FetchedAt time.Time
	// Own says that this registry has built the list from its own ledger, for the
	// time asked for: whoever trusts the ledger trusts its bits, and nothing of it is
	// verified again. Value may then be unsecured.
	Own bool
	// List is the list already read; it stands for Value where Own is set.
	List *statuslist.List
}

// Schemas knows JSON Schemas by their URL. Implementations are safe for concurrent
// use and bound what they take from strangers. An error means that there is none
// to be had.
type Schemas interface {
	Schema(ctx context.Context, url string) ([]byte, error)
}

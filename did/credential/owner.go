package credential

import (
	"context"

	"time"

	"github.com/tabard-id/tabard/did"
)

// Owner is a controller that a DID document names, other than its subject. Naming one
// takes nobody's consent.
type Owner struct {
	Controller did.ID
	// Confirmed: the controller has said so itself, and the registry knows.
	Confirmed bool
	// Credential is the digest of the credential by which it has, zero if there is none.
	Credential [32]byte
}

// OwnerSource is a StatusSource that knows who owns a DID: an agent's controllers.
type OwnerSource interface {
	// Owners returns the controllers of a DID; none for one that is not known.
	Owners(ctx context.Context, id did.ID, at time.Time) ([]Owner, error)
}

// Ownership is one line of a verdict: who owns a DID that has a part in what was judged.
type Ownership struct {
	DID string `json:"did"`
	// Role is issuer, holder or subject; the first that the DID has.
	Role       string `json:"role"`
	Controller string `json:"controller"`
	// State is confirmed or claimed.
	State      string `json:"state"`
	Credential string `json:"credential,omitempty"`
}

// The states of ownership.
const (
	Confirmed = "confirmed"
	Claimed   = "claimed"
)

// State returns the owner's.
func (o Owner) State() string {
	if o.Confirmed {
		return Confirmed
	}
	return Claimed
}

package credential

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/tabard-id/tabard/did"
)

// Owner is a controller that a DID document names, other than its subject. Naming one
// takes nobody's consent.
type Owner struct {
	Controller did.ID
	// Confirmed: the controller has said so itself, in a credential that is in force.
	Confirmed bool
	// Credential is the digest of that, or of one that is not in force; zero if there is
	// none.
	Credential [32]byte
}

// State is Confirmed or Claimed.
func (o Owner) State() string {
	if o.Confirmed {
		return Confirmed
	}
	return Claimed
}

// The states of ownership.
const (
	Confirmed = "confirmed"
	Claimed   = "claimed"
)

// OwnerSource is a StatusSource that knows who owns a DID: an agent's controllers.
type OwnerSource interface {
	// Owners returns the controllers of a DID; none of one whose document is not known.
	Owners(ctx context.Context, id did.ID, at time.Time) ([]Owner, error)
}

// Ownership is a controller of a DID that has a part in what was verified.
type Ownership struct {
	DID string `json:"did"`
	// Role is that part: issuer, subject or holder.
	Role       string `json:"role"`
	Controller string `json:"controller"`
	// State is confirmed or claimed.
	State string `json:"state"`
	// Credential is the digest of that by which the controller confirms it.
	Credential string `json:"credential,omitempty"`
}

// The roles of an Ownership.
const (
	RoleIssuer  = "issuer"
	RoleSubject = "subject"
	RoleHolder  = "holder"
)

// owned notes who owns a DID. Of what is not secured nothing is looked up.
func (j *judgement) owned(ctx context.Context, role string, id did.ID, secured bool) error {
	source, knows := j.by.Status.(OwnerSource)
	if !knows || !secured {
		return nil
	}
	owners, err := source.Owners(ctx, id, j.now)
	for _, o := range owners {
		line := Ownership{DID: string(id), Role: role, Controller: string(o.Controller), State: o.State()}
		if o.Confirmed {
			line.Credential = hex.EncodeToString(o.Credential[:])
		}
		j.verdict.Ownership = append(j.verdict.Ownership, line)
	}
	return err
}

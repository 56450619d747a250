package credential

import (
	"crypto/sha256"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// The first @context says which data model a credential follows.
const (
	ContextV1 = "https://www.w3.org/2018/credentials/v1"
	ContextV2 = "https://www.w3.org/ns/credentials/v2"
)

// Type is the type that every credential has among its types.
const Type = "VerifiableCredential"

// Types of presentations and of envelopes (VC Data Model 2.0, 4.13).
const (
	PresentationType      = "VerifiablePresentation"
	EnvelopedCredential   = "EnvelopedVerifiableCredential"
	EnvelopedPresentation = "EnvelopedVerifiablePresentation"
)

// Limits on what a credential or presentation may carry.
const (
	// MaxItems is how many types, subjects, contexts or objects of one property.
	MaxItems = 64
	// MaxStatus is how many credentialStatus entries.
	MaxStatus = 16
	// MaxSchemas is how many credentialSchema entries.
	MaxSchemas = 8
	// MaxCredentials is how many credentials a presentation may hold.
	MaxCredentials = 16
)

// Credential is a credential whose structure holds. Nothing about its proofs
// follows from that.
type Credential struct {
	// Version is 1 or 2, by the first @context.
	Version int
	// ID is a URL, or "" if the credential has none.
	ID    string
	Types []string
	// Issuer is the issuer's URL, whether it was given as string or as object.
	Issuer string
	// Subjects are the ids of the credentialSubjects that have one, in order.
	Subjects []string
	// ValidFrom and ValidUntil bound the validity period, both inclusive; zero if
	// absent. Version 1 has issuanceDate and expirationDate for them.
	ValidFrom, ValidUntil time.Time
	Status                []StatusEntry
	Schemas               []SchemaEntry
	// Resources are the relatedResources of version 2.
	Resources []Resource
	Value     jcs.Value
}

// SchemaEntry is one credentialSchema.
type SchemaEntry struct {
	ID    string
	Types []string
	Value jcs.Value

	digests digests
}

// Resource is one relatedResource: what the bytes behind a URL must be.
type Resource struct {
	ID string
	// MediaType may be "".
	MediaType string

	digests digests
}

// StatusEntry is one credentialStatus.
type StatusEntry struct {
	// ID is a URL or "".
	ID    string
	Types []string
	Value jcs.Value
}

// IssuerDID returns the issuer if it is a DID.
func (c *Credential) IssuerDID() (did.ID, bool) {
	id, err := did.Parse(c.Issuer)
	return id, err == nil
}

// Digest returns the digest that a credential is known by: SHA-256 over the RFC
// 8785 form of v without its proof member.
func Digest(v jcs.Value) [32]byte {
	return sha256.Sum256(v.Without("proof").Canonical())
}

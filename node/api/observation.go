package api

import "encoding/json"

// Codes of what is asked of other hosts.
const (
	// ForeignOff: this node asks no other host.
	ForeignOff Code = "foreign-off"
	// ForeignUnavailable: the host cannot be asked, or has nothing.
	ForeignUnavailable Code = "foreign-unavailable"
	// ForeignInvalid: what the host serves does not hold.
	ForeignInvalid Code = "foreign-invalid"
	// PinLimit: as many DIDs are pinned as may be.
	PinLimit Code = "pin-limit"
	// WitnessRefused: this witness does not approve of that entry.
	WitnessRefused Code = "witness-refused"
	// WitnessFork: this witness has approved another entry in its place.
	WitnessFork Code = "witness-fork"
)

// Observation is one record of what a foreign DID resolved to.
type Observation struct {
	DID string `json:"did"`
	// Number counts the DID's observations from 1.
	Number int    `json:"number"`
	Seq    uint64 `json:"seq"`
	Time   string `json:"time"`
	// Fetched is when the document came from its host.
	Fetched string `json:"fetched"`
	// Node is the verification method of the node that fetched it.
	Node string `json:"node"`
	// Digest is the SHA-256 of the document's RFC 8785 form, in hexadecimal.
	Digest      string `json:"digest,omitempty"`
	VersionID   string `json:"versionId,omitempty"`
	Deactivated bool   `json:"deactivated,omitempty"`
	// Diverged: a did:web document is another than the one observed before. Rewritten: a
	// did:webvh log contradicts what was observed before.
	Diverged  bool `json:"diverged,omitempty"`
	Rewritten bool `json:"rewritten,omitempty"`
	// Document is given with the newest observation only.
	Document json.RawMessage `json:"document,omitempty"`
	// Recorded says, in the reply to POST, that there is a new record.
	Recorded *bool `json:"recorded,omitempty"`
}

// Observations is the reply to GET /v1/observations/{did}.
type Observations struct {
	DID string `json:"did"`
	// Newest is the last one, with its document.
	Newest Observation `json:"newest"`
	// Observations are those after the parameter after, in their order; More says that
	// there are others after them.
	Observations []Observation `json:"observations"`
	More         bool          `json:"more,omitempty"`
}

// Pin is the body of POST /v1/observations.
type Pin struct {
	DID string `json:"did"`
}

package api

import (
	"encoding/json"

	"github.com/tabard-id/tabard/ledger/record"
)

// A Receipt is what an accepted write returns, and what sending the same operation again returns.
// The record named by seq is durable on a majority of nodes.
type Receipt struct {
	Ledger string      `json:"ledger"` // the ledger id
	Seq    record.Seq  `json:"seq"`    // position of the (last) record
	Time   string      `json:"time"`   // the record's time, RFC 3339 with milliseconds
	Leaf   record.Hash `json:"leaf"`   // RFC 6962 leaf hash of that record
	Kind   string      `json:"kind"`   // of the record: did, credential, status, status-list, observation, whois
	Count  int         `json:"count,omitempty"`

	DID       string `json:"did,omitempty"`       // kinds did, observation, whois
	VersionID string `json:"versionId,omitempty"` // kind did: of the last entry
	Digest    string `json:"digest,omitempty"`    // kinds credential, status-list, whois
	// Completes is, of kind credential, the record of a registration with less that this one
	// adds to: its content, or another digest of what is signed as RDF.
	Completes record.Seq `json:"completes,omitempty"`
	List      string     `json:"list,omitempty"`   // kind status-list: its URL
	Target    string     `json:"target,omitempty"` // kind status
	Status    string     `json:"status,omitempty"` // kind status: the new one
}

// WitnessReceipt answers proofs posted to did-witness.json: they are held for entries to come and
// make no record until an entry takes them along.
type WitnessReceipt struct {
	Ledger string `json:"ledger"`
	Staged int    `json:"staged"` // proofs taken
}

// RegisterCredential is the body of POST /v1/credentials. Either Credential is present, or Digest,
// Issuer and Proof are. A body that is itself a secured credential counts as Credential alone.
type RegisterCredential struct {
	Credential json.RawMessage `json:"credential,omitempty"`
	Publish    bool            `json:"publish,omitempty"` // keep the content and serve it
	Digest     string          `json:"digest,omitempty"`  // hex SHA-256 of the credential without its proof, RFC 8785
	Issuer     string          `json:"issuer,omitempty"`
	Proof      json.RawMessage `json:"proof,omitempty"`
}

// BulkLine is one line of the body of POST /v1/records.
type BulkLine struct {
	Op json.RawMessage `json:"op"` // {"op":"did"|"credential"|"status"|"witness"|"status-list"|"observation"|"unpin"|"whois", …}
}

// BulkOutcome is one line of its reply, in the order of the lines it answers. Exactly one of
// Receipt, Witness and Problem is present.
type BulkOutcome struct {
	Line    int             `json:"line"` // from 1
	Receipt *Receipt        `json:"receipt,omitempty"`
	Witness *WitnessReceipt `json:"witness,omitempty"`
	Problem *Problem        `json:"problem,omitempty"`
}

package api

import (
	"encoding/json"

	"github.com/tabard-id/tabard/ledger/record"
)

// Record is one line of GET /v1/records. Record holds the leaf's exact bytes, so that
// SHA-256(0x00 ‖ Record) is Leaf (RFC 6962, 2.1).
type Record struct {
	Seq    record.Seq      `json:"seq"`
	Leaf   record.Hash     `json:"leaf"`
	Record json.RawMessage `json:"record"`
}

// Status answers GET /v1/status/{target}. Changes is the number of status changes recorded; with
// none, the target is active and Seq, Since, Issued and By are absent.
type Status struct {
	Ledger      string      `json:"ledger"`
	Target      string      `json:"target"`           // hex credential digest or DID
	Digest      string      `json:"digest,omitempty"` // of a credential asked for by its graph: what it is registered by
	Issuer      string      `json:"issuer,omitempty"` // whose credential of that digest it is
	Status      string      `json:"status"`           // active, suspended or revoked
	Reason      string      `json:"reason,omitempty"`
	InvalidFrom string      `json:"invalidFrom,omitempty"`
	Since       string      `json:"since,omitempty"`   // record time of the change
	By          string      `json:"by,omitempty"`      // DID that signed it
	Seq         *record.Seq `json:"seq,omitempty"`     // record of the change
	Cascade     bool        `json:"cascade,omitempty"` // the change asks for what depends on the target to be treated alike, which nothing heeds; new ones may not
	Deactivated bool        `json:"deactivated,omitempty"`
	AsOf        AsOf        `json:"asOf"`
}

// Members of didDocumentMetadata that this registry adds.
const (
	// MetadataStatus is there if the DID is suspended or revoked: an object with status, since (the record's
	// time), by, seq, and if given reason and invalidFrom, as in Status.
	MetadataStatus = "registryStatus"
	// MetadataOwnership is there if the document names a controller other than its subject: a list of objects
	// with controller and state, which is confirmed or claimed; of a confirmed one also credential, the digest of
	// the registration by which the controller confirms it, since, seq and, if it ends, validUntil; of another
	// the reason, for people.
	MetadataOwnership = "ownership"
)

// AsOf names the state an answer holds for: the ledger and its newest record.
type AsOf struct {
	Ledger string     `json:"ledger"`
	Seq    record.Seq `json:"seq"`
	Time   string     `json:"time"` // record time of that record
}

// Credential answers GET /v1/credentials/{digest}.
type Credential struct {
	Ledger     string          `json:"ledger"`
	Digest     string          `json:"digest"`
	Seq        record.Seq      `json:"seq"`
	Issuer     string          `json:"issuer"`
	Body       json.RawMessage `json:"body"`                 // the record's body
	Credential json.RawMessage `json:"credential,omitempty"` // the content, if the issuer published it
	Status     Status          `json:"status"`
}

// Cluster answers GET /v1/cluster: what this node knows of itself and of its peers.
type Cluster struct {
	Node   string      `json:"node"`
	Leader string      `json:"leader,omitempty"`
	Ledger string      `json:"ledger,omitempty"`
	Domain string      `json:"domain,omitempty"`
	Size   record.Seq  `json:"size"`
	Root   record.Hash `json:"root"`
	Time   string      `json:"time,omitempty"` // record time of the newest record
	Term   uint64      `json:"term"`
	State  string      `json:"state"` // leader, follower or candidate
	AgeMS  *int64      `json:"ageMs,omitempty"`
	// Standing is member, or empty or joining of a node without a vote: it holds nothing, or has
	// yet to catch up.
	Standing string `json:"standing,omitempty"`
	// Problems are what keeps the node from taking part, and what is wrong with the ledger's time,
	// for people.
	Problems []string `json:"problems,omitempty"`
	Peers    []Peer   `json:"peers"`
}

// Peer is one member of the cluster, by the address its peers reach it at, as the answering node
// knows it.
type Peer struct {
	ID      string `json:"id"`
	Address string `json:"address,omitempty"`
	// The rest is absent of the answering node itself.
	Reachable     *bool  `json:"reachable,omitempty"`
	Standing      string `json:"standing,omitempty"`
	ClockOffsetMS *int64 `json:"clockOffsetMs,omitempty"` // how far its clock is ahead
	Problem       string `json:"problem,omitempty"`       // why it is not reachable
}

// Ready answers GET /healthz, and GET /readyz of a node that is ready; one that is not answers with the
// problem no-leader, status-stale or clock-wrong.
type Ready struct {
	Ready bool `json:"ready"`
}

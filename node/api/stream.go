package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/ledger/record"
)

// CloseReason says why the server ended a stream. It is the text of the WebSocket
// close frame, whose code is Code.
type CloseReason string

// The reasons, all of them.
const (
	// CloseUnknownLedger: the cursor is of another ledger. Start again from now or
	// from the start of this one.
	CloseUnknownLedger CloseReason = "unknown-ledger"
	// CloseFutureCursor: the cursor is ahead of this node, which did not catch up
	// in time. Try another node, or later.
	CloseFutureCursor CloseReason = "future-cursor"
	// CloseOutdatedCursor: records after the cursor are no longer kept here.
	CloseOutdatedCursor CloseReason = "outdated-cursor"
	// CloseTooSlow: the subscriber did not read for longer than the server waits.
	CloseTooSlow CloseReason = "consumer-too-slow"
	// CloseNodeStale: the node no longer knows that it is current. Use another.
	CloseNodeStale CloseReason = "node-stale"
	// CloseShuttingDown: the node is stopping. Resume on another.
	CloseShuttingDown CloseReason = "shutting-down"
)

// closeCodes are in the range left to applications (RFC 6455, 7.4.2).
var closeCodes = map[CloseReason]int{
	CloseUnknownLedger:  4001,
	CloseFutureCursor:   4002,
	CloseOutdatedCursor: 4003,
	CloseTooSlow:        4004,
	CloseNodeStale:      4005,
	CloseShuttingDown:   4006,
}

// Code returns the WebSocket close code of r: 4001 to 4006, and 1011 (internal
// error) for a reason that is not in the list above.
func (r CloseReason) Code() int {
	if code, known := closeCodes[r]; known {
		return code
	}
	return 1011
}

// Retryable reports whether resuming with the same cursor, at this node later or
// at another one, can succeed.
func (r CloseReason) Retryable() bool {
	return r != CloseUnknownLedger && r != CloseOutdatedCursor
}

// ErrCursor is the error of a text that is no cursor.
var ErrCursor = errors.New("malformed cursor")

// cursorStart stands for the position before the first record.
const cursorStart = "start"

// maxLedgerID bounds the ledger id in a cursor; an SCID has 46 characters.
const maxLedgerID = 128

// Cursor names the last record that a subscriber has seen: "<ledger id>:<seq>", or
// "<ledger id>:start" for none yet. The zero Cursor is no cursor.
type Cursor struct {
	Ledger string
	// Next is the position of the first record not seen.
	Next record.Seq
}

// CursorAt returns the cursor whose last record seen is seq.
func CursorAt(ledger string, seq record.Seq) Cursor { return Cursor{Ledger: ledger, Next: seq + 1} }

// ParseCursor reads a cursor; the error is ErrCursor.
func ParseCursor(s string) (Cursor, error) {
	id, at, found := strings.Cut(s, ":")
	if !found || id == "" || len(id) > maxLedgerID {
		return Cursor{}, fmt.Errorf("%w: want <ledger id>:<seq>", ErrCursor)
	}
	if at == cursorStart {
		return Cursor{Ledger: id}, nil
	}
	seq, err := strconv.ParseUint(at, 10, 64)
	if err != nil || seq >= 1<<53 || strconv.FormatUint(seq, 10) != at {
		return Cursor{}, fmt.Errorf("%w: want a position or %q after the colon", ErrCursor, cursorStart)
	}
	return CursorAt(id, record.Seq(seq)), nil
}

// String is the inverse of ParseCursor.
func (c Cursor) String() string {
	if c.Next == 0 {
		return c.Ledger + ":" + cursorStart
	}
	return c.Ledger + ":" + strconv.FormatUint(uint64(c.Next-1), 10)
}

// KindHeartbeat is the kind of the frame that carries no record.
const KindHeartbeat = "heartbeat"

// Frame is one message of /v1/stream. Which members are present depends on Kind:
//
//	all         cursor, time, kind
//	records     seq, leaf
//	did         did, versionId, versionNumber, deactivated
//	credential  digest, issuer
//	status      target, status, by, reason, invalidFrom; issuer too if the target is a credential
//	            or an entry of a status list
//	status-list issuer, list, digest, changed
//	observation did, digest, versionId, deactivated, diverged, rewritten
//	whois       did, digest
//	heartbeat   size, root; time is the moment up to which the node has heard of everything
//
// A heartbeat's cursor covers all records before it, those the filter held back
// too: a subscriber may resume from it.
type Frame struct {
	Cursor        string      `json:"cursor"`
	Time          string      `json:"time"`
	Kind          string      `json:"kind"`
	Seq           *record.Seq `json:"seq,omitempty"`
	Leaf          string      `json:"leaf,omitempty"`
	DID           string      `json:"did,omitempty"`
	VersionID     string      `json:"versionId,omitempty"`
	VersionNumber int         `json:"versionNumber,omitempty"`
	Deactivated   bool        `json:"deactivated,omitempty"`
	Digest        string      `json:"digest,omitempty"`
	Issuer        string      `json:"issuer,omitempty"`
	Target        string      `json:"target,omitempty"`
	Status        string      `json:"status,omitempty"`
	By            string      `json:"by,omitempty"`
	Reason        string      `json:"reason,omitempty"`
	InvalidFrom   string      `json:"invalidFrom,omitempty"`
	Completes     record.Seq  `json:"completes,omitempty"` // of a credential: the registration with less that it adds to
	List          string      `json:"list,omitempty"`      // the URL of an issuer's own status list
	Changed       int64       `json:"changed,omitempty"`   // how many of its entries changed
	Diverged      bool        `json:"diverged,omitempty"`  // a did:web document is not the one observed before
	Rewritten     bool        `json:"rewritten,omitempty"` // a did:webvh log does not go on from the first one observed
	Size          record.Seq  `json:"size,omitempty"`
	Root          string      `json:"root,omitempty"`
}

// ParseFrame reads one message of the stream.
func ParseFrame(message []byte) (Frame, error) {
	var f Frame
	if err := json.Unmarshal(message, &f); err != nil {
		return Frame{}, fmt.Errorf("stream frame: %w", err)
	}
	if _, err := ParseCursor(f.Cursor); err != nil {
		return Frame{}, fmt.Errorf("stream frame: %w", err)
	}
	if f.Kind != KindHeartbeat && f.Seq == nil {
		return Frame{}, fmt.Errorf("stream frame %s: no seq", f.Cursor)
	}
	return f, nil
}

package api

import "net/http"

// Code is the stable name of a problem: lower-case words joined by hyphens.
type Code string

// Codes of the surface itself. The rest of the table are the ledger's outcome codes, whose names
// are those of package record.
const (
	Internal         Code = "internal"
	Unexpected       Code = "unexpected" // made by clients, for replies that are no problem documents
	NotFound         Code = "not-found"
	MethodNotAllowed Code = "method-not-allowed"
	InvalidParameter Code = "invalid-parameter"
	Malformed        Code = "malformed"
	// UnknownOption travels with the type of VCALM, UNKNOWN_OPTION_PROVIDED.
	UnknownOption        Code = "unknown-option"
	DuplicateName        Code = "duplicate-name"
	TooDeep              Code = "too-deep"
	BodyTooLarge         Code = "body-too-large"
	TooManyLines         Code = "too-many-lines"
	UnsupportedMediaType Code = "unsupported-media-type"
	NotAcceptable        Code = "not-acceptable"
	RequestTimeout       Code = "request-timeout"
	UpgradeRequired      Code = "upgrade-required"
	RateLimited          Code = "rate-limited"
	PathMismatch         Code = "path-mismatch"
	Deactivated          Code = "deactivated"
	UnknownLedger        Code = "unknown-ledger"
	FutureCursor         Code = "future-cursor"
	NoLeader             Code = "no-leader"
	OutcomeUnknown       Code = "outcome-unknown"
	Overloaded           Code = "overloaded"
	StatusStale          Code = "status-stale"
	ShuttingDown         Code = "shutting-down"
	LedgerCorrupt        Code = "ledger-corrupt"
	ClockWrong           Code = "clock-wrong"
	StalePredecessor     Code = "stale-predecessor"
	NotAdmitted          Code = "not-admitted"
	CascadeUnsupported   Code = "cascade-unsupported"
	// StatusListUnavailable travels with the type of its specification, STATUS_RETRIEVAL_ERROR.
	StatusListUnavailable Code = "status-list-unavailable"
)

// row says how a code travels. retryAfter is in seconds; 0 means the same request fails again.
type row struct {
	status     int
	title      string
	retryAfter int
}

var table = map[Code]row{
	// The request.
	Malformed:             {http.StatusBadRequest, "The body is not what this route takes", 0},
	UnknownOption:         {http.StatusBadRequest, "The request has an option that is not known", 0},
	DuplicateName:         {http.StatusBadRequest, "The JSON has two members of one name", 0},
	TooDeep:               {http.StatusBadRequest, "The JSON is nested too deeply", 0},
	InvalidParameter:      {http.StatusBadRequest, "A query parameter is invalid", 0},
	NotFound:              {http.StatusNotFound, "There is nothing here", 0},
	StatusListUnavailable: {http.StatusNotFound, "The status list cannot be had", 0},
	MethodNotAllowed:      {http.StatusMethodNotAllowed, "This route does not take that method", 0},
	NotAcceptable:         {http.StatusNotAcceptable, "No acceptable representation", 0},
	RequestTimeout:        {http.StatusRequestTimeout, "The request did not arrive in time", 1},
	BodyTooLarge:          {http.StatusRequestEntityTooLarge, "The body is too large", 0},
	TooManyLines:          {http.StatusRequestEntityTooLarge, "The body has too many lines", 0},
	UnsupportedMediaType:  {http.StatusUnsupportedMediaType, "This route does not take that content type", 0},
	UpgradeRequired:       {http.StatusUpgradeRequired, "This route speaks WebSocket", 0},
	RateLimited:           {http.StatusTooManyRequests, "Too many requests", 1},
	NotAdmitted:           {http.StatusForbidden, "This registry does not admit that controller", 0},
	PathMismatch:          {http.StatusConflict, "The log's DID does not live at this URL", 0},
	Deactivated:           {http.StatusGone, "The DID is deactivated", 0},
	UnknownLedger:         {http.StatusConflict, "That is another ledger", 0},
	FutureCursor:          {http.StatusConflict, "The cursor lies in the future of this ledger", 0},

	// Other hosts, and witnesses.
	ForeignOff:         {http.StatusNotImplemented, "This node asks no other hosts", 0},
	ForeignUnavailable: {http.StatusBadGateway, "The other host gives no answer", 10},
	ForeignInvalid:     {http.StatusUnprocessableEntity, "What the other host serves does not hold", 0},
	PinLimit:           {http.StatusForbidden, "No more DIDs can be pinned here", 0},
	WitnessRefused:     {http.StatusForbidden, "This witness does not approve of that DID's entries", 0},
	WitnessFork:        {http.StatusConflict, "This witness knows another entry in its place", 0},

	// The node.
	NoLeader:       {http.StatusServiceUnavailable, "The cluster has no leader", 1},
	OutcomeUnknown: {http.StatusServiceUnavailable, "The outcome of the write is unknown", 1},
	Overloaded:     {http.StatusServiceUnavailable, "The node is overloaded", 1},
	StatusStale:    {http.StatusServiceUnavailable, "The node's state is not fresh enough", 1},
	LedgerCorrupt:  {http.StatusServiceUnavailable, "The node's files are damaged, and it is out of service", 0},
	ShuttingDown:   {http.StatusServiceUnavailable, "The node is shutting down", 1},
	ClockWrong:     {http.StatusServiceUnavailable, "The node's clock is not that of its peers", 1},
	Internal:       {http.StatusInternalServerError, "Internal error", 0},

	// DIDs: the rules of did:webvh 1.0, then those of hosting.
	"entry-malformed":         {http.StatusBadRequest, "The log entry is malformed", 0},
	"entry-too-large":         {http.StatusRequestEntityTooLarge, "The log entry is too large", 0},
	"record-too-large":        {http.StatusRequestEntityTooLarge, "The record would be too large", 0},
	"staging-full":            {http.StatusConflict, "As many witness proofs are set aside as may be", 0},
	"too-many-signatures":     {http.StatusRequestEntityTooLarge, "The operation carries too many signatures", 0},
	"version-id":              {http.StatusUnprocessableEntity, "The versionId does not follow", 0},
	"entry-hash-mismatch":     {http.StatusUnprocessableEntity, "The entry hash does not match", 0},
	"scid-mismatch":           {http.StatusUnprocessableEntity, "The SCID does not match", 0},
	"version-time":            {http.StatusUnprocessableEntity, "The versionTime is not later than its predecessor's", 0},
	"version-time-future":     {http.StatusUnprocessableEntity, "The versionTime lies in the future", 0},
	"parameters-invalid":      {http.StatusUnprocessableEntity, "The parameters are invalid", 0},
	"method-unknown":          {http.StatusUnprocessableEntity, "The method version is unknown", 0},
	"unauthorised-key":        {http.StatusForbidden, "The signing key is not authorised", 0},
	"pre-rotation":            {http.StatusUnprocessableEntity, "Pre-rotation is broken", 0},
	"proof-invalid":           {http.StatusUnprocessableEntity, "The proof does not hold", 0},
	"cryptosuite-not-allowed": {http.StatusUnprocessableEntity, "The cryptosuite is not allowed here", 0},
	"witness-parameter":       {http.StatusUnprocessableEntity, "The witness parameter is invalid", 0},
	"witness-threshold":       {http.StatusUnprocessableEntity, "Witnesses are missing", 0},
	"witness-proof":           {http.StatusUnprocessableEntity, "A witness proof is invalid", 0},
	"state-id":                {http.StatusUnprocessableEntity, "The document's id is not the DID", 0},
	"portability":             {http.StatusUnprocessableEntity, "The DID may not move", 0},
	"already-deactivated":     {http.StatusConflict, "The DID is deactivated", 0},
	"document-invalid":        {http.StatusUnprocessableEntity, "The DID document is invalid", 0},
	StalePredecessor:          {http.StatusConflict, "The entry does not follow the head", 0},
	"wrong-domain":            {http.StatusForbidden, "This registry does not host that domain", 0},
	"reserved-path":           {http.StatusForbidden, "That path is reserved", 0},
	"path-taken":              {http.StatusConflict, "That path belongs to another DID", 0},
	"did-moved":               {http.StatusConflict, "The DID has moved away", 0},
	"did-revoked":             {http.StatusConflict, "The DID is revoked", 0},

	// Credentials and status changes.
	"credential-invalid":    {http.StatusUnprocessableEntity, "The credential is invalid", 0},
	"digest-mismatch":       {http.StatusUnprocessableEntity, "The digest does not match", 0},
	"issuer-unresolvable":   {http.StatusUnprocessableEntity, "The issuer cannot be resolved here", 0},
	"issuer-not-authorised": {http.StatusForbidden, "The issuer's key is not authorised", 0},
	"unknown-target":        {http.StatusNotFound, "The target is not registered here", 0},
	"not-authorised":        {http.StatusForbidden, "The signer has no authority over the target", 0},
	"final-status":          {http.StatusConflict, "The status is final", 0},
	"no-change":             {http.StatusConflict, "The target already has that status", 0},
	"issued-not-later":      {http.StatusConflict, "The change was not issued after the previous one", 0},
	CascadeUnsupported:      {http.StatusUnprocessableEntity, "A change is of its target alone", 0},
	"issued-in-future":      {http.StatusUnprocessableEntity, "The change was issued in the future", 0},

	// Status lists, observations and presentations.
	"status-entry-invalid": {http.StatusUnprocessableEntity, "The entry cannot be one of that status list", 0},
	"index-taken":          {http.StatusConflict, "The entry of the status list is in use", 0},
	"status-list-invalid":  {http.StatusUnprocessableEntity, "The status list is invalid", 0},
	"status-list-taken":    {http.StatusConflict, "Somebody else makes the list of that URL", 0},
	"observation-invalid":  {http.StatusUnprocessableEntity, "The observation does not follow from what was fetched", 0},
	"not-foreign":          {http.StatusUnprocessableEntity, "That DID is not observed here", 0},
	"presentation-invalid": {http.StatusUnprocessableEntity, "The presentation is invalid", 0},
}

// Listed reports whether a code is in the table of problems.
func (c Code) Listed() bool { _, ok := table[c]; return ok }

// Status is the HTTP status a code travels with, 500 for a code that is not listed.
func (c Code) Status() int {
	if r, ok := table[c]; ok {
		return r.status
	}
	return http.StatusInternalServerError
}

package api

// Headers of our own.
const (
	// HeaderSeq, on every reply, is the number of records in the state the reply was computed from.
	HeaderSeq = "Tabard-Seq"
	// HeaderAge, on every read, is the age of that state in milliseconds: the time since the newest
	// replicated tick this node has applied. It is absent while the node has heard of no leader.
	HeaderAge = "Tabard-Age"
	// HeaderCursor, on a page of records, is the cursor after which the next page goes on: that of the last
	// record looked at. One that is that of the page before says that there is nothing more, yet.
	HeaderCursor = "Tabard-Cursor"
)

// Media types.
const (
	TypeJSON           = "application/json"
	TypeJSONLines      = "text/jsonl" // did:webvh 1.0, "The DID to HTTPS Transformation", step 6
	TypeNDJSON         = "application/x-ndjson"
	TypeProblem        = "application/problem+json"
	TypeDID            = "application/did"
	TypeDIDResolution  = "application/did-resolution"
	TypeDIDDereference = "application/did-url-dereferencing"
	TypeURIList        = "text/uri-list"
	TypeCredential     = "application/vc"
)

// Query parameters that bound how old the state behind a read may be. They may stand on every read.
const (
	// ParamMinSeq waits until the record at this position is part of the state.
	ParamMinSeq = "min-seq"
	// ParamMaxStale is the greatest age allowed: a Go duration ("1500ms") or whole seconds ("5").
	ParamMaxStale = "max-stale"
	// ParamConsistency is "local" (the default) or "linearizable", which sees every write that was
	// acknowledged before the request.
	ParamConsistency = "consistency"
	// ParamAt asks for a verdict as of a moment past: a position, or an RFC 3339 time.
	ParamAt = "at"
	// ByGraph, as the parameter by of a status, says that its target is the SHA-256 of a credential's
	// canonical N-Quads (RDFC-1.0) without its proof.
	ByGraph = "graph"
)

// ParamRegistration, of a POST to did.jsonl, is the digest of a registered AgentRegistrationCredential by
// which the controller of the new DID has confirmed it: a registry with an allow-list may ask for one.
const ParamRegistration = "registration"

// Limits of the surface, in bytes unless they say otherwise.
const (
	MaxBody      = 1 << 20
	MaxBulkBody  = 16 << 20
	MaxBulkLines = 1 << 16 // lines in one bulk request
	MaxPage      = 1000    // records in one page
)

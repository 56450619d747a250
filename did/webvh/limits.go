package webvh

import "time"

// Limits that bound the work a log can cause. An entry or file beyond one is
// refused, never truncated.
const (
	// MaxEntryBytes bounds one log entry.
	MaxEntryBytes = 256 << 10
	// MaxLogBytes bounds a did.jsonl.
	MaxLogBytes = 16 << 20
	// MaxLogValues bounds the JSON values of a did.jsonl, which take far more memory
	// than their text if they are many and small.
	MaxLogValues = 1 << 19
	// MaxWitnessFileBytes bounds a did-witness.json.
	MaxWitnessFileBytes = 1 << 20
	// MaxEntryProofs bounds the proofs of one entry.
	MaxEntryProofs = 16
	// MaxListItems bounds updateKeys, nextKeyHashes, watchers and witnesses, each.
	MaxListItems = 64
	// MaxItemBytes bounds one string in such a list.
	MaxItemBytes = 2048
	// MaxTTL is the longest ttl in seconds (2^31).
	MaxTTL = 1 << 31
	// DefaultTTL is the ttl in seconds of a log that sets none.
	DefaultTTL = 3600
	// FutureTolerance is how far a versionTime may lie ahead of the time of judgement.
	FutureTolerance = 5 * time.Minute
)

const (
	// Method is the one value of the method parameter known here.
	Method = "did:webvh:1.0"
	// Placeholder stands for the SCID while it is not known.
	Placeholder = "{SCID}"

	suite   = "eddsa-jcs-2022"
	purpose = "assertionMethod"
)

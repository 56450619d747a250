// Package sdjwt reads, checks and makes Selective Disclosure JWTs (RFC 9901): a
// token signed by an issuer, the disclosures that its holder chose to show, and, if
// the issuer bound it to a key, the holder's proof of having that key.
//
// Only the compact serialisation is read. A disclosure that nothing refers to, a
// digest that occurs twice, a claim that would be overwritten and an _sd, ... or
// _sd_alg out of its place are refused; digests without a disclosure are decoys or
// undisclosed and drop out. Whether a key binding is demanded is for the verifier
// to decide, never for who sends the token.
//
// The package reads no clock and keeps no state; its costs are bounded by the size
// of the token.
package sdjwt

// Limits on what is read.
const (
	// MaxToken is the longest SD-JWT with all of its parts, in bytes.
	MaxToken = 1 << 20
	// MaxDisclosures is how many disclosures it may have.
	MaxDisclosures = 1024
	// MaxDepth is how deeply the processed payload may nest.
	MaxDepth = 32
)

// Reserved names of claims (RFC 9901, 4.1).
const (
	nameDigests = "_sd"
	nameElement = "..."
	nameHash    = "_sd_alg"
)

// KeyBindingType is the typ of a key binding JWT (RFC 9901, 4.3).
const KeyBindingType = "kb+jwt"

package record

import "strconv"

// Code says what became of an operation. Numbers and names are stable: they are
// in replicated outcomes, in problem documents and in exit codes.
type Code uint16

// The codes. A number is never used twice.
const (
	Accepted            Code = 0
	Malformed           Code = 1  // the operation is not in the right shape
	UnknownLedger       Code = 2  // meant for another ledger, or there is none yet
	WrongDomain         Code = 3  // the DID is not on this registry's domain
	ReservedPath        Code = 4  // the DID's path is the registry's own
	PathTaken           Code = 5  // another DID has the path
	StalePredecessor    Code = 6  // the entry does not follow the head; Outcome.Head names it
	DIDMoved            Code = 7  // the DID has left this registry
	DIDRevoked          Code = 8  // the DID is revoked
	IssuerUnresolvable  Code = 9  // the issuer's DID cannot be resolved here
	IssuerNotAuthorised Code = 10 // the issuer is suspended, revoked or deactivated, or its key is not for assertions
	ProofInvalid        Code = 11 // a proof is missing, malformed, expired, for something else, or does not verify
	CredentialInvalid   Code = 12 // not a credential in its shape or dates
	DigestMismatch      Code = 13 // the digest claimed is not that of the content
	UnknownTarget       Code = 14 // a status change of what is not registered
	NotAuthorised       Code = 15 // the signer has no authority over the target
	FinalStatus         Code = 16 // the target is revoked
	NoChange            Code = 17 // the target has that status
	IssuedNotLater      Code = 18 // not dated later than the target's last change
	IssuedInFuture      Code = 19 // dated beyond IssuedTolerance
	RecordTooLarge      Code = 20 // beyond MaxRecord
	NotAdmitted         Code = 21 // a node's admission policy refused it; never from Apply
	StatusEntryInvalid  Code = 22 // an entry in one of the registry's status lists that cannot be one
	IndexTaken          Code = 23 // the entry belongs to another credential, or has a status of its own
	StatusListInvalid   Code = 24 // not a status list in its shape, or not one that continues the last
	StatusListTaken     Code = 25 // the URL is that of a list which somebody else makes
	ObservationInvalid  Code = 26 // an observation that does not follow from what was fetched, or too old
	NotForeign          Code = 27 // an observation of a DID that is not to be observed here
	PresentationInvalid Code = 28 // not a presentation in its shape, or too large
	TooManySignatures   Code = 29 // beyond MaxSignatures
	StagingFull         Code = 30 // as many witness proofs are set aside as may be

	// Codes from 32 on are the rules of did:webvh, named as there.

	EntryMalformed        Code = 32
	EntryTooLarge         Code = 33
	VersionID             Code = 34
	EntryHashMismatch     Code = 35
	SCIDMismatch          Code = 36
	VersionTime           Code = 37
	VersionTimeFuture     Code = 38
	ParametersInvalid     Code = 39
	MethodUnknown         Code = 40
	UnauthorisedKey       Code = 41
	PreRotation           Code = 42
	CryptosuiteNotAllowed Code = 43
	WitnessParameter      Code = 44
	WitnessThreshold      Code = 45
	WitnessProof          Code = 46
	StateID               Code = 47
	Portability           Code = 48
	AlreadyDeactivated    Code = 49
	DocumentInvalid       Code = 50
)

var codeNames = map[Code]string{
	Accepted:            "accepted",
	Malformed:           "malformed",
	UnknownLedger:       "unknown-ledger",
	WrongDomain:         "wrong-domain",
	ReservedPath:        "reserved-path",
	PathTaken:           "path-taken",
	StalePredecessor:    "stale-predecessor",
	DIDMoved:            "did-moved",
	DIDRevoked:          "did-revoked",
	IssuerUnresolvable:  "issuer-unresolvable",
	IssuerNotAuthorised: "issuer-not-authorised",
	ProofInvalid:        "proof-invalid",
	CredentialInvalid:   "credential-invalid",
	DigestMismatch:      "digest-mismatch",
	UnknownTarget:       "unknown-target",
	NotAuthorised:       "not-authorised",
	FinalStatus:         "final-status",
	NoChange:            "no-change",
	IssuedNotLater:      "issued-not-later",
	IssuedInFuture:      "issued-in-future",
	RecordTooLarge:      "record-too-large",
	NotAdmitted:         "not-admitted",
	StatusEntryInvalid:  "status-entry-invalid",
	IndexTaken:          "index-taken",
	StatusListInvalid:   "status-list-invalid",
	StatusListTaken:     "status-list-taken",
	ObservationInvalid:  "observation-invalid",
	NotForeign:          "not-foreign",
	PresentationInvalid: "presentation-invalid",
	TooManySignatures:   "too-many-signatures",
	StagingFull:         "staging-full",

	EntryMalformed:        "entry-malformed",
	EntryTooLarge:         "entry-too-large",
	VersionID:             "version-id",
	EntryHashMismatch:     "entry-hash-mismatch",
	SCIDMismatch:          "scid-mismatch",
	VersionTime:           "version-time",
	VersionTimeFuture:     "version-time-future",
	ParametersInvalid:     "parameters-invalid",
	MethodUnknown:         "method-unknown",
	UnauthorisedKey:       "unauthorised-key",
	PreRotation:           "pre-rotation",
	CryptosuiteNotAllowed: "cryptosuite-not-allowed",
	WitnessParameter:      "witness-parameter",
	WitnessThreshold:      "witness-threshold",
	WitnessProof:          "witness-proof",
	StateID:               "state-id",
	Portability:           "portability",
	AlreadyDeactivated:    "already-deactivated",
	DocumentInvalid:       "document-invalid",
}

var codesByName = func() map[string]Code {
	m := make(map[string]Code, len(codeNames))
	for c, name := range codeNames {
		m[name] = c
	}
	return m
}()

// String returns the stable name.
func (c Code) String() string {
	if name, ok := codeNames[c]; ok {
		return name
	}
	return "code-" + strconv.Itoa(int(c))
}

// Known reports whether c is in the table.
func (c Code) Known() bool { _, ok := codeNames[c]; return ok }

// ParseCode returns the code of that name.
func ParseCode(name string) (Code, bool) {
	c, ok := codesByName[name]
	return c, ok
}

// Codes returns all codes in the order of their numbers.
func Codes() []Code {
	var list []Code
	for c := Code(0); int(c) < 1<<8; c++ {
		if c.Known() {
			list = append(list, c)
		}
	}
	return list
}

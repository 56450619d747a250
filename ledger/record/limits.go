package record

import "time"

// Limits on what the ledger takes. What exceeds one is refused with a code.
const (
	// MaxRecord is the size of a record in bytes: the largest leaf that an entry
	// bundle of C2SP tlog-tiles holds.
	MaxRecord = 65535
	// MaxCommand is the size of an encoded command in bytes.
	MaxCommand = 1 << 20
	// MaxDepth is how deep the JSON of a command nests, and that of a record, so that
	// whoever reads strict JSON with the usual limit reads every record. MaxValues is
	// how many values it has.
	MaxDepth  = 32
	MaxValues = 1 << 17
	// MaxEntries is how many log entries one operation appends.
	MaxEntries = 1024
	// MaxWitnessItems is how many items of a did-witness.json one operation
	// carries, MaxWitnessProofs how many proofs altogether, MaxWitnessProof the size
	// of one in bytes.
	MaxWitnessItems  = 1024
	MaxWitnessProofs = 1024
	MaxWitnessProof  = 4096
	// MaxStaged is for how many versions proofs are set aside of witnesses that no DID
	// names yet, MaxStagedProofs how many for one version. A version holds its place for
	// StagedLife, if nobody sends the entry; no other takes it before.
	MaxStaged       = 4096
	MaxStagedProofs = 64
	StagedLife      = time.Hour
	// MaxAwaited is how many proofs of one witness are set aside for a DID that names it.
	MaxAwaited = 16
	// MaxSignatures is how many signatures one operation carries. The largest that
	// there is a need for appends MaxEntries log entries, each with the proof of one
	// update key, and has with them a proof by each of as many witnesses as a log may
	// name at a time, 64 (webvh.MaxListItems): such a proof approves all entries before
	// it. Whoever signs entries with several keys sends fewer of them at a time.
	MaxSignatures = MaxEntries + 64
	// MaxReason is the length of a status change's reason in bytes.
	MaxReason = 256
	// MaxDID is the length of a DID in bytes.
	MaxDID = 2048
	// IssuedTolerance is how far ahead of the record's time a status change may
	// be dated.
	IssuedTolerance = 5 * time.Minute
	// MaxLists is how many lists of one purpose the registry makes for an issuer, and
	// MaxListEntries how many entries one of them has at most.
	MaxLists       = 1 << 20
	MaxListEntries = 1 << 20
	// MaxStatusList is the size of an issuer's own status list credential in bytes,
	// MaxStatusListBits that of its bits when they are expanded, and MaxFlips how many
	// of its changes a record names.
	MaxStatusList     = 256 << 10
	MaxStatusListBits = 1 << 20
	MaxFlips          = 1024
	// MaxObservedDocument is the size of an observed document in bytes, and
	// MaxObservedFile that of a did.jsonl or did-witness.json.
	MaxObservedDocument = 48 << 10
	MaxObservedFile     = 256 << 10
	// ObservedTolerance is how old what was observed may be when it is recorded.
	ObservedTolerance = 5 * time.Minute
	// MaxPresentation is the size of a linked presentation in bytes.
	MaxPresentation = 64 << 10
)

package record

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// OpName names an operation; it is the "op" of a command's payload.
type OpName string

// The operations.
const (
	// OpDID appends did:webvh log entries, all or none:
	// {"entries":[…],"op":"did","witness":[…]?}, witness as in did-witness.json.
	OpDID OpName = "did"
	// OpCredential registers a credential, by content:
	// {"credential":{…},"digest":hex?,"op":"credential","publish":bool}, or by
	// digest alone: {"digest":hex,"issuer":did,"op":"credential","proof":{…}|[…]}.
	OpCredential OpName = "credential"
	// OpStatus changes a status: {"change":{…},"op":"status"}.
	OpStatus OpName = "status"
	// OpWitness sets witness proofs aside for entries to come:
	// {"file":[…],"op":"witness","path":string?}, file as in did-witness.json, path where
	// the DID lives or will live, such as agents/bot. It makes no record.
	OpWitness OpName = "witness"
	// OpStatusList records an issuer's own status list: {"list":{…},"op":"status-list"}.
	OpStatusList OpName = "status-list"
	// OpObservation records what a DID elsewhere resolved to; log and witness are the
	// text of its did.jsonl and did-witness.json, of did:webvh only:
	// {"log":string?,"observation":{…},"op":"observation","witness":string?}.
	OpObservation OpName = "observation"
	// OpWhois publishes a DID's linked presentation: {"op":"whois","presentation":{…}}.
	OpWhois OpName = "whois"
	// OpUnpin ends the observation of a DID: {"op":"unpin","statement":{…}}.
	OpUnpin OpName = "unpin"
)

// Op is one operation. The fields of the other operations are zero.
type Op struct {
	Name OpName

	// Entries and Witness are of OpDID; Witness also of OpWitness.
	Entries []jcs.Value
	Witness []jcs.Value
	// Path is of OpWitness; "" if it was not given.
	Path string

	// Credential is the content, null if only its digest is given; of OpStatusList it
	// is the list, of OpWhois the presentation. Publish asks for the content of a
	// credential to be kept beside the ledger.
	Credential jcs.Value
	Publish    bool
	// CredentialDigest, Issuer and Proof are what is registered. With content
	// they are taken from it; Claimed is the digest that the payload claimed for
	// the content, if it did. Of OpWhois Issuer is the DID that the presentation is of:
	// its holder, or else who signed it.
	CredentialDigest Hash
	Claimed          *Hash
	Issuer           did.ID
	Proof            jcs.Value

	// Change is the signed StatusChange.
	Change jcs.Value

	// Observation is the signed Observation, Log and LogWitness the files with it.
	Observation     jcs.Value
	Log, LogWitness []byte

	// Unpin is the signed statement.
	Unpin jcs.Value

	payload jcs.Value
	// size is that of the command it was decoded from.
	size int
}

// ErrMalformed is wrapped by the errors of everything here that reads an
// operation out of the right shape; its code is Malformed.
var ErrMalformed = errors.New("malformed operation")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

func member(name string, v jcs.Value) jcs.Member { return jcs.Member{Name: name, Value: v} }

func opPayload(name OpName, members ...jcs.Member) jcs.Value {
	return jcs.Object(append(members, member("op", jcs.FromString(string(name))))...)
}

// NewDIDOp appends entries, in their order, with items of a did-witness.json.
func NewDIDOp(entries, witness []jcs.Value) (Op, error) {
	members := []jcs.Member{member("entries", jcs.Array(entries...))}
	if len(witness) > 0 {
		members = append(members, member("witness", jcs.Array(witness...)))
	}
	return ParseOp(opPayload(OpDID, members...))
}

// NewCredentialOp registers a secured credential by its content.
func NewCredentialOp(credential jcs.Value, publish bool) (Op, error) {
	return ParseOp(opPayload(OpCredential, member("credential", credential), member("publish", jcs.FromBool(publish))))
}

// NewDigestOp registers a credential of which only the digest is told; proof is
// its proof member.
func NewDigestOp(digest Hash, issuer did.ID, proof jcs.Value) (Op, error) {
	return ParseOp(opPayload(OpCredential,
		member("digest", jcs.FromString(digest.String())),
		member("issuer", jcs.FromString(string(issuer))),
		member("proof", proof)))
}

// NewStatusOp makes a signed StatusChange.
func NewStatusOp(change jcs.Value) (Op, error) {
	return ParseOp(opPayload(OpStatus, member("change", change)))
}

// NewWitnessOp sets the items of a did-witness.json aside for any DID.
func NewWitnessOp(file []jcs.Value) (Op, error) {
	return ParseOp(opPayload(OpWitness, member("file", jcs.Array(file...))))
}

// NewWitnessOpAt sets the items of a did-witness.json aside for the DID at a path.
func NewWitnessOpAt(path string, file []jcs.Value) (Op, error) {
	return ParseOp(opPayload(OpWitness, member("file", jcs.Array(file...)), member("path", jcs.FromString(path))))
}

// Size is the size of the command that the operation was decoded from, 0 if there
// was none.
func (op Op) Size() int { return op.size }

// Payload returns the payload's JSON.
func (op Op) Payload() jcs.Value { return op.payload }

// Digest is the idempotency key: the SHA-256 of the operation's content without
// proofs, so that a resubmission with other signatures is the same operation. Of
// a credential it covers digest and issuer only: in whichever form it comes, it is
// registered, and a form that says more than those before completes that. Of a status list and a presentation it also covers when
// each proof was made, so that one signed again later is another operation.
func (op Op) Digest() Hash {
	switch op.Name {
	case OpDID:
		entries := make([]jcs.Value, len(op.Entries))
		for i, e := range op.Entries {
			entries[i] = e.Without("proof")
		}
		return digest(opPayload(OpDID, member("entries", jcs.Array(entries...))))
	case OpCredential:
		return digest(opPayload(OpCredential,
			member("digest", jcs.FromString(op.CredentialDigest.String())),
			member("issuer", jcs.FromString(string(op.Issuer)))))
	case OpStatus:
		return digest(opPayload(OpStatus, member("change", op.Change.Without("proof"))))
	case OpObservation:
		return digest(opPayload(OpObservation, member("observation", op.Observation.Without("proof"))))
	case OpUnpin:
		return digest(opPayload(OpUnpin, member("statement", op.Unpin.Without("proof"))))
	case OpStatusList, OpWhois:
		return digest(opPayload(op.Name,
			member("created", createdOf(op.Proof)),
			member("digest", jcs.FromString(op.CredentialDigest.String())),
			member("issuer", jcs.FromString(string(op.Issuer)))))
	default:
		return digest(op.payload)
	}
}

func digest(v jcs.Value) Hash { return sha256.Sum256(v.Canonical()) }

// CredentialDigest is the SHA-256 of the RFC 8785 form of a credential without its
// proof.
func CredentialDigest(credential jcs.Value) Hash { return digest(credential.Without("proof")) }

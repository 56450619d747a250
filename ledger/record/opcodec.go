package record

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// commandVersion is the first byte of every command.
const commandVersion = 1

const commandHead = 1 + sha256.Size

// Errors of DecodeOp that say the command is not to be judged at all: the node
// that meets one in the replicated log stops.
var (
	// ErrCommandDigest says that a command is not what was proposed.
	ErrCommandDigest = errors.New("command does not match its digest")
	// ErrCommandVersion says that a newer version wrote the command.
	ErrCommandVersion = errors.New("unknown command version")
	// ErrUnknownOp says that a newer version named the operation.
	ErrUnknownOp = errors.New("unknown operation")
)

// Encode returns the command: 0x01, SHA-256 of the payload, payload.
func (op Op) Encode() []byte {
	b := make([]byte, commandHead, commandHead+1024)
	b[0] = commandVersion
	b = op.payload.Append(b)
	sum := sha256.Sum256(b[commandHead:])
	copy(b[1:], sum[:])
	return b
}

// EncodeOp is op.Encode.
func EncodeOp(op Op) []byte { return op.Encode() }

// DecodeOp reads a command, which must not be modified afterwards. Errors are
// ErrCommandVersion, ErrCommandDigest, ErrUnknownOp, for which nothing can be
// said about the operation, and ErrMalformed, which is an outcome.
func DecodeOp(command []byte) (Op, error) {
	if len(command) < 1 || command[0] != commandVersion {
		return Op{}, fmt.Errorf("%w %x, know %x", ErrCommandVersion, command[:min(len(command), 1)], commandVersion)
	}
	if len(command) < commandHead {
		return Op{}, fmt.Errorf("%w: %d bytes", ErrCommandDigest, len(command))
	}
	payload := command[commandHead:]
	if sum := sha256.Sum256(payload); !bytes.Equal(sum[:], command[1:commandHead]) {
		return Op{}, fmt.Errorf("%w: %x, not %x", ErrCommandDigest, sum, command[1:commandHead])
	}
	if len(command) > MaxCommand {
		return Op{}, malformed("%d bytes of at most %d", len(command), MaxCommand)
	}
	op, err := parsePayload(payload)
	op.size = len(command)
	return op, err
}

func parsePayload(payload []byte) (Op, error) {
	v, err := limits.Decode(payload)
	if err != nil {
		return Op{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return parseOp(v)
}

// parseOp reads a payload and takes apart what every judgement needs.
func parseOp(v jcs.Value) (Op, error) {
	name, ok := v.GetString("op")
	if !ok {
		return Op{}, malformed("no op")
	}
	op := Op{Name: OpName(name), payload: v}
	var err error
	switch op.Name {
	case OpDID:
		err = op.parseDID(v)
	case OpCredential:
		err = op.parseCredential(v)
	case OpStatus:
		err = op.parseStatus(v)
	case OpWitness:
		err = op.parseWitness(v)
	case OpStatusList:
		err = op.parseStatusList(v)
	case OpObservation:
		err = op.parseObservation(v)
	case OpWhois:
		err = op.parseWhois(v)
	case OpUnpin:
		err = op.parseUnpin(v)
	default:
		return Op{}, fmt.Errorf("%w %.40q", ErrUnknownOp, name)
	}
	if err != nil {
		return Op{}, err
	}
	return op, nil
}

// only refuses members of v other than op and those named.
func only(v jcs.Value, names ...string) error {
next:
	for name := range v.Members() {
		if name == "op" {
			continue
		}
		for _, known := range names {
			if name == known {
				continue next
			}
		}
		return malformed("unknown member %.40q", name)
	}
	return nil
}

// objects reads the array of objects v.name, of 1 to limit items.
func objects(v jcs.Value, name string, limit int) ([]jcs.Value, error) {
	list, ok := v.Get(name)
	if !ok || !list.IsArray() || list.Len() < 1 || list.Len() > limit {
		return nil, malformed("%s is not an array of 1 to %d objects", name, limit)
	}
	items := make([]jcs.Value, 0, list.Len())
	for item := range list.Elems() {
		if !item.IsObject() {
			return nil, malformed("%s is not an array of 1 to %d objects", name, limit)
		}
		items = append(items, item)
	}
	return items, nil
}

func (op *Op) parseDID(v jcs.Value) (err error) {
	if err := only(v, "entries", "witness"); err != nil {
		return err
	}
	if op.Entries, err = objects(v, "entries", MaxEntries); err != nil {
		return err
	}
	if _, ok := v.Get("witness"); ok {
		op.Witness, err = objects(v, "witness", MaxWitnessItems)
	}
	return err
}

func (op *Op) parseWitness(v jcs.Value) (err error) {
	if err := only(v, "file", "path"); err != nil {
		return err
	}
	if path, given := v.Get("path"); given {
		if op.Path, _ = path.Str(); op.Path == "" || len(op.Path) > MaxDID {
			return malformed("path is not a string of 1 to %d bytes", MaxDID)
		}
	}
	op.Witness, err = objects(v, "file", MaxWitnessItems)
	return err
}

func (op *Op) parseStatus(v jcs.Value) error {
	if err := only(v, "change"); err != nil {
		return err
	}
	op.Change, _ = v.Get("change")
	if !op.Change.IsObject() {
		return malformed("change is not an object")
	}
	return nil
}

func (op *Op) parseCredential(v jcs.Value) error {
	credential, whole := v.Get("credential")
	if !whole {
		return op.parseDigest(v)
	}
	if err := only(v, "credential", "digest", "publish"); err != nil {
		return err
	}
	publish, _ := v.Get("publish")
	var ok bool
	if op.Publish, ok = publish.Bool(); !ok {
		return malformed("publish is not true or false")
	}
	if !credential.IsObject() {
		return malformed("credential is not an object")
	}
	if text, ok := v.Get("digest"); ok {
		s, _ := text.Str()
		claimed, err := ParseHash(s)
		if err != nil {
			return malformed("digest: %v", err)
		}
		op.Claimed = &claimed
	}
	op.Credential = credential
	op.CredentialDigest = CredentialDigest(credential)
	op.Issuer = did.ID(issuerOf(credential))
	op.Proof, _ = credential.Get("proof")
	return nil
}

func (op *Op) parseDigest(v jcs.Value) error {
	if err := only(v, "digest", "issuer", "proof"); err != nil {
		return err
	}
	text, _ := v.GetString("digest")
	digest, err := ParseHash(text)
	if err != nil {
		return malformed("digest: %v", err)
	}
	issuer, _ := v.GetString("issuer")
	id, err := did.Parse(issuer)
	if err != nil || len(id) > MaxDID {
		return malformed("issuer is not a DID")
	}
	op.Proof, _ = v.Get("proof")
	if !op.Proof.IsObject() && !op.Proof.IsArray() {
		return malformed("proof is neither an object nor an array")
	}
	if 2+depth(op.Proof) > MaxDepth { // that deep in the record it lies
		return malformed("the proof nests too deeply")
	}
	op.CredentialDigest, op.Issuer = digest, id
	return nil
}

// issuerOf returns a credential's issuer: the string, or the id of the object;
// "" if there is none (VC Data Model 2.0, 4.7).
func issuerOf(credential jcs.Value) string {
	issuer, _ := credential.Get("issuer")
	if s, ok := issuer.Str(); ok {
		return s
	}
	s, _ := issuer.GetString("id")
	return s
}

package sd

import (
	"bytes"
	"encoding/base64"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Base is what a base proof value carries (3.5.2): everything that is needed to
// disclose anything, for the holder alone.
type Base struct {
	Signature  []byte
	PublicKey  []byte
	HMACKey    []byte
	Signatures [][]byte
	Pointers   []string
}

// Derived is what a derived proof value carries (3.5.7).
type Derived struct {
	Signature  []byte
	PublicKey  []byte
	Signatures [][]byte
	// Labels are the names of blank nodes: Labels[i] that of c14n‹i›.
	Labels [][]byte
	// Mandatory are the indexes of the mandatory statements, increasing.
	Mandatory []int
}

// The headers by which a base and a derived proof value are told apart: the CBOR
// tags 0x5d00 and 0x5d01.
const (
	headerBase    = "\xd9\x5d\x00"
	headerDerived = "\xd9\x5d\x01"
)

// baseParts and derivedParts are arrays in CBOR. ByteString takes byte strings
// only, not arrays of numbers.
type baseParts struct {
	_          struct{} `cbor:",toarray"`
	Signature  cbor.ByteString
	PublicKey  cbor.ByteString
	HMACKey    cbor.ByteString
	Signatures []cbor.ByteString
	Pointers   []string
}

type derivedParts struct {
	_          struct{} `cbor:",toarray"`
	Signature  cbor.ByteString
	PublicKey  cbor.ByteString
	Signatures []cbor.ByteString
	Labels     map[uint64]cbor.ByteString
	Mandatory  []uint64
}

// strict refuses what two decoders could read differently, and tags, which the
// specification forbids.
var strict = must(cbor.DecOptions{
	DupMapKey:        cbor.DupMapKeyEnforcedAPF,
	IndefLength:      cbor.IndefLengthForbidden,
	TagsMd:           cbor.TagsForbidden,
	MaxNestedLevels:  4,
	MaxArrayElements: MaxStatements,
	MaxMapPairs:      MaxStatements,
	UTF8:             cbor.UTF8RejectInvalid,
	BignumTag:        cbor.BignumTagForbidden,
}.DecMode())

var deterministic = must(cbor.CoreDetEncOptions().EncMode())

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // options that contradict each other: caught by any test
	}
	return v
}

// ParseBase reads a base proof value; errors are ErrValue.
func ParseBase(value string) (Base, error) {
	var p baseParts
	if err := decode(value, headerBase, &p); err != nil {
		return Base{}, err
	}
	b := Base{
		Signature: []byte(p.Signature), PublicKey: []byte(p.PublicKey), HMACKey: []byte(p.HMACKey),
		Signatures: bytesOf(p.Signatures), Pointers: p.Pointers,
	}
	if err := b.check(); err != nil {
		return Base{}, err
	}
	return b, nil
}

func (b *Base) check() error {
	if err := checkParts(b.Signature, b.PublicKey, b.Signatures); err != nil {
		return err
	}
	if len(b.HMACKey) != LabelSize {
		return fmt.Errorf("%w: HMAC key of %d bytes", ErrValue, len(b.HMACKey))
	}
	return checkPointers(b.Pointers)
}

// Encode returns the proof value.
func (b *Base) Encode() (string, error) {
	if err := b.check(); err != nil {
		return "", err
	}
	return encode(headerBase, baseParts{
		Signature: cbor.ByteString(b.Signature), PublicKey: cbor.ByteString(b.PublicKey), HMACKey: cbor.ByteString(b.HMACKey),
		Signatures: stringsOf(b.Signatures), Pointers: append([]string{}, b.Pointers...),
	})
}

// ParseDerived reads a derived proof value; errors are ErrValue.
func ParseDerived(value string) (Derived, error) {
	var p derivedParts
	if err := decode(value, headerDerived, &p); err != nil {
		return Derived{}, err
	}
	d := Derived{
		Signature: []byte(p.Signature), PublicKey: []byte(p.PublicKey), Signatures: bytesOf(p.Signatures),
		Labels: make([][]byte, len(p.Labels)), Mandatory: make([]int, len(p.Mandatory)),
	}
	for i, label := range p.Labels {
		if i >= uint64(len(p.Labels)) {
			return Derived{}, fmt.Errorf("%w: label for c14n%d where there are %d", ErrValue, i, len(p.Labels))
		}
		d.Labels[i] = []byte(label)
	}
	for i, index := range p.Mandatory {
		if index >= MaxStatements {
			return Derived{}, fmt.Errorf("%w: mandatory index %d", ErrValue, index)
		}
		d.Mandatory[i] = int(index)
	}
	if err := d.check(); err != nil {
		return Derived{}, err
	}
	return d, nil
}

func (d *Derived) check() error {
	if err := checkParts(d.Signature, d.PublicKey, d.Signatures); err != nil {
		return err
	}
	seen := make(map[string]bool, len(d.Labels))
	for _, label := range d.Labels {
		if len(label) != LabelSize || seen[string(label)] {
			return fmt.Errorf("%w: a label of the wrong length, or twice", ErrValue)
		}
		seen[string(label)] = true
	}
	for i, index := range d.Mandatory {
		if index < 0 || i > 0 && index <= d.Mandatory[i-1] {
			return fmt.Errorf("%w: mandatory indexes do not increase", ErrValue)
		}
	}
	return nil
}

// Encode returns the proof value.
func (d *Derived) Encode() (string, error) {
	if err := d.check(); err != nil {
		return "", err
	}
	p := derivedParts{
		Signature: cbor.ByteString(d.Signature), PublicKey: cbor.ByteString(d.PublicKey), Signatures: stringsOf(d.Signatures),
		Labels: make(map[uint64]cbor.ByteString, len(d.Labels)), Mandatory: make([]uint64, len(d.Mandatory)),
	}
	for i, label := range d.Labels {
		p.Labels[uint64(i)] = cbor.ByteString(label)
	}
	for i, index := range d.Mandatory {
		p.Mandatory[i] = uint64(index)
	}
	return encode(headerDerived, p)
}

func checkParts(signature, publicKey []byte, signatures [][]byte) error {
	if len(signature) != SignatureSize || len(publicKey) != PublicKeySize {
		return fmt.Errorf("%w: signature of %d bytes, public key of %d", ErrValue, len(signature), len(publicKey))
	}
	if len(signatures) > MaxStatements {
		return fmt.Errorf("%w: %d signatures", ErrValue, len(signatures))
	}
	for _, s := range signatures {
		if len(s) != SignatureSize {
			return fmt.Errorf("%w: signature of %d bytes", ErrValue, len(s))
		}
	}
	return nil
}

// decode reads multibase base64url, the header, and exactly one CBOR item.
func decode(value, header string, into any) error {
	if len(value) > maxValue || len(value) == 0 || value[0] != 'u' {
		return fmt.Errorf("%w: not base64url multibase (header u) of at most %d characters", ErrValue, maxValue)
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(value[1:])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrValue, err)
	}
	if header == headerDerived && bytes.HasPrefix(data, []byte(headerBase)) {
		return ErrBase
	}
	if len(data) < len(header) || string(data[:len(header)]) != header {
		return fmt.Errorf("%w: header other than %x", ErrValue, header)
	}
	data = data[len(header):]
	// An array of five: without this, null would pass for it.
	if len(data) == 0 || data[0] != 0x85 {
		return fmt.Errorf("%w: not an array of five", ErrValue)
	}
	if err := strict.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%w: %w", ErrValue, err)
	}
	return nil
}

func encode(header string, parts any) (string, error) {
	data, err := deterministic.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrValue, err)
	}
	value := "u" + base64.RawURLEncoding.EncodeToString(append([]byte(header), data...))
	if len(value) > maxValue {
		return "", fmt.Errorf("%w: longer than %d characters", ErrValue, maxValue)
	}
	return value, nil
}

func bytesOf(in []cbor.ByteString) [][]byte {
	out := make([][]byte, len(in))
	for i, s := range in {
		out[i] = []byte(s)
	}
	return out
}

func stringsOf(in [][]byte) []cbor.ByteString {
	out := make([]cbor.ByteString, len(in))
	for i, b := range in {
		out[i] = cbor.ByteString(b)
	}
	return out
}

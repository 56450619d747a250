package statuslist

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"sync"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
)

// Status types of a token status list (IETF Token Status List, 7.1).
const (
	TokenValid     = 0x00
	TokenInvalid   = 0x01
	TokenSuspended = 0x02
)

// TokenList is the Status List of IETF Token Status List, 4: entries of 1, 2, 4 or
// 8 bits, the first in the least significant bits of the first byte. It may be read
// concurrently.
type TokenList struct {
	// Bits is how many bits an entry has.
	Bits int
	// AggregationURI is where the issuer's other lists are named; may be "".
	AggregationURI string

	data []byte
}

// NewTokenList returns a list whose entries are all valid.
func NewTokenList(width int, entries uint64) (*TokenList, error) {
	if !tokenWidth(width) {
		return nil, malformed("bits", "not 1, 2, 4 or 8")
	}
	if entries == 0 || entries > MaxBytes*8/uint64(width) {
		return nil, malformed("lst", "no entries, or more than 16 MiB")
	}
	return &TokenList{Bits: width, data: make([]byte, (entries*uint64(width)+7)/8)}, nil
}

func tokenWidth(n int) bool { return n == 1 || n == 2 || n == 4 || n == 8 }

// TokenView returns a bitstring of one bit per entry as a token list with the same
// indexes. A set bit is TokenInvalid, for the purpose suspension TokenSuspended,
// which takes entries of two bits.
func TokenView(bitstring []byte, purpose string) *TokenList {
	if purpose != Suspension {
		l := &TokenList{Bits: 1, data: make([]byte, len(bitstring))}
		for i, b := range bitstring {
			l.data[i] = bits.Reverse8(b)
		}
		return l
	}
	l := &TokenList{Bits: 2, data: make([]byte, 2*len(bitstring))}
	for i, b := range bitstring {
		for ; b != 0; b &= b - 1 {
			entry := 8*i + 7 - bits.TrailingZeros8(b)
			l.data[entry/4] |= TokenSuspended << (entry % 4 * 2)
		}
	}
	return l
}

// Bytes is how much memory the entries take.
func (l *TokenList) Bytes() int { return len(l.data) }

// Entries is how many entries the list has.
func (l *TokenList) Entries() uint64 { return capacity(l.data, l.Bits) }

// Get returns the status type of an entry; a RangeError beyond the end.
func (l *TokenList) Get(index uint64) (byte, error) {
	if index >= l.Entries() {
		return 0, l.outside()
	}
	per := uint64(8 / l.Bits)
	return l.data[index/per] >> (index % per * uint64(l.Bits)) & l.mask(), nil
}

// Set gives an entry a status type. Not safe for concurrent use.
func (l *TokenList) Set(index uint64, status byte) error {
	if index >= l.Entries() {
		return l.outside()
	}
	if status > l.mask() {
		return malformed("status", fmt.Sprintf("%d does not fit into %d bits", status, l.Bits))
	}
	per := uint64(8 / l.Bits)
	shift := index % per * uint64(l.Bits)
	l.data[index/per] = l.data[index/per]&^(l.mask()<<shift) | status<<shift
	return nil
}

func (l *TokenList) mask() byte { return byte(1<<l.Bits - 1) }

func (l *TokenList) outside() error {
	return &Error{Type: RangeError, Path: "idx", Detail: fmt.Sprintf("the list has %d entries", l.Entries())}
}

var tokenWriters = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(nil, level)
	if err != nil {
		panic(err) // level is one
	}
	return w
}}

// compressed returns lst: the entries in the ZLIB format.
func (l *TokenList) compressed() ([]byte, error) {
	var buf bytes.Buffer
	w := tokenWriters.Get().(*zlib.Writer)
	defer tokenWriters.Put(w)
	w.Reset(&buf)
	_, err := w.Write(l.data)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("compress a status list: %w", err)
	}
	return buf.Bytes(), nil
}

// JSON returns the status_list claim of a JWT (4.2).
func (l *TokenList) JSON() (jcs.Value, error) {
	packed, err := l.compressed()
	if err != nil {
		return jcs.Value{}, err
	}
	v := jcs.Object(
		jcs.Member{Name: "bits", Value: jcs.FromInt(int64(l.Bits))},
		jcs.Member{Name: "lst", Value: jcs.FromString(strict.EncodeToString(packed))},
	)
	if l.AggregationURI != "" {
		v = v.With("aggregation_uri", jcs.FromString(l.AggregationURI))
	}
	return v, nil
}

// ParseTokenList reads the status_list claim of a JWT.
func ParseTokenList(v jcs.Value) (*TokenList, error) { return parseTokenList(v, MaxBytes) }

func parseTokenList(v jcs.Value, limit int) (*TokenList, error) {
	if !v.IsObject() {
		return nil, malformed("status_list", "not an object")
	}
	width, _ := v.Get("bits")
	n, ok := width.Int()
	if !ok {
		return nil, malformed("status_list.bits", "not 1, 2, 4 or 8")
	}
	text, ok := v.GetString("lst")
	if !ok {
		return nil, malformed("status_list.lst", "missing")
	}
	packed, err := decodeBase64(text, maxPacked)
	if err != nil {
		return nil, malformed("status_list.lst", err.Error())
	}
	aggregation, present := v.Get("aggregation_uri")
	uri, isString := aggregation.Str()
	if present && (!isString || !lexical.IsURL(uri)) {
		return nil, malformed("status_list.aggregation_uri", "not a URI")
	}
	return openTokenList(uint64(n), packed, uri, limit)
}

// openTokenList expands and checks what JSON and CBOR have in common.
func openTokenList(width uint64, packed []byte, aggregation string, limit int) (*TokenList, error) {
	if width > 8 || !tokenWidth(int(width)) {
		return nil, malformed("status_list.bits", "not 1, 2, 4 or 8")
	}
	data, err := inflate(packed, limit)
	if err != nil {
		return nil, malformed("status_list.lst", err.Error())
	}
	if len(data) == 0 {
		return nil, malformed("status_list.lst", "has no entries")
	}
	return &TokenList{Bits: int(width), AggregationURI: aggregation, data: data}, nil
}

// inflate expands one ZLIB stream. Unlike gzip it does not say how long it gets.
func inflate(packed []byte, limit int) ([]byte, error) {
	if len(packed) > maxPacked {
		return nil, tooLong(MaxBytes)
	}
	in := bytes.NewReader(packed)
	z, err := zlib.NewReader(in)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errCut
	} else if err != nil {
		return nil, otherThan("zlib", packed)
	}
	data, err := expand(z, int64(min(4*len(packed), limit)), limit)
	switch {
	case err != nil:
		return nil, err
	case in.Len() > 0:
		return nil, errTrailing
	}
	return data, z.Close()
}

// Reference is where a referenced token has its status: the status_list member of
// its status claim (6.1).
type Reference struct {
	Index uint64
	URI   string
}

// ErrNoReference: the claim refers to no status list, perhaps to something else.
var ErrNoReference = errors.New("the status claim has no status_list")

// ParseReference reads a token's status claim. ErrNoReference if it is an object
// without status_list.
func ParseReference(status jcs.Value) (Reference, error) {
	if !status.IsObject() || status.Len() == 0 {
		return Reference{}, malformed("status", "not an object that refers to a status mechanism")
	}
	list, present := status.Get("status_list")
	if !present {
		return Reference{}, ErrNoReference
	}
	member, _ := list.Get("idx")
	index, ok := member.Int()
	if !ok || index < 0 {
		return Reference{}, malformed("status.status_list.idx", "not an integer from 0 on")
	}
	uri, _ := list.GetString("uri")
	if !lexical.IsURL(uri) {
		return Reference{}, malformed("status.status_list.uri", "not a URI")
	}
	return Reference{Index: uint64(index), URI: uri}, nil
}

// Value returns the status claim of a referenced token.
func (r Reference) Value() jcs.Value {
	return jcs.Object(jcs.Member{Name: "status_list", Value: jcs.Object(
		jcs.Member{Name: "idx", Value: jcs.FromInt(int64(r.Index))},
		jcs.Member{Name: "uri", Value: jcs.FromString(r.URI)},
	)})
}

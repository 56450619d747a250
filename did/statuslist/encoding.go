package statuslist

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Bounds on the length of a list.
const (
	// MinEntries is how many entries a bitstring has at least, for the privacy of
	// the herd (Bitstring Status List 1.0, 3.2, minimumNumberOfEntries).
	MinEntries = 131072
	// MinBytes and MaxBytes bound an uncompressed list.
	MinBytes = MinEntries / 8
	MaxBytes = 16 << 20
)

// maxRatio is how many bytes one byte of DEFLATE gives at most (RFC 1951: a
// match of 258 bytes takes no less than two bits).
const maxRatio = 1032

// level is how hard lists are compressed. The hardest makes a list of a thousand
// set bits a fifth smaller, and takes thirty times as long.
const level = 5

// writers are spared: one takes 800 KiB to make.
var writers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, level)
	if err != nil {
		panic(err) // level is one
	}
	return w
}}

// encodedPath is where a list has its bits.
const encodedPath = "credentialSubject.encodedList"

// strict refuses padding, other alphabets and bits that do not belong to a byte.
var strict = base64.RawURLEncoding.Strict()

// Encode returns the encodedList of a bitstring: multibase base64url (header u,
// no padding) of its gzip form. The same bits give the same text in one release,
// not in all: compare bits.
func Encode(bits []byte) (string, error) {
	if err := checkLength(len(bits), MinBytes); err != nil {
		return "", err
	}
	var buf bytes.Buffer
	w := writers.Get().(*gzip.Writer)
	defer writers.Put(w)
	w.Reset(&buf)
	_, err := w.Write(bits)
	if err = errors.Join(err, w.Close()); err != nil {
		return "", fmt.Errorf("compress a status list: %w", err)
	}
	return "u" + strict.EncodeToString(buf.Bytes()), nil
}

// Decode is the inverse of Encode (Bitstring Status List 1.0, 3.4): it takes one
// gzip member and nothing beside it. Lists shorter than MinBytes are a LengthError;
// anything else that is wrong, more than MaxBytes included, is a
// MalformedValueError. It does no work before it knows that the result is within
// bounds.
func Decode(encoded string) ([]byte, error) { return decodeWithin(encoded, MaxBytes, MinBytes) }

// decodeWithin is Decode for bitstrings of least to limit bytes, the latter at most
// MaxBytes.
func decodeWithin(encoded string, limit, least int) ([]byte, error) {
	if encoded == "" || encoded[0] != 'u' {
		return nil, malformed(encodedPath, "not multibase base64url (header u)")
	}
	packed, err := decodeBase64(encoded[1:], maxPacked)
	if err != nil {
		return nil, malformed(encodedPath, err.Error())
	}
	bits, err := gunzip(packed, limit)
	if err != nil {
		return nil, malformed(encodedPath, err.Error())
	}
	if err := checkLength(len(bits), least); err != nil {
		return nil, err
	}
	return bits, nil
}

// maxPacked bounds compressed data: what cannot be compressed grows by less than
// a thousandth.
const maxPacked = MaxBytes + MaxBytes/1000 + 1024

func decodeBase64(text string, limit int) ([]byte, error) {
	if base64.RawURLEncoding.DecodedLen(len(text)) > limit {
		return nil, errors.New("longer than any list")
	}
	// The decoder skips line ends, which are no part of base64url.
	if bytes.ContainsAny([]byte(text), "\r\n") {
		return nil, errors.New("not base64url without padding")
	}
	data, err := strict.DecodeString(text)
	if err != nil {
		return nil, errors.New("not base64url without padding")
	}
	return data, nil
}

func checkLength(bytes, least int) error {
	switch {
	case bytes < least:
		return &Error{Type: LengthError, Path: encodedPath,
			Detail: fmt.Sprintf("%d bytes, fewer than %d", bytes, least)}
	case bytes > MaxBytes:
		return malformed(encodedPath, "more than 16 MiB")
	}
	return nil
}

var errTrailing = errors.New("there is something after the compressed data")

func tooLong(limit int) error { return fmt.Errorf("expands to more than %d bytes", limit) }

// errCut: compressed data that end before they should.
var errCut = errors.New("the compressed data are cut short")

// gunzip expands one gzip member. Its trailer says the length (RFC 1952, 2.3.1),
// which is why a bomb is known before it goes off. What has been cut short ends with
// any length.
func gunzip(packed []byte, limit int) ([]byte, error) {
	const header, trailer = 10, 8
	switch {
	case len(packed) < 2 || packed[0] != 0x1f || packed[1] != 0x8b:
		return nil, otherThan("gzip", packed)
	case len(packed) < header+trailer:
		return nil, errCut
	}
	size := int64(binary.LittleEndian.Uint32(packed[len(packed)-4:]))
	switch {
	case size > int64(len(packed))*maxRatio:
		return nil, fmt.Errorf("%w, or damaged: they end with a length of %d bytes, which %d cannot expand to", errCut, size, len(packed))
	case size > int64(limit):
		return nil, fmt.Errorf("%w, if it is not cut short: it ends with a length of %d", tooLong(limit), size)
	}
	in := bytes.NewReader(packed)
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("not gzip: %w", err)
	}
	z.Multistream(false)
	bits, err := expand(z, size, limit)
	switch {
	case err != nil:
		return nil, err
	case in.Len() > 0:
		return nil, errTrailing
	}
	return bits, z.Close()
}

// otherThan says what compressed data seem to be, if not in the format wanted.
func otherThan(wanted string, packed []byte) error {
	switch {
	case len(packed) >= 2 && packed[0] == 0x1f && packed[1] == 0x8b:
		return fmt.Errorf("not %s but gzip", wanted)
	case len(packed) >= 2 && packed[0]&0x0f == 8 && (int(packed[0])<<8|int(packed[1]))%31 == 0:
		return fmt.Errorf("not %s but zlib", wanted)
	default:
		return fmt.Errorf("not %s: raw DEFLATE, or not compressed", wanted)
	}
}

// expand reads z to its end, which is about hint bytes away.
func expand(z io.Reader, hint int64, limit int) ([]byte, error) {
	buf := bytes.NewBuffer(make([]byte, 0, hint+bytes.MinRead))
	_, err := buf.ReadFrom(io.LimitReader(z, int64(limit)+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errCut
	case err != nil:
		return nil, fmt.Errorf("the compressed data are damaged: %w", err)
	case buf.Len() > limit:
		return nil, tooLong(limit)
	}
	return buf.Bytes(), nil
}

package eddsa

import (
	"crypto/sha512"
	"errors"

	"filippo.io/edwards25519"
)

// Sizes in bytes.
const (
	KeySize       = 32
	SignatureSize = 64
)

// Decode returns x of the point that key encodes, as 32 canonical bytes, or false if it is
// not the canonical encoding of one.
func Decode(key *[KeySize]byte) (x [KeySize]byte, ok bool) {
	var p affine
	ok = p.decode(key)
	return [KeySize]byte(p.x.Bytes()), ok
}

// decode reads the canonical encoding of a point.
func (p *affine) decode(b *[KeySize]byte) bool {
	if _, err := p.y.SetBytes(b[:]); err != nil { // it ignores the sign
		return false
	}
	sign := b[KeySize-1] & 0x80
	canonical := [KeySize]byte(p.y.Bytes())
	canonical[KeySize-1] |= sign
	if canonical != *b {
		return false
	}
	var ok bool
	p.x, ok = xOf(&p.y, sign != 0)
	return ok
}

// Verify reports whether sig is a signature of message by the key that encodes a point,
// whose x Decode has returned.
func Verify(key, x *[KeySize]byte, message, sig []byte) bool {
	if len(sig) != SignatureSize {
		return false
	}
	s, err := new(edwards25519.Scalar).SetCanonicalBytes(sig[KeySize:])
	if err != nil {
		return false
	}
	var a, r affine
	if !r.decode((*[KeySize]byte)(sig)) {
		return false
	}
	_, xErr := a.x.SetBytes(x[:])
	_, yErr := a.y.SetBytes(key[:])
	k, kErr := challenge(key, message, sig)
	return errors.Join(xErr, yErr, kErr) == nil && equation(s, &k, &a, &r)
}

// challenge returns k: SHA-512 of R, A and the message, modulo L.
func challenge(key *[KeySize]byte, message, sig []byte) (k edwards25519.Scalar, err error) {
	var room [192]byte // enough for the digests that most signatures are of
	text := append(room[:0], sig[:KeySize]...)
	text = append(text, key[:]...)
	text = append(text, message...)
	digest := sha512.Sum512(text)
	_, err = k.SetUniformBytes(digest[:])
	return k, err
}

// equation reports whether S B = k A + R. See the package documentation.
func equation(s, k *edwards25519.Scalar, a, r *affine) bool {
	var whole, product wide
	whole.setBytes(k.Bytes())
	short := shorten(whole)
	c := wide{short.c[0], short.c[1]}
	factor, err := c.scalar()
	if err != nil {
		return false
	}
	product.setBytes(factor.Multiply(&factor, s).Bytes())
	var t terms
	t.setPoint(0, a, &short.d, !short.negative)
	t.setPoint(1, r, &c, true)
	t.setBase(&product)
	return t.vanish()
}

package multikey

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
	"strconv"
	"testing"

	"filippo.io/edwards25519"
)

// The tests here build signatures by the equation, apart from crypto/ed25519,
// and state for each edge on which verifiers disagree what ours says.

// order is L, the order of the base point (RFC 8032, 5.1).
var order, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

// torsion returns the eight points of small order.
func torsion(t *testing.T) []*edwards25519.Point {
	t.Helper()
	var points []*edwards25519.Point
	for _, y := range smallOrderY {
		for _, sign := range []byte{0, 0x80} {
			raw := y
			raw[31] |= sign
			p, err := new(edwards25519.Point).SetBytes(raw[:])
			if err != nil {
				t.Fatalf("%x is no point: %v", raw, err)
			}
			if !slices.ContainsFunc(points, func(q *edwards25519.Point) bool { return q.Equal(p) == 1 }) {
				points = append(points, p)
			}
		}
	}
	return points
}

// TestSmallOrderTable: the table holds the whole torsion subgroup, which has
// eight points, and nothing else.
func TestSmallOrderTable(t *testing.T) {
	points := torsion(t)
	if len(points) != 8 {
		t.Errorf("%d points", len(points))
	}
	identity := edwards25519.NewIdentityPoint()
	for _, p := range points {
		if new(edwards25519.Point).MultByCofactor(p).Equal(identity) != 1 {
			t.Errorf("%x is not of small order", p.Bytes())
		}
		if u := [32]byte(p.BytesMontgomery()); !slices.Contains(smallOrderU[:], u) {
			t.Errorf("%x has the u-coordinate %x", p.Bytes(), u)
		}
	}
}

// TestSmallOrderU: multiplying by the cofactor, as X25519 does with every
// scalar, takes all of these to zero.
func TestSmallOrderU(t *testing.T) {
	for _, u := range smallOrderU {
		if _, err := NewPublic(X25519, u[:]); !errors.Is(err, errSmallOrder) {
			t.Errorf("%x: %v", u, err)
		}
	}
}

// TestKeysOfSmallOrder: with such a key one signature fits every message.
func TestKeysOfSmallOrder(t *testing.T) {
	for _, p := range torsion(t) {
		if _, err := NewPublic(Ed25519, p.Bytes()); !errors.Is(err, errSmallOrder) {
			t.Errorf("%x: %v", p.Bytes(), err)
		}
	}
	// The identity and the point of order 2 with x "negative", which is no encoding.
	for _, s := range []string{
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	} {
		raw, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		if k, err := NewPublic(Ed25519, raw); err == nil {
			t.Errorf("%s: %v", s, k)
		}
	}
}

// TestNonCanonicalKeys: y and y + p are one coordinate. All nineteen that have two
// encodings are refused in the second, with either sign, on the curve or not.
func TestNonCanonicalKeys(t *testing.T) {
	onCurve := 0
	for low := range byte(19) {
		for _, sign := range []byte{0x7f, 0xff} {
			raw := bytes.Repeat([]byte{0xff}, 32)
			raw[0], raw[31] = 0xed+low, sign
			if _, err := new(edwards25519.Point).SetBytes(raw); err == nil {
				onCurve++
			}
			if _, err := NewPublic(Ed25519, raw); !errors.Is(err, errNotCanonical) {
				t.Errorf("%x: %v", raw, err)
			}
		}
	}
	if onCurve < 20 {
		t.Errorf("only %d of them are points, so the test shows little", onCurve)
	}
}

// signer signs by the equation, with hooks for what edge cases change.
type signer struct {
	secret *edwards25519.Scalar
	// added to the public key and to R.
	keyTorsion, rTorsion *edwards25519.Point
	// encodedR replaces the encoding of R, whose logarithm is then 0.
	encodedR []byte
}

func scalarOf(t *testing.T, seed string) *edwards25519.Scalar {
	t.Helper()
	digest := sha512.Sum512([]byte(seed))
	s, err := edwards25519.NewScalar().SetUniformBytes(digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s signer) public() *edwards25519.Point {
	a := new(edwards25519.Point).ScalarBaseMult(s.secret)
	if s.keyTorsion != nil {
		a.Add(a, s.keyTorsion)
	}
	return a
}

func (s signer) sign(t *testing.T, message []byte) (sig []byte, k *edwards25519.Scalar) {
	t.Helper()
	r, encodedR := edwards25519.NewScalar(), s.encodedR
	if encodedR == nil {
		r = scalarOf(t, "r"+string(message))
		point := new(edwards25519.Point).ScalarBaseMult(r)
		if s.rTorsion != nil {
			point.Add(point, s.rTorsion)
		}
		encodedR = point.Bytes()
	}
	digest := sha512.Sum512(slices.Concat(encodedR, s.public().Bytes(), message))
	k, err := edwards25519.NewScalar().SetUniformBytes(digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(encodedR, edwards25519.NewScalar().MultiplyAdd(k, s.secret, r).Bytes()), k
}

func (s signer) key(t *testing.T) PublicKey {
	t.Helper()
	k, err := NewPublic(Ed25519, s.public().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// addOrder returns sig with n·L added to S, or nil if that does not fit.
func addOrder(sig []byte, n int64) []byte {
	s := slices.Clone(sig[32:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), new(big.Int).Mul(order, big.NewInt(n)))
	if sum.BitLen() > 256 {
		return nil
	}
	sum.FillBytes(s)
	slices.Reverse(s)
	return slices.Concat(sig[:32], s)
}

func TestScalarOutOfRange(t *testing.T) {
	s := signer{secret: scalarOf(t, "a")}
	message := []byte("message")
	sig, _ := s.sign(t, message)
	key := s.key(t)
	if !key.Verify(message, sig) {
		t.Fatal("the signature that the edge cases are made of is refused")
	}
	tried := 0
	for n := int64(1); n < 16; n++ {
		if more := addOrder(sig, n); more != nil {
			tried++
			if key.Verify(message, more) {
				t.Errorf("S + %d L verifies", n)
			}
		}
	}
	if tried < 10 {
		t.Errorf("only %d multiples tried", tried)
	}
	for bit := 0; bit < 512; bit++ {
		flipped := slices.Clone(sig)
		flipped[bit/8] ^= 1 << (bit % 8)
		if key.Verify(message, flipped) {
			t.Errorf("bit %d flipped verifies", bit)
		}
	}
}

// TestTorsionInR: what verification with cofactor accepts, ours refuses.
func TestTorsionInR(t *testing.T) {
	identity := edwards25519.NewIdentityPoint()
	for i, p := range torsion(t) {
		s := signer{secret: scalarOf(t, "a"), rTorsion: p}
		message := []byte(strconv.Itoa(i))
		sig, _ := s.sign(t, message)
		if got, want := s.key(t).Verify(message, sig), p.Equal(identity) == 1; got != want {
			t.Errorf("R with %x added: %v", p.Bytes(), got)
		}
	}
}

// TestTorsionInKey: a key of mixed order is a key, and verifies exactly where the
// equation without cofactor holds: for about one message in eight.
func TestTorsionInKey(t *testing.T) {
	identity := edwards25519.NewIdentityPoint()
	for _, p := range torsion(t) {
		if p.Equal(identity) == 1 {
			continue
		}
		s := signer{secret: scalarOf(t, "a"), keyTorsion: p}
		key := s.key(t)
		accepted := 0
		for i := range 32 {
			message := []byte(strconv.Itoa(i))
			sig, k := s.sign(t, message)
			// SB = R + kA holds exactly if k times the torsion vanishes.
			holds := new(edwards25519.Point).ScalarMult(k, p).Equal(identity) == 1
			if key.Verify(message, sig) != holds {
				t.Errorf("key with %x added, message %d: %v", p.Bytes(), i, !holds)
			}
			if holds {
				accepted++
			}
		}
		if accepted == 0 || accepted == 32 {
			t.Errorf("key with %x added: %d of 32", p.Bytes(), accepted)
		}
	}
}

// TestIdentityAsR: R of small order is no reason to refuse, but R is compared as
// bytes, so that only its canonical encoding verifies.
func TestIdentityAsR(t *testing.T) {
	canonical := edwards25519.NewIdentityPoint().Bytes()
	signed := slices.Clone(canonical)
	signed[31] |= 0x80
	beyond := bytes.Repeat([]byte{0xff}, 32) // y = p + 1
	beyond[0], beyond[31] = 0xee, 0x7f
	for name, test := range map[string]struct {
		encodedR []byte
		want     bool
	}{"canonical": {canonical, true}, "x is -0": {signed, false}, "y + p": {beyond, false}} {
		s := signer{secret: scalarOf(t, "a"), encodedR: test.encodedR}
		message := []byte("message")
		sig, _ := s.sign(t, message)
		if got := s.key(t).Verify(message, sig); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

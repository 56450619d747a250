package eddsa

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/binary"
	"slices"
	"strconv"
	"testing"

	"filippo.io/edwards25519"
)

// same compares the verdict with that of crypto/ed25519, and returns it.
func same(t *testing.T, key [KeySize]byte, message, sig []byte) bool {
	t.Helper()
	x, ok := Decode(&key)
	if !ok {
		t.Fatalf("%x is no point", key)
	}
	got, want := Verify(&key, &x, message, sig), len(sig) == SignatureSize && ed25519.Verify(key[:], message, sig)
	if got != want {
		t.Errorf("key %x, message %x, signature %x: %v, crypto/ed25519 says %v", key, message, sig, got, want)
	}
	return got
}

func scalarOf(seed ...byte) *edwards25519.Scalar {
	digest := sha512.Sum512(seed)
	s, err := edwards25519.NewScalar().SetUniformBytes(digest[:])
	if err != nil {
		panic(err)
	}
	return s
}

// torsion is a point of order 8, by which all others of small order are counted.
var torsion = func() *edwards25519.Point {
	p, err := new(edwards25519.Point).SetBytes(append([]byte{
		0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
	}, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a))
	if err != nil {
		panic(err)
	}
	return p
}()

func small(n int) *edwards25519.Point {
	p := edwards25519.NewIdentityPoint()
	for range n % 8 {
		p.Add(p, torsion)
	}
	return p
}

// forge signs by the equation, with points of small order added to the key and to R.
func forge(secret, r *edwards25519.Scalar, inKey, inR int, message []byte) (key [KeySize]byte, sig []byte) {
	a, point := new(edwards25519.Point).ScalarBaseMult(secret), new(edwards25519.Point).ScalarBaseMult(r)
	key = [KeySize]byte(a.Add(a, small(inKey)).Bytes())
	encoded := point.Add(point, small(inR)).Bytes()
	return key, slices.Concat(encoded, edwards25519.NewScalar().MultiplyAdd(challengeOf(encoded, key[:], message), secret, r).Bytes())
}

func challengeOf(parts ...[]byte) *edwards25519.Scalar { return scalarOf(slices.Concat(parts...)...) }

func TestTorsionOrder(t *testing.T) {
	for n := 1; n < 8; n++ {
		if small(n).Equal(edwards25519.NewIdentityPoint()) == 1 {
			t.Errorf("%d times the point of order 8 is the identity", n)
		}
	}
	if double := new(edwards25519.Point).MultByCofactor(torsion); double.Equal(edwards25519.NewIdentityPoint()) != 1 {
		t.Error("8 times the point of order 8 is not the identity")
	}
}

// TestTorsion has components of small order in key and R, in all combinations, and of
// each combination messages for which they cancel and for which they do not: those a check
// with a cofactor accepts, and one that reduces c k modulo L confuses.
func TestTorsion(t *testing.T) {
	zero := edwards25519.NewScalar()
	for inKey := range 8 {
		for inR := range 8 {
			accepted := 0
			for i := range byte(24) {
				secret, r := scalarOf('a', i), scalarOf('r', i)
				if i%8 == 6 {
					secret = zero // a key of small order
				}
				if i%8 == 7 {
					r = zero // an R of small order
				}
				key, sig := forge(secret, r, inKey, inR, []byte{i})
				if same(t, key, []byte{i}, sig) {
					accepted++
				}
			}
			if all := inKey == 0 && inR == 0; all != (accepted == 24) {
				t.Errorf("%d and %d times the point of order 8: %d of 24 accepted", inKey, inR, accepted)
			}
		}
	}
}

// refusals are signatures made from one that holds, none of which does.
func refusals(sig []byte) map[string][]byte {
	all := map[string][]byte{"empty": nil, "short": sig[:63], "long": append(slices.Clone(sig), 0)}
	for bit := range 8 * len(sig) {
		flipped := slices.Clone(sig)
		flipped[bit/8] ^= 1 << (bit % 8)
		all["bit "+strconv.Itoa(bit)] = flipped
	}
	order := [4]uint64{0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000}
	for n := uint64(1); n < 16; n++ {
		more := slices.Clone(sig)
		carry := uint64(0)
		for i, word := range order {
			s := binary.LittleEndian.Uint64(more[32+8*i:])
			for range n {
				before := s
				if s += word; s < before {
					carry += 1 << 32 // counted apart from what comes in
				}
			}
			before := s
			if s += carry & (1<<32 - 1); s < before {
				carry += 1 << 32
			}
			binary.LittleEndian.PutUint64(more[32+8*i:], s)
			carry >>= 32
		}
		if carry == 0 {
			all["S + "+strconv.Itoa(int(n))+" L"] = more
		}
	}
	for name, s := range map[string][]byte{
		"S = L":     {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10},
		"S = L - 1": {0xec, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10},
		"S = 0":     make([]byte, 32), "S = 2^256 - 1": bytes.Repeat([]byte{0xff}, 32),
	} {
		all[name] = slices.Concat(sig[:32], s)
	}
	for low := range byte(19) { // y + p, with either sign
		for _, high := range []byte{0x7f, 0xff} {
			r := bytes.Repeat([]byte{0xff}, 32)
			r[0], r[31] = 0xed+low, high
			all["R = "+strconv.Itoa(int(low))+" + p, "+strconv.Itoa(int(high))] = slices.Concat(r, sig[32:])
		}
	}
	return all
}

func TestRefusals(t *testing.T) {
	for i := range byte(4) {
		key, sig := forge(scalarOf('a', i), scalarOf('r', i), 0, 0, []byte{i})
		if !same(t, key, []byte{i}, sig) {
			t.Fatal("what the refusals are made of is refused")
		}
		tried := 0
		for name, bad := range refusals(sig) {
			tried++
			if same(t, key, []byte{i}, bad) {
				t.Errorf("%s is accepted", name)
			}
		}
		if tried < 512+3+10+4+38 {
			t.Errorf("only %d tried", tried)
		}
		if same(t, key, []byte{i, 0}, sig) {
			t.Error("another message is accepted")
		}
	}
}

// TestSpelledR: R of small order in each of its encodings, which all mean the point that
// the equation asks for. Only the canonical ones are accepted.
func TestSpelledR(t *testing.T) {
	secret := scalarOf('a')
	key := [KeySize]byte(new(edwards25519.Point).ScalarBaseMult(secret).Bytes())
	message := []byte("message")
	for name, test := range map[string]struct {
		first, middle, last byte
		want                bool
	}{
		"identity": {1, 0, 0, true}, "identity, x is -0": {1, 0, 0x80, false},
		"identity, y + p": {0xee, 0xff, 0x7f, false}, "identity, y + p, x is -0": {0xee, 0xff, 0xff, false},
	} {
		r := bytes.Repeat([]byte{test.middle}, 32)
		r[0], r[31] = test.first, test.last
		sig := slices.Concat(r, edwards25519.NewScalar().Multiply(challengeOf(r, key[:], message), secret).Bytes())
		if got := same(t, key, message, sig); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestDecode(t *testing.T) {
	points := 0
	for i := range 400 {
		digest := sha512.Sum512([]byte{byte(i), byte(i >> 8)})
		raw := [KeySize]byte(digest[:])
		if i >= 300 { // near p
			raw = [KeySize]byte(bytes.Repeat([]byte{0xff}, 32))
			raw[0], raw[31] = byte(0x100-(i-300)/2), []byte{0x7f, 0xff}[i%2]
		}
		p, err := new(edwards25519.Point).SetBytes(raw[:])
		want := err == nil && bytes.Equal(p.Bytes(), raw[:])
		x, ok := Decode(&raw)
		if ok != want {
			t.Errorf("%x: %v", raw, ok)
		}
		if !ok {
			continue
		}
		points++
		if affine, _, z, _ := p.ExtendedCoordinates(); z.Equal(one) != 1 || !bytes.Equal(affine.Bytes(), x[:]) {
			t.Errorf("%x: x is %x", raw, x)
		}
	}
	if points < 100 {
		t.Errorf("only %d points", points)
	}
}

// FuzzVerify changes signatures that hold, by keys and R with components of small order.
func FuzzVerify(f *testing.F) {
	f.Add(uint64(0), byte(0), byte(0), []byte("message"), []byte{}, byte(0))
	f.Add(uint64(1), byte(4), byte(4), []byte{}, []byte{1}, byte(63))
	f.Add(uint64(2), byte(1), byte(7), bytes.Repeat([]byte{7}, 200), []byte{0xff, 0x80}, byte(31))
	f.Fuzz(func(t *testing.T, seed uint64, inKey, inR byte, message, change []byte, at byte) {
		number := binary.BigEndian.AppendUint64(nil, seed)
		key, sig := forge(scalarOf(append(number, 'a')...), scalarOf(append(number, 'r')...), int(inKey), int(inR), message)
		held := same(t, key, message, sig)
		if inKey%8 == 0 && inR%8 == 0 && !held {
			t.Errorf("refused")
		}
		for i, b := range change {
			sig[(int(at)+i)%len(sig)] ^= b
		}
		same(t, key, message, sig)
	})
}

// FuzzArbitrary has nothing that holds to begin with.
func FuzzArbitrary(f *testing.F) {
	f.Add(bytes.Repeat([]byte{0}, 32), []byte{}, bytes.Repeat([]byte{0}, 64))
	f.Add(basePointBytes(), []byte("m"), slices.Concat(basePointBytes(), bytes.Repeat([]byte{0}, 32)))
	f.Fuzz(func(t *testing.T, key, message, sig []byte) {
		if len(key) != KeySize {
			return
		}
		k := [KeySize]byte(key)
		if _, ok := Decode(&k); ok {
			same(t, k, message, sig)
		}
	})
}

func basePointBytes() []byte { return edwards25519.NewGeneratorPoint().Bytes() }

package eddsa

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"filippo.io/edwards25519"
)

func (w *wide) big() *big.Int {
	n := new(big.Int)
	for i := len(w) - 1; i >= 0; i-- {
		n.Or(n.Lsh(n, 64), new(big.Int).SetUint64(w[i]))
	}
	return n
}

func wideOf(n *big.Int) (w wide) {
	var b [32]byte
	n.FillBytes(b[:])
	for i := range b[:16] {
		b[i], b[31-i] = b[31-i], b[i]
	}
	w.setBytes(b[:])
	return w
}

func number(text string) *big.Int {
	n, ok := new(big.Int).SetString(text, 0)
	if !ok {
		panic(text)
	}
	return n
}

// order is L.
var order = number("7237005577332262213973186563042994240857116359379907606001950938285454250989")

// edges are numbers below 8 L at which the algorithm could go wrong: around powers of two,
// around fractions of 8 L, and such as make long and short steps.
func edges() []*big.Int {
	whole := groupOrder.big()
	var list []*big.Int
	add := func(n *big.Int) {
		for near := int64(-2); near <= 2; near++ {
			if m := new(big.Int).Add(n, big.NewInt(near)); m.Sign() >= 0 && m.Cmp(whole) < 0 {
				list = append(list, m)
			}
		}
	}
	for bit := uint(0); bit < 256; bit++ {
		add(new(big.Int).Lsh(big.NewInt(1), bit))
	}
	for part := int64(1); part < 40; part++ {
		for times := int64(1); times <= part; times++ {
			n := new(big.Int).Mul(whole, big.NewInt(times))
			add(n.Div(n, big.NewInt(part)))
		}
	}
	add(new(big.Int).Sqrt(whole))
	add(order)
	// All quotients are 1: the golden ratio.
	golden := new(big.Int).Mul(whole, number("0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251"))
	add(golden.Rsh(golden, 192))
	return list
}

func randoms(n int) []*big.Int {
	source := rand.NewChaCha8([32]byte{1})
	list := make([]*big.Int, n)
	for i := range list {
		b := make([]byte, 40)
		if _, err := source.Read(b); err != nil {
			panic(err)
		}
		list[i] = new(big.Int).SetBytes(b)
		list[i].Mod(list[i], groupOrder.big())
	}
	return list
}

func TestGroupOrder(t *testing.T) {
	if want := new(big.Int).Lsh(order, 3); groupOrder.big().Cmp(want) != 0 {
		t.Errorf("8 L is %x, not %x", want, groupOrder.big())
	}
}

// TestShorten proves of each k what the verification rests on: c is odd, not zero and below
// L, so that it has no factor in common with 8 L, and c k is ±d modulo 8 L.
func TestShorten(t *testing.T) {
	longest, random := 0, randoms(10_000)
	for i, k := range append(random, edges()...) {
		r := shorten(wideOf(k))
		w := wide{r.c[0], r.c[1]}
		c, d := w.big(), r.d.big()
		if c.Bit(0) != 1 || c.Cmp(order) >= 0 || c.BitLen() > 128 {
			t.Fatalf("k %x: c is %x", k, c)
		}
		signed := d
		if r.negative {
			signed = new(big.Int).Neg(d)
		}
		difference := new(big.Int).Mul(c, k)
		difference.Sub(difference, signed)
		if difference.Mod(difference, groupOrder.big()).Sign() != 0 {
			t.Fatalf("k %x: c is %x, d %x, negative %v", k, c, d, r.negative)
		}
		if i < len(random) {
			longest = max(longest, d.BitLen())
		}
	}
	if longest > 160 {
		t.Errorf("one of the random k has a d of %d bits", longest)
	}
}

func TestRecode(t *testing.T) {
	list := randoms(100)
	for i, n := range edges() {
		if i%7 == 0 {
			list = append(list, n)
		}
	}
	list = append(list, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)))
	for _, n := range list {
		for width := 2; width <= 8; width++ {
			for _, negative := range []bool{false, true} {
				checkDigits(t, n, width, negative)
			}
		}
	}
}

func checkDigits(t *testing.T, n *big.Int, width int, negative bool) {
	t.Helper()
	var list digits
	w := wideOf(n)
	length := list.recode(&w, width, negative)
	sum, last := new(big.Int), -width
	for i, digit := range list {
		if digit == 0 {
			continue
		}
		if bound := 1 << (width - 1); digit&1 == 0 || int(digit) >= bound || int(digit) <= -bound || i-last < width || i >= length {
			t.Fatalf("%x, width %d: digit %d is %d, length %d", n, width, i, digit, length)
		}
		last = i
		sum.Add(sum, new(big.Int).Lsh(big.NewInt(int64(digit)), uint(i)))
	}
	want := new(big.Int).Set(n)
	if negative {
		want.Neg(want)
	}
	if sum.Cmp(want) != 0 || length != last+1 && n.Sign() != 0 {
		t.Fatalf("%x, width %d, negative %v: the digits are those of %x", n, width, negative, sum)
	}
}

// TestEquation has challenges that no hash is known to have, and points with components of
// small order, so that k A differs from (k mod L) A.
func TestEquation(t *testing.T) {
	var list []*big.Int
	for _, k := range edges() {
		if k.Cmp(order) < 0 {
			list = append(list, k)
		}
	}
	holds := 0
	for i, n := range list {
		w := wideOf(n)
		k, err := w.scalar()
		if err != nil {
			t.Fatal(err)
		}
		a := new(edwards25519.Point).ScalarBaseMult(scalarOf(byte(i), byte(i>>8)))
		a.Add(a, small(i))
		s := scalarOf(byte(i), byte(i>>8), 's')
		// R = S B − k A, with something of small order added to every other.
		r := new(edwards25519.Point).VarTimeDoubleScalarBaseMult(&k, new(edwards25519.Point).Negate(a), s)
		r.Add(r, small(i/8*(i%2)))
		want := i%2 == 0 || i/8%8 == 0
		if got := equation(s, &k, affineOf(t, a), affineOf(t, r)); got != want {
			t.Errorf("k %x, key with %d times the point of order 8, R with %d: %v", n, i%8, i/8*(i%2)%8, got)
		}
		if want {
			holds++
		}
	}
	if holds < len(list)/2 || holds > len(list)*2/3 {
		t.Errorf("%d of %d hold", holds, len(list))
	}
}

func affineOf(t *testing.T, p *edwards25519.Point) *affine {
	t.Helper()
	raw := [KeySize]byte(p.Bytes())
	var a affine
	if !a.decode(&raw) {
		t.Fatalf("%x is not decoded", raw)
	}
	return &a
}

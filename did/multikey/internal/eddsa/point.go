package eddsa

import (
	"encoding/hex"

	"filippo.io/edwards25519/field"
)

// The curve is −x² + y² = 1 + d x² y² over the integers modulo p = 2²⁵⁵ − 19. Its points
// are held, and added, as in "Twisted Edwards Curves Revisited" (Hisil, Wong, Carter and
// Dawson, 2008, 3 and 4.3). The formulas are complete: they hold for all points, for equal
// ones and those of small order too.

// affine is the point (x, y).
type affine struct{ x, y field.Element }

// extended is the point (X/Z, Y/Z), with X Y = T Z.
type extended struct{ X, Y, Z, T field.Element }

// projective is the same without T, which doubling does not need.
type projective struct{ X, Y, Z field.Element }

// sum is the point (X/Z, Y/T): what comes of an addition before there is one denominator.
type sum struct{ X, Y, Z, T field.Element }

// addend is a point prepared for additions: Y+X, Y−X, 2 Z and 2 d T.
type addend struct{ plus, minus, twoZ, twoDT field.Element }

// affineAddend is one whose Z is 1.
type affineAddend struct{ plus, minus, twoDT field.Element }

var (
	zero = new(field.Element)
	one  = new(field.Element).One()
	d    = element("a3785913ca4deb75abd841414d0a700098e879777940c78c73fe6f2bee6c0352")
	twoD = new(field.Element).Add(d, d)
)

// element reads the little-endian bytes of a constant.
func element(text string) *field.Element {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic("eddsa: " + err.Error())
	}
	e, err := new(field.Element).SetBytes(b)
	if err != nil {
		panic("eddsa: " + err.Error())
	}
	return e
}

// xOf finds x of the point with that y and that sign of x (RFC 8032, 5.1.3), or returns
// false if there is none. There is none for −0.
func xOf(y *field.Element, negative bool) (x field.Element, ok bool) {
	var u, v field.Element
	v.Square(y)
	u.Subtract(&v, one)
	v.Multiply(&v, d)
	v.Add(&v, one)
	if _, isSquare := x.SqrtRatio(&u, &v); isSquare != 1 {
		return x, false
	}
	if negative {
		x.Negate(&x)
	}
	return x, x.IsNegative() == 1 == negative
}

func (p *extended) setAffine(q *affine) {
	p.X, p.Y, p.Z = q.x, q.y, *one
	p.T.Multiply(&q.x, &q.y)
}

func (p *extended) set(q *sum) {
	p.X.Multiply(&q.X, &q.T)
	p.Y.Multiply(&q.Y, &q.Z)
	p.Z.Multiply(&q.Z, &q.T)
	p.T.Multiply(&q.X, &q.Y)
}

func (p *projective) set(q *sum) {
	p.X.Multiply(&q.X, &q.T)
	p.Y.Multiply(&q.Y, &q.Z)
	p.Z.Multiply(&q.Z, &q.T)
}

// double sets p = 2 p.
func (p *extended) double() {
	var r sum
	r.double(&projective{p.X, p.Y, p.Z})
	p.set(&r)
}

// add sets p = p + q.
func (p *extended) add(q *addend) {
	var r sum
	r.add(p, q, false)
	p.set(&r)
}

// twice returns 2 p.
func (p *extended) twice() (q addend) {
	double := *p
	double.double()
	q.set(&double)
	return q
}

// isIdentity reports whether p is (0, 1).
func (p *projective) isIdentity() bool {
	return p.X.Equal(zero) == 1 && p.Y.Equal(&p.Z) == 1
}

func (q *addend) set(p *extended) {
	q.plus.Add(&p.Y, &p.X)
	q.minus.Subtract(&p.Y, &p.X)
	q.twoZ.Add(&p.Z, &p.Z)
	q.twoDT.Multiply(&p.T, twoD)
}

func (q *affineAddend) set(p *extended) {
	var inverse field.Element
	inverse.Invert(&p.Z)
	q.plus.Add(&p.Y, &p.X)
	q.plus.Multiply(&q.plus, &inverse)
	q.minus.Subtract(&p.Y, &p.X)
	q.minus.Multiply(&q.minus, &inverse)
	q.twoDT.Multiply(&p.T, twoD)
	q.twoDT.Multiply(&q.twoDT, &inverse)
}

// double sets r = 2 p.
func (r *sum) double(p *projective) {
	var xx, yy, zz, xy field.Element
	xx.Square(&p.X)
	yy.Square(&p.Y)
	zz.Square(&p.Z)
	zz.Add(&zz, &zz)
	xy.Add(&p.X, &p.Y)
	xy.Square(&xy)
	r.Y.Add(&yy, &xx)
	r.Z.Subtract(&yy, &xx)
	r.X.Subtract(&xy, &r.Y)
	r.T.Subtract(&zz, &r.Z)
}

// add sets r = p + q, or p − q.
func (r *sum) add(p *extended, q *addend, negative bool) {
	var twoZ, c field.Element
	twoZ.Multiply(&p.Z, &q.twoZ)
	c.Multiply(&p.T, &q.twoDT)
	r.combine(p, &q.plus, &q.minus, &twoZ, &c, negative)
}

// addAffine sets r = p + q, or p − q.
func (r *sum) addAffine(p *extended, q *affineAddend, negative bool) {
	var twoZ, c field.Element
	twoZ.Add(&p.Z, &p.Z)
	c.Multiply(&p.T, &q.twoDT)
	r.combine(p, &q.plus, &q.minus, &twoZ, &c, negative)
}

// combine is what both additions have in common. To subtract is to add (−x, y): that
// exchanges y+x for y−x and changes the sign of T.
func (r *sum) combine(p *extended, plus, minus, twoZ, c *field.Element, negative bool) {
	if negative {
		plus, minus = minus, plus
	}
	var a, b field.Element
	a.Subtract(&p.Y, &p.X)
	a.Multiply(&a, minus)
	b.Add(&p.Y, &p.X)
	b.Multiply(&b, plus)
	r.X.Subtract(&b, &a)
	r.Y.Add(&b, &a)
	if negative {
		r.Z.Subtract(twoZ, c)
		r.T.Add(twoZ, c)
		return
	}
	r.Z.Add(twoZ, c)
	r.T.Subtract(twoZ, c)
}

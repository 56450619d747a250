package eddsa

import "sync"

// Widths of the digits that multiply a point and B. The tables of B are made once.
const (
	pointWidth = 5
	baseWidth  = 8
)

// multiples are the odd ones of a point: 1, 3, 5, …
type multiples [1 << (pointWidth - 2)]addend

// baseMultiples are those of B, or of 2¹²⁸ B.
type baseMultiples [1 << (baseWidth - 2)]affineAddend

func (m *multiples) set(p *extended) {
	next, twice := *p, p.twice()
	for i := range m {
		if i > 0 {
			next.add(&twice)
		}
		m[i].set(&next)
	}
}

func (m *baseMultiples) set(p *extended) {
	next, twice := *p, p.twice()
	for i := range m {
		if i > 0 {
			next.add(&twice)
		}
		m[i].set(&next)
	}
}

// base returns the multiples of B and those of 2¹²⁸ B.
var base = sync.OnceValue(func() *[2]baseMultiples {
	var p extended
	p.setAffine(basePoint())
	tables := new([2]baseMultiples)
	tables[0].set(&p)
	for range 128 {
		p.double()
	}
	tables[1].set(&p)
	return tables
})

func basePoint() *affine {
	b := &affine{y: *element("5866666666666666666666666666666666666666666666666666666666666666")}
	var ok bool
	if b.x, ok = xOf(&b.y, false); !ok {
		panic("eddsa: the base point is no point")
	}
	return b
}

// term is a multiple of a point, by digits.
type term struct {
	multiples multiples
	digits    digits
}

// terms is a sum of multiples of two points and of B and 2¹²⁸ B.
type terms struct {
	points [2]term
	base   [2]digits
	length int
}

// setPoint makes term i that multiple of a point.
func (t *terms) setPoint(i int, point *affine, multiple *wide, negative bool) {
	var p extended
	p.setAffine(point)
	t.points[i].multiples.set(&p)
	t.length = max(t.length, t.points[i].digits.recode(multiple, pointWidth, negative))
}

// setBase makes the multiple of B what is given.
func (t *terms) setBase(multiple *wide) {
	for i := range t.base {
		half := wide{multiple[2*i], multiple[2*i+1]}
		t.length = max(t.length, t.base[i].recode(&half, baseWidth, false))
	}
}

// vanish reports whether the sum is the identity.
func (t *terms) vanish() bool {
	tables := base()
	total := projective{Y: *one, Z: *one}
	var r sum
	var p extended
	for i := t.length - 1; i >= 0; i-- {
		r.double(&total)
		for n := range t.points {
			if digit := t.points[n].digits[i]; digit != 0 {
				p.set(&r)
				r.add(&p, &t.points[n].multiples[magnitude(digit)/2], digit < 0)
			}
		}
		for n := range t.base {
			if digit := t.base[n][i]; digit != 0 {
				p.set(&r)
				r.addAffine(&p, &tables[n][magnitude(digit)/2], digit < 0)
			}
		}
		total.set(&r)
	}
	return total.isIdentity()
}

func magnitude(digit int8) uint8 { return uint8(max(digit, -digit)) }

package eddsa

// digits are those of a number to the base 2, the least first; each is zero or odd.
type digits [257]int8

// recode sets w, or −w, in the non-adjacent form of a width from 2 to 8: of so many digits
// in a row at most one is not zero, and that lies between ±2^(width−1). All digits have to
// be zero before. It returns how many there are up to the last that is not.
func (n *digits) recode(w *wide, width int, negative bool) (length int) {
	half := uint64(1) << (width - 1)
	end, carry := w.bits(), uint64(0)
	for pos := 0; pos <= end; {
		window := w.from(pos)&(2*half-1) + carry
		if window&1 == 0 {
			pos++ // a carry, if there is one, goes on
			continue
		}
		digit := int(window)
		carry = 0
		if window > half {
			digit -= int(2 * half)
			carry = 1
		}
		if negative {
			digit = -digit
		}
		n[pos] = int8(digit)
		length = pos + 1
		pos += width
	}
	return length
}

// from returns at least the eight bits of w from a position on.
func (w *wide) from(pos int) uint64 {
	word, shift := pos/64, uint(pos%64)
	if word >= len(w) {
		return 0
	}
	window := w[word] >> shift
	if word+1 < len(w) {
		window |= w[word+1] << 1 << (63 - shift)
	}
	return window
}

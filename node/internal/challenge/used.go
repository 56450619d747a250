package challenge

import "time"

// A page holds the bits of challenges with consecutive numbers.
const (
	pageBits = 1 << 16
	// maxPages bounds the challenges that are alive at once: 67 million, whose bits take 8 MiB.
	maxPages = 1 << 10
)

// used knows which challenges of one run have been used. Not safe for concurrent use.
type used struct {
	next  uint64 // the number of the next challenge
	first uint64 // the number of the first page kept
	pages []page
}

type page struct {
	expires time.Time // of the last challenge in it
	bits    []uint64  // nil as long as none was used
}

// number gives the next challenge its number.
func (u *used) number(now, expires time.Time) (uint64, error) {
	if u.next/pageBits >= u.first+uint64(len(u.pages)) {
		u.forget(now)
		if len(u.pages) >= maxPages {
			return 0, ErrFull
		}
		u.pages = append(u.pages, page{})
	}
	last := &u.pages[len(u.pages)-1]
	if expires.After(last.expires) {
		last.expires = expires
	}
	u.next++
	return u.next - 1, nil
}

// forget drops the pages all of whose challenges have expired.
func (u *used) forget(now time.Time) {
	n := 0
	for n < len(u.pages) && !now.Before(u.pages[n].expires) {
		n++
	}
	u.pages, u.first = append([]page(nil), u.pages[n:]...), u.first+uint64(n)
}

// bit returns where a challenge's bit is; nil if its page is gone.
func (u *used) bit(number uint64) (*page, uint64, uint64) {
	at := number / pageBits
	if at < u.first {
		return nil, 0, 0
	}
	offset := number % pageBits
	return &u.pages[at-u.first], offset / 64, 1 << (offset % 64)
}

// check returns why a challenge cannot be used, and nil if it can.
func (u *used) check(number uint64) error {
	if number >= u.next {
		return ErrUnknown
	}
	p, word, mask := u.bit(number)
	switch {
	case p == nil:
		return ErrExpired
	case p.bits != nil && p.bits[word]&mask != 0:
		return ErrSpent
	}
	return nil
}

// spend marks a challenge as used.
func (u *used) spend(number uint64) error {
	if err := u.check(number); err != nil {
		return err
	}
	p, word, mask := u.bit(number)
	if p.bits == nil {
		p.bits = make([]uint64, pageBits/64)
	}
	p.bits[word] |= mask
	return nil
}

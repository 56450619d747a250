package lexical

import "time"

// maxTime bounds the text of a time; fractions beyond nanoseconds are read and
// dropped.
const maxTime = 64

// Time reads an XML Schema 1.1 dateTimeStamp: [-]YYYY-MM-DDThh:mm:ss[.s…] and
// Z or ±hh:mm. A time without offset is UTC, as Data Integrity 1.0, 2.1 and VC
// Data Model 2.0, 6.3 have it. 24:00:00 is the beginning of the next day. Years
// have four to six digits. Days that a month does not have are refused, as are
// leap seconds, which the type lacks.
func Time(s string) (time.Time, bool) {
	if len(s) > maxTime {
		return time.Time{}, false
	}
	r := reader{rest: s, ok: true}
	year := r.year()
	r.literal('-')
	month := r.two(1, 12)
	r.literal('-')
	day := r.two(1, 31)
	r.literal('T')
	hour := r.two(0, 24)
	r.literal(':')
	minute := r.two(0, 59)
	r.literal(':')
	second := r.two(0, 59)
	nanos := r.fraction()
	offset := r.offset()
	if !r.ok || r.rest != "" {
		return time.Time{}, false
	}
	if hour == 24 && (minute != 0 || second != 0 || nanos != 0) {
		return time.Time{}, false
	}
	if date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC); date.Day() != day {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	return t.Add(-offset), true
}

// reader takes a text apart from the left; ok is false from the first part that
// does not fit.
type reader struct {
	rest string
	ok   bool
}

func (r *reader) next() byte {
	if r.rest == "" {
		r.ok = false
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *reader) literal(c byte) {
	if r.next() != c {
		r.ok = false
	}
}

// digits returns how many digits come next.
func (r *reader) digits() int {
	n := 0
	for n < len(r.rest) && r.rest[n] >= '0' && r.rest[n] <= '9' {
		n++
	}
	return n
}

func (r *reader) number(digits int) int {
	n := 0
	for range digits {
		n = n*10 + int(r.next()-'0')
	}
	return n
}

func (r *reader) two(low, high int) int {
	if r.digits() < 2 {
		r.ok = false
		return 0
	}
	n := r.number(2)
	r.ok = r.ok && n >= low && n <= high
	return n
}

func (r *reader) year() int {
	sign := 1
	if r.rest != "" && r.rest[0] == '-' {
		sign = -1
		r.next()
	}
	n := r.digits()
	if n < 4 || n > 6 || n > 4 && r.rest[0] == '0' {
		r.ok = false
		return 0
	}
	return sign * r.number(n)
}

// fraction reads an optional point and digits, in nanoseconds.
func (r *reader) fraction() int {
	if r.rest == "" || r.rest[0] != '.' {
		return 0
	}
	r.next()
	n := r.digits()
	if n == 0 {
		r.ok = false
		return 0
	}
	nanos := r.number(min(n, 9))
	for range 9 - min(n, 9) {
		nanos *= 10
	}
	if n > 9 {
		r.rest = r.rest[n-9:]
	}
	return nanos
}

// offset reads Z, ±hh:mm up to 14:00, or nothing.
func (r *reader) offset() time.Duration {
	if r.rest == "" {
		return 0
	}
	sign := time.Duration(1)
	switch r.next() {
	case 'Z':
		return 0
	case '+':
	case '-':
		sign = -1
	default:
		r.ok = false
		return 0
	}
	hours := r.two(0, 14)
	r.literal(':')
	minutes := r.two(0, 59)
	r.ok = r.ok && (hours < 14 || minutes == 0)
	return sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}

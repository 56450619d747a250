package record

import (
	"errors"
	"fmt"
	"time"
)

// Time is a record's time in milliseconds since 1970 UTC. Its text form is RFC
// 3339 in UTC with exactly three fractional digits, of a year up to 9999.
type Time int64

const timeLayout = "2006-01-02T15:04:05.000Z"

// MaxTime is the last millisecond of the year 9999.
const MaxTime Time = 253402300799999

// ErrTime says that a text is not a record's time.
var ErrTime = errors.New("not a UTC time with three fractional digits")

// TimeOf returns t in milliseconds, rounded down.
func TimeOf(t time.Time) Time { return Time(t.UnixMilli()) }

// ParseTime reads the text form, and only that.
func ParseTime(s string) (Time, error) {
	if len(s) != len(timeLayout) {
		return 0, fmt.Errorf("time %.40q: %w", s, ErrTime)
	}
	t, err := time.Parse(timeLayout, s)
	if err != nil || t.Format(timeLayout) != s {
		return 0, fmt.Errorf("time %.40q: %w", s, ErrTime)
	}
	return TimeOf(t), nil
}

// Time returns t as a time.Time in UTC.
func (t Time) Time() time.Time { return time.UnixMilli(int64(t)).UTC() }

// Append writes the text form.
func (t Time) Append(b []byte) []byte { return t.Time().AppendFormat(b, timeLayout) }

func (t Time) String() string { return string(t.Append(nil)) }

// ParseStamp reads the time of a signed statement: RFC 3339 with offset Z, and
// at most nine fractional digits.
func ParseStamp(s string) (time.Time, error) {
	const shortest, longest = "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.999999999Z"
	if len(s) < len(shortest) || len(s) > len(longest) || s[len(s)-1] != 'Z' {
		return time.Time{}, fmt.Errorf("time %.40q: not RFC 3339 with offset Z", s)
	}
	t, err := time.Parse(shortest, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %.40q: not RFC 3339 with offset Z", s)
	}
	// Parse takes a comma for a point, and one digit for an hour.
	if s[len(shortest)-1] == ',' || s[len("2006-01-02T15")] != ':' {
		return time.Time{}, fmt.Errorf("time %.40q: not RFC 3339 with offset Z", s)
	}
	return t, nil
}

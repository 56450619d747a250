package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxFreshness is the longest that is told: what callers make of it is shorter.
const maxFreshness = 365 * 24 * time.Hour

// freshness is for how long a private cache may reuse a reply (RFC 9111, 4.2.1 and
// 5.2.2): max-age, or else Expires less Date, less the Age it came with. no-cache
// and whatever is not understood are zero.
func freshness(h http.Header) (d time.Duration, stated, noStore bool) {
	var maxAge time.Duration
	hasMaxAge, noCache := false, false
	for _, line := range h.Values("Cache-Control") {
		for item := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(item), "=")
			switch strings.ToLower(name) {
			case "no-store":
				noStore = true
			case "no-cache":
				noCache = true
			case "max-age":
				age, ok := seconds(strings.Trim(value, `"`))
				if !ok || hasMaxAge && age != maxAge { // two that differ: stale
					noCache = true
				}
				maxAge, hasMaxAge = age, true
			}
		}
	}
	switch {
	case noStore || noCache:
		return 0, true, noStore
	case hasMaxAge:
		d = maxAge
	case h.Get("Expires") != "":
		d = untilExpiry(h)
	default:
		return 0, false, false
	}
	if age, ok := seconds(h.Get("Age")); ok {
		d -= age
	}
	return min(max(d, 0), maxFreshness), true, false
}

func untilExpiry(h http.Header) time.Duration {
	expires, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return 0 // "especially 0": already expired
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return expires.Sub(date)
}

// seconds reads delta-seconds; more than fit are as many as fit (RFC 9111, 1.2.2).
func seconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return maxFreshness, true
	}
	return time.Duration(n) * time.Second, true
}

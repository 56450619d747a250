package fetch

import (
	"net/http"
	"testing"
	"time"
)

func TestFreshness(t *testing.T) {
	const date, later = "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:37 GMT"
	for name, c := range map[string]struct {
		header          http.Header
		want            time.Duration
		stated, noStore bool
	}{
		"nothing said":             {http.Header{}, 0, false, false},
		"max-age":                  {http.Header{"Cache-Control": {"public, Max-Age=60"}}, time.Minute, true, false},
		"quoted":                   {http.Header{"Cache-Control": {`max-age="60"`}}, time.Minute, true, false},
		"less its age":             {http.Header{"Cache-Control": {"max-age=60"}, "Age": {"50"}}, 10 * time.Second, true, false},
		"older than its age":       {http.Header{"Cache-Control": {"max-age=60"}, "Age": {"70"}}, 0, true, false},
		"no-cache beats max-age":   {http.Header{"Cache-Control": {"max-age=60", "no-cache"}}, 0, true, false},
		"no-store beats max-age":   {http.Header{"Cache-Control": {"no-store, max-age=60"}}, 0, true, true},
		"two that differ":          {http.Header{"Cache-Control": {"max-age=60, max-age=90"}}, 0, true, false},
		"negative":                 {http.Header{"Cache-Control": {"max-age=-1"}}, 0, true, false},
		"not a number":             {http.Header{"Cache-Control": {"max-age=soon"}}, 0, true, false},
		"empty":                    {http.Header{"Cache-Control": {"max-age="}}, 0, true, false},
		"beyond all bounds":        {http.Header{"Cache-Control": {"max-age=99999999999999999999"}}, maxFreshness, true, false},
		"s-maxage is not for us":   {http.Header{"Cache-Control": {"s-maxage=60"}}, 0, false, false},
		"Expires":                  {http.Header{"Date": {date}, "Expires": {later}}, time.Minute, true, false},
		"max-age beats Expires":    {http.Header{"Date": {date}, "Expires": {later}, "Cache-Control": {"max-age=5"}}, 5 * time.Second, true, false},
		"expired":                  {http.Header{"Date": {later}, "Expires": {date}}, 0, true, false},
		"Expires: 0":               {http.Header{"Expires": {"0"}}, 0, true, false},
		"Expires without Date":     {http.Header{"Expires": {later}}, 0, true, false},
		"a prefix is another word": {http.Header{"Cache-Control": {"x-max-age=60"}}, 0, false, false},
	} {
		got, stated, noStore := freshness(c.header)
		if got != c.want || stated != c.stated || noStore != c.noStore {
			t.Errorf("%s: %v, %v, %v", name, got, stated, noStore)
		}
	}
}

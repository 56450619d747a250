package httpapi

import (
	"net/url"
	"strings"

	"github.com/tabard-id/tabard/node/api"
)

// params are the parameters of a query by name.
type params map[string]string

// parseQuery reads a query as RFC 3986 writes it: a plus is a plus. A name given twice is an error,
// since whoever sent it cannot know which one counts.
func parseQuery(raw string) (params, error) {
	const limit = 32
	if raw == "" {
		return nil, nil
	}
	q := params{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.PathUnescape(name)
		if err != nil {
			return nil, api.Problemf(api.InvalidParameter, "a parameter's name is not percent-encoded well")
		}
		if value, err = url.PathUnescape(value); err != nil {
			return nil, api.Problemf(api.InvalidParameter, "%.64q is not percent-encoded well", name)
		}
		if _, twice := q[name]; twice {
			return nil, api.Problemf(api.InvalidParameter, "%.64q is given twice", name)
		}
		if q[name] = value; len(q) > limit {
			return nil, api.Problemf(api.InvalidParameter, "more than %d parameters", limit)
		}
	}
	return q, nil
}

// take removes a parameter and returns it.
func (q params) take(name string) (string, bool) {
	value, ok := q[name]
	delete(q, name)
	return value, ok
}

// rest fails if parameters are left that nobody took: a misspelt bound must not be ignored.
func (q params) rest() error {
	for name := range q {
		return api.Problemf(api.InvalidParameter, "%.64q is not a parameter of this route", name)
	}
	return nil
}

package stream

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// Limits of one subscription.
const (
	maxFilterValues = 64
	maxFilterLength = 2048 // bytes of one value
)

// filter lets a frame through if every list that is not empty holds one of the
// frame's values.
type filter struct {
	kinds, dids, issuers, statuses []string
}

// empty reports whether f lets everything through.
func (f *filter) empty() bool {
	return len(f.kinds)+len(f.dids)+len(f.issuers)+len(f.statuses) == 0
}

func (f *filter) match(m *frame) bool {
	return holds(f.kinds, m.kind) && (holds(f.issuers, m.issuer) || holds(f.issuers, m.by)) && holds(f.statuses, m.status) &&
		(len(f.dids) == 0 || slices.ContainsFunc(m.about, func(id string) bool { return slices.Contains(f.dids, id) }))
}

func holds(list []string, value string) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

// subscription is what a request asks for.
type subscription struct {
	filter filter
	after  api.Cursor
	// fromNow: no cursor was given.
	fromNow bool
}

// parseQuery reads after=, kinds=, did=, issuer= and status=; the filters may be
// repeated and may be comma-separated lists. Other parameters are errors: a filter
// that is misspelt must not let everything through.
func parseQuery(q url.Values) (subscription, error) {
	s := subscription{fromNow: true}
	for name, values := range q {
		var err error
		switch name {
		case "after":
			s.after, err = parseAfter(values)
			s.fromNow = false
		case "kinds":
			s.filter.kinds, err = parseList(values, kinds...)
		case "status":
			s.filter.statuses, err = parseList(values, "active", "suspended", "revoked")
		case "did":
			s.filter.dids, err = parseList(values)
		case "issuer":
			s.filter.issuers, err = parseList(values)
		default:
			err = fmt.Errorf("unknown parameter; known are after, kinds, did, issuer, status")
		}
		if err != nil {
			return subscription{}, fmt.Errorf("%.64q: %w", name, err)
		}
	}
	return s, nil
}

var kinds = func() []string {
	var list []string
	for _, k := range record.Kinds() {
		list = append(list, string(k))
	}
	return list
}()

func parseAfter(values []string) (api.Cursor, error) {
	if len(values) != 1 {
		return api.Cursor{}, fmt.Errorf("given %d times", len(values))
	}
	return api.ParseCursor(values[0])
}

// parseList splits comma lists. Where allowed is given, values must be among it;
// elsewhere they must be DIDs or URLs in form, which hold no comma.
func parseList(values []string, allowed ...string) ([]string, error) {
	var list []string
	for _, v := range values {
		for item := range strings.SplitSeq(v, ",") {
			if err := checkItem(item, allowed); err != nil {
				return nil, err
			}
			if !slices.Contains(list, item) {
				list = append(list, strings.Clone(item))
			}
			if len(list) > maxFilterValues {
				return nil, fmt.Errorf("more than %d values", maxFilterValues)
			}
		}
	}
	return list, nil
}

func checkItem(item string, allowed []string) error {
	switch {
	case item == "":
		return fmt.Errorf("empty value")
	case len(item) > maxFilterLength:
		return fmt.Errorf("value over %d bytes", maxFilterLength)
	case len(allowed) > 0 && !slices.Contains(allowed, item):
		return fmt.Errorf("%.64q is none of %s", item, strings.Join(allowed, ", "))
	case len(allowed) == 0 && !strings.Contains(item, ":"):
		return fmt.Errorf("%.64q is no DID", item)
	}
	return nil
}

package dereference

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// maxOptions is how many options a request may have.
const maxOptions = 32

// Options are options of resolution and dereferencing by name, not yet judged.
type Options map[string]string

// ParseQuery reads the query of a DID URL. A plus is a plus (RFC 3986). A name that
// occurs twice makes the DID URL invalid, for nobody could say which one counts
// ("Duplicate Parameter Handling"). Errors have the code InvalidDIDURL.
func ParseQuery(query string) (Options, error) {
	options := Options{}
	if query == "" {
		return options, nil
	}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.PathUnescape(rawName)
		if err != nil {
			return nil, invalidURL("a parameter's name is not percent-encoded well")
		}
		value, err := url.PathUnescape(rawValue)
		if err != nil {
			return nil, invalidURL("the parameter " + quote(name) + " is not percent-encoded well")
		}
		if _, twice := options[name]; twice {
			return nil, invalidURL("the parameter " + quote(name) + " is given twice")
		}
		if options[name] = value; len(options) > maxOptions {
			return nil, invalidURL("more than " + strconv.Itoa(maxOptions) + " parameters")
		}
	}
	return options, nil
}

// ParseBody reads the options in the JSON body of the POST binding ("HTTP(S)
// Binding"): an object of strings, integers and booleans. Errors have the code
// InvalidOptions.
func ParseBody(body jcs.Value) (Options, error) {
	if !body.IsObject() {
		return nil, invalidOptions("the options are not a JSON object")
	}
	options := Options{}
	for name, v := range body.Members() {
		if len(options) == maxOptions {
			return nil, invalidOptions("more than " + strconv.Itoa(maxOptions) + " options")
		}
		if text, ok := v.Str(); ok {
			options[name] = text
		} else if n, ok := v.Int(); ok {
			options[name] = strconv.FormatInt(n, 10)
		} else if b, ok := v.Bool(); ok {
			options[name] = strconv.FormatBool(b)
		} else {
			return nil, invalidOptions("the option " + quote(name) + " is neither string, integer nor boolean")
		}
	}
	return options, nil
}

// Add puts other's options beside those there are. One that is in both is an error.
func (o Options) Add(other Options) error {
	for name, value := range other {
		if _, twice := o[name]; twice {
			return invalidOptions("the option " + quote(name) + " is given twice")
		}
		o[name] = value
	}
	return nil
}

func invalidURL(detail string) error { return &did.Error{Code: did.InvalidDIDURL, Detail: detail} }

func invalidOptions(detail string) error { return &did.Error{Code: did.InvalidOptions, Detail: detail} }

func notFound(detail string) error { return &did.Error{Code: did.NotFound, Detail: detail} }

// quote makes what a requester sent fit to be sent back.
func quote(s string) string {
	const most = 64
	if len(s) > most {
		s = s[:most]
	}
	return strconv.QuoteToASCII(s)
}

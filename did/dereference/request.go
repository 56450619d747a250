package dereference

import (
	"sort"
	"strconv"
	"time"

	"github.com/tabard-id/tabard/did"
)

// Request is a DID or DID URL with its options understood.
type Request struct {
	URL did.URL
	// Options select the version to resolve.
	Options did.Options
	// Service, ServiceType and RelativeRef are the DID parameters of those names,
	// decoded; "" where absent.
	Service, ServiceType, RelativeRef string
	// Relationship is the verificationRelationship that the method named by the
	// fragment must be authorised for; "" for none.
	Relationship did.Relationship
	// ExpandRelativeURLs asks for absolute DID URLs in the document.
	ExpandRelativeURLs bool
}

// The names of options.
const (
	optVersionID     = "versionId"
	optVersionTime   = "versionTime"
	optVersionNumber = "versionNumber" // did:webvh
	optExpand        = "expandRelativeUrls"
	optRelationship  = "verificationRelationship"
	optService       = "service"
	optServiceType   = "serviceType"
	optRelativeRef   = "relativeRef"
)

var known = map[string]bool{
	optVersionID: true, optVersionTime: true, optVersionNumber: true, optExpand: true,
	optRelationship: true, optService: true, optServiceType: true, optRelativeRef: true,
}

// New reads the options of a DID URL and those given beside it, which are of equal
// standing. First all must be known (FeatureNotSupported), then all must be valid
// (InvalidOptions), as "DID Resolution Algorithm" orders it. A duplicate in the DID
// URL's own query is InvalidDIDURL before either.
func New(u did.URL, beside Options) (Request, error) {
	r := Request{URL: u}
	if u.Query == "" && len(beside) == 0 {
		return r, nil
	}
	options, err := ParseQuery(u.Query)
	if err != nil {
		return r, err
	}
	names := make([]string, 0, len(options)+len(beside))
	for _, set := range []Options{options, beside} {
		for name := range set {
			names = append(names, name)
		}
	}
	sort.Strings(names) // which one is complained of does not depend on the order of a map
	for _, name := range names {
		if !known[name] {
			return r, &did.Error{Code: did.FeatureNotSupported, Detail: "the option " + quote(name) + " is not supported"}
		}
	}
	if err := options.Add(beside); err != nil {
		return r, err
	}
	for _, read := range []func(Options) error{r.readVersion, r.readRelationship, r.readExpand, r.readService} {
		if err := read(options); err != nil {
			return r, err
		}
	}
	return r, nil
}

// IsURL reports whether r is to be dereferenced; otherwise what it means is the
// document.
func (r *Request) IsURL() bool {
	return r.URL.Path != "" || r.URL.Fragment != "" || r.selects()
}

// selects reports whether services are selected.
func (r *Request) selects() bool { return r.Service != "" || r.ServiceType != "" }

// Immutable reports whether what r means stays what it is: a version is named.
func (r *Request) Immutable() bool { return r.Options.VersionID != "" || r.Options.VersionNumber != 0 }

func (r *Request) readVersion(o Options) error {
	if v, ok := o[optVersionID]; ok {
		if v == "" || !isASCII(v) {
			return invalidOptions("versionId is not a version")
		}
		r.Options.VersionID = v
	}
	if v, ok := o[optVersionNumber]; ok {
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil || n == 0 || v != strconv.FormatUint(n, 10) {
			return invalidOptions("versionNumber is not a positive decimal number")
		}
		r.Options.VersionNumber = int(n)
	}
	if v, ok := o[optVersionTime]; ok {
		const form = "2006-01-02T15:04:05Z"
		at, err := time.Parse(form, v)
		if err != nil || len(v) != len(form) {
			return invalidOptions("versionTime is not a UTC time without fractions, such as 2026-01-31T12:00:00Z")
		}
		if at.IsZero() { // the zero time stands for none
			return notFound("nothing was valid at that versionTime")
		}
		r.Options.VersionTime = at
	}
	return r.Options.Check()
}

func (r *Request) readRelationship(o Options) error {
	v, ok := o[optRelationship]
	if !ok {
		return nil
	}
	switch r.Relationship = did.Relationship(v); r.Relationship {
	case did.Authentication, did.AssertionMethod, did.KeyAgreement, did.CapabilityInvocation, did.CapabilityDelegation:
	default:
		return invalidOptions("verificationRelationship is not a verification relationship")
	}
	if r.URL.Fragment == "" {
		return invalidOptions("verificationRelationship is of a verification method, which a fragment names")
	}
	return nil
}

func (r *Request) readExpand(o Options) error {
	switch v, ok := o[optExpand]; {
	case !ok, v == "false":
	case v == "true":
		r.ExpandRelativeURLs = true
	default:
		return invalidOptions("expandRelativeUrls is not a boolean")
	}
	return nil
}

func (r *Request) readService(o Options) error {
	for _, p := range []struct {
		name string
		into *string
	}{{optService, &r.Service}, {optServiceType, &r.ServiceType}, {optRelativeRef, &r.RelativeRef}} {
		v, ok := o[p.name]
		if !ok {
			continue
		}
		if v == "" || !isASCII(v) {
			return invalidOptions(p.name + " is empty or not ASCII")
		}
		*p.into = v
	}
	switch {
	case r.selects() && r.URL.Path != "":
		return invalidOptions("a path and a service exclude each other")
	case r.RelativeRef != "" && !r.selects():
		return invalidOptions("relativeRef needs a service")
	case r.RelativeRef != "":
		return checkRelative(r.RelativeRef)
	}
	return nil
}

// isASCII: DID parameters are ASCII ("DID Parameters").
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

package credential

import (
	"fmt"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential/schema"
	"github.com/tabard-id/tabard/did/statuslist"
)

// Policy is what an operator has decided about verdicts, and no request changes. Its zero
// value is what the specifications say.
type Policy struct {
	// ListIssuers are whose status lists may speak of credentials of other issuers.
	ListIssuers []ListIssuer
	// MinListEntries is how many entries a bitstring status list must have; zero is
	// statuslist.MinEntries, for the privacy of the herd.
	MinListEntries uint64
	// AssertFormats holds credentials to format in JSON Schemas of 2019-09 and 2020-12,
	// where it is an annotation.
	AssertFormats bool
}

// ListIssuer is whose status lists are trusted of another's credentials.
type ListIssuer struct {
	// List is the issuer of the lists.
	List did.ID
	// Of is the issuer of the credentials; "" is anyone.
	Of string
}

// ParseListIssuer reads DID, or DID=ISSUER where lists may speak of the credentials of one
// issuer only.
func ParseListIssuer(s string) (ListIssuer, error) {
	list, of, only := strings.Cut(s, "=")
	id, err := did.Parse(list)
	if err != nil {
		return ListIssuer{}, err
	}
	if only && of == "" {
		return ListIssuer{}, fmt.Errorf("%s= names no issuer", list)
	}
	return ListIssuer{id, of}, nil
}

// Check reports a policy that cannot be followed.
func (p Policy) Check() error {
	if p.MinListEntries > statuslist.MinEntries {
		return fmt.Errorf("status lists of at least %d entries: no more than %d can be demanded", p.MinListEntries, statuslist.MinEntries)
	}
	for _, i := range p.ListIssuers {
		if _, err := did.Parse(string(i.List)); err != nil {
			return fmt.Errorf("an issuer of status lists: %w", err)
		}
	}
	return nil
}

// Apply has a verifier follow the policy.
func (p Policy) Apply(v *Verifier) {
	v.SchemaOptions = schema.Options{AssertFormats: p.AssertFormats}
	v.MinListEntries = p.MinListEntries
	if len(p.ListIssuers) > 0 {
		v.AcceptListIssuer = p.accepts
	}
}

func (p Policy) accepts(listIssuer, issuer string) bool {
	for _, i := range p.ListIssuers {
		if string(i.List) == listIssuer && (i.Of == "" || i.Of == issuer) {
			return true
		}
	}
	return false
}

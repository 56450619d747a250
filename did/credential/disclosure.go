package credential

import (
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// decisive are the members of a credential by which it is judged: whoever may leave
// them out has a credential that does not expire and cannot be revoked.
var decisive = []string{"issuer", "validFrom", "validUntil", "issuanceDate", "expirationDate", "credentialStatus"}

// Mandatory returns pointers together with those to what a holder must not hold back,
// of a credential that is disclosed in parts by a proof: its issuer, period and status
// (Data Integrity ECDSA Cryptosuites 1.0, 3.6.1: an application's own mandatory
// pointers).
func Mandatory(doc jcs.Value, pointers []string) []string {
	all := slices.Clone(pointers)
	for _, name := range decisive {
		if _, present := doc.Get(name); present && !slices.Contains(all, "/"+name) {
			all = append(all, "/"+name)
		}
	}
	return all
}

// undeniable are the other members of an SD-JWT that must not be disclosable (RFC 9901,
// 9.7; VC-JOSE-COSE 1.0, 3.2.1): what the payload is, and claims about the token.
var undeniable = append([]string{"@context", "type", "holder", claimStatus}, securingClaims...)

// deniable reports whether a holder may hold back what a JSON Pointer points to. A name
// of the issuer may be held back, the issuer itself not.
func deniable(pointer string) bool {
	name, rest, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	if name == "issuer" {
		return rest != "" && rest != "id"
	}
	return !slices.Contains(decisive, name) && !slices.Contains(undeniable, name)
}

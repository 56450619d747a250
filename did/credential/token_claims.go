package credential

import (
	"slices"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
)

// CodeClaimMismatch: proof; a claim of the token says otherwise than the credential
// or presentation in it.
const CodeClaimMismatch Code = "claim-mismatch"

// readClaims reads the registered claims of the payload, and those that are
// replicated in the header (RFC 7519, 5.3).
func (s *sealed) readClaims(payload, header jcs.Value) error {
	for _, v := range []jcs.Value{payload, header} {
		if v.Kind() == jcs.KindNull {
			continue
		}
		c, err := jose.ParseClaims(v)
		if err != nil {
			return openError(err)
		}
		s.addClaims(c)
		s.addStatus(v)
	}
	return nil
}

func (s *sealed) addClaims(c jose.Claims) {
	s.claims = append(s.claims, c)
	if s.issuer == "" {
		s.issuer = c.Issuer
	}
}

// consistent holds the claims about the token to what the document says of itself
// and to what is expected (VC-JOSE-COSE 1.0, 3.1.3 and 4.1). A claim that says
// otherwise than the document fails it, where the specification only advises
// against making such tokens: two readers would take it for two things.
func (s *sealed) consistent(e expected) error {
	if err := s.agrees(); err != nil {
		return err
	}
	return s.meant(e)
}

// whose is the property of the document that says who signs it.
func (s *sealed) whose() string {
	if isPresentation(s.document) {
		return "holder"
	}
	return "issuer"
}

func (s *sealed) agrees() error {
	whose := s.whose()
	owner, id := ownerOf(s.document, whose), stringOf(s.document, "id")
	for _, c := range s.claims {
		switch {
		case c.Issuer != "" && (c.Issuer != s.issuer || owner != "" && c.Issuer != owner):
			return contradicted("iss is not the " + whose)
		case c.ID != "" && id != "" && c.ID != id:
			return contradicted("jti is not the id")
		case c.Subject != "" && whose == "issuer" && !isSubject(s.document, c.Subject):
			return contradicted("sub is not the credentialSubject")
		}
	}
	if id, err := did.Parse(s.issuer); err == nil && s.keyID != "" && !s.keyOf(id) {
		if _, err := s.keyURL(); err == nil {
			return contradicted("kid is no key of iss")
		}
	}
	return nil
}

// meant compares audience and nonce with what is expected, where no key binding
// does. A credential that is meant for somebody is refused unless whoever asks says
// to be that (RFC 7519, 4.1.3).
func (s *sealed) meant(e expected) error {
	for _, c := range s.claims {
		if !isPresentation(s.document) && c.Audience != nil && !overlap(c.Audience, e.domain) {
			return &checkError{code: CodeDomainMismatch, typ: cryptographicError, detail: "aud is somebody else"}
		}
	}
	if s.sd != nil && s.sd.KeyBinding != nil {
		return nil
	}
	if e.challenge != "" && s.claims[0].Nonce != e.challenge {
		return &checkError{code: CodeChallengeMismatch, typ: cryptographicError, detail: "nonce is not the challenge"}
	}
	for _, domain := range e.domain {
		if !slices.ContainsFunc(s.claims, func(c jose.Claims) bool { return slices.Contains(c.Audience, domain) }) {
			return &checkError{code: CodeDomainMismatch, typ: cryptographicError, detail: "aud does not contain " + domain}
		}
	}
	return nil
}

// overlap reports whether two sets have an element in common.
func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func contradicted(detail string) error {
	return &checkError{code: CodeClaimMismatch, typ: MalformedValueError, detail: detail}
}

// ownerOf reads a property that is a URL or an object with one as id.
func ownerOf(v jcs.Value, name string) string {
	member, _ := v.Get(name)
	if s, ok := member.Str(); ok {
		return s
	}
	return stringOf(member, "id")
}

func stringOf(v jcs.Value, name string) string {
	s, _ := v.GetString(name)
	return s
}

// isSubject reports whether a credential may be about sub: one of its subjects is,
// or none says who it is.
func isSubject(v jcs.Value, sub string) bool {
	named := false
	for _, subject := range arrayOf(v, "credentialSubject") {
		id := stringOf(subject, "id")
		if id == sub {
			return true
		}
		named = named || id != ""
	}
	return !named
}

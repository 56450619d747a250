package credential

import (
	"strconv"
	"time"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
)

// readVersion1 takes a credential or presentation of VC Data Model 1.1 out of the
// claim vc or vp (1.1, 6.3.1: JWT Decoding). In version 2 there must not be such
// claims (VC-JOSE-COSE 1.0, 3.1.3).
func (s *sealed) readVersion1() error {
	vc, hasVC := s.payload.Get("vc")
	vp, hasVP := s.payload.Get("vp")
	if !hasVC && !hasVP {
		return nil
	}
	inner, name := vc, "vc"
	if hasVP {
		inner, name = vp, "vp"
	}
	_, flat := s.payload.Get("@context")
	version, _ := contextVersion(inner)
	if hasVC && hasVP || flat || version != 1 {
		return malformed(name, "a claim that only stands for the whole of a version 1.1 document")
	}
	s.version1 = true
	s.document = inner
	if hasVC {
		return s.decodeCredential()
	}
	s.setOwner("holder")
	return s.setID()
}

// decodeCredential puts the claims where version 1.1 has their properties. Where
// the credential has the property as well, they must agree.
func (s *sealed) decodeCredential() error {
	c := s.claims[0]
	s.setOwner("issuer")
	if err := s.setID(); err != nil {
		return err
	}
	for _, date := range []struct {
		name string
		at   time.Time
	}{{"issuanceDate", c.NotBefore}, {"expirationDate", c.Expires}} {
		if err := s.setDate(date.name, date.at); err != nil {
			return err
		}
	}
	subject, _ := s.document.Get("credentialSubject")
	if c.Subject == "" || !subject.IsObject() {
		return nil
	}
	if _, present := subject.Get("id"); !present {
		s.document = s.document.With("credentialSubject", subject.With("id", jcs.FromString(c.Subject)))
	}
	return nil
}

// setOwner: iss is the issuer, or the holder.
func (s *sealed) setOwner(name string) {
	iss := s.claims[0].Issuer
	owner, present := s.document.Get(name)
	switch {
	case iss == "":
	case !present:
		s.document = s.document.With(name, jcs.FromString(iss))
	case owner.IsObject() && stringOf(owner, "id") == "":
		s.document = s.document.With(name, owner.With("id", jcs.FromString(iss)))
	}
}

// setID: jti is the id, which is a URL.
func (s *sealed) setID() error {
	jti := s.claims[0].ID
	if _, present := s.document.Get("id"); present || jti == "" {
		return nil
	}
	if !lexical.IsURL(jti) {
		return malformed("id", "by the claim jti "+strconv.Quote(cut(jti))+", which is not a URL")
	}
	s.document = s.document.With("id", jcs.FromString(jti))
	return nil
}

// setDate: claims count whole seconds, so that no more has to agree.
func (s *sealed) setDate(name string, at time.Time) error {
	if at.IsZero() {
		return nil
	}
	written, present := s.document.Get(name)
	if !present {
		s.document = s.document.With(name, jcs.FromString(at.Truncate(time.Second).Format(time.RFC3339)))
		return nil
	}
	text, _ := written.Str()
	if t, ok := lexical.Time(text); ok && t.Unix() != at.Unix() {
		return malformed(name, "not what the claim says")
	}
	return nil
}

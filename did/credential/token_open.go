package credential

import (
	"errors"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/sdjwt"
	"github.com/tabard-id/tabard/did/statuslist"
)

// openJWT opens a compact JWS (VC-JOSE-COSE 1.0, 3.1), or a JWT of VC Data Model
// 1.1, 6.3.1.
func openJWT(k kind, data []byte) (*sealed, error) {
	token, err := jose.Parse(data)
	if err != nil {
		return nil, openError(err)
	}
	payload, err := jcs.Decode(token.Payload)
	if err != nil {
		return nil, &checkError{typ: ParsingError, detail: "the payload", err: err}
	}
	if err := exact(payload); err != nil {
		return nil, err
	}
	s := &sealed{document: payload, payload: payload, keyID: token.KeyID, keyType: token.KeyType(), certificate: certificateIn(token.Header), check: token.Verify}
	if err := s.unsupported(token.Typ); err != nil {
		return nil, err
	}
	if err := s.readClaims(payload, token.Header); err != nil {
		return nil, err
	}
	if err := s.readVersion1(); err != nil {
		return nil, err
	}
	return s, s.finish(k, "jwt", token.Typ, token.Cty)
}

// openSDJWT opens an SD-JWT (VC-JOSE-COSE 1.0, 3.2).
func openSDJWT(k kind, data []byte) (*sealed, error) {
	token, err := sdjwt.Parse(data)
	if err != nil {
		return nil, openError(err)
	}
	document, err := token.Process()
	if err != nil {
		return nil, openError(err)
	}
	if err := exact(document, token.Signed); err != nil {
		return nil, err
	}
	s := &sealed{document: document, payload: token.Signed, keyID: token.JWT.KeyID, keyType: token.JWT.KeyType(), certificate: certificateIn(token.JWT.Header), check: token.Verify, sd: token}
	if err := s.unsupported(token.JWT.Typ); err != nil {
		return nil, err
	}
	if err := s.readClaims(document, token.JWT.Header); err != nil {
		return nil, err
	}
	return s, s.finish(k, "sd-jwt", token.JWT.Typ, token.JWT.Cty)
}

// openCOSE opens a COSE_Sign1 (VC-JOSE-COSE 1.0, 3.3). Its payload is JSON.
func openCOSE(k kind, data []byte) (*sealed, error) {
	message, err := cose.Parse(data)
	if err != nil {
		return nil, openError(err)
	}
	payload, err := jcs.Decode(message.Payload)
	if err != nil {
		return nil, &checkError{typ: ParsingError, detail: "the payload", err: err}
	}
	if err := exact(payload); err != nil {
		return nil, err
	}
	s := &sealed{document: payload, payload: payload, keyID: message.KeyURL(), keyType: message.KeyType(), check: message.Verify}
	if message.Certificate {
		s.certificate = "x5chain, x5bag, x5t or x5u"
	}
	if err := s.readClaims(payload, jcs.Value{}); err != nil {
		return nil, err
	}
	if len(message.Claims) > 0 {
		c, err := cose.ParseClaims(message.Claims)
		if err != nil {
			return nil, openError(err)
		}
		s.addStatusCBOR(c.Other[statuslist.ClaimStatus])
		s.addClaims(jose.Claims{Issuer: c.Issuer, Subject: c.Subject, Audience: c.Audience, Expires: c.Expires, NotBefore: c.NotBefore, IssuedAt: c.IssuedAt})
	}
	return s, s.finish(k, "cose", message.Typ, message.ContentType)
}

// openError gives the failure of one of the parsers a code.
func openError(err error) error {
	for _, unsupported := range []error{jose.ErrAlgorithm, jose.ErrCritical, cose.ErrAlgorithm, cose.ErrCritical, sdjwt.ErrHash} {
		if errors.Is(err, unsupported) {
			return &checkError{code: CodeProofUnsupported, typ: cryptographicError, err: err}
		}
	}
	for _, invalid := range []error{sdjwt.ErrUnreferenced, sdjwt.ErrDuplicate, sdjwt.ErrName, sdjwt.ErrExists, sdjwt.ErrDisclosure} {
		if errors.Is(err, invalid) {
			return &checkError{code: CodeProofInvalid, typ: cryptographicError, err: err}
		}
	}
	return &checkError{typ: ParsingError, err: err}
}

// certificateIn names the member of a header that is about X.509 certificates (RFC 7515,
// 4.1.5 to 4.1.8), "" if there is none.
func certificateIn(header jcs.Value) string {
	for _, name := range []string{"x5c", "x5u", "x5t", "x5t#S256"} {
		if _, present := header.Get(name); present {
			return name
		}
	}
	return ""
}

// unsupported names tokens of credentials that are none of the W3C data models.
func (s *sealed) unsupported(typ string) error {
	_, context := s.document.Get("@context")
	_, vct := s.document.Get("vct")
	switch media := jose.MediaType(typ); {
	case media == "application/dc+sd-jwt":
	case vct && !context && (s.sd != nil || media == "application/vc+sd-jwt"): // as drafts had it
	default:
		return nil
	}
	return &checkError{code: CodeProofUnsupported, typ: ParsingError, detail: "an SD-JWT VC (dc+sd-jwt), which is no credential of the W3C data model"}
}

// finish checks what the token says that it is: the kind that was expected, the
// kind of document that it holds, and its typ and cty must agree. Both may be
// absent, and a JWT may just say that it is one.
func (s *sealed) finish(k kind, form, typ, cty string) error {
	for _, name := range []string{"vc", "vp"} {
		if _, present := s.document.Get(name); present && !s.version1 {
			return malformed(name, "must not be a claim")
		}
	}
	is := kindOf(s.document)
	if is == anyKind || k != anyKind && k != is {
		return malformed("type", "not that of a credential or presentation, whichever is expected")
	}
	switch got := jose.MediaType(typ); {
	case got == "", form == "jwt" && got == "application/jwt":
	case got == "application/"+string(is)+"+"+form:
	default:
		return &checkError{typ: MalformedValueError, detail: "typ is " + cut(typ)}
	}
	if !fitting(jose.MediaType(cty), is) {
		return &checkError{typ: MalformedValueError, detail: "cty is " + cut(cty)}
	}
	if _, present := s.document.Get("proof"); present {
		s.inner = openIntegrity(s.document)
		if errors.Is(s.inner.err, proof.ErrNoProof) {
			s.inner = nil
		}
	}
	return nil
}

// fitting reports whether a content type may be that of the kind: vc or vp, a more
// specific type that says so, or the JSON that it is in any case.
func fitting(cty string, k kind) bool {
	short := string(k)
	switch cty {
	case "", "application/json", "application/ld+json", "application/" + short, "application/" + short + "+ld+json":
		return true
	default:
		return strings.HasSuffix(cty, "+"+short)
	}
}

// kindOf tells by the type of a document which kind it is; neither where it would
// be both.
func kindOf(v jcs.Value) kind {
	types, err := typesOf(v, "type")
	if err != nil {
		return anyKind
	}
	vc, vp := slices.Contains(types, Type), slices.Contains(types, PresentationType)
	switch {
	case vc && !vp:
		return credentialKind
	case vp && !vc:
		return presentationKind
	default:
		return anyKind
	}
}

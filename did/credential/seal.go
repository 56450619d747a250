package credential

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/sdjwt"
)

// SealOptions say how a token is made.
type SealOptions struct {
	// KeyID is the absolute DID URL of the key, a key of the issuer or holder.
	KeyID string
	// Disclosable are JSON Pointers to what the holder may disclose one by one; for
	// the media types of SD-JWT only.
	Disclosable []string
	// Processor has the JSON-LD contexts; nil is jsonld.Default.
	Processor *jsonld.Processor
	// Random is where the salts of disclosures come from; nil is crypto/rand.
	Random io.Reader
}

// Seal secures a credential or presentation as a token of that media type, one of
// the constants (Securing Verifiable Credentials using JOSE and COSE 1.0, 3). The
// document may have registered claims: a presentation answers a challenge by nonce
// and names its audience in aud. What would not verify anywhere is refused as
// Verifier.CheckUnsigned has it, and so is what the verifier would find wrong of its
// claims. Time is not looked at.
func Seal(doc jcs.Value, media string, key jose.Signer, opt SealOptions) ([]byte, error) {
	k, form := credentialKind, ""
	switch media {
	case MediaCredentialJWT, MediaCredentialSDJWT, MediaCredentialCOSE:
		if _, err := Parse(doc); err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
	case MediaPresentationJWT, MediaPresentationSDJWT, MediaPresentationCOSE:
		k = presentationKind
		if _, err := ParsePresentation(doc); err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
	default:
		return nil, fmt.Errorf("seal: media type %.64q", media)
	}
	form = media[len("application/")+len(k)+1:]
	if len(opt.Disclosable) > 0 && form != "sd-jwt" {
		return nil, fmt.Errorf("seal: nothing can be disclosed one by one in %s", media)
	}
	for _, pointer := range opt.Disclosable {
		if strings.HasPrefix(pointer+"/", "/"+claimStatus+"/") {
			return nil, fmt.Errorf("seal: the holder could withhold %s, and with it a revocation", pointer)
		}
	}
	for _, pointer := range opt.Disclosable {
		if !deniable(pointer) {
			return nil, fmt.Errorf("seal: %.100q decides about the credential, and is always disclosed", pointer)
		}
	}
	if err := (&Verifier{Processor: opt.Processor}).CheckUnsigned(doc, opt.KeyID, true); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	token, err := seal(doc, k, form, key, opt)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if err := proveSealed(media, token); err != nil {
		return nil, err
	}
	return token, nil
}

func seal(doc jcs.Value, k kind, form string, key jose.Signer, opt SealOptions) ([]byte, error) {
	if form == "cose" {
		return cose.Sign(cose.Header{KeyID: []byte(opt.KeyID), ContentType: "application/" + string(k), Typ: "application/" + string(k) + "+cose"}, doc.Canonical(), key)
	}
	header := jcs.Object(
		jcs.Member{Name: "cty", Value: jcs.FromString(string(k))},
		jcs.Member{Name: "kid", Value: jcs.FromString(opt.KeyID)},
		jcs.Member{Name: "typ", Value: jcs.FromString(string(k) + "+" + form)},
	)
	if form == "jwt" {
		compact, err := jose.Sign(header, doc.Canonical(), key)
		return []byte(compact), err
	}
	compact, err := sdjwt.Issue(doc, key, sdjwt.IssueOptions{Header: header, Disclosable: opt.Disclosable, Random: opt.Random})
	return []byte(compact), err
}

// proveSealed reads the token as its verifier will.
func proveSealed(media string, token []byte) error {
	s, err := openMedia(media, token)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if err := s.agrees(); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	for _, claim := range s.status {
		if claim.err != nil {
			return fmt.Errorf("seal: %w", claim.err)
		}
	}
	whose := ownerOf(s.document, s.whose())
	id, err := did.Parse(whose)
	if err == nil && !s.keyOf(id) {
		return fmt.Errorf("seal: the key is not one of %s", whose)
	}
	_, err = s.keyURL()
	return err
}

// Envelope returns the EnvelopedVerifiableCredential or
// EnvelopedVerifiablePresentation around a token of that media type, one of the
// constants (VC Data Model 2.0, 4.13.1 and 4.13.2).
func Envelope(media string, token []byte) jcs.Value {
	typ, data := EnvelopedCredential, ","+string(token)
	switch media {
	case MediaPresentationJWT, MediaPresentationSDJWT, MediaPresentationCOSE:
		typ = EnvelopedPresentation
	}
	if media == MediaCredentialCOSE || media == MediaPresentationCOSE {
		data = ";base64," + base64.StdEncoding.EncodeToString(token)
	}
	return jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString(ContextV2))},
		jcs.Member{Name: "id", Value: jcs.FromString("data:" + media + data)},
		jcs.Member{Name: "type", Value: jcs.FromString(typ)},
	)
}

package api

import (
	"encoding/json"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
)

// VerifyRequest is the body of POST /credentials/verify (VCALM). An option that is not known is an error;
// of those that choose among checks none makes them fewer. The credential is an object, an
// EnvelopedVerifiableCredential, or a string that is a compact token. A body of type application/vc+jwt,
// application/vc+sd-jwt or application/vc+cose is the credential itself.
type VerifyRequest struct {
	VerifiableCredential json.RawMessage `json:"verifiableCredential"`
	Options              *VerifyOptions  `json:"options,omitempty"`
}

// VerifyOptions are the options known to /credentials/verify. Challenge and Domain are what the credential
// must have been secured for: Domain is the exact set that a proof names, of which a token's audience must have
// all and that of a key binding one; on the wire a single string will do.
type VerifyOptions struct {
	Challenge        string   `json:"challenge,omitempty"`
	Domain           []string `json:"domain,omitempty"`
	ReturnCredential bool     `json:"returnCredential,omitempty"`
	// AcceptAnyIssuer takes an issuer that is not a DID, to which nothing ties whoever signed. The
	// verdict says so: the row issuer is skipped. A node's operator may have refused that.
	AcceptAnyIssuer bool `json:"acceptAnyIssuer,omitempty"`
	// RequireActiveSubject fails a credential with a subject that is suspended or revoked, of which the
	// row subjectState tells otherwise. A node's operator may have chosen that for all.
	RequireActiveSubject bool `json:"requireActiveSubject,omitempty"`
	// AllowUndefinedTerms lets terms pass that no context defines. The verdict says so: the row context is
	// skipped. A node's operator may have refused that.
	AllowUndefinedTerms bool `json:"allowUndefinedTerms,omitempty"`
	// RequireRegistered fails a credential that the registry has not heard of.
	RequireRegistered bool `json:"requireRegistered,omitempty"`
}

// VerifyPresentationRequest is the body of POST /presentations/verify (VCALM). One without proof goes
// under Presentation instead, and answers no challenge.
type VerifyPresentationRequest struct {
	VerifiablePresentation json.RawMessage            `json:"verifiablePresentation,omitempty"`
	Presentation           json.RawMessage            `json:"presentation,omitempty"`
	Options                *VerifyPresentationOptions `json:"options,omitempty"`
}

// VerifyPresentationOptions are the options known to /presentations/verify. Domain is the exact set that
// the presentation must name; on the wire a single string will do.
type VerifyPresentationOptions struct {
	Challenge          string   `json:"challenge,omitempty"`
	Domain             []string `json:"domain,omitempty"`
	ReturnPresentation bool     `json:"returnPresentation,omitempty"`
	// The rest is of the credentials inside, as in VerifyOptions.
	AcceptAnyIssuer      bool `json:"acceptAnyIssuer,omitempty"`
	RequireActiveSubject bool `json:"requireActiveSubject,omitempty"`
	AllowUndefinedTerms  bool `json:"allowUndefinedTerms,omitempty"`
	RequireRegistered    bool `json:"requireRegistered,omitempty"`
}

// Verification answers both: 200 if verified is true, 400 if it is false. What was verified comes back
// only when asked for.
type Verification struct {
	credential.Verdict
	Credential   *jcs.Value `json:"credential,omitempty"`
	Presentation *jcs.Value `json:"verifiablePresentation,omitempty"`
}

// Challenge answers POST /challenges: a challenge that /presentations/verify takes once at each node of
// the cluster, within five minutes. A challenge of a verifier's own making is compared and not counted.
type Challenge struct {
	Challenge string `json:"challenge"`
}

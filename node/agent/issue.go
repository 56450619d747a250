package agent

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/node/api"
)

// issued is the reply to whatever makes a credential.
type issued struct {
	Credential jcs.Value `json:"verifiableCredential"`
}

// signing is how a request wants something signed.
type signing struct {
	suite string
	// media is the media type of a token that secures instead of a proof; "" for a proof.
	media string
	types []multikey.Type
	// method and controller narrow the choice of keys; "" if any will do.
	method     string
	controller did.ID
	// options are those that a route still has to take.
	options *api.Options

	challenge string
	domain    []string
	// proof has the members of a proof that the request chooses; of a token only
	// disclosable can be chosen besides.
	proof       proof.SignOptions
	disclosable []string
}

// readSigning takes suite and curve from the path or, on routes without, from the
// options. What is to be signed is the member name, for that purpose.
func readSigning(r *http.Request, body jcs.Value, name string, purpose did.Relationship) (signing, error) {
	opt := api.ReadOptions(body, name)
	s := signing{
		suite: opt.Text("cryptosuite"), options: opt, method: opt.Text("verificationMethod"),
		challenge: opt.Text("challenge"), domain: opt.Texts("domain"),
	}
	opt.OneOf("proofPurpose", string(purpose))
	if err := s.choose(r.PathValue("cryptosuite"), r.PathValue("curve")); err != nil {
		return s, err
	}
	if s.media != "" {
		s.disclosable = opt.Pointers("disclosable")
		return s, nil
	}
	opt.OneOf("type", proof.Type)
	s.proof = proof.SignOptions{
		Purpose: purpose, Cryptosuite: s.suite, Challenge: s.challenge, Domain: s.domain,
		Nonce: opt.Text("nonce"), ID: opt.Text("proofId"), PreviousProof: opt.Texts("previousProof"),
		MandatoryPointers: opt.Pointers("mandatoryPointers"), Created: opt.Time("created"), Expires: opt.Time("expires"),
	}
	return s, nil
}

// choose finds the suite, by the path of the route if it has one there, or the token.
func (s *signing) choose(path, curve string) error {
	if path == "" {
		s.media = s.options.OneOf("mediaType", medias...)
	}
	switch {
	case s.media != "" && s.suite != "":
		return malformed("options.mediaType and options.cryptosuite exclude each other")
	case s.media != "":
		return nil // any key will do
	case path != "" && s.suite != "" && s.suite != path:
		return malformed("options.cryptosuite: this route is for %.100q", path)
	case path != "":
		s.suite = path
	case s.suite == "":
		s.suite = defaultSuite
	}
	var known bool
	if s.types, known = suites[s.suite]; !known && path != "" {
		return api.Problemf(api.NotFound, "no cryptosuite %.100q", s.suite)
	} else if !known {
		return malformed("options.cryptosuite: no cryptosuite %.100q", s.suite)
	}
	if curve != "" {
		t, known := curves[curve]
		if !known || !contains(s.types, t) {
			return api.Problemf(api.NotFound, "%s does not sign with %.100q", s.suite, curve)
		}
		s.types = []multikey.Type{t}
	}
	return nil
}

// issue adds a proof to a credential (VC API, Issue Credential): 201 with the
// secured credential, 400 for what is none.
func (a *Agent) issue(r *http.Request) (int, any, error) {
	body, err := readObject(r)
	if err != nil {
		return 0, nil, err
	}
	how, err := readSigning(r, body, "credential", did.AssertionMethod)
	if err != nil {
		return 0, nil, err
	}
	draft, key, err := a.draft(r.Context(), body, how)
	if err != nil {
		return 0, nil, err
	}
	secured, err := a.sign(draft, key, how)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, issued{secured}, nil
}

// draft finds the key for a credential, which is the issuer's if the credential
// names one, and completes what it lacks.
func (a *Agent) draft(ctx context.Context, body jcs.Value, how signing) (jcs.Value, Key, error) {
	vc, ok := body.Get("credential")
	if !ok || !vc.IsObject() {
		return vc, Key{}, malformed(`want {"credential": {…}, "options": {…}}`)
	}
	id := how.options.Text("credentialId")
	if err := how.options.Rest(); err != nil {
		return vc, Key{}, err
	}
	var err error
	if how.controller, err = issuerOf(vc); err != nil {
		return vc, Key{}, err
	}
	if _, has := vc.Get("id"); !has && id != "" {
		vc = vc.With("id", jcs.FromString(id))
	}
	key, err := a.key(ctx, wanted{how.types, how.controller, how.method, did.AssertionMethod})
	if err != nil {
		return vc, Key{}, err
	}
	if _, ok := vc.Get("issuer"); !ok {
		vc = vc.With("issuer", jcs.FromString(string(key.DID())))
	}
	vc = a.inject(vc, how)
	if err := a.honest(vc, key, how); err != nil {
		return vc, Key{}, err
	}
	return vc, key, checkOffsets(vc)
}

// checkOffsets refuses to issue times without offset: verifiers read them as UTC, but
// they are no dateTimeStamp (VC Data Model 2.0, 4.9).
func checkOffsets(vc jcs.Value) error {
	for _, name := range []string{"validFrom", "validUntil"} {
		s, ok := vc.GetString(name)
		if !ok {
			continue
		}
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return malformed("%s has no offset from UTC, or is no dateTimeStamp", name)
		}
	}
	return nil
}

// issuerOf is the DID that the credential names; "" if it names nobody.
func issuerOf(vc jcs.Value) (did.ID, error) {
	issuer, ok := vc.Get("issuer")
	if !ok {
		return "", nil
	}
	if issuer.IsObject() {
		issuer, _ = issuer.Get("id")
	}
	s, _ := issuer.Str()
	id, err := did.Parse(s)
	if err != nil {
		return "", malformed("the issuer is not a DID of this agent")
	}
	return id, nil
}

// sign adds a proof, or wraps the document in a token, as the options say.
func (a *Agent) sign(doc jcs.Value, key Key, how signing) (jcs.Value, error) {
	if how.media != "" {
		return seal(doc, key, how, a.Processor)
	}
	opt := how.proof
	opt.VerificationMethod, opt.Processor = key.Method, a.Processor
	if opt.Created.IsZero() {
		opt.Created = a.Now().Truncate(time.Second)
	}
	if how.suite == proof.ECDSASD2023 {
		opt.MandatoryPointers = credential.Mandatory(doc, opt.MandatoryPointers)
	}
	secured, err := proof.Sign(doc, key.Signer, opt)
	var refused *proof.Error
	if errors.As(err, &refused) {
		return doc, malformed("%v", err)
	}
	return secured, err
}

// derive selects from a credential with an ecdsa-sd-2023 base proof (VC API, Derive
// Credential).
func (a *Agent) derive(r *http.Request) (int, any, error) {
	body, err := readObject(r)
	if err != nil {
		return 0, nil, err
	}
	opt := api.ReadOptions(body, "verifiableCredential")
	pointers := opt.Pointers("selectivePointers")
	if err := opt.Rest(); err != nil {
		return 0, nil, err
	}
	vc, ok := body.Get("verifiableCredential")
	if !ok || !vc.IsObject() {
		return 0, nil, malformed(`want {"verifiableCredential": {…}, "options": {"selectivePointers": […]}}`)
	}
	derived, err := proof.Derive(vc, pointers, proof.DeriveOptions{Processor: a.Processor})
	var refused *proof.Error
	if errors.As(err, &refused) {
		return 0, nil, malformed("%v", err)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, issued{derived}, nil
}

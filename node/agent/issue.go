package agent

import (
	"errors"
	"net/http"
	"slices"
	"strings"
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
	options    jcs.Value
}

// readSigning takes suite and curve from the path or, on routes without, from the
// options.
func readSigning(r *http.Request, body jcs.Value) (signing, error) {
	opt, err := options(body)
	if err != nil {
		return signing{}, err
	}
	s := signing{suite: r.PathValue("cryptosuite"), options: opt}
	inPath := s.suite != ""
	if s.suite == "" {
		if s.suite, err = textOption(opt, "cryptosuite"); err != nil {
			return s, err
		}
	}
	if !inPath {
		if s.media, err = textOption(opt, "mediaType"); err != nil {
			return s, err
		}
	}
	if s.media != "" {
		return s.ofToken()
	}
	if s.suite == "" {
		s.suite = defaultSuite
	}
	var known bool
	if s.types, known = suites[s.suite]; !known {
		if inPath {
			return s, api.Problemf(api.NotFound, "no cryptosuite %.100q", s.suite)
		}
		return s, malformed("no cryptosuite %.100q", s.suite)
	}
	if curve := r.PathValue("curve"); curve != "" {
		t, known := curves[curve]
		if !known || !contains(s.types, t) {
			return s, api.Problemf(api.NotFound, "%s does not sign with %.100q", s.suite, curve)
		}
		s.types = []multikey.Type{t}
	}
	s.method, err = textOption(opt, "verificationMethod")
	return s, err
}

// ofToken checks what is asked of a token: any key will do, and no suite.
func (s signing) ofToken() (signing, error) {
	if s.suite != "" {
		return s, malformed("options.mediaType and options.cryptosuite exclude each other")
	}
	if !slices.Contains(medias, s.media) {
		return s, malformed("options.mediaType: want one of %s", strings.Join(medias, ", "))
	}
	var err error
	s.method, err = textOption(s.options, "verificationMethod")
	return s, err
}

// issue adds a proof to a credential (VC API, Issue Credential): 201 with the
// secured credential, 400 for what is none.
func (a *Agent) issue(r *http.Request) (int, any, error) {
	body, err := readObject(r)
	if err != nil {
		return 0, nil, err
	}
	how, err := readSigning(r, body)
	if err != nil {
		return 0, nil, err
	}
	draft, key, err := a.draft(body, how)
	if err != nil {
		return 0, nil, err
	}
	secured, err := a.sign(draft, key, how, did.AssertionMethod)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, issued{secured}, nil
}

// draft finds the key for a credential, which is the issuer's if the credential
// names one, and completes what it lacks.
func (a *Agent) draft(body jcs.Value, how signing) (jcs.Value, Key, error) {
	vc, ok := body.Get("credential")
	if !ok || !vc.IsObject() {
		return vc, Key{}, malformed(`want {"credential": {…}, "options": {…}}`)
	}
	var err error
	if how.controller, err = issuerOf(vc); err != nil {
		return vc, Key{}, err
	}
	if id, err := textOption(how.options, "credentialId"); err != nil {
		return vc, Key{}, err
	} else if _, has := vc.Get("id"); !has && id != "" {
		vc = vc.With("id", jcs.FromString(id))
	}
	key, err := choose(a.Keys.Keys(), how.types, how.controller, how.method)
	if err != nil {
		return vc, Key{}, err
	}
	if _, ok := vc.Get("issuer"); !ok {
		vc = vc.With("issuer", jcs.FromString(string(key.DID())))
	}
	vc = a.inject(vc, how)
	parsed, err := credential.Parse(vc)
	if err != nil {
		return vc, Key{}, malformed("%v", err)
	}
	if err := a.honest(parsed); err != nil {
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
func (a *Agent) sign(doc jcs.Value, key Key, how signing, purpose did.Relationship) (jcs.Value, error) {
	if how.media != "" {
		return seal(doc, key, how)
	}
	opt := proof.SignOptions{
		VerificationMethod: key.Method, Purpose: purpose, Cryptosuite: how.suite, Created: a.Now().Truncate(time.Second),
		Processor: a.Processor,
	}
	var err error
	for name, field := range map[string]*string{"challenge": &opt.Challenge, "nonce": &opt.Nonce, "proofId": &opt.ID} {
		if *field, err = textOption(how.options, name); err != nil {
			return doc, err
		}
	}
	for name, field := range map[string]*[]string{
		"domain": &opt.Domain, "previousProof": &opt.PreviousProof, "mandatoryPointers": &opt.MandatoryPointers,
	} {
		if *field, err = listOption(how.options, name); err != nil {
			return doc, err
		}
	}
	for name, field := range map[string]*time.Time{"created": &opt.Created, "expires": &opt.Expires} {
		if err := timeOption(how.options, name, field); err != nil {
			return doc, err
		}
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

func timeOption(opt jcs.Value, name string, field *time.Time) error {
	text, err := textOption(opt, name)
	if err != nil || text == "" {
		return err
	}
	if *field, err = time.Parse(time.RFC3339, text); err != nil {
		return malformed("options.%s is not an RFC 3339 time", name)
	}
	return nil
}

// derive selects from a credential with an ecdsa-sd-2023 base proof (VC API, Derive
// Credential).
func (a *Agent) derive(r *http.Request) (int, any, error) {
	body, err := readObject(r)
	if err != nil {
		return 0, nil, err
	}
	opt, err := options(body)
	if err != nil {
		return 0, nil, err
	}
	vc, ok := body.Get("verifiableCredential")
	if !ok || !vc.IsObject() {
		return 0, nil, malformed(`want {"verifiableCredential": {…}, "options": {"selectivePointers": […]}}`)
	}
	pointers, err := listOption(opt, "selectivePointers")
	if err != nil {
		return 0, nil, err
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

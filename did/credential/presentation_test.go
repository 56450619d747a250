package credential_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// presentation is an unsigned presentation by the issuer of everything else.
func (c credentials) presentation(vcs ...jcs.Value) jcs.Value {
	v := decode(c.tb, `{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiablePresentation","holder":"`+c.issuer+`"}`)
	if len(vcs) > 0 {
		v = v.With("verifiableCredential", jcs.Array(vcs...))
	}
	return v
}

// noted is a credential that has expired, which it says under that name: validUntil, or
// note, which is defined to mean the same.
func (c credentials) noted(name string) jcs.Value {
	return decode(c.tb, `{"@context":["https://www.w3.org/ns/credentials/v2",{"note":{"@id":"https://www.w3.org/2018/credentials#validUntil",
		"@type":"http://www.w3.org/2001/XMLSchema#dateTime"}}],"type":["VerifiableCredential"],"issuer":"`+c.issuer+`",
		"`+name+`":"2026-05-01T00:00:00Z","credentialSubject":{"id":"did:example:agent"}}`)
}

const challenge = "c0ae1c8e-c7e7-469f-b252-86e6a0e7387e"

// present signs a presentation for the challenge and the domain shop.example.
func (c credentials) present(v jcs.Value, changes ...func(*proof.SignOptions)) jcs.Value {
	return c.sign(v, append([]func(*proof.SignOptions){func(o *proof.SignOptions) {
		o.Purpose, o.Challenge, o.Domain = did.Authentication, challenge, []string{"shop.example"}
	}}, changes...)...)
}

// TestPresentationStructure runs vectors/credential/presentation.json.
func TestPresentationStructure(t *testing.T) {
	var file structureFile
	vectorsInto(t, "presentation.json", newCredentials(t).presentationFile(), &file)
	for _, v := range file.Cases {
		t.Run(v.Name, func(t *testing.T) {
			p, err := credential.ParsePresentation(v.Input)
			if v.Code == "valid" {
				if err != nil || p.Version == 0 || len(p.Types) == 0 {
					t.Errorf("%+v, %v", p, err)
				}
				return
			}
			var e *credential.Error
			want := map[string]string{"malformed": credential.MalformedValueError, "parsing": credential.ParsingError}[v.Code]
			if !errors.As(err, &e) || e.Type != want || e.Path != v.Path {
				t.Errorf("%v, want %s at %q", err, want, v.Path)
			}
		})
	}
}

func (c credentials) presentationFile() structureFile {
	return structureFile{
		Description: "Presentations without proof: valid, malformed with the property at fault, or parsing. The credentials in them are not looked into.",
		Source:      "made by go test ./did/credential -update; each case names the clause of VC Data Model 2.0 it is about, unless it says 1.1",
		Cases:       slices.Concat(c.wellFormedPresentations(), c.malformedPresentations()),
	}
}

const envelope = `{"@context":"https://www.w3.org/ns/credentials/v2","id":"data:application/vc+jwt,e30.e30.AA","type":"EnvelopedVerifiableCredential"}`

func (c credentials) wellFormedPresentations() []structureVector {
	vc := c.unsigned()
	v := c.presentation(vc)
	v1 := v.With("@context", jcs.Array(text(credential.ContextV1)))
	parse := func(s string) jcs.Value { return decode(c.tb, s) }
	good := func(name, source string, input jcs.Value) structureVector {
		return structureVector{name, source, input, "valid", "", ""}
	}
	return []structureVector{
		good("version-2", "4.13", v),
		good("version-1", "1.1, 4.10", v1),
		good("one-credential-without-array", "4.13", v.With("verifiableCredential", vc)),
		good("no-credential", "4.13: may be present", v.Without("verifiableCredential")),
		good("no-holder", "4.13: may include", v.Without("holder")),
		good("holder-as-object", "4.13", v.With("holder", parse(`{"id":"did:example:1","name":"x"}`))),
		good("with-id", "4.13", v.With("id", text("urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5"))),
		good("further-types", "4.13", v.With("type", parse(`["ExamplePresentation","VerifiablePresentation"]`))),
		good("enveloped-credential", "4.13.1", c.presentation(parse(envelope))),
		good("enveloped-and-embedded", "4.13", c.presentation(parse(envelope), vc)),
		good("context-object", "4.3", v.With("@context", parse(`["https://www.w3.org/ns/credentials/v2",{"Example":"https://vc.example/#Example"}]`))),
		good("terms-of-use", "5.5", v.With("termsOfUse", parse(`{"type":"HolderPolicy"}`))),
		good("version-1-token-as-string", "1.1, 6.3.1: tokens in the wild", v1.With("verifiableCredential", parse(`["e30.e30.AA"]`))),
		good("version-1-no-credential-in-the-array", "1.1: in the wild", v1.With("verifiableCredential", jcs.Array())),
		good("properties-nobody-knows", "5.2", v.With("colour", text("blue"))),
	}
}

func (c credentials) malformedPresentations() []structureVector {
	vc := c.unsigned()
	v := c.presentation(vc)
	parse := func(s string) jcs.Value { return decode(c.tb, s) }
	bad := func(name, source, path string, input jcs.Value) structureVector {
		return structureVector{name, source, input, "malformed", path, ""}
	}
	const vcs = "verifiableCredential"
	inside := func(s string) jcs.Value { return v.With(vcs, jcs.Array(parse(s))) }
	e := parse(envelope)
	return []structureVector{
		{"presentation-is-a-string", "4.13", text("presentation"), "parsing", "", ""},
		bad("no-context", "4.3", "@context", v.Without("@context")),
		bad("context-as-string", "4.3", "@context", v.With("@context", text(credential.ContextV2))),
		bad("context-in-another-order", "4.3", "@context", v.With("@context", parse(`["https://www.w3.org/ns/credentials/examples/v2","https://www.w3.org/ns/credentials/v2"]`))),
		bad("context-is-a-number", "4.3", "@context", v.With("@context", parse(`["https://www.w3.org/ns/credentials/v2",123192875]`))),
		bad("no-type", "4.13", "type", v.Without("type")),
		bad("type-of-a-credential", "4.13", "type", v.With("type", text(credential.Type))),
		bad("type-is-null", "4.13", "type", v.With("type", jcs.Value{})),
		bad("id-not-a-url", "4.4", "id", v.With("id", text("presentation"))),
		bad("id-is-an-array", "4.4", "id", v.With("id", parse(`["urn:x:1"]`))),
		bad("holder-not-a-url", "4.13", "holder", v.With("holder", text("z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"))),
		bad("holder-is-null", "4.13", "holder", v.With("holder", jcs.Value{})),
		bad("holder-is-an-array", "4.13", "holder", v.With("holder", parse(`["did:example:1"]`))),
		bad("holder-object-without-id", "4.13", "holder.id", v.With("holder", parse(`{"name":"Acme"}`))),
		bad("holder-object-id-not-a-url", "4.13", "holder.id", v.With("holder", parse(`{"id":"Acme"}`))),
		bad("credentials-empty", "4.13: one or more", vcs, v.With(vcs, jcs.Array())),
		bad("credential-is-a-string", "4.13: no non-object values", vcs, v.With(vcs, text("e30.e30.AA"))),
		bad("credential-is-a-url", "4.13", vcs, inside(`"https://vc.example/credentials/1"`)),
		bad("credential-is-a-number", "4.13", vcs, inside(`1`)),
		bad("credential-is-null", "4.13", vcs, inside(`null`)),
		bad("credential-in-an-array-of-arrays", "4.13", vcs, inside(`[{"type":"VerifiableCredential"}]`)),
		bad("credential-without-type", "4.5", vcs+".type", v.With(vcs, vc.Without("type"))),
		bad("credential-of-another-type", "4.13", vcs+".type", v.With(vcs, vc.With("type", text("AgentCredential")))),
		bad("presentation-inside", "4.13", vcs+".type", v.With(vcs, v)),
		bad("seventeen-credentials", "at most 16 are judged", vcs, v.With(vcs, jcs.Array(slices.Repeat([]jcs.Value{vc}, 17)...))),
		bad("envelope-without-context", "4.13.1", vcs+".@context", v.With(vcs, e.Without("@context"))),
		bad("envelope-with-empty-context", "4.13.1", vcs+".@context", v.With(vcs, e.With("@context", jcs.Array()))),
		bad("envelope-with-another-context", "4.13.1", vcs+".@context", v.With(vcs, e.With("@context", text("https://www.w3.org/ns/credentials/examples/v2")))),
		bad("envelope-without-id", "4.13.1", vcs+".id", v.With(vcs, e.Without("id"))),
		bad("envelope-id-not-a-data-url", "4.13.1", vcs+".id", v.With(vcs, e.With("id", text("https://vc.example/1")))),
		bad("envelope-id-a-bare-token", "4.13.1", vcs+".id", v.With(vcs, e.With("id", text("e30.e30.AA")))),
		bad("envelope-of-two-types", "4.13.1: MUST be", vcs+".type", v.With(vcs, e.With("type", parse(`["EnvelopedVerifiableCredential","VerifiableCredential"]`)))),
		bad("terms-of-use-without-type", "5.5", "termsOfUse.type", v.With("termsOfUse", parse(`{"id":"urn:x:1"}`))),
		bad("version-1-credential-is-a-url", "1.1, 4.10", vcs, v.With("@context", jcs.Array(text(credential.ContextV1))).With(vcs, parse(`["https://vc"]`))),
	}
}

// TestPresented runs vectors/credential/presented.json.
func TestPresented(t *testing.T) {
	c := newCredentials(t)
	runJudged(t, "presented.json", judgedFile{
		Description: "Secured presentations, what they are held to, the time and what the registry knows. codes are those of the presentation's checks that did not simply pass, " +
			"inner those of the credentials in it.",
		Source:    "VC Data Model 2.0, 4.13; Data Integrity 1.0, 4.4; made by go test ./did/credential -update from fixed keys",
		Documents: c.documents(),
		Cases:     append(c.boundPresentations(), c.filledPresentations()...),
	})
}

var asked = &optionsVector{Challenge: challenge, Domain: []string{"shop.example"}}

// boundPresentations are about who presents, to whom, and when.
func (c credentials) boundPresentations() []judgedVector {
	v := c.presentation()
	other := testKey(c.tb, multikey.P256)
	anyone := &optionsVector{}
	byOther := c.signWith(v, other, key.MethodID(other.Public()), func(o *proof.SignOptions) { o.Purpose, o.Challenge = did.Authentication, challenge })
	const holder, secured = credential.CheckHolder, credential.CheckProof
	code := func(row string, code credential.Code) codes { return codes{row: code} }
	document := func(name string) jcs.Value {
		return c.signWith(v.With("holder", text(name)), c.key, name+"#key", func(o *proof.SignOptions) { o.Purpose = did.Authentication })
	}
	https := c.present(v.With("holder", text("https://vc.example/holders/1")))
	return []judgedVector{
		{Name: "without-credentials", Source: "4.13: may be present", Input: c.present(v), Options: asked, Verified: true},
		{Name: "no-challenge-asked", Source: "4.13: should be bound to one", Input: c.present(v), Options: anyone, Verified: true},
		{Name: "holder-expected", Source: "4.13", Input: c.present(v), Options: &optionsVector{Holder: c.issuer}, Verified: true},
		{Name: "no-holder-named", Source: "4.13: from the securing mechanism", Input: c.present(v.Without("holder")), Options: asked, Verified: true},
		{Name: "version-1", Source: "1.1, 4.10", Input: c.present(v.With("@context", jcs.Array(text(credential.ContextV1)))), Options: asked, Verified: true},
		{Name: "challenge-of-another-time", Source: "Data Integrity 1.0, 4.4", Input: c.present(v), Options: &optionsVector{Challenge: "another"},
			Codes: code(secured, credential.CodeChallengeMismatch), Type: proof.InvalidChallenge},
		{Name: "challenge-missing", Source: "Data Integrity 1.0, 4.4", Input: c.present(v, func(o *proof.SignOptions) { o.Challenge = "" }), Options: asked,
			Codes: code(secured, credential.CodeChallengeMismatch), Type: proof.InvalidChallenge},
		{Name: "domain-of-another", Source: "Data Integrity 1.0, 4.4", Input: c.present(v), Options: &optionsVector{Domain: []string{"evil.example"}},
			Codes: code(secured, credential.CodeDomainMismatch), Type: proof.InvalidDomain},
		{Name: "domain-is-one-of-two", Source: "Data Integrity 1.0, 4.4: as a set", Input: c.present(v, func(o *proof.SignOptions) { o.Domain = []string{"shop.example", "evil.example"} }),
			Options: asked, Codes: code(secured, credential.CodeDomainMismatch)},
		{Name: "domain-missing", Source: "Data Integrity 1.0, 4.4", Input: c.present(v, func(o *proof.SignOptions) { o.Domain = nil }), Options: asked,
			Codes: code(secured, credential.CodeDomainMismatch)},
		{Name: "signed-for-assertion", Source: "purpose authentication", Input: c.present(v, func(o *proof.SignOptions) { o.Purpose = did.AssertionMethod }), Options: asked,
			Codes: code(secured, credential.CodeProofInvalid)},
		{Name: "key-not-for-authentication", Source: "Controlled Identifiers 1.0, 3.3", Input: document(foreignIssuer), Options: anyone,
			Codes: code(secured, credential.CodeKeyUnavailable), Type: proof.InvalidRelationship},
		{Name: "presented-by-another", Source: "holder bound to the proof", Input: byOther, Options: &optionsVector{Challenge: challenge}, Codes: code(holder, credential.CodeHolderMismatch)},
		{Name: "holder-is-not-the-one-expected", Source: "holder bound to the proof", Input: c.present(v), Options: &optionsVector{Holder: "did:example:alice"}, Codes: code(holder, credential.CodeHolderMismatch)},
		{Name: "holder-expected-and-none-named", Source: "holder bound to the proof", Input: c.present(v.Without("holder")), Options: &optionsVector{Holder: c.issuer}, Codes: code(holder, credential.CodeHolderMismatch)},
		{Name: "holder-by-https", Source: "nothing ties a key to it", Input: https, Options: asked,
			Codes: codes{holder: credential.CodeHolderNotDID, credential.CheckHolderState: credential.CodeHolderNotDID}},
		{Name: "holder-unknown", Source: "Controlled Identifiers 1.0, 3.3", Input: document("did:example:unknown"), Options: anyone,
			Codes: codes{secured: credential.CodeKeyUnavailable, credential.CheckHolderState: credential.CodeHolderUnresolvable}},
		{Name: "holder-deactivated", Source: "DID 1.1", Input: document("did:example:deactivated"), Options: anyone,
			Codes: codes{secured: credential.CodeKeyUnavailable, credential.CheckHolderState: credential.CodeHolderDeactivated}},
		{Name: "holder-suspended", Source: "status of a DID", Input: c.present(v), Options: asked, Statuses: map[string]string{c.issuer: credential.Suspended},
			Codes: code(credential.CheckHolderState, credential.CodeHolderSuspended)},
		{Name: "holder-revoked", Source: "status of a DID", Input: c.present(v), Options: asked, Statuses: map[string]string{c.issuer: credential.Revoked},
			Codes: code(credential.CheckHolderState, credential.CodeHolderRevoked)},
		{Name: "holder-status-unavailable", Source: "fails closed", Input: c.present(v), Options: asked, Statuses: map[string]string{c.issuer: "unavailable"},
			Codes: code(credential.CheckHolderState, credential.CodeStatusUnavailable)},
		{Name: "presentation-proof-expired", Source: "Data Integrity 1.0, 2.1", Input: c.present(v, expires(now)), Options: asked, Codes: code(credential.CheckValidity, credential.CodeProofExpired)},
		{Name: "changed-after-signing", Source: "Data Integrity 1.0, 4.4", Input: c.present(v).With("id", text("urn:x:1")), Options: asked, Codes: code(secured, credential.CodeProofInvalid)},
		{Name: "unsecured", Source: "4.12", Input: v, Options: anyone, Codes: codes{holder: credential.CodeHolderMismatch, secured: credential.CodeProofMissing}},
		{Name: "unsecured-and-allowed", Source: "the verifier's policy", Input: v, Options: &optionsVector{AllowUnsecured: true}, Verified: true,
			Codes: codes{holder: credential.CodeUnsecured, secured: credential.CodeUnsecured}},
		{Name: "unsecured-and-allowed-with-a-challenge", Source: "a challenge needs a proof", Input: v, Options: &optionsVector{AllowUnsecured: true, Challenge: challenge},
			Codes: codes{holder: credential.CodeHolderMismatch, secured: credential.CodeProofMissing}},
		{Name: "broken-proof-where-none-is-needed", Source: "the verifier's policy", Input: c.present(v).With("id", text("urn:x:1")), Options: &optionsVector{AllowUnsecured: true},
			Codes: code(secured, credential.CodeProofInvalid)},
		{Name: "malformed", Source: "4.13", Input: c.present(v).With("type", text("X")), Options: asked, Type: malformedType, Codes: codes{
			credential.CheckStructure: credential.CodeMalformedPresentation, holder: credential.CodeNotChecked, secured: credential.CodeNotChecked,
			credential.CheckValidity: credential.CodeNotChecked, credential.CheckHolderState: credential.CodeNotChecked,
			credential.CheckCredentials: credential.CodeNotChecked, credential.CheckContext: credential.CodeNotChecked}},
	}
}

// filledPresentations are about the credentials inside.
func (c credentials) filledPresentations() []judgedVector {
	vc := c.sign(c.unsigned())
	digest := hexDigest(credential.Digest(vc))
	other := testKey(c.tb, multikey.P256)
	theirs := c.unsigned().With("issuer", text(string(key.FromPublic(other.Public()))))
	signedByThem := c.signWith(theirs, other, key.MethodID(other.Public()))
	expired := c.sign(c.unsigned().With("validUntil", text("2026-05-01T00:00:00Z")))
	tampered := vc.With("validFrom", text("2026-02-01T00:00:00Z"))
	unregistered := codes{credential.CheckStatus: credential.CodeUnregistered}
	failed := codes{credential.CheckCredentials: credential.CodeCredentialUnverified}
	with := func(code credential.Code, row string) []codes {
		inner := codes{credential.CheckStatus: credential.CodeUnregistered}
		inner[row] = code
		return []codes{inner}
	}
	overRDF := func(vc jcs.Value) jcs.Value {
		return c.present(c.presentation(vc), func(o *proof.SignOptions) { o.Cryptosuite = proof.EdDSARDFC2022 })
	}
	malformed := codes{}
	for _, row := range []string{credential.CheckIssuer, credential.CheckProof, credential.CheckValidity, credential.CheckIssuerState,
		credential.CheckSubjectState, credential.CheckStatus, credential.CheckSchema, credential.CheckRelatedResource, credential.CheckContext} {
		malformed[row] = credential.CodeNotChecked
	}
	malformed[credential.CheckStructure] = credential.CodeMalformed
	return []judgedVector{
		{Name: "with-a-credential", Source: "4.13", Input: c.present(c.presentation(vc)), Options: asked, Verified: true, Inner: []codes{unregistered}},
		{Name: "with-two-credentials", Source: "4.13", Input: c.present(c.presentation(vc, signedByThem)), Options: asked, Verified: true, Inner: []codes{unregistered, unregistered}},
		{Name: "credential-without-array", Source: "4.13", Input: c.present(c.presentation().With("verifiableCredential", vc)), Options: asked, Verified: true, Inner: []codes{unregistered}},
		{Name: "one-credential-revoked", Source: "every one is judged", Input: c.present(c.presentation(signedByThem, vc)), Options: asked, Codes: failed,
			Statuses: map[string]string{digest: credential.Revoked}, Inner: []codes{unregistered, {credential.CheckStatus: credential.CodeRevoked}}},
		{Name: "credential-tampered-and-presented-anew", Source: "the holder's proof covers it, the issuer's does not", Input: c.present(c.presentation(tampered)), Options: asked, Codes: failed,
			Inner: with(credential.CodeProofInvalid, credential.CheckProof)},
		{Name: "credential-expired", Source: "every one is judged", Input: c.present(c.presentation(expired)), Options: asked, Codes: failed, Inner: with(credential.CodeExpired, credential.CheckValidity)},
		{Name: "credential-malformed", Source: "every one is judged", Input: c.present(c.presentation(c.sign(c.unsigned().Without("credentialSubject")))), Options: asked, Codes: failed, Inner: []codes{malformed}},
		{Name: "credential-of-another-without-proof", Source: "4.13: secured", Input: c.present(c.presentation(theirs)), Options: asked, Codes: failed,
			Inner: []codes{{credential.CheckProof: credential.CodeProofMissing, credential.CheckIssuer: credential.CodeIssuerMismatch, credential.CheckStatus: credential.CodeUnregistered}}},
		{Name: "self-asserted", Source: "4.13.4: secured by the presentation", Input: c.present(c.presentation(c.unsigned())), Options: asked, Verified: true, Inner: []codes{unregistered}},
		{Name: "self-asserted-rdfc", Source: "4.13.4: secured by the presentation", Input: overRDF(c.noted("validUntil").With("validUntil", text("2027-01-01T00:00:00Z"))), Options: asked, Verified: true, Inner: []codes{unregistered}},
		{Name: "self-asserted-rdfc-valid-until-under-another-name", Source: "Data Integrity 1.0, 4.6", Options: asked, Codes: failed, Inner: with(credential.CodeProofInvalid, credential.CheckProof),
			Input: overRDF(c.noted("validUntil")).With("verifiableCredential", c.noted("note"))},
		{Name: "self-asserted-and-no-holder", Source: "4.13.4: MUST include holder", Input: c.present(c.presentation(c.unsigned()).Without("holder")), Options: asked, Codes: failed,
			Inner: []codes{{credential.CheckProof: credential.CodeProofMissing, credential.CheckIssuer: credential.CodeIssuerMismatch, credential.CheckStatus: credential.CodeUnregistered}}},
		{Name: "self-asserted-in-a-broken-presentation", Source: "4.13.4", Input: c.present(c.presentation(c.unsigned())).With("id", text("urn:x:1")), Options: asked,
			Codes: codes{credential.CheckProof: credential.CodeProofInvalid, credential.CheckCredentials: credential.CodeCredentialUnverified}, Inner: with(credential.CodeProofInvalid, credential.CheckProof)},
		{Name: "self-asserted-in-an-unsecured-presentation", Source: "4.13.4", Input: c.presentation(c.unsigned()), Options: &optionsVector{AllowUnsecured: true},
			Codes: codes{credential.CheckHolder: credential.CodeUnsecured, credential.CheckProof: credential.CodeUnsecured, credential.CheckCredentials: credential.CodeCredentialUnverified},
			Inner: []codes{{credential.CheckProof: credential.CodeProofMissing, credential.CheckIssuer: credential.CodeIssuerMismatch, credential.CheckStatus: credential.CodeUnregistered}}},
		{Name: "unsecured-with-a-credential", Source: "the verifier's policy", Input: c.presentation(vc), Options: &optionsVector{AllowUnsecured: true}, Verified: true,
			Codes: codes{credential.CheckHolder: credential.CodeUnsecured, credential.CheckProof: credential.CodeUnsecured}, Inner: []codes{unregistered}},
		{Name: "credential-added-after-signing", Source: "the holder did not present it", Input: c.present(c.presentation(vc)).With("verifiableCredential", jcs.Array(vc, signedByThem)), Options: asked,
			Codes: codes{credential.CheckProof: credential.CodeProofInvalid}, Inner: []codes{unregistered, unregistered}},
	}
}

// TestPresentationFreshness: a verdict on a presentation serves no longer than that
// on any credential in it.
func TestPresentationFreshness(t *testing.T) {
	c := newCredentials(t)
	short := c.sign(c.unsigned().With("validUntil", text("2026-06-01T00:00:02Z")))
	bound := now.Add(time.Minute)
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, FreshUntil: bound}
	for _, tt := range []struct {
		want  string
		input jcs.Value
	}{
		{"2026-06-01T00:01:00Z", c.present(c.presentation())},
		{"2026-06-01T00:00:05Z", c.present(c.presentation(), expires(now.Add(5*time.Second)))},
		{"2026-06-01T00:00:02Z", c.present(c.presentation(c.sign(c.unsigned()), short), expires(now.Add(5*time.Second)))},
		{"", c.presentation()},
	} {
		v := verifier.VerifyPresentation(context.Background(), tt.input, credential.PresentationOptions{})
		if v.FreshUntil != tt.want || v.Holder != c.issuer || !v.Presentation {
			t.Errorf("%+v, want %q", v, tt.want)
		}
	}
}

package credential_test

import (
	"slices"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

func expires(t time.Time) func(*proof.SignOptions) {
	return func(o *proof.SignOptions) { o.Expires = t }
}

func created(t time.Time) func(*proof.SignOptions) {
	return func(o *proof.SignOptions) { o.Created = t }
}

type codes = map[string]credential.Code

func (c credentials) verdictFile() verdictFile {
	f := verdictFile{
		Description: "Secured credentials, the time, and what the registry knows: statuses by hexadecimal digest or DID (unavailable: cannot be told), " +
			"documents by DID (empty: deactivated) beside did:key. codes are those of the checks that did not simply pass.",
		Source:    "made by go test ./did/credential -update from fixed keys",
		Documents: c.documents(),
		Cases:     slices.Concat(c.bindings(), c.proofs(), c.graphs(), c.periods(), c.states()),
	}
	for i := range f.Cases {
		v := &f.Cases[i]
		if v.Now == "" {
			v.Now = now.Format(time.RFC3339)
		}
		if v.Statuses == nil {
			v.Statuses = map[string]string{hexDigest(credential.Digest(v.Input)): credential.Active}
		}
		if v.Codes == nil {
			v.Codes = codes{}
		}
	}
	return f
}

const (
	foreignIssuer = "did:example:issuer"
	foreignMethod = foreignIssuer + "#key"
)

func (c credentials) documents() map[string]jcs.Value {
	return map[string]jcs.Value{
		foreignIssuer: decode(c.tb, `{"id":"did:example:issuer","assertionMethod":["#key"],"verificationMethod":[{"id":"#key","type":"Multikey",
			"controller":"did:example:issuer","publicKeyMultibase":"`+c.key.Public().String()+`"}]}`),
		"did:example:deactivated": jcs.Object(),
	}
}

// bindings are about who signed.
func (c credentials) bindings() []verdictVector {
	v := c.unsigned()
	other := testKey(c.tb, multikey.P256)
	otherMethod := key.MethodID(other.Public())
	https := v.With("issuer", text("https://vc.example/issuers/1"))
	const issuer = credential.CheckIssuer
	return []verdictVector{
		{Name: "by-the-issuer", Source: "VC Data Model 2.0, 4.7", Input: c.sign(v), Verified: true},
		{Name: "version-1", Source: "VC Data Model 1.1", Input: c.sign(c.version1()), Verified: true},
		{Name: "issuer-as-object", Source: "VC Data Model 2.0, 4.7", Verified: true,
			Input: c.sign(v.With("issuer", jcs.Object(jcs.Member{Name: "id", Value: text(c.issuer)})))},
		{Name: "issuer-with-a-document", Source: "VC Data Model 2.0, 4.7", Verified: true,
			Input: c.signWith(v.With("issuer", text(foreignIssuer)), c.key, foreignMethod)},
		{Name: "set-of-issuer-and-another", Source: "one proof by the issuer is enough", Verified: true,
			Input: c.signWith(c.sign(v), other, otherMethod)},
		{Name: "by-another", Source: "VC Data Model 2.0, 4.7", Input: c.signWith(v, other, otherMethod), Codes: codes{issuer: credential.CodeIssuerMismatch}},
		{Name: "by-a-did-that-begins-like-the-issuer", Source: "compared whole, not by prefix", Input: c.signWith(v.With("issuer", text("did:example:iss")), c.key, foreignMethod),
			Codes: codes{issuer: credential.CodeIssuerMismatch, credential.CheckIssuerState: credential.CodeIssuerUnresolvable}},
		{Name: "issuer-names-a-key", Source: "a DID URL is not a DID", Input: c.sign(v.With("issuer", text(key.MethodID(c.key.Public())))),
			Codes: codes{issuer: credential.CodeIssuerNotDID, credential.CheckIssuerState: credential.CodeIssuerNotDID}},
		{Name: "https-issuer", Source: "nothing ties a key to it", Input: c.sign(https),
			Codes: codes{issuer: credential.CodeIssuerNotDID, credential.CheckIssuerState: credential.CodeIssuerNotDID}},
		{Name: "https-issuer-accepted-by-policy", Source: "the verdict states the policy", Input: c.sign(https), AcceptAnyIssuer: true, Verified: true,
			Codes: codes{issuer: credential.CodeIssuerNotDID, credential.CheckIssuerState: credential.CodeIssuerNotDID}},
		{Name: "did-issuer-bound-under-that-policy-too", Source: "VC Data Model 2.0, 4.7", Input: c.signWith(v, other, otherMethod), AcceptAnyIssuer: true,
			Codes: codes{issuer: credential.CodeIssuerMismatch}},
		{Name: "malformed", Source: "VC Data Model 2.0, 4.8", Input: c.sign(v.Without("credentialSubject")), Codes: codes{
			credential.CheckStructure: credential.CodeMalformed, issuer: credential.CodeNotChecked, credential.CheckProof: credential.CodeNotChecked,
			credential.CheckValidity: credential.CodeNotChecked, credential.CheckIssuerState: credential.CodeNotChecked, credential.CheckSubjectState: credential.CodeNotChecked, credential.CheckStatus: credential.CodeNotChecked,
			credential.CheckSchema: credential.CodeNotChecked, credential.CheckRelatedResource: credential.CodeNotChecked, credential.CheckContext: credential.CodeNotChecked}},
	}
}

// proofs are about whether all proofs hold.
func (c credentials) proofs() []verdictVector {
	v := c.unsigned()
	signed := c.sign(v)
	other := testKey(c.tb, multikey.P256)
	set := c.signWith(signed, other, key.MethodID(other.Public()))
	broken := jcs.Array(member(set, "proof").At(0), member(set, "proof").At(1).With("nonce", text("x")))
	invalid := codes{credential.CheckProof: credential.CodeProofInvalid}
	tampered := signed.With("credentialSubject", decode(c.tb, `{"id":"did:example:agent","sponsor":"mailto:b@example.com"}`))
	return []verdictVector{
		{Name: "claim-changed", Source: "Data Integrity 1.0, 4.4", Input: tampered, Codes: invalid},
		{Name: "second-proof-does-not-hold", Source: "Data Integrity 1.0, 4.5: every proof", Input: set.With("proof", broken), Codes: invalid},
		{Name: "for-authentication", Source: "purpose assertionMethod", Codes: invalid,
			Input: c.sign(v, func(o *proof.SignOptions) { o.Purpose = did.Authentication })},
		{Name: "no-proof", Source: "VC Data Model 2.0, 4.12", Input: v,
			Codes: codes{credential.CheckIssuer: credential.CodeIssuerMismatch, credential.CheckProof: credential.CodeProofMissing}},
		{Name: "cryptosuite-unknown", Source: "Data Integrity 1.0, 3", Codes: codes{credential.CheckProof: credential.CodeProofUnsupported},
			Input: signed.With("proof", member(signed, "proof").With("cryptosuite", text("eddsa-unknown-2030")))},
		{Name: "key-not-in-the-document", Source: "Controlled Identifiers 1.0, 3.3", Codes: codes{credential.CheckProof: credential.CodeKeyUnavailable},
			Input: c.signWith(v.With("issuer", text(foreignIssuer)), c.key, foreignIssuer+"#old")},
		{Name: "issuer-unknown", Source: "Controlled Identifiers 1.0, 3.3", Input: c.signWith(v.With("issuer", text("did:example:unknown")), c.key, "did:example:unknown#key"),
			Codes: codes{credential.CheckProof: credential.CodeKeyUnavailable, credential.CheckIssuerState: credential.CodeIssuerUnresolvable}},
		{Name: "issuer-deactivated", Source: "DID 1.1, 7.2.4", Input: c.signWith(v.With("issuer", text("did:example:deactivated")), c.key, "did:example:deactivated#key"),
			Codes: codes{credential.CheckProof: credential.CodeKeyUnavailable, credential.CheckIssuerState: credential.CodeIssuerDeactivated}},
	}
}

// graphs are about proofs that read the credential as RDF.
func (c credentials) graphs() []verdictVector {
	plain := c.unsigned().With("@context", decode(c.tb, `["https://www.w3.org/ns/credentials/v2",{"AgentCredential":"https://vc.example/#A","sponsor":{"@id":"https://vc.example/#s","@type":"@id"}}]`))
	rdf := func(o *proof.SignOptions) { o.Cryptosuite = proof.EdDSARDFC2022 }
	v := c.sign(plain, rdf)
	subject := func(text string) jcs.Value { return v.With("credentialSubject", decode(c.tb, text)) }
	lost := codes{credential.CheckProof: credential.CodeDataLoss}
	const id, sponsor = `"id":"did:example:agent"`, `"sponsor":"mailto:a@example.com"`
	invalid := codes{credential.CheckProof: credential.CodeProofInvalid}
	hidden := c.sign(plain, rdf, expires(now)).With("@context", decode(c.tb, `["https://www.w3.org/ns/credentials/v2",{"AgentCredential":"https://vc.example/#A",
		"sponsor":{"@id":"https://vc.example/#s","@type":"@id"},"note":{"@id":"https://w3id.org/security#expiration","@type":"http://www.w3.org/2001/XMLSchema#dateTime"}}]`))
	expired := member(hidden, "proof")
	foreign := jcs.Array(text(credential.ContextV2), text("https://vc.example/contexts/agent/v1"))
	return []verdictVector{
		{Name: "rdfc", Source: "Data Integrity EdDSA Cryptosuites 1.0, 3.2", Input: v, Verified: true},
		{Name: "rdfc-in-another-spelling", Source: "the same graph", Input: v.With("issuer", jcs.Object(jcs.Member{Name: "id", Value: text(c.issuer)})), Verified: true},
		{Name: "rdfc-claim-changed", Source: "Data Integrity 1.0, 4.4", Input: subject(`{` + id + `,"sponsor":"mailto:b@example.com"}`), Codes: codes{credential.CheckProof: credential.CodeProofInvalid}},
		{Name: "rdfc-undefined-term-added", Source: "what the proof would not cover is refused", Input: subject(`{` + id + `,` + sponsor + `,"admin":true}`), Codes: lost},
		{Name: "rdfc-undefined-type-added", Source: "what the proof would not cover is refused", Input: v.With("type", decode(c.tb, `["VerifiableCredential","AgentCredential","AdminCredential"]`)), Codes: lost},
		{Name: "rdfc-relative-id-added", Source: "what the proof would not cover is refused", Input: subject(`{` + id + `,"sponsor":"agents/1"}`), Codes: lost},
		{Name: "rdfc-expires-under-another-name", Source: "a proof that has expired shows no expires", Codes: invalid,
			Input: hidden.With("proof", member(hidden, "proof").Without("expires").With("note", member(expired, "expires")))},
		{Name: "rdfc-expires-by-its-iri", Source: "a proof that has expired shows no expires", Codes: invalid,
			Input: c.sign(plain, rdf, expires(now)).With("proof", expired.Without("expires").With("https://w3id.org/security#expiration", jcs.Object(
				jcs.Member{Name: "@type", Value: text("http://www.w3.org/2001/XMLSchema#dateTime")}, jcs.Member{Name: "@value", Value: member(expired, "expires")})))},
		{Name: "rdfc-valid-until-by-its-iri", Source: "a credential that has expired shows no validUntil", Codes: invalid,
			Input: c.sign(plain.With("validUntil", text("2026-05-01T00:00:00Z")), rdf).Without("validUntil").With("https://www.w3.org/2018/credentials#validUntil", jcs.Object(
				jcs.Member{Name: "@type", Value: text("http://www.w3.org/2001/XMLSchema#dateTime")}, jcs.Member{Name: "@value", Value: text("2026-05-01T00:00:00Z")}))},
		{Name: "rdfc-context-not-at-hand", Source: "contexts are never loaded", Input: v.With("@context", foreign), Codes: codes{credential.CheckProof: credential.CodeContextUnknown, credential.CheckContext: credential.CodeContextUnknown}},
		{Name: "rdfc-term-remapped", Source: "the same JSON, another graph", Codes: codes{credential.CheckProof: credential.CodeProofInvalid},
			Input: v.With("@context", decode(c.tb, `["https://www.w3.org/ns/credentials/v2",{"AgentCredential":"https://vc.example/#A","sponsor":{"@id":"https://evil.example/#s","@type":"@id"}}]`))},
	}
}

// periods are about time.
func (c credentials) periods() []verdictVector {
	v := c.unsigned()
	at := func(code credential.Code) codes { return codes{credential.CheckValidity: code} }
	from, until := "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"
	return []verdictVector{
		{Name: "at-valid-from", Source: "VC Data Model 2.0, 4.9: the earliest point", Now: from, Input: c.sign(v), Verified: true},
		{Name: "before-valid-from-within-the-clock-tolerance", Source: "VC Data Model 2.0, 4.9; clocks may differ by 5 s", Now: "2025-12-31T23:59:55Z", Input: c.sign(v), Verified: true},
		{Name: "before-valid-from", Source: "VC Data Model 2.0, 4.9", Now: "2025-12-31T23:59:54.999Z", Input: c.sign(v), Codes: at(credential.CodeNotYetValid)},
		{Name: "at-valid-until", Source: "VC Data Model 2.0, 4.9: the latest point", Now: until, Input: c.sign(v), Verified: true},
		{Name: "after-valid-until", Source: "VC Data Model 2.0, 4.9", Now: "2027-01-01T00:00:01Z", Input: c.sign(v), Codes: at(credential.CodeExpired)},
		{Name: "version-1-before-issuance", Source: "VC Data Model 1.1, 4.6", Now: "2025-12-31T23:59:54Z", Input: c.sign(c.version1()), Codes: at(credential.CodeNotYetValid)},
		{Name: "version-1-expired", Source: "VC Data Model 1.1, 4.8", Now: "2027-01-01T00:00:01Z", Input: c.sign(c.version1()), Codes: at(credential.CodeExpired)},
		{Name: "version-1-narrowed-by-valid-from", Source: "1.1 context", Now: "2026-06-01T00:00:00Z", Codes: at(credential.CodeNotYetValid),
			Input: c.sign(c.version1().With("validFrom", text("2026-06-01T00:00:06Z")))},
		{Name: "proof-created-within-the-clock-tolerance", Source: "clocks may differ by 5 s", Input: c.sign(v, created(now.Add(5*time.Second))), Verified: true},
		{Name: "proof-created-later", Source: "a signature that is yet to be made", Input: c.sign(v, created(now.Add(6*time.Second))), Codes: at(credential.CodeNotYetValid)},
		{Name: "proof-expired", Source: "Data Integrity 1.0, 2.1", Input: c.sign(v, expires(now)), Codes: at(credential.CodeProofExpired)},
		{Name: "proof-not-expired", Source: "Data Integrity 1.0, 2.1", Input: c.sign(v, expires(now.Add(time.Second))), Verified: true},
	}
}

// states are about what the registry knows of the credential and its issuer.
func (c credentials) states() []verdictVector {
	v := c.sign(c.unsigned())
	digest := hexDigest(credential.Digest(v))
	entry := c.sign(c.unsigned().With("credentialStatus", decode(c.tb, `{"type":"BitstringStatusListEntry","statusPurpose":"revocation",
		"statusListIndex":"1","statusListCredential":"https://vc.example/status/1"}`)))
	contexts := jcs.Array(text(credential.ContextV2), text("https://example.com/context/v1"))
	const status, state = credential.CheckStatus, credential.CheckIssuerState
	known := func(of, s string) map[string]string { return map[string]string{of: s} }
	bad := jcs.Object(jcs.Member{Name: "id", Value: text("did:example:mallory")})
	const subject, subjects = "did:example:agent", credential.CheckSubjectState
	two := c.sign(c.unsigned().With("credentialSubject", decode(c.tb, `[{"id":"did:example:agent"},{"id":"did:example:other"},{"id":"urn:example:none"}]`)))
	return []verdictVector{
		{Name: "unregistered", Source: "the registry never heard of it", Input: v, Statuses: map[string]string{}, Verified: true, Codes: codes{status: credential.CodeUnregistered}},
		{Name: "revoked", Source: "status is by digest", Input: v, Statuses: known(digest, credential.Revoked), Codes: codes{status: credential.CodeRevoked}},
		{Name: "suspended", Source: "status is by digest", Input: v, Statuses: known(digest, credential.Suspended), Codes: codes{status: credential.CodeSuspended}},
		{Name: "status-of-no-known-kind", Source: "fails closed", Input: v, Statuses: known(digest, "dormant"), Codes: codes{status: credential.CodeRevoked}},
		{Name: "status-unavailable", Source: "fails closed", Input: v, Statuses: known(digest, "unavailable"), Codes: codes{status: credential.CodeStatusUnavailable}},
		{Name: "revoked-and-signed-anew", Source: "the digest leaves out proofs", Input: c.sign(c.unsigned(), expires(now.Add(time.Hour))),
			Statuses: known(digest, credential.Revoked), Codes: codes{status: credential.CodeRevoked}},
		{Name: "revoked-and-a-context-added", Source: "an added context must not hide the revocation", Input: v.With("@context", contexts),
			Statuses: known(digest, credential.Revoked), Codes: codes{status: credential.CodeRevoked, credential.CheckContext: credential.CodeContextUnknown}},
		{Name: "context-added", Source: "Data Integrity EdDSA Cryptosuites 1.0, 3.3.2", Input: v.With("@context", contexts), Statuses: known(digest, credential.Active), Verified: true,
			Codes: codes{credential.CheckContext: credential.CodeContextUnknown}},
		{Name: "revoked-and-tampered", Source: "every check is made", Input: v.With("credentialSubject", bad), Statuses: known(c.issuer, credential.Revoked),
			Codes: codes{credential.CheckProof: credential.CodeProofInvalid, state: credential.CodeIssuerRevoked, status: credential.CodeUnregistered}},
		{Name: "issuer-suspended", Source: "containment comes first", Input: v, Statuses: map[string]string{c.issuer: credential.Suspended, digest: credential.Active},
			Codes: codes{state: credential.CodeIssuerSuspended}},
		{Name: "issuer-revoked", Source: "status of a DID", Input: v, Statuses: map[string]string{c.issuer: credential.Revoked, digest: credential.Active},
			Codes: codes{state: credential.CodeIssuerRevoked}},
		{Name: "issuer-status-unavailable", Source: "fails closed", Input: v, Statuses: map[string]string{c.issuer: "unavailable", digest: credential.Active},
			Codes: codes{state: credential.CodeStatusUnavailable}},
		{Name: "subject-suspended", Source: "who relies on it is told", Input: v, Statuses: map[string]string{subject: credential.Suspended, digest: credential.Active},
			Verified: true, Codes: codes{subjects: credential.CodeSubjectSuspended}},
		{Name: "subject-revoked", Source: "who relies on it is told", Input: v, Statuses: map[string]string{subject: credential.Revoked, digest: credential.Active},
			Verified: true, Codes: codes{subjects: credential.CodeSubjectRevoked}},
		{Name: "subject-status-unavailable", Source: "who relies on it is told", Input: v, Statuses: map[string]string{subject: "unavailable", digest: credential.Active},
			Verified: true, Codes: codes{subjects: credential.CodeStatusUnavailable}},
		{Name: "subject-suspended-and-must-be-active", Source: "the verifier's policy", Input: v, RequireActiveSubject: true,
			Statuses: map[string]string{subject: credential.Suspended, digest: credential.Active}, Codes: codes{subjects: credential.CodeSubjectSuspended}},
		{Name: "one-of-two-subjects-revoked-and-must-be-active", Source: "the verifier's policy", Input: two, RequireActiveSubject: true,
			Statuses: map[string]string{subject: credential.Suspended, "did:example:other": credential.Revoked, hexDigest(credential.Digest(two)): credential.Active},
			Codes:    codes{subjects: credential.CodeSubjectRevoked}},
		{Name: "subject-status-unavailable-and-must-be-active", Source: "fails closed", Input: v, RequireActiveSubject: true,
			Statuses: map[string]string{subject: "unavailable", digest: credential.Active}, Codes: codes{subjects: credential.CodeStatusUnavailable}},
		{Name: "subject-active-as-it-must-be", Source: "the verifier's policy", Input: v, RequireActiveSubject: true, Verified: true},
		{Name: "status-list-not-checked-here", Source: "fails closed", Input: entry, Codes: codes{status: credential.CodeStatusUnsupported}},
		{Name: "status-list-and-revoked", Source: "the worse answer counts", Input: entry,
			Statuses: known(hexDigest(credential.Digest(entry)), credential.Revoked), Codes: codes{status: credential.CodeRevoked}},
	}
}

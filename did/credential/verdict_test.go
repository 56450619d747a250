package credential_test

import (
	"context"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
)

// verdictFile is vectors/credential/verdict.json.
type verdictFile struct {
	Description string               `json:"description"`
	Source      string               `json:"source"`
	Documents   map[string]jcs.Value `json:"documents"`
	Cases       []verdictVector      `json:"cases"`
}

// verdictVector is a secured credential and what a registry knows, and the codes
// of the checks that did not simply pass.
type verdictVector struct {
	Name            string            `json:"name"`
	Source          string            `json:"source"`
	Now             string            `json:"now"`
	Statuses        map[string]string `json:"statuses"`
	AcceptAnyIssuer bool              `json:"acceptAnyIssuer,omitempty"`
	// RequireActiveSubject is the verifier's.
	RequireActiveSubject bool                       `json:"requireActiveSubject,omitempty"`
	Input                jcs.Value                  `json:"input"`
	Verified             bool                       `json:"verified"`
	Codes                map[string]credential.Code `json:"codes"`
}

// TestVerdicts runs vectors/credential/verdict.json, which it also writes with
// -update.
func TestVerdicts(t *testing.T) {
	var file verdictFile
	vectorsInto(t, "verdict.json", newCredentials(t).verdictFile(), &file)
	seen := map[credential.Code]bool{}
	for _, v := range file.Cases {
		t.Run(v.Name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, v.Now)
			if err != nil {
				t.Fatal(err)
			}
			source := registry{file.Documents, v.Statuses}
			verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: source, Status: source, Now: at, AcceptAnyIssuer: v.AcceptAnyIssuer, RequireActiveSubject: v.RequireActiveSubject}
			verdict := verifier.Verify(context.Background(), v.Input)
			checkVerdict(t, verdict)
			codes := notPassed(verdict)
			for _, code := range codes {
				seen[code] = true
			}
			if verdict.Verified != v.Verified || !maps.Equal(codes, v.Codes) {
				t.Errorf("verified %v, codes %v; want %v, %v", verdict.Verified, codes, v.Verified, v.Codes)
				t.Log(verdict.ProblemDetails)
			}
		})
	}
	for _, code := range allCodes {
		if !seen[code] {
			t.Errorf("no vector gives %s", code)
		}
	}
}

var allCodes = []credential.Code{
	credential.CodeMalformed, credential.CodeIssuerMismatch, credential.CodeIssuerNotDID, credential.CodeProofMissing,
	credential.CodeProofInvalid, credential.CodeProofUnsupported, credential.CodeKeyUnavailable, credential.CodeNotYetValid,
	credential.CodeExpired, credential.CodeProofExpired, credential.CodeIssuerUnresolvable, credential.CodeIssuerDeactivated,
	credential.CodeIssuerSuspended, credential.CodeIssuerRevoked, credential.CodeSubjectSuspended, credential.CodeSubjectRevoked, credential.CodeSuspended, credential.CodeRevoked,
	credential.CodeDataLoss, credential.CodeContextUnknown,
	credential.CodeStatusUnsupported, credential.CodeStatusUnavailable, credential.CodeNotChecked, credential.CodeUnregistered,
}

// notPassed returns the codes of the checks that did not simply pass, but for those
// that had nothing to look at, for the challenge, which follows from the options, and
// for terms without meaning, which the verifiers of vectors let pass.
func notPassed(v credential.Verdict) map[string]credential.Code {
	codes := map[string]credential.Code{}
	for _, c := range v.Checks {
		allowed := c.Outcome == credential.Skipped && c.Code == credential.CodeTermsUndefined
		if c.Code != "" && c.Code != credential.CodeAbsent && c.Name != credential.CheckChallenge && !allowed {
			codes[c.Name] = c.Code
		}
	}
	return codes
}

// checkVerdict holds every verdict to what the type promises.
func checkVerdict(t *testing.T, v credential.Verdict) {
	t.Helper()
	names := []string{
		credential.CheckStructure, credential.CheckIssuer, credential.CheckProof, credential.CheckValidity,
		credential.CheckIssuerState, credential.CheckSubjectState, credential.CheckStatus, credential.CheckSchema, credential.CheckRelatedResource, credential.CheckContext,
	}
	if v.Presentation {
		names = []string{
			credential.CheckStructure, credential.CheckHolder, credential.CheckProof, credential.CheckChallenge, credential.CheckValidity,
			credential.CheckHolderState, credential.CheckCredentials, credential.CheckContext,
		}
	}
	for _, inner := range v.Credentials {
		checkVerdict(t, inner)
		if v.Verified && !inner.Verified {
			t.Errorf("verified, with a credential that is not: %+v", inner)
		}
	}
	if len(v.Checks) != len(names) {
		t.Fatalf("%d checks", len(v.Checks))
	}
	failed := 0
	for i, c := range v.Checks {
		if c.Name != names[i] || (c.Outcome == credential.Passed) != (c.Code == "") {
			t.Errorf("check %d is %+v", i, c)
		}
		if c.Outcome == credential.Failed {
			p := v.ProblemDetails[failed]
			if p.Code != c.Code || p.Type == "" || p.Title == "" {
				t.Errorf("check %+v has the problem %+v", c, p)
			}
			failed++
		}
	}
	proof, _ := v.Check(credential.CheckProof)
	want := failed == 0 && (proof.Outcome == credential.Passed || v.Presentation && proof.Code == credential.CodeUnsecured)
	if failed != len(v.ProblemDetails) || v.Verified != want {
		t.Errorf("verified %v with %d failures, %d problems", v.Verified, failed, len(v.ProblemDetails))
	}
	if _, err := json.Marshal(v); err != nil {
		t.Error(err)
	}
}

func TestVerdictWithoutRegistry(t *testing.T) {
	c := newCredentials(t)
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now}
	v := verifier.Verify(context.Background(), c.sign(c.unsigned()))
	checkVerdict(t, v)
	if row, _ := v.Check(credential.CheckStatus); !v.Verified || row.Code != credential.CodeNoRegistry {
		t.Errorf("%+v", v)
	}
	if v.Digest != hexDigest(credential.Digest(c.unsigned())) || v.Issuer != c.issuer {
		t.Errorf("digest %s, issuer %s", v.Digest, v.Issuer)
	}
}

// TestVerdictPresent uses the clock when no time is given.
func TestVerdictPresent(t *testing.T) {
	c := newCredentials(t)
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}}
	for _, tt := range []struct {
		from, until string
		want        credential.Code
	}{
		{"2001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", ""},
		{"2001-01-01T00:00:00Z", "2002-01-01T00:00:00Z", credential.CodeExpired},
		{"9998-01-01T00:00:00Z", "9999-01-01T00:00:00Z", credential.CodeNotYetValid},
	} {
		v := c.unsigned().With("validFrom", text(tt.from)).With("validUntil", text(tt.until))
		verdict := verifier.Verify(context.Background(), c.sign(v))
		if row, _ := verdict.Check(credential.CheckValidity); row.Code != tt.want {
			t.Errorf("%+v, want %q", row, tt.want)
		}
	}
}

// questions records whom the registry was asked about.
type questions struct {
	registry
	digest *[32]byte
	issuer *did.ID
}

func (a questions) CredentialStatus(digest [32]byte, issuer did.ID) (credential.StatusInfo, bool, error) {
	*a.digest, *a.issuer = digest, issuer
	return credential.StatusInfo{Status: credential.Active}, true, nil
}

// TestStatusByIssuer: anyone can register a digest, so its status is the issuer's.
func TestStatusByIssuer(t *testing.T) {
	c := newCredentials(t)
	source := questions{digest: new([32]byte), issuer: new(did.ID)}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Status: source, Now: now}
	if v := verifier.Verify(context.Background(), c.sign(c.unsigned())); !v.Verified {
		t.Errorf("%+v", v)
	}
	if *source.digest != credential.Digest(c.unsigned()) || string(*source.issuer) != c.issuer {
		t.Errorf("asked for %x by %s", *source.digest, *source.issuer)
	}
}

func TestFreshUntil(t *testing.T) {
	c := newCredentials(t)
	bound := now.Add(5 * time.Second)
	verifier := credential.Verifier{
		AllowUndefinedTerms: true,
		Resolver:            registry{}, Now: now, FreshUntil: bound, AsOf: &credential.AsOf{Ledger: "QmLedger", Seq: 7, Time: "2026-06-01T00:00:00.000Z"},
	}
	for _, tt := range []struct {
		name, want string
		input      jcs.Value
	}{
		{"bound", "2026-06-01T00:00:05Z", c.sign(c.unsigned())},
		{"validUntil", "2026-06-01T00:00:02Z", c.sign(c.unsigned().With("validUntil", text("2026-06-01T00:00:02Z")))},
		{"proof", "2026-06-01T00:00:03Z", c.sign(c.unsigned(), expires(now.Add(3*time.Second)))},
		{"unverified", "", c.unsigned()},
	} {
		v := verifier.Verify(context.Background(), tt.input)
		if v.FreshUntil != tt.want || v.AsOf.Seq != 7 {
			t.Errorf("%s: %q, %+v", tt.name, v.FreshUntil, v.AsOf)
		}
	}
}

// lingering returns the document of an issuer whose DID is deactivated.
type lingering struct{ document *did.Document }

func (l lingering) Resolve(context.Context, did.ID, did.Options) (did.Resolution, error) {
	return did.Resolution{Document: l.document, Metadata: did.Metadata{Deactivated: true}}, nil
}

func TestDeactivatedWithDocument(t *testing.T) {
	c := newCredentials(t)
	const issuer = "did:example:gone"
	method := `{"id":"#key","type":"Multikey","publicKeyMultibase":"` + c.key.Public().String() + `"}`
	document, err := did.ParseDocument(decode(t, `{"id":"`+issuer+`","assertionMethod":[`+method+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	vc := c.signWith(c.unsigned().With("issuer", text(issuer)), c.key, issuer+"#key")
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: lingering{document}, Now: now}
	verdict := verifier.Verify(context.Background(), vc)
	for name, code := range map[string]credential.Code{
		credential.CheckProof: credential.CodeKeyUnavailable, credential.CheckIssuerState: credential.CodeIssuerDeactivated,
	} {
		if row, _ := verdict.Check(name); row.Outcome != credential.Failed || row.Code != code {
			t.Errorf("%+v, want %s", row, code)
		}
	}
}

// graphs is a registry that knows one credential by its graph.
type graphs struct {
	registry
	graph, digest [32]byte
}

func (g graphs) CredentialByGraph(graph [32]byte, _ did.ID) ([32]byte, bool, error) {
	return g.digest, graph == g.graph, nil
}

// TestRevokedAndWrittenAnew: a proof over RDF holds for every way of writing a
// credential, and so does its status.
func TestRevokedAndWrittenAnew(t *testing.T) {
	c := newCredentials(t)
	original := c.graphs()[0].Input
	anew := original.With("issuer", jcs.Object(jcs.Member{Name: "id", Value: text(c.issuer)}))
	secured, err := proof.Open(original)
	if err != nil {
		t.Fatal(err)
	}
	graph, err := secured.RDFDigest(proof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	digest := credential.Digest(original)
	source := graphs{registry{Statuses: map[string]string{hexDigest(digest): credential.Revoked}}, graph, digest}
	for _, vc := range []jcs.Value{original, anew} {
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: source, Status: source, Now: now}
		v := verifier.Verify(context.Background(), vc)
		if row, _ := v.Check(credential.CheckStatus); row.Code != credential.CodeRevoked {
			t.Errorf("%+v", row)
		}
		source.Statuses[hexDigest(digest)] = credential.Active
		if v := verifier.Verify(context.Background(), vc); !v.Verified {
			t.Errorf("%+v", v.ProblemDetails)
		}
		source.Statuses[hexDigest(digest)] = credential.Revoked
		verifier.Status, verifier.Hindsight = registry{}, source
		v = verifier.Verify(context.Background(), vc)
		if row, _ := v.Check(credential.CheckStatus); row.Detail != "later: revoked" {
			t.Errorf("%+v", row)
		}
	}
}

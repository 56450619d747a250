package credential_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
)

// owners is a registry that knows whose agents DIDs are.
type owners struct {
	registry
	of map[did.ID][]credential.Owner
	at time.Time
}

var errOwners = errors.New("a page is damaged")

func (o owners) Owners(_ context.Context, id did.ID, at time.Time) ([]credential.Owner, error) {
	if !at.Equal(o.at) {
		return nil, errOwners
	}
	return o.of[id], nil
}

// TestVerdictSaysWhoOwns: a document that names a controller has claimed it, and only the
// controller confirms it; a verdict says which of both it is.
func TestVerdictSaysWhoOwns(t *testing.T) {
	c := newCredentials(t)
	source := owners{of: map[did.ID][]credential.Owner{
		did.ID(c.issuer):    {{Controller: "did:example:alice", Confirmed: true, Credential: [32]byte{0xab}}},
		"did:example:agent": {{Controller: "did:example:alice"}, {Controller: "did:example:bob", Credential: [32]byte{1}}},
	}, at: now}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Status: source, Now: now}
	want := []credential.Ownership{
		{DID: c.issuer, Role: "issuer", Controller: "did:example:alice", State: "confirmed", Credential: hexDigest([32]byte{0xab})},
		{DID: "did:example:agent", Role: "subject", Controller: "did:example:alice", State: "claimed"},
		{DID: "did:example:agent", Role: "subject", Controller: "did:example:bob", State: "claimed"},
	}
	v := verifier.Verify(context.Background(), c.sign(c.unsigned()))
	checkVerdict(t, v)
	if !v.Verified || !slices.Equal(v.Ownership, want) {
		t.Errorf("%+v", v)
	}
	if v := verifier.Verify(context.Background(), c.unsigned()); v.Ownership != nil {
		t.Errorf("without proof: %+v", v.Ownership)
	}
	presentation := c.present(c.presentation(c.sign(c.unsigned())))
	v = verifier.VerifyPresentation(context.Background(), presentation, credential.PresentationOptions{})
	if len(v.Ownership) != 1 || v.Ownership[0].Role != "holder" || len(v.Credentials[0].Ownership) != 3 {
		t.Errorf("presented: %+v", v)
	}
	verifier.Now = now.Add(time.Second) // what cannot be told is not passed over
	v = verifier.Verify(context.Background(), c.sign(c.unsigned()))
	for _, name := range []string{credential.CheckIssuerState, credential.CheckSubjectState} {
		if row, _ := v.Check(name); row.Code != credential.CodeStatusUnavailable {
			t.Errorf("%+v", row)
		}
	}
}

// TestSubjectOutOfForceSince: as of a time past, the row tells what has become of the
// subject since, and one that was revoked as of that time counts as such.
func TestSubjectOutOfForceSince(t *testing.T) {
	c := newCredentials(t)
	vc := c.sign(c.unsigned())
	const subject = "did:example:agent"
	for _, x := range []struct {
		info credential.StatusInfo
		want credential.Check
	}{
		{credential.StatusInfo{Status: credential.Suspended}, credential.Check{Outcome: credential.Passed, Detail: subject + " later: suspended"}},
		{credential.StatusInfo{Status: credential.Revoked, InvalidFrom: now.Add(-time.Hour)}, credential.Check{Outcome: credential.Skipped, Code: credential.CodeRevokedRetroactively}},
	} {
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Status: registry{}, Hindsight: since{info: x.info, of: subject}, Now: now}
		verdict := verifier.Verify(context.Background(), vc)
		row, _ := verdict.Check(credential.CheckSubjectState)
		if row.Outcome != x.want.Outcome || row.Code != x.want.Code || x.want.Detail != "" && row.Detail != x.want.Detail {
			t.Errorf("%+v, want %+v", row, x.want)
		}
		verifier.RequireActiveSubject = true
		if v := verifier.Verify(context.Background(), vc); v.Verified != (x.want.Outcome == credential.Passed) {
			t.Errorf("%+v", v)
		}
	}
}

// since is a registry that knows what became of one DID.
type since struct {
	registry
	info credential.StatusInfo
	of   did.ID
}

func (s since) DIDStatus(id did.ID) (credential.StatusInfo, bool, error) {
	return s.info, id == s.of, nil
}

package credential_test

import (
	"slices"
	"testing"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
)

// TestSealRefusesToLetStatusBeHidden: nothing that decides about a credential is for its
// holder to hold back.
func TestSealRefusesToLetStatusBeHidden(t *testing.T) {
	k := newTokens(t)
	v := k.defined(k.unsigned()).With("credentialStatus", decode(t, `{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"7","statusListCredential":"https://vc.example/1"}`)).
		With("issuer", jcs.Object(jcs.Member{Name: "id", Value: text(k.issuer)}, jcs.Member{Name: "name", Value: text("x")}))
	for pointer, want := range map[string]bool{
		"/credentialStatus": false, "/credentialStatus/statusListIndex": false, "/validUntil": false, "/validFrom": false,
		"/issuer": false, "/issuer/id": false, "/status/status_list": false, "/cnf": false, "/@context/0": false, "/type": false, "/type/1": false,
		"/issuer/name": true, "/credentialSubject/sponsor": true, "/id": true,
	} {
		_, err := credential.Seal(v, credential.MediaCredentialSDJWT, k.key, credential.SealOptions{KeyID: k.kid, Disclosable: []string{pointer}})
		if want != (err == nil) {
			t.Errorf("%s: %v", pointer, err)
		}
	}
}

func TestMandatory(t *testing.T) {
	c := newCredentials(t)
	got := credential.Mandatory(c.unsigned(), []string{"/credentialSubject/id", "/issuer"})
	if want := []string{"/credentialSubject/id", "/issuer", "/validFrom", "/validUntil"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

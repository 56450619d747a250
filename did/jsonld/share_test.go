package jsonld_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// TestShare: a part of the limits is enough for a credential, not for what is made to
// use them up; and what both allow has one result.
func TestShare(t *testing.T) {
	whole := jsonld.Default()
	part := whole.Share(4).Share(4)
	decode := func(text string) jcs.Value {
		v, err := jcs.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	credential := decode(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],
		"issuer":"did:example:i","credentialSubject":[{"name":"a"},{"name":"a"},{"name":"b"}]}`)
	want, err := whole.Canonicalize(credential, jsonld.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // what one document uses up, the next one has again
		got, err := part.Canonicalize(credential, jsonld.SHA256)
		if err != nil || string(got) != string(want) {
			t.Fatalf("%s, %v, want %s", got, err, want)
		}
	}
	var items []string
	for range 5000 {
		items = append(items, `{"name":"x"}`)
	}
	long := decode(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],
		"issuer":"did:example:i","credentialSubject":[` + strings.Join(items, ",") + `]}`)
	if err := whole.Check(long); err != nil {
		t.Errorf("with all of it: %v", err)
	}
	if err := part.Check(long); !errors.Is(err, jsonld.ErrBudget) {
		t.Errorf("with a part: %v", err)
	}
	if _, err := jsonld.Default().Canonicalize(credential, jsonld.SHA256); err != nil {
		t.Error(err)
	}
}

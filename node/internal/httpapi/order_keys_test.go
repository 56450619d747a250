package httpapi

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
)

// Operations that the order of lines decides about share a key; others do not.
func TestKeysOfListsAndObservations(t *testing.T) {
	const issuer = "did:webvh:QmIssuer:registry.example:a"
	list := func(host, purpose string) string {
		return "https://" + host + "/v1/status-lists/" + url.PathEscape(issuer) + "/" + purpose + "/0"
	}
	op := func(payload string) record.Op {
		t.Helper()
		v, err := jcs.Decode([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		op, err := record.ParseOp(v)
		if err != nil {
			t.Fatal(err)
		}
		return op
	}
	credential := func(id, url, index string) record.Op {
		return op(`{"op":"credential","publish":false,"credential":{"id":"` + id + `","issuer":"` + issuer + `","credentialStatus":{
			"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListCredential":"` + url + `","statusListIndex":"` + index + `"}}}`)
	}
	change := func(target string) record.Op {
		return op(`{"op":"status","change":{"target":"` + target + `","proof":{"verificationMethod":"` + issuer + `#key"}}}`)
	}
	signed := func(url string) record.Op {
		return op(`{"op":"status-list","list":{"id":"` + url + `","issuer":"` + issuer + `"}}`)
	}
	seen := func(id string) record.Op {
		return op(`{"op":"observation","observation":{"did":"` + id + `","proof":{"verificationMethod":"did:webvh:QmRegistry:registry.example#key"}}}`)
	}
	whois := op(`{"op":"whois","presentation":{"holder":"` + issuer + `"}}`)
	own := list("registry.example", "revocation")
	for _, test := range []struct {
		name string
		a, b record.Op
		want bool
	}{
		{"one entry of two credentials", credential("urn:a", own, "5"), credential("urn:b", own, "5"), true},
		{"one entry in two spellings", credential("urn:a", own, "5"), credential("urn:b", strings.Replace(own, ":QmIssuer", "%3AQmIssuer", 1), "5"), true},
		{"two entries", credential("urn:a", own, "5"), credential("urn:b", own, "6"), false},
		{"entries of two lists", credential("urn:a", own, "5"), credential("urn:b", list("registry.example", "suspension"), "5"), false},
		{"an entry and its change", credential("urn:a", own, "5"), change(issuer + "/status-lists/revocation/0#5"), true},
		{"an entry and the change of another", credential("urn:a", own, "5"), change(issuer + "/status-lists/revocation/0#6"), false},
		{"an entry and its issuer's own list", credential("urn:a", own, "5"), signed(own), true},
		{"a change of an entry and its issuer's own list", change(issuer + "/status-lists/revocation/0#5"), signed(own), true},
		{"two issues of a list", signed("https://issuer.example/1"), signed("https://issuer.example/1"), true},
		{"two lists", signed("https://issuer.example/1"), signed("https://issuer.example/2"), false},
		{"an issuer's creation and its list", op(`{"op":"did","entries":[{"state":{"id":"` + issuer + `"}}]}`), signed(own), true},
		{"an issuer's creation and its presentation", op(`{"op":"did","entries":[{"state":{"id":"` + issuer + `"}}]}`), whois, true},
		{"two observations of a DID", seen("did:web:a.example"), seen("did:web:a.example"), true},
		{"observations of two DIDs", seen("did:web:a.example"), seen("did:web:b.example"), false},
		{"two presentations of a DID", whois, whois, true},
		{"a presentation and a list", whois, signed(own), false},
	} {
		if got := conflict(keysOf(test.a), keysOf(test.b)); got != test.want {
			t.Errorf("%s: conflict %v; %v, %v", test.name, got, keysOf(test.a), keysOf(test.b))
		}
	}
}

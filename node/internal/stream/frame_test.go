package stream

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
)

// Every kind of record makes a frame that says what it is about and that filters find.
func TestFramesOfEveryKind(t *testing.T) {
	const issuer = "did:webvh:QmIssuer:registry.example:a"
	for kind, test := range map[record.Kind]struct {
		body, says string
		lets       filter
	}{
		record.KindDID: {`{"entry":{"state":{"id":"` + issuer + `"},"versionId":"3-Qm"}}`,
			`"did":"` + issuer + `","versionId":"3-Qm","versionNumber":3`, filter{dids: []string{issuer}}},
		record.KindCredential: {`{"digest":"ab","issuer":"` + issuer + `","proof":{}}`,
			`"digest":"ab","issuer":"` + issuer + `"`, filter{issuers: []string{issuer}}},
		record.KindStatus: {`{"target":"` + issuer + `/status-lists/revocation/0#5","status":"revoked","proof":{"verificationMethod":"did:example:owner#key"}}`,
			`"issuer":"` + issuer + `","target":"` + issuer + `/status-lists/revocation/0#5","status":"revoked","by":"did:example:owner"`,
			filter{issuers: []string{issuer}, statuses: []string{"revoked"}}},
		record.KindStatusList: {`{"issuer":"` + issuer + `","list":"https://issuer.example/1","digest":"ab","changed":2,"flips":[],"proof":{}}`,
			`"digest":"ab","issuer":"` + issuer + `","list":"https://issuer.example/1","changed":2`, filter{issuers: []string{issuer}}},
		record.KindObservation: {`{"observation":{"did":"did:web:x.example","digest":"ab"},"diverged":true,"rewritten":true}`,
			`"did":"did:web:x.example","digest":"ab","diverged":true,"rewritten":true`, filter{dids: []string{"did:web:x.example"}}},
		record.KindUnpin: {`{"type":"Unpin","ledger":"Qm","did":"did:web:x.example","issued":"2026-01-01T00:00:00Z","proof":{}}`,
			`"did":"did:web:x.example"`, filter{dids: []string{"did:web:x.example"}}},
		record.KindWhois: {`{"did":"` + issuer + `","digest":"ab","proof":{}}`,
			`"did":"` + issuer + `","digest":"ab"`, filter{dids: []string{issuer}}},
	} {
		body, err := jcs.Decode([]byte(test.body))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := record.Record{Kind: kind, Time: 1, Body: body}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		f, err := encode("QmLedger", 7, raw)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.IndexByte(f.wire, '{')
		if at < 0 || !json.Valid(f.wire[at:]) || !bytes.Contains(f.wire, []byte(test.says)) {
			t.Errorf("%s: %s, want %s", kind, f.wire[max(at, 0):], test.says)
		}
		test.lets.kinds = []string{string(kind)}
		if !test.lets.match(f) {
			t.Errorf("%s: %+v does not let it through", kind, test.lets)
		}
		if other := (filter{dids: []string{"did:example:other"}}); other.match(f) {
			t.Errorf("%s: a filter for another DID lets it through", kind)
		}
	}
	for target, says := range map[string]string{issuer: `"by":"did:example:owner"`, issuer + "/status-lists/revocation/0#5": `"issuer":"` + issuer + `"`} {
		body, err := jcs.Decode([]byte(`{"target":"` + target + `","status":"suspended","proof":{"verificationMethod":"did:example:owner#key"}}`))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := record.Record{Kind: record.KindStatus, Time: 1, Body: body}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		f, err := encode("QmLedger", 7, raw)
		if err != nil || !bytes.Contains(f.wire, []byte(says)) {
			t.Errorf("%v: %s, want %s", err, f.wire, says)
		}
		// What an owner has done to what is another's is by the owner.
		for by, want := range map[string]bool{"did:example:owner": true, "did:example:other": false} {
			if l := (filter{issuers: []string{by}, statuses: []string{"suspended"}}); l.match(f) != want {
				t.Errorf("issuer=%s of a change of %s: %v", by, target, !want)
			}
		}
	}
	for _, k := range record.Kinds() {
		if _, err := parseList([]string{string(k)}, kinds...); err != nil {
			t.Errorf("kinds=%s: %v", k, err)
		}
	}
}

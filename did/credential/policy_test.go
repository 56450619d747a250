package credential_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
)

// TestPolicyOfListIssuers: a list by another issuer is trusted by configuration only, of
// whom it says, and the row tells.
func TestPolicyOfListIssuers(t *testing.T) {
	c := newCredentials(t)
	other := testKey(t, multikey.P256)
	issuer := string(key.FromPublic(other.Public()))
	list := c.signWith(c.unsignedList(1, []string{"revocation"}, 7).With("issuer", text(issuer)), other, key.MethodID(other.Public()))
	for setting, accepted := range map[string]bool{
		"": false, issuer: true, issuer + "=" + c.issuer: true, issuer + "=did:web:bank.example": false, "did:web:lists.example": false,
		c.issuer + "=" + issuer: false,
	} {
		var policy credential.Policy
		if setting != "" {
			parsed, err := credential.ParseListIssuer(setting)
			if err != nil {
				t.Fatal(err)
			}
			policy.ListIssuers = append(policy.ListIssuers, parsed)
		}
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Lists: lists(at(list))}
		policy.Apply(&verifier)
		v := verifier.Verify(context.Background(), c.with(c.entry("revocation", "6")))
		row, _ := v.Check(credential.CheckStatus)
		said := strings.Contains(row.Detail, "is by "+issuer+", which is trusted here to speak of credentials by "+c.issuer)
		if v.Verified != accepted || said != accepted || !accepted && row.Code != credential.CodeListUntrusted {
			t.Errorf("%q: %+v", setting, row)
		}
		v = verifier.Verify(context.Background(), c.with(c.entry("revocation", "7")))
		if row, _ := v.Check(credential.CheckStatus); accepted && (row.Code != credential.CodeRevoked || !strings.Contains(row.Detail, "trusted here")) {
			t.Errorf("%q, revoked: %+v", setting, row)
		}
	}
	for _, bad := range []string{"", "bank.example", "=did:web:a.example", "did:web:a.example=", "https://a.example"} {
		if _, err := credential.ParseListIssuer(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// short is a list of one byte: eight entries, of which the last is set.
func (c credentials) short() jcs.Value {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, err := w.Write([]byte{1})
	if err = errors.Join(err, w.Close()); err != nil {
		c.tb.Fatal(err)
	}
	list := c.unsignedList(1, []string{"revocation"})
	encoded := text("u" + base64.RawURLEncoding.EncodeToString(buf.Bytes()))
	return c.sign(list.With("credentialSubject", member(list, "credentialSubject").With("encodedList", encoded)))
}

// TestPolicyOfShortLists: a list shorter than the specification's is taken where that is
// configured, down to what is, and the row tells. A cache does not forget for which.
func TestPolicyOfShortLists(t *testing.T) {
	c := newCredentials(t)
	cache := credential.NewListCache(1 << 20)
	for range 2 {
		for least, accepted := range map[uint64]bool{0: false, 9: false, 8: true, 1: true, 131072: false} {
			verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Lists: lists(at(c.short())), Decoded: cache}
			credential.Policy{MinListEntries: least}.Apply(&verifier)
			v := verifier.Verify(context.Background(), c.with(c.entry("revocation", "6")))
			row, _ := v.Check(credential.CheckStatus)
			said := strings.Contains(row.Detail, "has 8 entries, fewer than 131072, which is accepted here")
			if v.Verified != accepted || said != accepted || !accepted && row.Code != credential.CodeListInvalid {
				t.Errorf("at least %d: %+v", least, row)
			}
			v = verifier.Verify(context.Background(), c.with(c.entry("revocation", "7")))
			if row, _ := v.Check(credential.CheckStatus); accepted && row.Code != credential.CodeRevoked {
				t.Errorf("at least %d, revoked: %+v", least, row)
			}
			v = verifier.Verify(context.Background(), c.with(c.entry("revocation", "8")))
			if row, _ := v.Check(credential.CheckStatus); row.Code != credential.CodeListInvalid {
				t.Errorf("at least %d, beyond the end: %+v", least, row)
			}
		}
	}
	if err := (credential.Policy{MinListEntries: 131073}).Check(); err == nil {
		t.Error("more than the specification demands")
	}
}

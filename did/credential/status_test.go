package credential_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/statuslist"
)

const listURL = "https://vc.example/status/1"

const (
	malformedType    = credential.MalformedValueError
	rangeType        = statuslist.RangeError
	lengthType       = statuslist.LengthError
	verificationType = statuslist.VerificationError
	retrievalType    = statuslist.RetrievalError
)

// entry is a credentialStatus that refers to listURL.
func (c credentials) entry(purpose, index string) jcs.Value {
	return decode(c.tb, `{"type":"BitstringStatusListEntry","statusPurpose":"`+purpose+`","statusListIndex":"`+index+`","statusListCredential":"`+listURL+`"}`)
}

// with is a signed credential with these entries.
func (c credentials) with(entries ...jcs.Value) jcs.Value {
	status := jcs.Array(entries...)
	if len(entries) == 1 {
		status = entries[0]
	}
	return c.sign(c.unsigned().With("credentialStatus", status))
}

// unsignedList is a list of these purposes where the first of the indexes is set to 1,
// the next to 2, and so on.
func (c credentials) unsignedList(size int, purposes []string, set ...uint64) jcs.Value {
	c.tb.Helper()
	l := statuslist.List{ID: listURL, Issuer: c.issuer, Purposes: purposes, ValidFrom: now.Add(-time.Hour)}
	if size > 1 {
		l.Size = size
		l.Messages = map[uint64]string{}
		for i := range uint64(1) << size {
			l.Messages[i] = "message " + strconv.FormatUint(i, 10)
		}
	}
	list, err := statuslist.NewList(l, 0)
	if err != nil {
		c.tb.Fatal(err)
	}
	for i, index := range set {
		value := uint64(1)
		if size > 1 {
			value = uint64(i + 1)
		}
		if err := list.Set(index, value); err != nil {
			c.tb.Fatal(err)
		}
	}
	v, err := list.Credential()
	if err != nil {
		c.tb.Fatal(err)
	}
	return v
}

// list is a signed list of one purpose.
func (c credentials) list(purpose string, set ...uint64) jcs.Value {
	return c.sign(c.unsignedList(1, []string{purpose}, set...))
}

func at(list jcs.Value) map[string]listVector {
	return map[string]listVector{listURL: {Credential: list}}
}

// change replaces a member of credentialSubject.
func change(v jcs.Value, name string, x jcs.Value) jcs.Value {
	return v.With("credentialSubject", member(v, "credentialSubject").With(name, x))
}

// TestStatusVectors runs vectors/credential/status.json.
func TestStatusVectors(t *testing.T) {
	k := newTokens(t)
	c := k.credentials
	runJudged(t, "status.json", judgedFile{
		Description: "Signed credentials with credentialStatus, or in tokens with the claim status, the time, and what is found at the URLs of status lists (a credential, or a " +
			"status list token: jwt, or cwt in base64; nothing where the credential is null and there is neither; own: built by the registry itself). codes are those of the checks that did not simply pass, type is that of the first problem.",
		Source:    "Bitstring Status List 1.0, IETF Token Status List (draft 20) where it is named; made by go test ./did/credential -update from fixed keys",
		Documents: k.documents(),
		Cases: slices.Concat(c.goodLists(), c.badEntries(), c.badLists(), c.listsOfLists(),
			k.claimsOfStatus(), k.badClaimsOfStatus(), k.badTokenLists(), k.untrustedTokenLists()),
	})
}

func (c credentials) goodLists() []judgedVector {
	const status = credential.CheckStatus
	revoked, suspended := codes{status: credential.CodeRevoked}, codes{status: credential.CodeSuspended}
	both := c.sign(c.unsignedList(1, []string{"revocation", "suspension"}, 9))
	message := decode(c.tb, `{"type":"BitstringStatusListEntry","statusPurpose":"message","statusListIndex":"5","statusSize":2,"statusListCredential":"`+listURL+`",
		"statusMessage":[{"status":"0x0","message":"a"},{"status":"0x1","message":"b"},{"status":"0x2","message":"c"},{"status":"0x3","message":"d"}],"statusReference":"https://vc.example/messages"}`)
	stranger := testKey(c.tb, multikey.P256)
	strangerDID := string(key.FromPublic(stranger.Public()))
	byStranger := c.signWith(c.unsignedList(1, []string{"revocation"}, 7).With("issuer", text(strangerDID)), stranger, key.MethodID(stranger.Public()))
	return []judgedVector{
		{Name: "not-set", Source: "3.2", Input: c.with(c.entry("revocation", "6")), Lists: at(c.list("revocation", 7)), Verified: true},
		{Name: "first-index-of-a-byte", Source: "2.2: left-most bit", Input: c.with(c.entry("revocation", "0")), Lists: at(c.list("revocation", 0)), Codes: revoked},
		{Name: "bits-read-from-the-right", Source: "2.2: left-most bit", Input: c.with(c.entry("revocation", "7")), Lists: at(c.list("revocation", 0)), Verified: true},
		{Name: "revoked-by-list", Source: "3.2", Input: c.with(c.entry("revocation", "7")), Lists: at(c.list("revocation", 7)), Codes: revoked, Type: verificationType},
		{Name: "last-index", Source: "3.2", Input: c.with(c.entry("revocation", "131071")), Lists: at(c.list("revocation", 131071)), Codes: revoked},
		{Name: "suspended-by-list", Source: "2.1", Input: c.with(c.entry("suspension", "7")), Lists: at(c.list("suspension", 7)), Codes: suspended},
		{Name: "two-entries-the-second-set", Source: "VC Data Model 2.0, 4.10", Input: c.with(c.entry("revocation", "8"), c.entry("suspension", "9")), Lists: at(both), Codes: suspended},
		{Name: "revoked-and-suspended", Source: "the worst counts", Input: c.with(c.entry("suspension", "9"), c.entry("revocation", "9")), Lists: at(both), Codes: revoked},
		{Name: "revoked-and-another-list-missing", Source: "the worst counts", Codes: revoked,
			Input: c.with(c.entry("suspension", "9").With("statusListCredential", text("https://vc.example/status/2")), c.entry("revocation", "9")), Lists: at(both)},
		{Name: "refresh-offered", Source: "2.1: does not invalidate", Input: c.with(c.entry("refresh", "7")), Lists: at(c.list("refresh", 7)), Verified: true},
		{Name: "message", Source: "2.1", Input: c.with(message), Lists: at(c.sign(c.unsignedList(2, []string{"message"}, 5))), Verified: true},
		{Name: "purpose-of-unknown-meaning-not-set", Source: "2.1: arbitrary", Input: c.with(c.entry("https://vc.example/approval", "6")), Lists: at(c.list("https://vc.example/approval", 7)), Verified: true},
		{Name: "purpose-of-unknown-meaning-set", Source: "3.2: not valid", Input: c.with(c.entry("https://vc.example/approval", "7")), Lists: at(c.list("https://vc.example/approval", 7)),
			Codes: codes{status: credential.CodeStatusUnsupported}},
		{Name: "list-of-the-registry", Source: "2.2: issuers may differ", Input: c.with(c.entry("revocation", "6")), Verified: true,
			Lists: map[string]listVector{listURL: {Credential: c.unsignedList(1, []string{"revocation"}, 7).With("issuer", text("did:example:registry")), Own: true}}},
		{Name: "revoked-by-list-of-the-registry", Source: "2.2", Input: c.with(c.entry("revocation", "7")), Codes: revoked,
			Lists: map[string]listVector{listURL: {Credential: c.unsignedList(1, []string{"revocation"}, 7), Own: true}}},
		{Name: "list-of-2021", Source: "StatusList2021", Verified: true, Lists: at(c.list2021(7)),
			Input: c.with(c.entry("revocation", "6").With("type", text("StatusList2021Entry")).With("id", text(listURL+"#6")))},
		{Name: "revoked-by-list-of-2021", Source: "StatusList2021", Codes: revoked, Lists: at(c.list2021(7)),
			Input: c.with(c.entry("revocation", "7").With("type", text("StatusList2021Entry")).With("id", text(listURL+"#7")))},
		{Name: "ttl-long-past", Source: "2.2: ttl is no validity period", Input: c.with(c.entry("revocation", "6")), Verified: true,
			Lists: map[string]listVector{listURL: {Credential: c.sign(change(c.unsignedList(1, []string{"revocation"}), "ttl", jcs.FromInt(1000))), FetchedAt: "2026-05-01T00:00:00Z"}}},
		{Name: "list-by-another-issuer", Source: "3.2: trust in the list's issuer is the verifier's to have", Input: c.with(c.entry("revocation", "6")), Lists: at(byStranger),
			Codes: codes{status: credential.CodeListUntrusted}, Type: verificationType},
	}
}

// list2021 is a signed StatusList2021Credential.
func (c credentials) list2021(set ...uint64) jcs.Value {
	v := c.unsignedList(1, []string{"revocation"}, set...)
	encoded, _ := member(v, "credentialSubject").GetString("encodedList")
	v = change(v, "encodedList", text(strings.NewReplacer("-", "+", "_", "/").Replace(encoded[1:])+strings.Repeat("=", (4-(len(encoded)-1)%4)%4)))
	v = change(v, "type", text("StatusList2021"))
	return c.sign(v.With("type", jcs.Array(text(credential.Type), text("StatusList2021Credential"))))
}

func (c credentials) badEntries() []judgedVector {
	good := c.entry("revocation", "6")
	list := at(c.list("revocation", 7))
	invalid := codes{credential.CheckStatus: credential.CodeListInvalid}
	bad := func(name, source, typ string, entry jcs.Value) judgedVector {
		return judgedVector{Name: name, Source: source, Input: c.with(entry), Lists: list, Codes: invalid, Type: typ}
	}
	huge := c.entry("revocation", "340282366920938463463374607431768211456")
	return []judgedVector{
		bad("entry-without-purpose", "2.1", malformedType, good.Without("statusPurpose")),
		bad("entry-purpose-is-a-number", "2.1", malformedType, good.With("statusPurpose", jcs.FromInt(1))),
		bad("entry-index-is-a-number", "2.1: a string", malformedType, good.With("statusListIndex", jcs.FromInt(6))),
		bad("entry-index-negative", "2.1", malformedType, c.entry("revocation", "-1")),
		bad("entry-index-in-hexadecimal", "2.1: base 10", malformedType, c.entry("revocation", "0x6")),
		bad("entry-index-with-a-fraction", "2.1", malformedType, c.entry("revocation", "6.0")),
		bad("entry-index-empty", "2.1", malformedType, c.entry("revocation", "")),
		bad("entry-without-index", "2.1", malformedType, good.Without("statusListIndex")),
		bad("entry-without-list", "2.1", malformedType, good.Without("statusListCredential")),
		bad("entry-list-not-a-url", "2.1", malformedType, good.With("statusListCredential", text("list"))),
		bad("entry-id-is-the-list", "2.1: MUST NOT", malformedType, good.With("id", text(listURL))),
		bad("entry-size-zero", "2.1", malformedType, good.With("statusSize", jcs.FromInt(0))),
		bad("entry-size-is-a-string", "2.1", malformedType, good.With("statusSize", text("1"))),
		bad("entry-size-two-without-messages", "2.1", malformedType, good.With("statusSize", jcs.FromInt(2))),
		bad("entry-with-three-messages-for-two-bits", "2.1", malformedType, good.With("statusSize", jcs.FromInt(2)).
			With("statusMessage", decode(c.tb, `[{"status":"0x0","message":"a"},{"status":"0x1","message":"b"},{"status":"0x2","message":"c"}]`))),
		bad("entry-reference-not-a-url", "2.1", malformedType, good.With("statusReference", text("see there"))),
		bad("entry-purpose-not-the-lists", "3.2", verificationType, c.entry("suspension", "6")),
		bad("entry-purpose-in-another-case", "3.2: equal", verificationType, c.entry("Revocation", "6")),
		bad("entry-index-one-too-far", "3.2", rangeType, c.entry("revocation", "131072")),
		bad("entry-index-beyond-any-list", "3.2", rangeType, huge),
		{Name: "entry-of-unknown-type", Source: "fails closed", Input: c.with(good.With("type", text("RevocationList2020Status"))), Lists: list,
			Codes: codes{credential.CheckStatus: credential.CodeStatusUnsupported}, Type: verificationType},
		{Name: "one-entry-of-unknown-type", Source: "fails closed", Input: c.with(good, good.With("type", text("X"))), Lists: list,
			Codes: codes{credential.CheckStatus: credential.CodeStatusUnsupported}},
		{Name: "proof-does-not-hold-list-not-asked", Source: "nothing a stranger points to is fetched", Lists: list,
			Input: c.with(good).With("validFrom", text("2026-01-02T00:00:00Z")),
			Codes: codes{credential.CheckProof: credential.CodeProofInvalid, credential.CheckStatus: credential.CodeNotChecked}},
	}
}

func (c credentials) badLists() []judgedVector {
	unsigned := c.unsignedList(1, []string{"revocation"}, 7)
	signed := c.sign(unsigned)
	vc := c.with(c.entry("revocation", "6"))
	invalid := codes{credential.CheckStatus: credential.CodeListInvalid}
	bad := func(name, source, typ string, list jcs.Value) judgedVector {
		return judgedVector{Name: name, Source: source, Input: vc, Lists: at(list), Codes: invalid, Type: typ}
	}
	subject := func(name string, x jcs.Value) jcs.Value { return c.sign(change(unsigned, name, x)) }
	short, err := statuslist.Encode(make([]byte, statuslist.MinBytes))
	if err != nil {
		c.tb.Fatal(err)
	}
	small := decode(c.tb, `{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"5","statusSize":2,"statusListCredential":"`+listURL+`",
		"statusMessage":[{"status":"0x0","message":"a"},{"status":"0x1","message":"b"},{"status":"0x2","message":"c"},{"status":"0x3","message":"d"}]}`)
	other := testKey(c.tb, multikey.P256)
	return []judgedVector{
		{Name: "no-list-to-be-had", Source: "3.2: dereference fails", Input: vc, Lists: at(jcs.Value{}),
			Codes: codes{credential.CheckStatus: credential.CodeStatusUnavailable}, Type: retrievalType},
		bad("list-without-proof", "3.2", verificationType, unsigned),
		bad("list-changed-after-signing", "3.2", verificationType, change(signed, "encodedList", text(short))),
		bad("list-by-a-key-not-of-its-issuer", "3.2", verificationType, c.signWith(unsigned, other, key.MethodID(other.Public()))),
		bad("list-expired", "2.2: validUntil", verificationType, c.sign(unsigned.With("validUntil", text("2026-05-31T23:59:59Z")))),
		bad("list-not-yet-valid", "2.2: validFrom", verificationType, c.sign(unsigned.With("validFrom", text("2026-06-01T00:00:06Z")))),
		bad("list-proof-expired", "Data Integrity 1.0, 2.1", verificationType, c.sign(unsigned, expires(now.Add(-time.Second)))),
		bad("list-with-another-id", "2.2: id matches", verificationType, c.sign(unsigned.With("id", text("https://vc.example/status/2")))),
		bad("list-is-another-kind-of-credential", "2.1: type", malformedType, c.sign(unsigned.With("type", text(credential.Type)))),
		bad("list-is-not-a-credential", "VC Data Model 2.0", verificationType, c.sign(unsigned.Without("credentialSubject"))),
		bad("list-subject-of-another-type", "2.2", malformedType, subject("type", text("StatusList"))),
		bad("list-without-purpose", "2.2", malformedType, c.sign(unsigned.With("credentialSubject", member(unsigned, "credentialSubject").Without("statusPurpose")))),
		bad("list-not-multibase", "2.2: u", malformedType, subject("encodedList", text(short[1:]))),
		bad("list-in-base58", "2.2: base64url", malformedType, subject("encodedList", text("z"+short[1:]))),
		bad("list-not-gzip", "2.2", malformedType, subject("encodedList", text("uAAAA"))),
		bad("list-too-short", "2.2: 16 KiB", lengthType, subject("encodedList", text(encodeList(c.tb, make([]byte, 1024))))),
		bad("list-with-padding", "2.2: no padding", malformedType, subject("encodedList", text(short+"="))),
		bad("list-ttl-negative", "2.2", malformedType, subject("ttl", jcs.FromInt(-1))),
		bad("list-ttl-is-a-string", "2.2", malformedType, subject("ttl", text("5m"))),
		{Name: "list-too-short-for-the-size", Source: "3.2: length divided by size", Input: c.with(small), Lists: at(signed), Codes: invalid, Type: lengthType},
	}
}

func (c credentials) listsOfLists() []judgedVector {
	const second = "https://vc.example/status/2"
	own := c.entry("revocation", "3").With("statusListCredential", text(second))
	first := c.sign(c.unsignedList(1, []string{"revocation"}).With("credentialStatus", own))
	next := func(set ...uint64) jcs.Value {
		return c.unsignedList(1, []string{"revocation"}, set...).With("id", text(second))
	}
	vc := c.with(c.entry("revocation", "6"))
	both := func(a, b jcs.Value) map[string]listVector {
		return map[string]listVector{listURL: {Credential: a}, second: {Credential: b}}
	}
	const third = "https://vc.example/status/3"
	nested := c.sign(next().With("credentialStatus", own.With("statusListCredential", text(third))))
	last := c.sign(c.unsignedList(1, []string{"revocation"}).With("id", text(third)))
	selfish := c.sign(c.unsignedList(1, []string{"revocation"}).With("credentialStatus", c.entry("revocation", "3")))
	invalid := codes{credential.CheckStatus: credential.CodeListInvalid}
	return []judgedVector{
		{Name: "list-with-a-status", Source: "a list is a credential", Input: vc, Lists: both(first, c.sign(next())), Verified: true},
		{Name: "list-revoked-by-list", Source: "a list is a credential", Input: vc, Lists: both(first, c.sign(next(3))), Codes: invalid, Type: verificationType},
		{Name: "list-of-a-list-of-a-list", Source: "lists of lists end somewhere", Input: vc, Codes: invalid, Type: verificationType,
			Lists: map[string]listVector{listURL: {Credential: first}, second: {Credential: nested}, third: {Credential: last}}},
		{Name: "list-whose-status-is-in-itself", Source: "lists of lists end somewhere", Input: vc, Lists: at(selfish), Codes: invalid, Type: verificationType},
	}
}

// TestListFreshness: a verdict serves no longer than the lists it came from.
func TestListFreshness(t *testing.T) {
	c := newCredentials(t)
	vc := c.with(c.entry("revocation", "6"))
	list := c.unsignedList(1, []string{"revocation"})
	for _, tt := range []struct {
		name, want string
		list       jcs.Value
		fetched    time.Time
	}{
		{"nothing said", "2026-06-01T01:00:00Z", list, now},
		{"ttl", "2026-06-01T00:00:30Z", change(list, "ttl", jcs.FromInt(60000)), now.Add(-30 * time.Second)},
		{"ttl over", "2026-06-01T00:00:00Z", change(list, "ttl", jcs.FromInt(1000)), now.Add(-30 * time.Second)},
		{"validUntil", "2026-06-01T00:10:00Z", list.With("validUntil", text("2026-06-01T00:10:00Z")), now},
	} {
		source := lists{listURL: {Credential: c.sign(tt.list), FetchedAt: tt.fetched.Format(time.RFC3339)}}
		verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, FreshUntil: now.Add(time.Hour), Lists: source, Decoded: credential.NewListCache(1 << 20)}
		for range 2 {
			if v := verifier.Verify(context.Background(), vc); !v.Verified || v.FreshUntil != tt.want {
				t.Errorf("%s: %v until %s, want %s", tt.name, v.Verified, v.FreshUntil, tt.want)
			}
		}
	}
}

// TestAcceptListIssuer: whose lists count besides the issuer's is the verifier's policy.
func TestAcceptListIssuer(t *testing.T) {
	c := newCredentials(t)
	other := testKey(t, multikey.P256)
	issuer := string(key.FromPublic(other.Public()))
	list := c.signWith(c.unsignedList(1, []string{"revocation"}, 7).With("issuer", text(issuer)), other, key.MethodID(other.Public()))
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Lists: lists(at(list)),
		AcceptListIssuer: func(list, of string) bool { return list == issuer && of == c.issuer }}
	if v := verifier.Verify(context.Background(), c.with(c.entry("revocation", "6"))); !v.Verified {
		t.Errorf("%+v", v.ProblemDetails)
	}
	v := verifier.Verify(context.Background(), c.with(c.entry("revocation", "7")))
	if row, _ := v.Check(credential.CheckStatus); row.Code != credential.CodeRevoked {
		t.Errorf("%+v", row)
	}
}

// counted counts how often lists are asked for.
type counted struct {
	lists
	n *int
}

func (c counted) StatusList(ctx context.Context, url string, at time.Time) (credential.ListDocument, error) {
	*c.n++
	return c.lists.StatusList(ctx, url, at)
}

// TestListLookups: one list is asked for once, and a credential cannot have any
// number of them asked for.
func TestListLookups(t *testing.T) {
	c := newCredentials(t)
	n := 0
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Lists: counted{lists(at(c.sign(c.unsignedList(1, []string{"revocation", "suspension"})))), &n}}
	if v := verifier.Verify(context.Background(), c.with(c.entry("revocation", "1"), c.entry("suspension", "2"))); !v.Verified || n != 1 {
		t.Errorf("%v after %d lookups", v.Verified, n)
	}
	n = 0
	all := lists{}
	var entries []jcs.Value
	for i := range 16 {
		url := listURL + "/" + strconv.Itoa(i)
		entries = append(entries, c.entry("revocation", "1").With("statusListCredential", text(url)))
	}
	for i := range 16 {
		url := listURL + "/" + strconv.Itoa(i)
		all[url] = listVector{Credential: c.sign(c.unsignedList(1, []string{"revocation"}).With("id", text(url)).With("credentialStatus", jcs.Array(entries...)))}
	}
	verifier.Lists = counted{all, &n}
	if v := verifier.Verify(context.Background(), c.with(entries...)); v.Verified || n > 32 {
		t.Errorf("%v after %d lookups", v.Verified, n)
	}
}

// moment is a registry at some time.
type moment struct {
	registry
	of credential.StatusInfo
}

func (m moment) CredentialStatus([32]byte, did.ID) (credential.StatusInfo, bool, error) {
	if m.of.Status == "unavailable" {
		return credential.StatusInfo{}, false, errors.New("not current")
	}
	return m.of, m.of.Status != "", nil
}

func (m moment) DIDStatus(id did.ID) (credential.StatusInfo, bool, error) {
	return m.CredentialStatus([32]byte{}, id)
}

// TestHindsight: what happened later changes the answer about then only if it says so.
func TestHindsight(t *testing.T) {
	c := newCredentials(t)
	vc := c.sign(c.unsigned())
	before, after := now.Add(-time.Hour), now.Add(time.Hour)
	for _, tt := range []struct {
		name   string
		later  credential.StatusInfo
		code   credential.Code
		detail string
	}{
		{"nothing happened", credential.StatusInfo{Status: credential.Active}, "", ""},
		{"revoked later", credential.StatusInfo{Status: credential.Revoked, Since: after, Reason: "sold"}, "", "later: revoked since 2026-06-01T01:00:00Z: sold"},
		{"revoked later, from later on", credential.StatusInfo{Status: credential.Revoked, Since: after.Add(time.Hour), InvalidFrom: after}, "",
			"later: revoked since 2026-06-01T02:00:00Z, invalid from 2026-06-01T01:00:00Z"},
		{"suspended later", credential.StatusInfo{Status: credential.Suspended, Since: after, InvalidFrom: before}, "",
			"later: suspended since 2026-06-01T01:00:00Z, invalid from 2026-05-31T23:00:00Z"},
		{"revoked later, as of before", credential.StatusInfo{Status: credential.Revoked, Since: after, InvalidFrom: before, Reason: "key stolen"}, credential.CodeRevokedRetroactively,
			"revoked since 2026-06-01T01:00:00Z, invalid from 2026-05-31T23:00:00Z: key stolen, which is not after 2026-06-01T00:00:00Z"},
		{"revoked later, as of then", credential.StatusInfo{Status: credential.Revoked, Since: after, InvalidFrom: now}, credential.CodeRevokedRetroactively,
			"revoked since 2026-06-01T01:00:00Z, invalid from 2026-06-01T00:00:00Z, which is not after 2026-06-01T00:00:00Z"},
		{"cannot be told", credential.StatusInfo{Status: "unavailable"}, credential.CodeStatusUnavailable, "not current"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: registry{}, Now: now, Hindsight: moment{of: tt.later},
				Status: moment{of: credential.StatusInfo{Status: credential.Active}}}
			v := verifier.Verify(context.Background(), vc)
			checkVerdict(t, v)
			for _, name := range []string{credential.CheckStatus, credential.CheckIssuerState} {
				if row, _ := v.Check(name); row.Code != tt.code || row.Detail != tt.detail {
					t.Errorf("%+v, want %s %q", row, tt.code, tt.detail)
				}
			}
			if v.Verified != (tt.code == "") {
				t.Error(v.Verified)
			}
		})
	}
}

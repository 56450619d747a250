package sdjwt_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/sdjwt"
)

const person = `{"iss":"did:example:1","name":"Ada","a/b":{"~":[1,2,{"x":true}]},"lands":["DE","FR"],"address":{"city":"Paris","zip":null}}`

func issue(tb testing.TB, payload string, opt sdjwt.IssueOptions) *sdjwt.Token {
	tb.Helper()
	opt.Random = &counter{}
	text, err := sdjwt.Issue(decode(tb, payload), testKey(tb, multikey.Ed25519, 7), opt)
	if err != nil {
		tb.Fatal(err)
	}
	token, err := sdjwt.Parse([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

func TestIssue(t *testing.T) {
	header := decode(t, `{"typ":"vc+sd-jwt","kid":"did:example:1#key"}`)
	for _, opt := range []sdjwt.IssueOptions{
		{}, {Disclosable: []string{"/name"}}, {Disclosable: []string{"/lands/1", "/lands", "/lands/0"}, Hash: "sha-384"},
		{Disclosable: []string{"/address/city", "/address/zip"}, Decoys: 3}, {Disclosable: []string{"/a~1b/~0/2/x", "/a~1b/~0/2", "/a~1b/~0", "/a~1b"}, Hash: "sha-512"},
	} {
		opt.Header = header
		token := issue(t, person, opt)
		if len(token.Disclosures) != len(opt.Disclosable) || token.JWT.KeyID != "did:example:1#key" || token.KeyBinding != nil {
			t.Errorf("%+v", token)
		}
		if err := token.Verify(testKey(t, multikey.Ed25519, 7).Public(), nil); err != nil {
			t.Error(err)
		}
		payload, err := token.Process()
		if err != nil || !payload.Equal(decode(t, person)) {
			t.Errorf("%v: %s, %v", opt.Disclosable, payload.Canonical(), err)
		}
		for _, d := range token.Disclosures {
			if strings.Contains(string(token.Signed.Canonical()), `"`+d.Name+`":`) && d.Name != "" {
				t.Errorf("%s is in the issuer's JWT", d.Name)
			}
		}
	}
	token := issue(t, person, sdjwt.IssueOptions{Disclosable: []string{"/name", "/lands"}, Decoys: 5})
	if digests, _ := token.Signed.Get("_sd"); digests.Len() != 7 {
		t.Errorf("%d digests", digests.Len())
	}
}

func TestCannotIssue(t *testing.T) {
	key := testKey(t, multikey.Ed25519, 7)
	for name, c := range map[string]struct {
		payload string
		opt     sdjwt.IssueOptions
	}{
		"array": {`[]`, sdjwt.IssueOptions{}}, "no such member": {person, sdjwt.IssueOptions{Disclosable: []string{"/nobody"}}},
		"no such element": {person, sdjwt.IssueOptions{Disclosable: []string{"/lands/2"}}}, "into a string": {person, sdjwt.IssueOptions{Disclosable: []string{"/name/0"}}},
		"leading zero": {person, sdjwt.IssueOptions{Disclosable: []string{"/lands/01"}}}, "twice": {person, sdjwt.IssueOptions{Disclosable: []string{"/name", "/name"}}},
		"root": {person, sdjwt.IssueOptions{Disclosable: []string{""}}}, "no pointer": {person, sdjwt.IssueOptions{Disclosable: []string{"name"}}},
		"bad escape": {person, sdjwt.IssueOptions{Disclosable: []string{"/a~2b"}}}, "hash": {person, sdjwt.IssueOptions{Hash: "md5"}}, "decoys": {person, sdjwt.IssueOptions{Decoys: -1}},
		"reserved": {`{"_sd":[],"a":1}`, sdjwt.IssueOptions{Disclosable: []string{"/a"}}}, "reserved and nothing hidden": {`{"_sd":[]}`, sdjwt.IssueOptions{}},
		"reserved hash": {`{"_sd_alg":"sha-256"}`, sdjwt.IssueOptions{}}, "reserved dots": {`{"a":[{"...":"x"}]}`, sdjwt.IssueOptions{}},
		"reserved name hidden": {`{"_sd_alg":1,"a":1}`, sdjwt.IssueOptions{Disclosable: []string{"/_sd_alg"}}},
		"header":               {person, sdjwt.IssueOptions{Header: jcs.Object(jcs.Member{Name: "alg", Value: jcs.FromString("none")})}},
		"no randomness":        {person, sdjwt.IssueOptions{Disclosable: []string{"/name"}, Random: strings.NewReader("short")}},
	} {
		if _, err := sdjwt.Issue(decode(t, c.payload), key, c.opt); !errors.Is(err, sdjwt.ErrIssue) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := sdjwt.Issue(decode(t, person), key, sdjwt.IssueOptions{Disclosable: []string{"/name"}, Decoys: 1, Random: io.LimitReader(&counter{}, 16)}); !errors.Is(err, sdjwt.ErrIssue) {
		t.Errorf("randomness for the salt alone: %v", err)
	}
}

func TestPresent(t *testing.T) {
	key, holder := testKey(t, multikey.Ed25519, 7), testKey(t, multikey.P256, 8)
	payload := decode(t, person).With("cnf", jcs.Object(jcs.Member{Name: "jwk", Value: holder.Public().JWK()}))
	text, err := sdjwt.Issue(payload, key, sdjwt.IssueOptions{Random: &counter{}, Decoys: 1,
		Disclosable: []string{"/name", "/lands", "/lands/0", "/lands/1", "/address/city", "/a~1b/~0/2", "/a~1b"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ reveal, want string }{
		{"", `{"iss":"did:example:1","address":{"zip":null}}`},
		{"/name", `{"iss":"did:example:1","address":{"zip":null},"name":"Ada"}`},
		{"/lands", `{"iss":"did:example:1","address":{"zip":null},"lands":["DE","FR"]}`},
		{"/lands/1", `{"iss":"did:example:1","address":{"zip":null},"lands":["FR"]}`},
		{"/address", `{"iss":"did:example:1","address":{"zip":null,"city":"Paris"}}`},
		{"/a~1b/~0/1", `{"iss":"did:example:1","address":{"zip":null},"a/b":{"~":[1,2]}}`},
		{"/a~1b", `{"iss":"did:example:1","address":{"zip":null},"a/b":{"~":[1,2,{"x":true}]}}`},
	} {
		var reveal []string
		if c.reveal != "" {
			reveal = []string{c.reveal}
		}
		presented, err := sdjwt.Present([]byte(text), reveal, &sdjwt.Binding{Key: holder, Audience: "v", Nonce: "n", IssuedAt: now.Unix()})
		if err != nil {
			t.Fatal(err)
		}
		token, err := sdjwt.Parse([]byte(presented))
		if err != nil {
			t.Fatal(err)
		}
		got, err := token.Process()
		if err != nil || !got.Without("cnf").Equal(decode(t, c.want)) {
			t.Errorf("%q gives %s, %v; want %s", c.reveal, got.Canonical(), err, c.want)
		}
		if err := token.VerifyKeyBinding(holder.Public(), nil, sdjwt.Expected{Nonce: "n", Audience: []string{"w", "v"}, Now: now}); err != nil {
			t.Error(err)
		}
		if _, err := sdjwt.Present([]byte(presented), nil, nil); !errors.Is(err, sdjwt.ErrIssue) {
			t.Errorf("presented twice: %v", err)
		}
	}
	for name, f := range map[string]func() (string, error){
		"no such claim": func() (string, error) { return sdjwt.Present([]byte(text), []string{"/nobody"}, nil) },
		"no pointer":    func() (string, error) { return sdjwt.Present([]byte(text), []string{"name"}, nil) },
		"no nonce": func() (string, error) {
			return sdjwt.Present([]byte(text), nil, &sdjwt.Binding{Key: holder, Audience: "v"})
		},
		"no key": func() (string, error) {
			return sdjwt.Present([]byte(text), nil, &sdjwt.Binding{Nonce: "n", Audience: "v"})
		},
		"key that does not sign": func() (string, error) {
			x, err := multikey.NewPrivate(multikey.X25519, make([]byte, 32))
			if err != nil {
				t.Fatal(err)
			}
			return sdjwt.Present([]byte(text), nil, &sdjwt.Binding{Key: x, Nonce: "n", Audience: "v"})
		},
	} {
		if _, err := f(); !errors.Is(err, sdjwt.ErrIssue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfirmationByURL(t *testing.T) {
	_, keyID, err := sdjwt.Confirmation(decode(t, `{"cnf":{"kid":"did:example:1#key"}}`))
	if err != nil || keyID != "did:example:1#key" {
		t.Errorf("%q, %v", keyID, err)
	}
}

func TestTooLarge(t *testing.T) {
	if _, err := sdjwt.Parse(make([]byte, sdjwt.MaxToken+1)); !errors.Is(err, sdjwt.ErrTooLarge) {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range newMaker(f).vectors() {
		if len(v.Token) < 1<<14 {
			f.Add([]byte(v.Token))
		}
	}
	key := testKey(f, multikey.P256, 8).Public()
	f.Fuzz(func(t *testing.T, text []byte) {
		token, err := sdjwt.Parse(text)
		if err != nil {
			return
		}
		payload, err := token.Process()
		if err != nil {
			var e *sdjwt.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v is no *sdjwt.Error", err)
			}
			return
		}
		clean(t, payload)
		if err := token.VerifyKeyBinding(key, nil, sdjwt.Expected{Now: now}); err == nil && token.KeyBinding == nil {
			t.Fatal("a binding where there is none")
		}
	})
}

// clean makes sure that nothing of the machinery is left.
func clean(t *testing.T, v jcs.Value) {
	for name, member := range v.Members() {
		if name == "_sd" || name == "..." || name == "_sd_alg" {
			t.Fatalf("%s is left", name)
		}
		clean(t, member)
	}
	for item := range v.Elems() {
		clean(t, item)
	}
}

// FuzzProcess takes payload and disclosures apart from signatures: each line after
// the first is a disclosure, and @n in any line is the digest of line n.
func FuzzProcess(f *testing.F) {
	f.Add("{\"_sd\":[\"@1\"]}\n[\"s\",\"x\",{\"n\":[{\"...\":\"@2\"}]}]\n[\"s\",7]")
	f.Add("{\"n\":[{\"...\":\"@1\"}],\"_sd\":[\"@2\"]}\n[\"s\",1]\n[\"s\",\"n\",1]")
	key := testKey(f, multikey.Ed25519, 7)
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		if len(lines) > 8 {
			return
		}
		for i := len(lines) - 1; i >= 0; i-- {
			for n := i + 1; n < len(lines); n++ {
				lines[i] = strings.ReplaceAll(lines[i], "@"+string(rune('0'+n)), digest(disclosure(lines[n])))
			}
		}
		parts := []string{compact(t, `{"alg":"EdDSA"}`, lines[0], key)}
		for _, line := range lines[1:] {
			parts = append(parts, disclosure(line))
		}
		token, err := sdjwt.Parse([]byte(strings.Join(parts, "~") + "~"))
		if err != nil {
			return
		}
		payload, err := token.Process()
		if err != nil {
			return
		}
		clean(t, payload)
		if _, err := sdjwt.Present([]byte(strings.Join(parts, "~")+"~"), nil, nil); err != nil {
			var j *jose.Error
			if errors.As(err, &j) {
				t.Fatal(err)
			}
		}
	})
}

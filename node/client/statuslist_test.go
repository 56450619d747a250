package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

const aList = "https://issuer.example/status/1"

func listKey(t *testing.T) multikey.PrivateKey {
	t.Helper()
	k, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// signedList is a list by k with entry 7 set, changed before it is signed.
func signedList(t *testing.T, k multikey.PrivateKey, change func(*statuslist.List)) jcs.Value {
	t.Helper()
	draft := statuslist.List{ID: aList, Issuer: string(key.FromPublic(k.Public())), Purposes: []string{"revocation"},
		ValidFrom: time.Now().Add(-time.Hour)}
	if change != nil {
		change(&draft)
	}
	l, err := statuslist.NewList(draft, 0)
	if err == nil {
		err = l.Set(7, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	v, err := l.Credential()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := proof.Sign(v, k, proof.SignOptions{VerificationMethod: key.MethodID(k.Public()), Purpose: did.AssertionMethod})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// A node may send what it likes: only the list that was asked for, signed by its issuer and in force, is
// believed.
func TestStatusListIsNotBelieved(t *testing.T) {
	k, stranger := listKey(t), listKey(t)
	good := signedList(t, k, nil)
	subject, _ := good.Get("credentialSubject")
	emptied, err := statuslist.Encode(make([]byte, statuslist.MinBytes))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		list jcs.Value
		by   did.ID
		ok   bool
	}{
		"good":                 {list: good, ok: true},
		"good-by-its-issuer":   {list: good, by: key.FromPublic(k.Public()), ok: true},
		"by-another-issuer":    {list: good, by: key.FromPublic(stranger.Public())},
		"unsigned":             {list: good.Without("proof")},
		"bits-taken-back":      {list: good.With("credentialSubject", subject.With("encodedList", jcs.FromString(emptied)))},
		"signed-by-a-stranger": {list: signedList(t, stranger, func(l *statuslist.List) { l.Issuer = string(key.FromPublic(k.Public())) })},
		"of-another-url":       {list: signedList(t, k, func(l *statuslist.List) { l.ID = aList + "0" })},
		"of-no-url":            {list: signedList(t, k, func(l *statuslist.List) { l.ID = "" })},
		"expired":              {list: signedList(t, k, func(l *statuslist.List) { l.ValidUntil = time.Now().Add(-time.Minute) })},
		"not-yet-valid":        {list: signedList(t, k, func(l *statuslist.List) { l.ValidFrom = time.Now().Add(time.Hour) })},
		"not-a-list":           {list: good.With("type", jcs.Array(jcs.FromString("VerifiableCredential")))},
		"not-an-object":        {list: jcs.Array(good)},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v1/status-lists" || r.URL.Query().Get("url") != aList || r.URL.Query().Get("issuer") != string(c.by) {
					t.Errorf("asked for %s", r.URL)
				}
				w.Header().Set("Content-Type", api.TypeCredential)
				w.Write(c.list.Canonical()) //nolint:errcheck // the client tells
			}))
			defer server.Close()
			cl, err := client.New([]string{server.URL}, client.WithRounds(1))
			if err != nil {
				t.Fatal(err)
			}
			var l *statuslist.List
			if c.by == "" {
				l, err = cl.StatusList(context.Background(), aList)
			} else {
				l, err = cl.StatusListBy(context.Background(), aList, c.by)
			}
			if !c.ok {
				if !errors.Is(err, client.ErrMismatch) {
					t.Errorf("%v, %v", l, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r, err := l.Status(statuslist.Entry{Purpose: "revocation", ListURL: aList, Index: 7, Size: 1})
			if err != nil || !r.Set {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

func TestStatusListOfARegistryIsAskedForByItsPath(t *testing.T) {
	const path = "/v1/status-lists/did%3Aweb%3Ahost%253A8700/revocation/0"
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.EscapedPath()+"?"+r.URL.RawQuery)
		http.NotFound(w, r)
	}))
	defer server.Close()
	cl, err := client.New([]string{server.URL}, client.WithRounds(1))
	if err != nil {
		t.Fatal(err)
	}
	const list = "https://registry.example" + path
	if _, err := cl.StatusListAt(context.Background(), list, time.Unix(1780000000, 5)); !errors.Is(err, client.ErrNoList) {
		t.Errorf("%v", err)
	}
	if len(asked) != 2 || asked[0] != path+"?timestamp=2026-05-28T20%3A26%3A40Z" || asked[1] != "/v1/status-lists?timestamp=2026-05-28T20%3A26%3A40Z&url="+url.QueryEscape(list) {
		t.Errorf("asked for %q", asked)
	}
}

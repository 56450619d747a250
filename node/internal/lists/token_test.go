package lists

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/ledger"
)

// tokensElsewhere is a source of status list tokens of other hosts.
type tokensElsewhere struct{ elsewhere }

func (e tokensElsewhere) TokenStatusList(context.Context, string, time.Time) (credential.ListDocument, error) {
	if e.err != nil {
		return credential.ListDocument{}, e.err
	}
	return credential.ListDocument{Token: "elsewhere"}, nil
}

func TestWhereAStatusListTokenIsFrom(t *testing.T) {
	const foreign = "https://issuer.example/3"
	own := "https://" + domain + revocation(alice).Path()
	signed := "https://" + domain + revocation(bob).Path()
	s := &state{size: 1,
		lists:  map[string]ledger.StatusList{fmt.Sprint(alice, "revocation", 0): {Bits: bits(0x01), Changed: 1, Key: "k"}},
		issued: map[string]ledger.IssuedList{signed + string(bob): {Content: []byte(`{}`), Issuer: bob}, foreign: {Content: []byte(`{}`), Issuer: bob}},
	}
	asked := errors.New("nobody answers")
	for name, c := range map[string]struct {
		uri     string
		foreign credential.Lists
		want    string
		err     error
	}{
		"own":                               {own, nil, "own", nil},
		"own, though others are asked":      {own, tokensElsewhere{}, "own", nil},
		"signed by its issuer":              {signed, tokensElsewhere{}, "", ErrNoToken},
		"own of a stranger":                 {"https://" + domain + revocation("did:example:x").Path(), tokensElsewhere{}, "", ErrUnknown},
		"elsewhere":                         {foreign, tokensElsewhere{}, "elsewhere", nil},
		"elsewhere and no answer":           {foreign, tokensElsewhere{elsewhere{asked}}, "", asked},
		"elsewhere and no tokens there":     {foreign, elsewhere{}, "", ErrElsewhere},
		"elsewhere and nobody to ask":       {foreign, nil, "", ErrElsewhere},
		"own path on another host":          {"https://issuer.example" + revocation(alice).Path(), nil, "", ErrElsewhere},
		"own path in the clear":             {"http://" + domain + revocation(alice).Path() + "?a", nil, "", ErrElsewhere},
		"own path with a fragment":          {own + "#7", nil, "", ErrElsewhere},
		"own path that goes on":             {own + "/..", nil, "", ErrElsewhere},
		"recorded, but as another document": {foreign, elsewhere{}, "", ErrElsewhere},
	} {
		t.Run(name, func(t *testing.T) {
			source := Source{Book: NewBook(touched{}), State: s, Foreign: c.foreign}
			doc, err := source.TokenStatusList(context.Background(), c.uri, time.Time{})
			if !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Fatalf("%v, want %v", err, c.err)
			}
			got := doc.Token
			if doc.Own {
				got = "own"
				if doc.List.ID != c.uri || doc.List.Bits()[0] != 0x01 || len(doc.List.Purposes) != 1 {
					t.Errorf("list %+v", doc.List)
				}
			}
			if got != c.want {
				t.Errorf("from %q, want %q", got, c.want)
			}
		})
	}
	s.broken = true
	if doc, err := (Source{Book: NewBook(touched{}), State: s}).TokenStatusList(context.Background(), own, time.Time{}); !errors.Is(err, errBroken) {
		t.Errorf("a broken disk: %+v, %v", doc, err)
	}
}

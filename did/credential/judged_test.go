package credential_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
)

// judgedFile is one of the files whose documents point to others.
type judgedFile struct {
	Description string               `json:"description"`
	Source      string               `json:"source"`
	Documents   map[string]jcs.Value `json:"documents,omitempty"`
	Cases       []judgedVector       `json:"cases"`
}

// judgedVector is a secured document, what the verifier has beside it, and the codes
// of the checks that did not simply pass. Inner are those of the credentials of a
// presentation, in their order.
type judgedVector struct {
	Name     string                       `json:"name"`
	Source   string                       `json:"source"`
	Now      string                       `json:"now"`
	Statuses map[string]string            `json:"statuses,omitempty"`
	Lists    map[string]listVector        `json:"lists,omitempty"`
	Schemas  map[string]jcs.Value         `json:"schemas,omitempty"`
	Options  *optionsVector               `json:"options,omitempty"`
	Input    jcs.Value                    `json:"input"`
	Verified bool                         `json:"verified"`
	Codes    map[string]credential.Code   `json:"codes"`
	Type     string                       `json:"type,omitempty"`
	Inner    []map[string]credential.Code `json:"inner,omitempty"`
}

// listVector is what is found at the URL of a status list: a credential, or a status
// list token, as JWT or as CWT in base64; nothing if Credential is null and there is
// neither. Own lists are the registry's, whichever is asked for.
type listVector struct {
	Credential jcs.Value `json:"credential"`
	JWT        string    `json:"jwt,omitempty"`
	CWT        []byte    `json:"cwt,omitempty"`
	Own        bool      `json:"own,omitempty"`
	FetchedAt  string    `json:"fetchedAt,omitempty"`
}

type optionsVector struct {
	Challenge      string   `json:"challenge,omitempty"`
	Domain         []string `json:"domain,omitempty"`
	Holder         string   `json:"holder,omitempty"`
	AllowUnsecured bool     `json:"allowUnsecured,omitempty"`
}

type lists map[string]listVector

func (l lists) StatusList(_ context.Context, url string, _ time.Time) (credential.ListDocument, error) {
	v, ok := l[url]
	if !ok || v.Credential.Kind() == jcs.KindNull {
		return credential.ListDocument{}, errors.New("no list there")
	}
	return credential.ListDocument{Value: v.Credential, Own: v.Own, FetchedAt: v.fetched()}, nil
}

func (v listVector) fetched() time.Time {
	at, err := time.Parse(time.RFC3339, v.FetchedAt)
	if err != nil {
		return time.Time{}
	}
	return at
}

func (l lists) TokenStatusList(_ context.Context, uri string, _ time.Time) (credential.ListDocument, error) {
	v := l[uri]
	switch {
	case v.Own:
		list, err := statuslist.ParseList(v.Credential)
		return credential.ListDocument{Own: true, List: list}, err
	case v.JWT+string(v.CWT) == "":
		return credential.ListDocument{}, errors.New("no list there")
	}
	return credential.ListDocument{Token: v.JWT + string(v.CWT), FetchedAt: v.fetched()}, nil
}

// schemas are JSON values; a string is the text itself.
type schemas map[string]jcs.Value

func (s schemas) Schema(_ context.Context, url string) ([]byte, error) {
	v, ok := s[url]
	if !ok {
		return nil, errors.New("no schema there")
	}
	if text, isString := v.Str(); isString {
		return []byte(text), nil
	}
	return v.Canonical(), nil
}

// judge runs one vector.
func (v judgedVector) judge(tb testing.TB, documents map[string]jcs.Value) credential.Verdict {
	tb.Helper()
	at, err := time.Parse(time.RFC3339, v.Now)
	if err != nil {
		tb.Fatal(err)
	}
	source := registry{documents, v.Statuses}
	verifier := credential.Verifier{AllowUndefinedTerms: true, Resolver: source, Status: source, Now: at}
	if v.Lists != nil {
		verifier.Lists = lists(v.Lists)
	}
	if v.Schemas != nil {
		verifier.Schemas = schemas(v.Schemas)
	}
	if v.Options == nil {
		return verifier.Verify(context.Background(), v.Input)
	}
	return verifier.VerifyPresentation(context.Background(), v.Input, credential.PresentationOptions(*v.Options))
}

// runJudged runs a file, which it also writes with -update.
func runJudged(t *testing.T, name string, made judgedFile) {
	t.Helper()
	for i := range made.Cases {
		v := &made.Cases[i]
		if v.Now == "" {
			v.Now = now.Format(time.RFC3339)
		}
		if v.Codes == nil {
			v.Codes = codes{}
		}
		if v.Statuses == nil && v.Options == nil {
			v.Statuses = map[string]string{hexDigest(credential.Digest(v.Input)): credential.Active}
		}
	}
	var file judgedFile
	vectorsInto(t, name, made, &file)
	for _, v := range file.Cases {
		t.Run(v.Name, func(t *testing.T) {
			verdict := v.judge(t, file.Documents)
			checkVerdict(t, verdict)
			if got := notPassed(verdict); verdict.Verified != v.Verified || !maps.Equal(got, v.Codes) {
				t.Errorf("verified %v, codes %v; want %v, %v", verdict.Verified, got, v.Verified, v.Codes)
				t.Log(verdict.ProblemDetails)
			}
			if v.Type != "" && (len(verdict.ProblemDetails) == 0 || verdict.ProblemDetails[0].Type != v.Type) {
				t.Errorf("%+v, want %s", verdict.ProblemDetails, v.Type)
			}
			if len(verdict.Credentials) != len(v.Inner) {
				t.Fatalf("%d verdicts inside, want %d", len(verdict.Credentials), len(v.Inner))
			}
			for i, inner := range verdict.Credentials {
				want := v.Inner[i]
				if got := notPassed(inner); !maps.Equal(got, want) {
					t.Errorf("credential %d: %v, want %v; %v", i, got, want, inner.ProblemDetails)
				}
			}
		})
	}
}

// encodeList is statuslist.Encode without its checks.
func encodeList(tb testing.TB, bits []byte) string {
	tb.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(bits); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return "u" + base64.RawURLEncoding.EncodeToString(b.Bytes())
}

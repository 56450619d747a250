package httpapi

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

// failingHosts answers every question to another host with one error.
type failingHosts struct{ err error }

func (e failingHosts) Resolve(context.Context, did.ID, did.Options) (did.Resolution, error) {
	return did.Resolution{}, e.err
}

// errorIn is the error object of a result, of resolution or of dereferencing.
func errorIn(t *testing.T, body []byte) jcs.Value {
	t.Helper()
	v, err := jcs.Decode(body)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	meta, ok := v.Get("didResolutionMetadata")
	if !ok {
		meta, _ = v.Get("dereferencingMetadata")
	}
	e, ok := meta.Get("error")
	if !ok {
		t.Fatalf("no error in %s", body)
	}
	return e
}

// Every error code of DID Resolution has a status, and no answer leaves out why: not even where this
// node is to blame, and says no more than that.
func TestEveryResolutionErrorHasADetail(t *testing.T) {
	n := startNode(t)
	s, ok := n.server.Config.Handler.(*server)
	if !ok {
		t.Fatalf("%T", n.server.Config.Handler)
	}
	for _, code := range did.ErrorCodes() {
		for name, err := range map[string]error{
			"with its cause alone":  &did.Error{Code: code, Err: errors.New("the cause")},
			"with a detail":         &did.Error{Code: code, Detail: "the detail"},
			"of another host":       hostError{&did.Error{Code: code, Detail: "the detail", Err: &fetch.Error{Kind: fetch.ErrConnect, Detail: "10.0.0.1"}}},
			"of another host's log": hostError{&did.Error{Code: code, Detail: "the detail", Err: &webvh.Error{Rule: webvh.VersionTime, Entry: 2, Detail: "late"}}},
		} {
			for _, rep := range []representation{repResult, repDereference} {
				rec := httptest.NewRecorder()
				if failed := s.sendResolutionError(newReply(rec), httptest.NewRequest("GET", "/", nil), rep, err); failed != nil {
					t.Fatal(failed)
				}
				e := errorIn(t, rec.Body.Bytes())
				detail, _ := e.GetString("detail")
				title, _ := e.GetString("title")
				if statusOf[code] == 0 || title == "" || detail == "" || strings.Contains(detail, "10.0.0.1") {
					t.Errorf("%s %s: %s", code, name, e.Canonical())
				}
			}
		}
	}
}

// The detail of a refusal names the rule that was broken.
func TestResolutionDetailsNameTheRule(t *testing.T) {
	broken := &did.Error{Code: did.InvalidDID, Detail: "the log does not verify to its end",
		Err: &webvh.Error{Rule: webvh.VersionTime, Entry: 2, Detail: "2026-01-01T00:00:00Z is not later than 2026-01-02T00:00:00Z"}}
	n := startNode(t, func(c *Config) { c.Foreign = failingHosts{broken} })
	const scid = "QmXtzBYhFzcEtmL8Qxh7Vq3zNCq3TZaAPEaWBWzh9Yfb1C"
	for _, c := range []struct {
		target string
		code   did.ErrorCode
		names  []string
	}{
		{"did:web:127.0.0.1", did.InvalidDID, []string{"IP address"}},
		{"did:web:Example.com", did.InvalidDID, []string{"is spelt example.com"}},
		{"did:web:a.example:..", did.InvalidDID, []string{"path segment"}},
		{"did:webvh:short:example.com", did.InvalidDID, []string{"SCID", "46"}},
		{"did:webvh:" + scid + ":127.0.0.1", did.InvalidDID, []string{"IP address"}},
		{"did:webvh:" + scid + ":elsewhere.example", did.InvalidDID, []string{"entry 2", "version-time", "not later"}},
		{"did:key:z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP", did.InvalidDID, []string{"Ed25519"}},
		{"did:key:z2J9gaYxrKVpdoG9A4gRnmpnRCcxU6agDtFVVBVdn1JedouoZN7SzcyREXXzWgt3gGiwpoHq7K68X4m32D8HgzG8wv3sY5j7", did.UnsupportedPublicKeyType, []string{"P-521"}},
		{"did:jwk:eyJrdHkiOiJSU0EiLCJuIjoiQVFBQiIsImUiOiJBUUFCIn0", did.UnsupportedPublicKeyType, []string{"RSA"}},
		{"did:jwk:e30x", did.InvalidDID, []string{"JSON"}},
		{"did:unsupported:1", did.MethodNotSupported, []string{"unsupported"}},
	} {
		got := n.get(identifiers + c.target)
		e := errorIn(t, got.body)
		kind, _ := e.GetString("type")
		detail, _ := e.GetString("detail")
		if kind != (&did.Error{Code: c.code}).Type() || got.status != statusOf[c.code] {
			t.Errorf("%s: %d %s, want %s", c.target, got.status, kind, c.code)
		}
		if strings.Contains(detail, string(c.code)) {
			t.Errorf("%s: the detail repeats the code: %q", c.target, detail)
		}
		for _, name := range c.names {
			if !strings.Contains(detail, name) {
				t.Errorf("%s: %q does not say %q", c.target, detail, name)
			}
		}
	}
	e := errorIn(t, n.get(identifiers+"did:webvh:"+scid+":elsewhere.example").body)
	entry, _ := e.Get("entry")
	number, _ := entry.Int()
	if rule, _ := e.GetString("rule"); rule != string(webvh.VersionTime) || number != 2 {
		t.Errorf("rule and entry: %s", e.Canonical())
	}
}

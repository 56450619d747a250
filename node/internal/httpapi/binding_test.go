package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/vectors"
)

// bindingFile is vectors/resolution/binding.json.
type bindingFile struct {
	World []struct {
		DID did.ID
		bindingVersion
		Versions map[string]bindingVersion
	}
	Cases []bindingCase
}

type bindingVersion struct {
	Document jcs.Value
	Metadata struct {
		VersionID   string
		Deactivated bool
	}
}

type bindingCase struct {
	Name    string
	Request struct {
		Method, Target, Body string
		Headers              map[string]string
	}
	Response struct {
		Status                       int
		Error, Location, ContentType string
		Content                      jcs.Value
	}
}

func readBinding(t testing.TB) bindingFile {
	t.Helper()
	data, err := vectors.FS.ReadFile("resolution/binding.json")
	if err != nil {
		t.Fatal(err)
	}
	var file bindingFile
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// elsewhere resolves the DIDs of the vectors' world.
type elsewhere struct{ file bindingFile }

func (e elsewhere) Resolve(_ context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	for _, known := range e.file.World {
		if known.DID != id {
			continue
		}
		version := known.bindingVersion
		if opt.VersionID != "" {
			var ok bool
			if version, ok = known.Versions[opt.VersionID]; !ok {
				return did.Resolution{}, &did.Error{Code: did.NotFound}
			}
		}
		res := did.Resolution{Metadata: did.Metadata{VersionID: version.Metadata.VersionID, Deactivated: version.Metadata.Deactivated}}
		if version.Document.Kind() == jcs.KindNull {
			return res, nil
		}
		var err error
		res.Document, err = did.ParseDocument(version.Document)
		return res, err
	}
	return did.Resolution{}, &did.Error{Code: did.NotFound}
}

func TestBindingVectors(t *testing.T) {
	file := readBinding(t)
	n := startNode(t, func(c *Config) { c.Foreign = elsewhere{file} })
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			n := n.within(t)
			n.unchanged(func() { n.checkBinding(c) })
		})
	}
}

func (n *testNode) checkBinding(c bindingCase) {
	n.t.Helper()
	var header []string
	for name, value := range c.Request.Headers {
		header = append(header, name, value)
	}
	got := n.do(c.Request.Method, c.Request.Target, strings.NewReader(c.Request.Body), header...)
	want := c.Response
	if got.status != want.Status {
		n.t.Fatalf("status %d, want %d: %s", got.status, want.Status, got.body)
	}
	if want.ContentType != "" && got.header.Get("Content-Type") != want.ContentType {
		n.t.Errorf("content type %q, want %q", got.header.Get("Content-Type"), want.ContentType)
	}
	if got.header.Get("Location") != want.Location {
		n.t.Errorf("location %q, want %q", got.header.Get("Location"), want.Location)
	}
	switch {
	case want.Status == http.StatusSeeOther:
		if len(got.body) != 0 {
			n.t.Errorf("body %q", got.body)
		}
	case want.Error != "" || want.Status == http.StatusGone:
		got.checkNothing(want.Error)
	case want.Content.IsObject():
		if content := got.content(); !content.Equal(want.Content) {
			n.t.Errorf("content %s", content.Canonical())
		}
	}
}

// checkNothing checks a result with neither document nor content, and the type of its error.
func (a answer) checkNothing(want string) {
	a.t.Helper()
	v, err := jcs.Decode(a.body)
	if err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
	own, content := "didResolutionMetadata", "didDocument"
	if a.header.Get("Content-Type") == api.TypeDIDDereference {
		own, content = "dereferencingMetadata", "contentStream"
	}
	meta, _ := v.Get(own)
	problem, _ := meta.Get("error")
	kind, _ := problem.GetString("type")
	if nothing, ok := v.Get(content); !ok || nothing.Kind() != jcs.KindNull || kind != want {
		a.t.Errorf("want %q and no content, got %s", want, a.body)
	}
}

// content is the document or node in a reply, bare or wrapped.
func (a answer) content() jcs.Value {
	a.t.Helper()
	v, err := jcs.Decode(a.body)
	if err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
	switch a.header.Get("Content-Type") {
	case api.TypeDIDDereference:
		stream, _ := v.Get("contentStream")
		if content, _ := v.Get("content"); !content.Equal(stream) {
			a.t.Error("content and contentStream differ")
		}
		v = stream
	case api.TypeDIDResolution:
		v, _ = v.Get("didDocument")
	}
	return v
}

// FuzzBinding: whatever is asked, the answer is one of the binding's, never a fault of the node, a
// redirection leads to a URL, and a document never stands beside an error.
func FuzzBinding(f *testing.F) {
	file := readBinding(f)
	n := startNode(f, func(c *Config) { c.Foreign = elsewhere{file} })
	for _, c := range file.Cases {
		f.Add(c.Request.Target, c.Request.Headers["Accept"], c.Request.Body)
	}
	f.Fuzz(func(t *testing.T, target, accept, body string) {
		if !strings.HasPrefix(target, identifiers) || strings.ContainsAny(target, " \x00") || strings.Contains(target, "min-seq") {
			return
		}
		r, err := http.NewRequest(http.MethodPost, "http://registry.example"+target, strings.NewReader(body))
		if err != nil {
			return
		}
		r.RequestURI, r.RemoteAddr = target, "192.0.2.1:1"
		r.Header.Set("Content-Type", api.TypeJSON)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		n.server.Config.Handler.ServeHTTP(w, r)
		text := w.Body.String()
		switch w.Code {
		case http.StatusOK, http.StatusGone, http.StatusBadRequest, http.StatusNotFound, http.StatusNotAcceptable, http.StatusNotImplemented:
		case http.StatusInternalServerError:
			if !strings.Contains(text, "https://w3id.org/security#INVALID_") {
				t.Fatalf("%q: %s", target, text)
			}
		case http.StatusSeeOther:
			if location := w.Header().Get("Location"); text != "" || !strings.Contains(location, ":") || strings.ContainsAny(location, "\r\n\\ ") {
				t.Fatalf("%q: %q %q", target, location, text)
			}
		case http.StatusServiceUnavailable, http.StatusRequestEntityTooLarge:
		default:
			t.Fatalf("%q: %d %s", target, w.Code, text)
		}
		if strings.Contains(text, `"error":{"detail"`) && strings.Contains(text, `"id":"did:`) {
			t.Fatalf("%q: %s", target, text)
		}
	})
}

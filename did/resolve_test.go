package did_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

func TestOptions(t *testing.T) {
	now := time.Unix(1, 0)
	for name, test := range map[string]struct {
		opt                  did.Options
		checked, unversioned did.ErrorCode
	}{
		"none":            {did.Options{}, "", ""},
		"id":              {did.Options{VersionID: "1-Qm"}, "", did.NotFound},
		"time":            {did.Options{VersionTime: now}, "", ""},
		"number":          {did.Options{VersionNumber: 1}, "", did.NotFound},
		"negative":        {did.Options{VersionNumber: -1}, did.InvalidOptions, did.InvalidOptions},
		"id and time":     {did.Options{VersionID: "1-Qm", VersionTime: now}, did.InvalidOptions, did.InvalidOptions},
		"id and number":   {did.Options{VersionID: "1-Qm", VersionNumber: 1}, did.InvalidOptions, did.InvalidOptions},
		"time and number": {did.Options{VersionTime: now, VersionNumber: 1}, did.InvalidOptions, did.InvalidOptions},
	} {
		if code := did.CodeOf(test.opt.Check()); code != test.checked {
			t.Errorf("%s: %s", name, code)
		}
		if code := did.CodeOf(test.opt.CheckUnversioned()); code != test.unversioned {
			t.Errorf("%s, unversioned: %s", name, code)
		}
	}
}

func TestError(t *testing.T) {
	codes := []did.ErrorCode{
		did.InvalidDID, did.InvalidDIDURL, did.InvalidDIDDocument, did.InvalidOptions, did.NotFound, did.MethodNotSupported,
		did.FeatureNotSupported, did.RepresentationNotSupported, did.InternalError,
	}
	titles := map[string]bool{}
	for _, code := range codes {
		e := &did.Error{Code: code, Detail: "detail", Err: io.EOF}
		if e.Type() != "https://www.w3.org/ns/did#"+string(code) || e.Title() == "" || titles[e.Title()] {
			t.Errorf("%s: %s, %s", code, e.Type(), e.Title())
		}
		titles[e.Title()] = true
		wrapped := fmt.Errorf("resolve: %w", e)
		if !errors.Is(wrapped, &did.Error{Code: code}) || !errors.Is(wrapped, io.EOF) || did.CodeOf(wrapped) != code {
			t.Errorf("%s is not found in %v", code, wrapped)
		}
		if errors.Is(wrapped, &did.Error{Code: code, Detail: "other"}) || errors.Is(wrapped, &did.Error{Code: "OTHER"}) {
			t.Errorf("%s is taken for another", code)
		}
		if want := string(code) + ": detail: EOF"; e.Error() != want {
			t.Errorf("%s", e)
		}
	}
	if did.CodeOf(nil) != "" || did.CodeOf(io.EOF) != did.InternalError {
		t.Error("CodeOf of other errors")
	}
}

func TestMetadataValue(t *testing.T) {
	yes := true
	for want, m := range map[string]did.Metadata{
		`{}`:                   {},
		`{"deactivated":true}`: {Deactivated: true},
		`{"canonicalId":"did:m:x","equivalentId":["did:m:y"],"nextUpdate":"c","nextVersionId":"b","versionId":"a"}`: {
			VersionID: "a", NextVersionID: "b", NextUpdate: "c", CanonicalID: "did:m:x", EquivalentID: []did.ID{"did:m:y"}},
		`{"created":"2026-01-01T00:00:00Z","deactivated":false,"portable":true,"scid":"Qm","ttl":"3600","updated":"2026-01-02T00:00:00Z",` +
			`"versionId":"2-Qm","versionNumber":2,"versionTime":"2026-01-02T00:00:00Z","watchers":[],"witness":{"threshold":"1"}}`: {
			Created: "2026-01-01T00:00:00Z", Updated: "2026-01-02T00:00:00Z", VersionID: "2-Qm", VersionNumber: 2,
			VersionTime: "2026-01-02T00:00:00Z", SCID: "Qm", TTL: "3600", Portable: &yes, Watchers: []string{},
			Witness: jcs.Object(jcs.Member{Name: "threshold", Value: jcs.FromString("1")})},
	} {
		if got := string(m.Value().Canonical()); got != want {
			t.Errorf("%s", got)
		}
	}
}

package foreign

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

func TestLog(t *testing.T) {
	for name, opt := range map[string]webvh.CreateOptions{
		"root": {}, "path": {Path: []string{"agents", "bot 7"}}, "portable": {Portable: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, nil)
			c := h.create(opt)
			first := c.entry
			c.update(func(o *webvh.UpdateOptions) { o.Document = named(c.id(), "two") })
			c.publish()
			res, err := h.resolver.Resolve(t.Context(), c.id(), did.Options{})
			if err != nil || res.Metadata.VersionID != c.entry.VersionID || res.Metadata.VersionNumber != 2 || res.Source == nil {
				t.Fatalf("%+v, %v", res, err)
			}
			for what, opt := range map[string]did.Options{
				"id": {VersionID: first.VersionID}, "number": {VersionNumber: 1}, "time": {VersionTime: first.Time.Add(time.Minute)},
			} {
				res, err := h.resolver.Resolve(t.Context(), c.id(), opt)
				if err != nil || res.Metadata.VersionID != first.VersionID || len(res.Document.AlsoKnownAs()) != 0 {
					t.Errorf("by %s: %+v, %v", what, res, err)
				}
			}
			_, err = h.resolver.Resolve(t.Context(), c.id(), did.Options{VersionNumber: 3})
			wantCode(t, "a version to come", err, did.NotFound)
			_, err = h.resolver.Resolve(t.Context(), c.id(), did.Options{VersionTime: first.Time.Add(-time.Second)})
			wantCode(t, "before it was", err, did.NotFound)
			_, log, err := h.resolver.Verified(t.Context(), c.id(), did.Options{})
			if err != nil || len(log.Versions) != 2 {
				t.Errorf("%v", err)
			}
			snap, err := h.resolver.Snapshot(t.Context(), c.id())
			if err != nil || string(snap.Log) != c.log || snap.Witness != nil || snap.Resolution.Metadata.VersionNumber != 2 || !snap.Fetched.Equal(h.now) {
				t.Errorf("%+v, %v", snap, err)
			}
		})
	}
}

// TestLogWithAByteOrderMark: an editor has put it there; what was signed begins after it.
func TestLogWithAByteOrderMark(t *testing.T) {
	h := newHost(t, nil)
	c := h.create(webvh.CreateOptions{})
	log := c.log
	c.log = "\ufeff" + log
	c.publish()
	snap, err := h.resolver.Snapshot(t.Context(), c.id())
	if err != nil || string(snap.Log) != log {
		t.Errorf("%+v, %v", snap, err)
	}
}

func TestLogRefusals(t *testing.T) {
	h := newHost(t, func(c *Config) { c.Own = func(domain string) bool { return domain == "own.example.com" } })
	made := func(name string, change func(*controller) string) did.ID {
		c := h.create(webvh.CreateOptions{Path: []string{name}})
		c.update(func(o *webvh.UpdateOptions) { o.Document = named(c.id(), "two") })
		log := change(c)
		h.put("/"+name+"/did.jsonl", log, "Content-Type", "text/jsonl")
		return c.id()
	}
	other := h.create(webvh.CreateOptions{Path: []string{"other"}})
	for _, c := range []struct {
		name string
		id   did.ID
		want did.ErrorCode
	}{
		{"nothing", made("a", func(*controller) string { return "" }), did.InvalidDID},
		{"HTML", made("b", func(*controller) string { return "<html>" }), did.InvalidDID},
		{"log of another DID", made("c", func(*controller) string { return other.log }), did.InvalidDID},
		{"first entry forged", made("d", func(c *controller) string { return strings.Replace(c.log, "did/v1", "did/v2", 1) }), did.InvalidDID},
		{"last entry forged", made("e", func(c *controller) string { return strings.Replace(c.log, "urn:name:two", "urn:name:six", 1) }), did.InvalidDID},
		{"entries in the wrong order", made("f", func(c *controller) string {
			lines := strings.SplitAfter(c.log, "\n")
			return lines[1] + lines[0]
		}), did.InvalidDID},
		{"first entry missing", made("g", func(c *controller) string { return strings.SplitAfter(c.log, "\n")[1] }), did.InvalidDID},
		{"SCID of another", did.ID(strings.Replace(string(made("h", func(c *controller) string { return c.log })), "did:webvh:Qm", "did:webvh:Qn", 1)), did.InvalidDID},
		{"no log", other.id(), did.NotFound},
		{"the registry's own domain", did.ID("did:webvh:" + other.state.SCID + ":own.example.com:a"), did.NotFound},
		{"no host", did.ID("did:webvh:" + other.state.SCID + ":example.net"), did.NotFound},
		{"IPv4 address", did.ID("did:webvh:" + other.state.SCID + ":127.0.0.1"), did.InvalidDID},
		{"port of SSH", did.ID("did:webvh:" + other.state.SCID + ":example.com%3A22"), did.InvalidDID},
		{"no SCID", "did:webvh:example.com", did.InvalidDID},
	} {
		_, err := h.resolver.Resolve(t.Context(), c.id, did.Options{})
		wantCode(t, c.name, err, c.want)
	}
	// Up to where the log holds, versions stay resolvable.
	id := made("tail", func(c *controller) string { return strings.Replace(c.log, "urn:name:two", "urn:name:six", 1) })
	if res, err := h.resolver.Resolve(t.Context(), id, did.Options{VersionNumber: 1}); err != nil || res.Metadata.VersionNumber != 1 {
		t.Errorf("%v", err)
	}
	_, err := h.resolver.Resolve(t.Context(), id, did.Options{VersionNumber: 2})
	wantCode(t, "version that does not verify", err, did.InvalidDID)
	// Not even within the origin is a redirect followed.
	moved := made("moved", func(c *controller) string { return c.log })
	h.set("/elsewhere.jsonl", h.files["/moved/did.jsonl"])
	h.set("/moved/did.jsonl", file{status: http.StatusMovedPermanently, header: map[string]string{"Location": "/elsewhere.jsonl"}})
	_, err = h.resolver.Resolve(t.Context(), moved, did.Options{})
	wantCode(t, "redirect", err, did.NotFound)
	if h.hits("/elsewhere.jsonl") != 0 {
		t.Error("a redirect was followed")
	}
}

func TestWitnesses(t *testing.T) {
	w1, w2 := key(t, 11), key(t, 12)
	for name, c := range map[string]struct {
		file func(h *host, c *controller)
		want did.ErrorCode
	}{
		"all approve":      {func(*host, *controller) {}, ""},
		"no file":          {func(h *host, _ *controller) { h.remove("/.well-known/did-witness.json") }, did.InvalidDID},
		"empty file":       {func(h *host, _ *controller) { h.put("/.well-known/did-witness.json", "[]") }, did.InvalidDID},
		"no JSON":          {func(h *host, _ *controller) { h.put("/.well-known/did-witness.json", "<html>") }, did.InvalidDID},
		"file unavailable": {func(h *host, _ *controller) { h.set("/.well-known/did-witness.json", file{status: 500}) }, did.InternalError},
		"one is missing": {func(h *host, c *controller) {
			h.put("/.well-known/did-witness.json", string(webvh.FormatWitnessFile(c.witness[:1]).Canonical()))
		}, did.InvalidDID},
		"one approves twice": {func(h *host, c *controller) {
			h.put("/.well-known/did-witness.json", string(webvh.FormatWitnessFile([]webvh.WitnessProof{c.witness[0], c.witness[0]}).Canonical()))
		}, did.InvalidDID},
		"file too large": {func(h *host, _ *controller) {
			h.put("/.well-known/did-witness.json", strings.Repeat(" ", webvh.MaxWitnessFileBytes+1))
		}, did.InvalidDIDDocument},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, nil)
			made := h.create(webvh.CreateOptions{}, w1, w2)
			made.publish()
			c.file(h, made)
			_, err := h.resolver.Resolve(t.Context(), made.id(), did.Options{})
			wantCode(t, name, err, c.want)
		})
	}
	// The name of the parameter, spelt with an escape, hides no witness.
	h := newHost(t, nil)
	made := h.create(webvh.CreateOptions{}, []multikey.PrivateKey{w1}...)
	made.log = strings.ReplaceAll(made.log, `"witness`, `"\u0077itness`)
	made.publish()
	if _, err := h.resolver.Resolve(t.Context(), made.id(), did.Options{}); err != nil {
		t.Error(err)
	}
	h.remove("/.well-known/did-witness.json")
	_, err := h.resolver.ResolveFresh(t.Context(), made.id(), did.Options{})
	wantCode(t, "escaped, without file", err, did.InvalidDID)
}

func TestLogCaching(t *testing.T) {
	seconds := func(n int) *int { return &n }
	for name, c := range map[string]struct {
		ttl    *int
		header []string
		want   time.Duration
	}{
		"default ttl":        {nil, nil, time.Hour},
		"ttl":                {seconds(90), nil, 90 * time.Second},
		"ttl of nothing":     {seconds(0), nil, 5 * time.Second},
		"ttl beyond bounds":  {seconds(1 << 31), nil, time.Hour},
		"HTTP says less":     {seconds(90), []string{"Cache-Control", "max-age=30"}, 30 * time.Second},
		"HTTP says more":     {seconds(90), []string{"Cache-Control", "max-age=3000"}, 90 * time.Second},
		"with an entity tag": {seconds(90), []string{"Etag", `"1"`}, 90 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, nil)
			made := h.create(webvh.CreateOptions{TTL: c.ttl}, key(t, 11))
			made.publish(c.header...)
			ask := func(hits int) {
				t.Helper()
				if _, err := h.resolver.Resolve(t.Context(), made.id(), did.Options{}); err != nil {
					t.Fatal(err)
				}
				if got := h.hits("/.well-known/did.jsonl"); got != hits {
					t.Errorf("%d requests, want %d", got, hits)
				}
			}
			ask(1)
			h.later(c.want - time.Second)
			ask(1)
			h.later(time.Second)
			ask(2)
			h.later(c.want)
			h.remove("/.well-known/did.jsonl")
			_, err := h.resolver.Resolve(t.Context(), made.id(), did.Options{})
			wantCode(t, "removed", err, did.NotFound)
		})
	}
}

// A log that breaks is not kept, so that its controller can mend it at once.
func TestBrokenLogIsNotKept(t *testing.T) {
	h := newHost(t, nil)
	c := h.create(webvh.CreateOptions{})
	c.update(func(o *webvh.UpdateOptions) { o.Document = named(c.id(), "two") })
	whole := c.log
	c.log = strings.Replace(whole, "urn:name:two", "urn:name:six", 1)
	c.publish()
	_, err := h.resolver.Resolve(t.Context(), c.id(), did.Options{})
	wantCode(t, "broken", err, did.InvalidDID)
	c.log = whole
	c.publish()
	if res, err := h.resolver.Resolve(t.Context(), c.id(), did.Options{}); err != nil || res.Metadata.VersionNumber != 2 {
		t.Error(err)
	}
	// A proof that expires within a cached log is looked at again with every fetch.
	if errors.Is(err, ErrUnavailable) {
		t.Error("a broken log is taken for a host that is down")
	}
}

func TestDeactivatedElsewhere(t *testing.T) {
	h := newHost(t, nil)
	c := h.create(webvh.CreateOptions{})
	entry, err := webvh.Deactivate(c.state, c.entry.State, c.entry.Time.Add(time.Hour), c.key)
	if err != nil {
		t.Fatal(err)
	}
	c.append(entry)
	c.publish()
	res, err := h.resolver.Resolve(t.Context(), c.id(), did.Options{})
	if err != nil || res.Document != nil || !res.Metadata.Deactivated {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestStrangersLogsWaitForAPlace(t *testing.T) {
	h := newHost(t, func(c *Config) { c.Timeout = 50 * time.Millisecond })
	c := h.create(webvh.CreateOptions{})
	c.publish()
	for range cap(h.resolver.verifying) {
		h.resolver.verifying <- struct{}{} // logs of others that cost what a log may
	}
	_, err := h.resolver.Resolve(t.Context(), c.id(), did.Options{})
	if !errors.Is(err, ErrUnavailable) || !errors.Is(err, fetch.ErrBusy) {
		t.Errorf("no place: %v", err)
	}
	<-h.resolver.verifying
	h.resolver.cfg.Timeout = time.Minute
	if _, err := h.resolver.Resolve(t.Context(), c.id(), did.Options{}); err != nil {
		t.Errorf("a place: %v", err)
	}
}

func TestLogThatGoesBackIsRefused(t *testing.T) {
	h := newHost(t, nil)
	c := h.create(webvh.CreateOptions{})
	c.publish()
	older := c.log
	c.update(func(o *webvh.UpdateOptions) { o.Document = named(c.id(), "two") })
	c.publish()
	if _, err := h.resolver.Resolve(t.Context(), c.id(), did.Options{}); err != nil {
		t.Fatal(err)
	}
	newer := c.log
	serve := func(log string) {
		c.log = log
		c.publish()
		h.later(2 * time.Hour)
	}
	serve(older)
	for _, again := range []string{"at once", "again"} {
		_, err := h.resolver.Resolve(t.Context(), c.id(), did.Options{})
		wantCode(t, again, err, did.InvalidDID)
	}
	_, err := h.resolver.Snapshot(t.Context(), c.id())
	wantCode(t, "to be pinned", err, did.InvalidDID)
	serve("")
	_, err = h.resolver.Resolve(t.Context(), c.id(), did.Options{})
	wantCode(t, "an empty log", err, did.InvalidDID)
	serve(older)
	_, err = h.resolver.Resolve(t.Context(), c.id(), did.Options{})
	wantCode(t, "after a failure", err, did.InvalidDID)
	serve(newer)
	if res, err := h.resolver.Resolve(t.Context(), c.id(), did.Options{}); err != nil || res.Metadata.VersionNumber != 2 {
		t.Errorf("mended: %+v, %v", res.Metadata, err)
	}
}

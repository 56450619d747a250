package webvh_test

import (
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/webvh"
)

const (
	clauseID       = "Read (Resolve), step 6"
	clauseMove     = "DID Portability"
	foreignDID     = "did:webvh:QmQ6FJ4fk2xheSSQoEjVpTgx9AQPKhJgtR9hn1nr4EeCrZ:example.com"
	portableParams = `{"method":"did:webvh:1.0","scid":"{SCID}","updateKeys":["<a>"],"portable":true}`
)

// identityVectors: state.id and portability.
func identityVectors(t *testing.T) vectorFile {
	c := &cases{t: t, file: vectorFile{Source: specification, Description: "The DID in each entry, and moving it."}}
	c.ids()
	c.moves()
	return c.file
}

func (c *cases) ids() {
	t := c.t
	first := func(name, id string) {
		c.bad(name, clauseID, webvh.StateID, 1, forge(t, draft{state: `{"id":` + id + `}`}))
	}
	first("id-a-number", `1`)
	c.bad("id-missing", clauseID, webvh.StateID, 1, forge(t, draft{state: `{"x":"{DID}"}`}))
	first("id-of-did-web", `"did:web:example.com"`)
	first("id-with-upper-case-method", `"did:WEBVH:{SCID}:example.com"`)
	first("id-without-domain", `"did:webvh:{SCID}"`)
	first("id-with-fragment", `"{DID}#frag"`)
	first("id-with-query", `"{DID}?versionNumber=1"`)
	first("id-with-path", `"{DID}/path"`)
	first("id-of-an-ip-address", `"did:webvh:{SCID}:127.0.0.1"`)
	first("id-of-a-percent-encoded-ip-address", `"did:webvh:{SCID}:%31%32%37%2E0%2E0%2E1"`)
	first("id-of-a-short-ip-address", `"did:webvh:{SCID}:127.1"`)
	first("id-of-a-hexadecimal-ip-address", `"did:webvh:{SCID}:0x7f.0.0.0x1"`)
	first("id-of-an-ipv6-address", `"did:webvh:{SCID}:%5B%3A%3A1%5D"`)
	first("id-with-double-encoded-port", `"did:webvh:{SCID}:example.com%253A8080"`)
	first("id-with-two-ports", `"did:webvh:{SCID}:example.com%3A80%3A81"`)
	first("id-with-port-0", `"did:webvh:{SCID}:example.com%3A0"`)
	first("id-with-port-65536", `"did:webvh:{SCID}:example.com%3A65536"`)
	first("id-that-climbs", `"did:webvh:{SCID}:example.com:a:%2E%2e"`)
	first("id-with-encoded-slash", `"did:webvh:{SCID}:example.com:a%2fb"`)
	first("id-with-encoded-nul", `"did:webvh:{SCID}:example.com:a%00"`)
	first("id-with-empty-segment", `"did:webvh:{SCID}:example.com::a"`)
	c.bad("id-of-another-scid", clauseID, webvh.SCIDMismatch, 1, forge(t, draft{state: `{"id":"` + foreignDID + `"}`}))
	c.bad("id-of-another-scid-in-a-later-entry", clauseID, webvh.SCIDMismatch, 2, forge(t, draft{}, draft{state: `{"id":"` + foreignDID + `"}`}))
	c.bad("id-missing-in-a-later-entry", clauseID, webvh.StateID, 2, forge(t, draft{}, draft{state: `{}`}))
	c.bad("id-with-fragment-in-a-later-entry", clauseID, webvh.StateID, 2, forge(t, draft{}, draft{state: `{"id":"{DID}#x"}`}))
}

func (c *cases) moves() {
	t := c.t
	const moved = `{"id":"did:webvh:{SCID}:example.org","alsoKnownAs":["{DID}"]}`
	bad := func(name string, entry int, f *forger) { c.bad(name, clauseMove, webvh.Portability, entry, f) }
	portable := draft{parameters: portableParams}
	bad("moved-without-leave", 2, forge(t, draft{}, draft{state: moved}))
	bad("moved-to-another-path-without-leave", 2, forge(t, draft{}, draft{state: strings.Replace(moved, "example.org", "example.com:a", 1)}))
	bad("moved-without-naming-the-prior-did", 2, forge(t, portable, draft{state: `{"id":"did:webvh:{SCID}:example.org"}`}))
	bad("moved-naming-another-did", 2, forge(t, portable, draft{state: strings.Replace(moved, "{DID}", "{DID}:a", 1)}))
	bad("moved-in-the-entry-that-gives-up-portability", 2, forge(t, portable, draft{parameters: `{"portable":false}`, state: moved}))
	bad("moved-after-portability-was-given-up", 3, forge(t, portable, draft{parameters: `{"portable":false}`}, draft{state: moved}))
	bad("portable-set-late", 2, forge(t, draft{}, draft{parameters: `{"portable":true}`}))
	bad("portable-repeated-later", 2, forge(t, portable, draft{parameters: `{"portable":true}`}))
	bad("portable-set-again", 3, forge(t, portable, draft{parameters: `{"portable":false}`}, draft{parameters: `{"portable":true}`}))
	bad("moved-again-without-naming-the-last-did", 3, forge(t, portable, draft{state: moved},
		draft{state: `{"id":"did:webvh:{SCID}:example.net","alsoKnownAs":["{DID}"]}`}))
	c.bad("scid-swapped-in-a-move", clauseMove, webvh.SCIDMismatch, 2,
		forge(t, portable, draft{state: `{"id":"` + strings.Replace(foreignDID, "example.com", "example.org", 1) + `","alsoKnownAs":["{DID}"]}`}))
	c.bad("moved-to-an-ip-address", clauseMove, webvh.StateID, 2,
		forge(t, portable, draft{state: strings.Replace(moved, "example.org", "10.0.0.1", 1)}))
}

package webvh_test

import (
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/webvh"
)

// shapeVectors: JSON Lines, the members of an entry, and its document.
func shapeVectors(t *testing.T) vectorFile {
	c := &cases{t: t, file: vectorFile{Source: specification, Description: "The shape of a log, of its entries, and of the DID documents in them."}}
	c.lines()
	c.members()
	c.documents()
	return c.file
}

func (c *cases) lines() {
	t := c.t
	log := forge(t, draft{}, draft{}).log()
	second := strings.Index(log, "\n") + 1
	c.bytes("empty-log", clauseFile, webvh.EntryMalformed, 0, "\n", "")
	c.bytes("no-json", clauseFile, webvh.EntryMalformed, 1, "did:webvh\n", "")
	c.bytes("truncated-line", clauseFile, webvh.EntryMalformed, 2, log[:len(log)-10], "")
	c.bytes("empty-line-between-entries", clauseFile, webvh.EntryMalformed, 2, log[:second]+"\n"+log[second:], "")
	c.bytes("two-entries-on-a-line", clauseFile, webvh.EntryMalformed, 1, strings.Replace(log, "\n", "", 1), "")
	c.bytes("byte-order-mark", clauseFile, webvh.EntryMalformed, 1, "\uFEFF"+log, "")
	c.bytes("duplicate-member-name", clauseFile, webvh.EntryMalformed, 2,
		log[:second]+strings.Replace(log[second:], `{"parameters":{}`, `{"parameters":{},"parameters":{}`, 1), "")
	c.bytes("lone-surrogate", clauseFile, webvh.EntryMalformed, 1, strings.Replace(log, "example.com", `\ud800`, 1), "")
	c.bytes("entry-in-an-array", clauseFile, webvh.EntryMalformed, 1, "["+strings.Replace(log, "\n", "]\n", 1), "")
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	c.bad("nested-too-deeply", clauseFile, webvh.EntryMalformed, 1,
		forge(t, draft{state: `{"id":"{DID}","x":` + deep + `}`}))
}

func (c *cases) members() {
	t := c.t
	c.bad("unknown-member", clauseFile, webvh.EntryMalformed, 2, forge(t, draft{}, draft{members: `,"comment":"x"`}))
	c.bad("state-missing", clauseFile, webvh.EntryMalformed, 2, forge(t, draft{}, draft{finished: without("state")}))
	c.bad("state-a-string", clauseFile, webvh.EntryMalformed, 2, forge(t, draft{}, draft{state: `"{DID}"`}))
	c.bad("state-null", clauseFile, webvh.EntryMalformed, 2, forge(t, draft{}, draft{state: `null`}))
	c.bad("parameters-missing", clauseFile, webvh.EntryMalformed, 2, forge(t, draft{}, draft{finished: without("parameters")}))
	c.bad("parameters-an-array", clauseFile, webvh.EntryMalformed, 2, forge(t, draft{}, draft{parameters: `[]`}))
	c.bad("version-id-missing", clauseFile, webvh.EntryMalformed, 2, forge(t, draft{}, draft{finished: without("versionId")}))
	c.bad("version-id-a-number", clauseFile, webvh.EntryMalformed, 2, forge(t, draft{}, draft{finished: set("versionId", `2`)}))
	c.bad("version-time-missing", clauseFile, webvh.EntryMalformed, 2, forge(t, draft{}, draft{finished: without("versionTime")}))
}

func (c *cases) documents() {
	t := c.t
	const clause = "Create (Register), step 3"
	state := func(rest string) *forger { return forge(t, draft{}, draft{state: `{"id":"{DID}",` + rest + `}`}) }
	c.bad("verification-method-without-type", clause, webvh.DocumentInvalid, 2, state(`"verificationMethod":[{"id":"#k"}]`))
	c.bad("verification-method-id-twice", clause, webvh.DocumentInvalid, 2,
		state(`"verificationMethod":[{"id":"#k","type":"Multikey"},{"id":"{DID}#k","type":"Multikey"}]`))
	c.bad("verification-methods-an-object", clause, webvh.DocumentInvalid, 2, state(`"verificationMethod":{}`))
	c.bad("authentication-of-a-number", clause, webvh.DocumentInvalid, 2, state(`"authentication":[1]`))
	c.bad("controller-no-did", clause, webvh.DocumentInvalid, 2, state(`"controller":"https://example.com"`))
	c.bad("also-known-as-a-string", clause, webvh.DocumentInvalid, 2, state(`"alsoKnownAs":"did:web:example.com"`))
	c.bad("service-without-endpoint", clause, webvh.DocumentInvalid, 2, state(`"service":[{"id":"#s","type":"x"}]`))
	many := strings.Repeat(`{"id":"#s","type":"x","serviceEndpoint":"https://x.example"},`, 255)
	c.bad("no-room-for-implicit-services", "DID URL Resolution", webvh.DocumentInvalid, 2, state(`"service":[`+numbered(many)+`]`))
}

// numbered makes the ids of a list of services distinct.
func numbered(list string) string {
	items := strings.Split(strings.TrimSuffix(list, ","), "},")
	for i := range items {
		items[i] = strings.Replace(strings.TrimSuffix(items[i], "}"), "#s", "#s"+strings.Repeat("x", i), 1) + "}"
	}
	return strings.Join(items, ",")
}

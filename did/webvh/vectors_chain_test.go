package webvh_test

import (
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

const (
	clauseRead = "Read (Resolve)"
	clauseHash = "Verify The Entry Hash"
	clauseSCID = "Verify SCID"
	clauseFile = "The DID Log File"
	clauseTime = "Read (Resolve), step 4"
)

// chainVectors: numbers, hashes, order and times.
func chainVectors(t *testing.T) vectorFile {
	c := &cases{t: t, file: vectorFile{Source: specification, Description: "The chain of entries: version numbers, entry hashes, SCID, versionTime."}}
	c.numbers()
	c.hashes()
	c.scids()
	c.times()
	return c.file
}

func (c *cases) numbers() {
	t := c.t
	c.bad("first-entry-numbered-2", clauseRead, webvh.VersionID, 1, forge(t, draft{number: 2}))
	c.bad("version-number-gap", clauseRead, webvh.VersionID, 2, forge(t, draft{}, draft{number: 3}))
	c.bad("version-number-repeated", clauseRead, webvh.VersionID, 3, forge(t, draft{}, draft{}, draft{number: 2}))
	rename := func(from, to string) func(jcs.Value) jcs.Value {
		return func(v jcs.Value) jcs.Value {
			id, _ := v.GetString("versionId")
			return v.With("versionId", jcs.FromString(strings.Replace(id, from, to, 1)))
		}
	}
	c.bad("version-number-with-leading-zero", clauseRead, webvh.VersionID, 2, forge(t, draft{}, draft{finished: rename("2-", "02-")}))
	c.bad("version-number-signed", clauseRead, webvh.VersionID, 2, forge(t, draft{}, draft{finished: rename("2-", "+2-")}))
	c.bad("version-number-zero", clauseRead, webvh.VersionID, 1, forge(t, draft{finished: rename("1-", "0-")}))
	c.bad("version-number-beyond-32-bits", clauseRead, webvh.VersionID, 2, forge(t, draft{}, draft{finished: rename("2-", "4294967298-")}))
	c.bad("version-id-without-dash", clauseRead, webvh.VersionID, 1, forge(t, draft{finished: rename("1-", "1")}))
	c.bad("version-id-with-two-dashes", clauseRead, webvh.VersionID, 1, forge(t, draft{finished: rename("1-", "1--")}))
	c.bad("entry-hash-not-base58", clauseRead, webvh.VersionID, 1, forge(t, draft{finished: rename("-Qm", "-Q0")}))
	c.bad("entry-hash-truncated", clauseRead, webvh.VersionID, 1, forge(t, draft{finished: rename("-Qm", "-Q")}))
	sha512 := `"1-8Vv6q9EnBJZR6rBvnYJrZ9XLSbXZ7xWCqvFwZDbsXaTtKLFKjhAqqPRaLYmFvsAzPXFjtVcHLxTfcJ8oXLVwfNSjYh"`
	c.bad("entry-hash-of-unknown-algorithm", clauseRead, webvh.VersionID, 1, forge(t, draft{finished: set("versionId", sha512)}))
}

func (c *cases) hashes() {
	t := c.t
	c.bad("state-changed-after-signing", clauseHash, webvh.EntryHashMismatch, 2,
		forge(t, draft{}, draft{finished: func(v jcs.Value) jcs.Value {
			state, _ := v.Get("state")
			return v.With("state", state.With("extra", jcs.FromInt(1)))
		}}))
	c.bad("parameters-changed-after-signing", clauseHash, webvh.EntryHashMismatch, 2,
		forge(t, draft{}, draft{finished: set("parameters", `{"ttl":1}`)}))
	c.bad("time-changed-after-signing", clauseHash, webvh.EntryHashMismatch, 2,
		forge(t, draft{}, draft{finished: set("versionTime", `"2026-01-02T00:00:01Z"`)}))
	fork := forge(t, draft{})
	first := fork.versionID
	fork.add(draft{})
	fork.add(draft{predecessor: first})
	c.bad("entry-built-on-an-older-version", clauseHash, webvh.EntryHashMismatch, 3, fork)
	c.bad("first-entry-hashed-over-the-placeholder", clauseHash, webvh.EntryHashMismatch, 1, forge(t, draft{predecessor: webvh.Placeholder}))
	tampered := forge(t, draft{}, draft{finished: set("parameters", `{"ttl":1}`)}, draft{})
	c.bad("intermediate-entry-tampered-with", clauseRead, webvh.EntryHashMismatch, 2, tampered)
	c.bad("intermediate-signature-not-checked", clauseRead, webvh.ProofInvalid, 2,
		forge(t, draft{}, draft{sealed: set("proofValue", `"`+badSignature+`"`)}, draft{}))
	cut := forge(t, draft{}, draft{})
	cut.lines = cut.lines[1:]
	c.bad("first-entry-missing", clauseRead, webvh.ParametersInvalid, 1, cut)
	swapped := forge(t, draft{}, draft{}, draft{})
	swapped.lines[1], swapped.lines[2] = swapped.lines[2], swapped.lines[1]
	c.bad("entries-swapped", clauseRead, webvh.VersionID, 2, swapped)
	twice := forge(t, draft{}, draft{})
	twice.lines = append(twice.lines, twice.lines[1])
	c.bad("entry-repeated", clauseRead, webvh.VersionID, 3, twice)
	mixed, other := forge(t, draft{}), forge(t, draft{at: `"2025-12-31T00:00:00Z"`}, draft{})
	mixed.lines = append(mixed.lines, other.lines[1])
	c.bad("entry-of-another-log", clauseRead, webvh.SCIDMismatch, 2, mixed)
}

// badSignature has the right form and signs nothing.
const badSignature = "z3gfipj528cwTsP7aSSWMsPzA5uqSUGSN7WNzJQFf1WTvjpHf9Ftjk6StQmqqzjyjQT9xyqTjEsRp2jw4DBjcyqac"

func (c *cases) scids() {
	t := c.t
	const foreign = "QmQ6FJ4fk2xheSSQoEjVpTgx9AQPKhJgtR9hn1nr4EeCrZ"
	// The SCID replaced throughout, and everything that follows from it made anew.
	claimed := &forger{t: t, scid: foreign}
	claimed.add(draft{parameters: genesisParameters})
	c.bad("scid-not-the-hash-of-the-first-entry", clauseSCID, webvh.SCIDMismatch, 1, claimed)
	c.bad("scid-of-another-entry-hash", clauseSCID, webvh.SCIDMismatch, 1,
		forge(t, draft{parameters: strings.Replace(genesisParameters, "{SCID}", foreign, 1)}))
	left := &forger{t: t}
	left.scid = selfCertified(t, `"`+webvh.Placeholder+`"`)
	left.add(draft{parameters: genesisParameters, members: "", state: `{"@context":["https://www.w3.org/ns/did/v1"],"id":"{DID}","left":"{SC\u0049D}"}`})
	c.bad("placeholder-left-standing", "Create (Register), step 5.2", webvh.SCIDMismatch, 1, left)
	c.bad("scid-missing", "parameters, scid", webvh.ParametersInvalid, 1,
		forge(t, draft{parameters: `{"method":"did:webvh:1.0","updateKeys":["<a>"]}`}))
	c.bad("scid-not-a-multihash", "parameters, scid", webvh.ParametersInvalid, 1,
		forge(t, draft{parameters: `{"method":"did:webvh:1.0","scid":"abc","updateKeys":["<a>"]}`}))
	c.bad("scid-repeated-in-a-later-entry", "parameters, scid", webvh.ParametersInvalid, 2,
		forge(t, draft{}, draft{parameters: `{"scid":"{SCID}"}`}))
}

// selfCertified is the SCID of the first entry whose state has left, a JSON value,
// under that name.
func selfCertified(t *testing.T, left string) string {
	return forge(t, draft{state: `{"@context":["https://www.w3.org/ns/did/v1"],"id":"{DID}","left":` + left + `}`}).scid
}

func (c *cases) times() {
	t := c.t
	at := func(s string) *forger { return forge(t, draft{}, draft{at: `"` + s + `"`}) }
	c.bad("version-time-equal", clauseTime, webvh.VersionTime, 2, at("2026-01-01T00:00:00Z"))
	c.bad("version-time-equal-in-another-spelling", clauseTime, webvh.VersionTime, 2, at("2026-01-01T00:00:00.000+00:00"))
	c.bad("version-time-earlier", clauseTime, webvh.VersionTime, 2, at("2025-12-31T23:59:59Z"))
	c.bad("version-time-without-zone", clauseTime, webvh.VersionTime, 2, at("2026-01-02T00:00:00"))
	c.bad("version-time-in-another-zone", clauseTime, webvh.VersionTime, 2, at("2026-01-02T00:00:00+01:00"))
	c.bad("version-time-negative-zero-zone", clauseTime, webvh.VersionTime, 2, at("2026-01-02T00:00:00-00:00"))
	c.bad("version-time-date-only", clauseTime, webvh.VersionTime, 2, at("2026-01-02"))
	c.bad("version-time-with-space", clauseTime, webvh.VersionTime, 2, at("2026-01-02 00:00:00Z"))
	c.bad("version-time-lower-case", clauseTime, webvh.VersionTime, 2, at("2026-01-02t00:00:00z"))
	c.bad("version-time-of-no-day", clauseTime, webvh.VersionTime, 2, at("2026-02-29T00:00:00Z"))
	c.bad("version-time-of-hour-24", clauseTime, webvh.VersionTime, 2, at("2026-01-02T24:00:00Z"))
	c.bad("version-time-of-year-12026", clauseTime, webvh.VersionTime, 2, at("12026-01-02T00:00:00Z"))
	c.bad("version-time-a-number", clauseFile, webvh.EntryMalformed, 2, forge(t, draft{}, draft{at: "1767312000"}))
	c.bad("version-time-in-the-future", clauseTime, webvh.VersionTimeFuture, 2, at("2026-04-11T00:05:01Z"))
	c.bad("first-version-time-in-the-future", clauseTime, webvh.VersionTimeFuture, 1, forge(t, draft{at: `"2036-01-01T00:00:00Z"`}))
}

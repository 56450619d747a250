package webvh_test

import (
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

// validVectors: what has to be accepted, for every refusal's sake.
func validVectors(t *testing.T) vectorFile {
	c := &cases{t: t, file: vectorFile{Source: specification, Description: "Valid logs, with what the newest version resolves to."}}
	c.goodBasics()
	c.goodSpellings()
	c.goodKeys()
	c.goodMoves()
	c.goodWitnesses()
	return c.file
}

func (c *cases) goodBasics() {
	t := c.t
	c.good("created", clauseRead, forge(t, draft{}))
	c.good("updated-twice", clauseRead, forge(t, draft{}, draft{}, draft{}))
	c.good("deactivated", "Deactivate (Revoke)", c.later(`{"deactivated":true,"updateKeys":[]}`))
	c.good("update-keys-given-up", "Deactivate (Revoke)", c.later(`{"updateKeys":[]}`))
	c.good("ttl-zero-and-watchers", clauseParameters, c.later(`{"ttl":0,"watchers":["https://watch.example","did:web:watch.example"]}`))
	c.good("ttl-2-to-the-31", clauseParameters, c.later(`{"ttl":2147483648}`))
	c.good("explicit-services", "DID URL Resolution", forge(t, draft{state: `{"id":"{DID}","service":[
{"id":"{DID}#files","type":"relativeRef","serviceEndpoint":"https://files.example/"},
{"id":"#whois","type":"LinkedVerifiablePresentation","serviceEndpoint":"https://whois.example/"}]}`}))
	c.good("domain-with-port-and-path", "Method-Specific Identifier",
		forge(t, draft{state: `{"id":"did:webvh:{SCID}:example.com%3A8443:agents:{SCID}:%E7%94%A8"}`}))
	c.good("scid-in-a-member-name", "Generate SCID", forge(t, draft{state: `{"id":"{DID}","x":{"{SCID}":1,"Z":2,"a":3}}`}))
	c.good("placeholder-in-a-later-entry", "Create (Register), step 5.2", forge(t, draft{}, draft{state: `{"id":"{DID}","x":"{SC\u0049D}"}`}))
	c.good("method-repeated", clauseParameters, c.later(`{"method":"did:webvh:1.0"}`))
}

func (c *cases) goodSpellings() {
	t := c.t
	at := func(s string) *forger { return forge(t, draft{}, draft{at: `"` + s + `"`}) }
	c.good("version-time-with-offset-zero", clauseTime, at("2026-01-01T00:00:01+00:00"))
	c.good("version-time-with-fraction", clauseTime, at("2026-01-01T00:00:00.001Z"))
	c.good("version-time-five-minutes-ahead", clauseTime, at("2026-04-11T00:05:00Z"))
	c.good("parameters-off-in-every-entry", clauseParameters, forge(t,
		draft{parameters: strings.Replace(genesisParameters, `"portable"`, `"nextKeyHashes":[],"watchers":[],"witness":{},"deactivated":false,"ttl":3600,"portable"`, 1)},
		draft{parameters: `{"updateKeys":["<a>"],"nextKeyHashes":[],"witness":{},"watchers":[],"deactivated":false,"portable":false}`}))
	c.good("parameters-null-in-every-entry", clauseParameters, forge(t,
		draft{parameters: strings.Replace(genesisParameters, `"portable"`, `"nextKeyHashes":null,"watchers":null,"witness":null,"ttl":null,"portable"`, 1)},
		draft{parameters: `{"nextKeyHashes":null,"witness":null,"watchers":null,"ttl":null}`}))
	c.good("proof-an-object", clauseFile, forge(t, draft{finished: func(v jcs.Value) jcs.Value {
		list, _ := v.Get("proof")
		return v.With("proof", list.At(0))
	}}))
	c.good("proof-without-created", clauseKeys, c.second(without("created")))
	c.good("proof-that-expires-later", clauseKeys, c.second(set("expires", `"2026-05-01T00:00:00Z"`)))
	both := forge(t, draft{})
	c.good("two-proofs-by-two-update-keys", clauseKeys, forge(t,
		draft{parameters: strings.Replace(genesisParameters, `"<a>"`, `"<a>","<b>"`, 1), finished: func(v jcs.Value) jcs.Value {
			list, _ := v.Get("proof")
			return v.With("proof", jcs.Array(list.At(0), both.prove(v.Without("proof"), "b", nil, nil)))
		}}))
}

func (c *cases) goodKeys() {
	t := c.t
	hash := func(name string) string { return `"` + webvh.KeyHash(public(t, name)) + `"` }
	committed := strings.Replace(genesisParameters, `"portable"`, `"nextKeyHashes":[`+hash("b")+`,"any string"],"portable"`, 1)
	c.good("key-rotated", clauseKeys, forge(t, draft{}, draft{parameters: `{"updateKeys":["<b>"]}`}, draft{signer: "b"}))
	c.good("pre-rotation-consumed-and-ended", clauseRotation, forge(t, draft{parameters: committed},
		draft{parameters: `{"updateKeys":["<b>"],"nextKeyHashes":[` + hash("c") + `]}`, signer: "b"},
		draft{parameters: `{"updateKeys":["<c>"],"nextKeyHashes":[]}`, signer: "c"},
		draft{signer: "c"}))
	c.good("pre-rotation-begun-later", clauseRotation, forge(t, draft{}, draft{parameters: `{"nextKeyHashes":[` + hash("b") + `]}`},
		draft{parameters: `{"updateKeys":["<b>"],"nextKeyHashes":[` + hash("b") + `]}`, signer: "b"}))
	c.good("key-of-another-algorithm-listed", clauseKeys, forge(t,
		draft{parameters: strings.Replace(genesisParameters, `"<a>"`, `"<a>","zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"`, 1)}))
}

func (c *cases) goodMoves() {
	t := c.t
	const moved = `{"id":"did:webvh:{SCID}:example.org:b","alsoKnownAs":["{DID}"]}`
	portable := draft{parameters: portableParams}
	c.good("moved", clauseMove, forge(t, portable, draft{state: moved}, draft{state: `{"id":"did:webvh:{SCID}:example.org:b"}`}))
	c.good("moved-and-back", clauseMove, forge(t, portable, draft{state: moved},
		draft{state: `{"id":"{DID}","alsoKnownAs":["did:webvh:{SCID}:example.org:b"]}`}))
	c.good("portability-given-up", clauseMove, forge(t, portable, draft{parameters: `{"portable":false}`}))
	c.good("not-portable-repeated", clauseMove, forge(t, draft{}, draft{parameters: `{"portable":false}`}))
}

func (c *cases) goodWitnesses() {
	t := c.t
	good := func(name string, f *forger) { c.good(name, clauseCount, f) }
	two := draft{parameters: witnessed("2", "w1", "w2", "w3")}
	good("threshold-met", forge(t, two).approve("w1", "w3"))
	good("threshold-met-in-two-items", forge(t, two).approve("w1").approve("w2"))
	f := forge(t, two).approveAs("1-x", nil, "w2").approve("w4", "w1", "w1")
	good("useless-proofs-ignored", f.approveAs(f.versionID, set("proofPurpose", `"authentication"`), "w2").approve("w2"))
	pruned := forge(t, two, draft{}, draft{}).approve("w2", "w3")
	good("later-proofs-approve-earlier-entries", pruned)
	spread := forge(t, two).approve("w1")
	spread.add(draft{})
	spread.approve("w2")
	spread.add(draft{})
	good("proofs-of-different-versions", spread.approve("w1", "w2"))
	ahead := forge(t, two).approve("w1", "w2")
	ahead.add(draft{})
	ahead.approve("w1", "w2")
	ahead.lines = ahead.lines[:1]
	good("proofs-of-an-unpublished-version-ignored", ahead)
	good("appointed-later", forge(t, draft{}, draft{parameters: `{"witness":` + witnesses("1", "w1") + `}`}).approve("w1"))
	replaced := forge(t, draft{parameters: witnessed("1", "w1")}, draft{parameters: `{"witness":` + witnesses("1", "w2") + `}`}).approve("w1")
	replaced.add(draft{})
	good("replaced", replaced.approve("w2"))
	dismissed := forge(t, draft{parameters: witnessed("1", "w1")}, draft{parameters: `{"witness":{}}`}).approve("w1")
	dismissed.add(draft{})
	good("dismissed", dismissed)
	plain := forge(t, draft{})
	plain.witness = []jcs.Value{plain.value(`{"versionId":"x","proof":[{"nonsense":true}]}`)}
	good("witness-file-not-needed", plain)
	torn := forge(t, draft{parameters: witnessed("1", "w1")}).approve("w1")
	torn.witness = append(torn.witness, torn.value(`{"versionId":"`+torn.versionID+`","proof":[{"type":1}]}`), torn.value(`{"versionId":"x"}`))
	good("malformed-proof-beside-a-good-one", torn)
}

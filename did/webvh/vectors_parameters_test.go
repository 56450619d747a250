package webvh_test

import (
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/webvh"
)

const clauseParameters = "did:webvh DID Method Parameters"

// parameterVectors: names, types and values of parameters, and deactivation.
func parameterVectors(t *testing.T) vectorFile {
	c := &cases{t: t, file: vectorFile{Source: specification, Description: "The parameters: unknown ones, wrong types, values out of range; deactivation."}}
	c.methods()
	c.types()
	c.deactivation()
	return c.file
}

// later is a log whose second entry has these parameters.
func (c *cases) later(parameters string) *forger {
	return forge(c.t, draft{}, draft{parameters: parameters})
}

// first is a log whose first entry has the usual parameters with one replaced.
func (c *cases) first(old, new string) *forger {
	return forge(c.t, draft{parameters: strings.Replace(genesisParameters, old, new, 1)})
}

func (c *cases) methods() {
	const usual = `"method":"did:webvh:1.0",`
	c.bad("method-missing", clauseParameters, webvh.ParametersInvalid, 1, c.first(usual, ``))
	for _, m := range [][2]string{
		{"99.0", `"did:webvh:99.0"`}, {"1.0-rc1", `"did:webvh:1.0-rc1"`}, {"without-colon", `"didwebvh:1.0"`},
		{"upper-case", `"DID:WEBVH:1.0"`}, {"0.5", `"did:webvh:0.5"`}, {"null", `null`}, {"a-list", `["did:webvh:1.0"]`},
	} {
		c.bad("unknown-method-"+m[0], clauseParameters, webvh.MethodUnknown, 1, c.first(`"did:webvh:1.0"`, m[1]))
	}
	c.bad("method-downgraded-later", clauseParameters, webvh.MethodUnknown, 2, c.later(`{"method":"did:webvh:0.5"}`))
	c.bad("method-upgraded-to-an-unknown-one", clauseParameters, webvh.MethodUnknown, 2, c.later(`{"method":"did:webvh:1.1"}`))
}

func (c *cases) types() {
	invalid := func(name, parameters string) {
		c.bad(name, clauseParameters, webvh.ParametersInvalid, 2, c.later(parameters))
	}
	c.bad("unknown-parameter", clauseParameters, webvh.ParametersInvalid, 1, c.first(`"portable"`, `"prerotation":true,"portable"`))
	invalid("unknown-parameter-later", `{"witnesses":[]}`)
	invalid("parameter-in-the-wrong-case", `{"updatekeys":["<b>"]}`)
	c.bad("update-keys-missing", clauseParameters, webvh.ParametersInvalid, 1, c.first(`"updateKeys":["<a>"],`, ``))
	invalid("update-keys-a-string", `{"updateKeys":"<a>"}`)
	invalid("update-keys-of-numbers", `{"updateKeys":[1]}`)
	invalid("update-key-no-multikey", `{"updateKeys":["abc"]}`)
	invalid("update-key-a-did", `{"updateKeys":["did:key:<a>"]}`)
	invalid("update-key-a-hash", `{"updateKeys":["QmQ6FJ4fk2xheSSQoEjVpTgx9AQPKhJgtR9hn1nr4EeCrZ"]}`)
	invalid("update-key-in-hex-multibase", `{"updateKeys":["fed013b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"]}`)
	invalid("update-key-for-key-agreement", `{"updateKeys":["z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"]}`)
	invalid("update-key-of-small-order", `{"updateKeys":["`+smallOrderKey+`"]}`)
	many := strings.TrimSuffix(strings.Repeat(`"<a>",`, webvh.MaxListItems+1), ",")
	invalid("update-keys-too-many", `{"updateKeys":[`+many+`]}`)
	invalid("next-key-hashes-a-string", `{"nextKeyHashes":"x"}`)
	invalid("next-key-hashes-of-objects", `{"nextKeyHashes":[{}]}`)
	invalid("next-key-hashes-false", `{"nextKeyHashes":false}`)
	invalid("watchers-a-string", `{"watchers":"https://watch.example"}`)
	invalid("watcher-no-url", `{"watchers":["watch me"]}`)
	invalid("portable-a-string", `{"portable":"false"}`)
	invalid("portable-null", `{"portable":null}`)
	invalid("deactivated-a-number", `{"deactivated":1}`)
	invalid("deactivated-a-string", `{"deactivated":"true"}`)
	invalid("deactivated-null", `{"deactivated":null}`)
	invalid("ttl-negative", `{"ttl":-1}`)
	invalid("ttl-a-string", `{"ttl":"3600"}`)
	invalid("ttl-fractional", `{"ttl":1.5}`)
	invalid("ttl-beyond-2-to-the-31", `{"ttl":2147483649}`)
}

// smallOrderKey is the Multikey of the neutral element, under which a signature
// of zeros verifies anything by the letter of RFC 8032.
const smallOrderKey = "z6MkeXATEjyXENzBXBxgC5EHk2JE5aqd7qMGGtDpLUH1e2Sj"

func (c *cases) deactivation() {
	const clause = "Deactivate (Revoke)"
	ended := func(d draft) *forger {
		f := c.later(`{"deactivated":true}`)
		f.add(d)
		return f
	}
	c.bad("entry-after-deactivation", clause, webvh.AlreadyDeactivated, 3, ended(draft{}))
	c.bad("reactivated", clause, webvh.AlreadyDeactivated, 3, ended(draft{parameters: `{"deactivated":false}`}))
	c.bad("deactivated-twice", clause, webvh.AlreadyDeactivated, 3, ended(draft{parameters: `{"deactivated":true}`}))
	retired := c.later(`{"updateKeys":[]}`)
	retired.add(draft{})
	c.bad("entry-after-update-keys-were-given-up", clause, webvh.UnauthorisedKey, 3, retired)
}

package webvh_test

import (
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

const (
	clauseWitness = "The witness Parameter"
	clauseCount   = "Verifying Witness Proofs During Resolution"
)

// witnessVectors: the parameter, the file, and who has to approve what.
func witnessVectors(t *testing.T) vectorFile {
	c := &cases{t: t, file: vectorFile{Source: specification, Description: "Witnesses: the parameter, their proofs, thresholds, changes of the list."}}
	c.witnessParameters()
	c.witnessCounts()
	c.witnessProofs()
	c.witnessChanges()
	return c.file
}

// witnessed are the first entry's parameters with a witness list of test keys.
func witnessed(threshold string, names ...string) string {
	return strings.Replace(genesisParameters, `"portable"`, `"witness":`+witnesses(threshold, names...)+`,"portable"`, 1)
}

func witnesses(threshold string, names ...string) string {
	var ids []string
	for _, n := range names {
		ids = append(ids, `{"id":"did:key:<`+n+`>"}`)
	}
	return `{"threshold":` + threshold + `,"witnesses":[` + strings.Join(ids, ",") + `]}`
}

func (c *cases) witnessParameters() {
	bad := func(name, value string) {
		c.bad(name, clauseWitness, webvh.WitnessParameter, 2, c.later(`{"witness":`+value+`}`))
	}
	c.bad("threshold-zero-in-the-first-entry", clauseWitness, webvh.WitnessParameter, 1, forge(c.t, draft{parameters: witnessed("0", "w1")}).approve("w1"))
	bad("threshold-zero", witnesses("0", "w1"))
	bad("threshold-negative", witnesses("-1", "w1"))
	bad("threshold-above-the-number-of-witnesses", witnesses("2", "w1"))
	bad("threshold-fractional", witnesses("1.5", "w1", "w2"))
	bad("threshold-a-string", witnesses(`"1"`, "w1"))
	bad("threshold-missing", `{"witnesses":[{"id":"did:key:<w1>"}]}`)
	bad("witnesses-missing", `{"threshold":1}`)
	bad("witnesses-empty", `{"threshold":1,"witnesses":[]}`)
	bad("witnesses-empty-and-threshold-zero", `{"threshold":0,"witnesses":[]}`)
	bad("witness-listed-twice", witnesses("1", "w1", "w1"))
	bad("witness-listed-twice-to-reach-the-threshold", witnesses("2", "w1", "w1"))
	bad("witness-a-string", `{"threshold":1,"witnesses":["did:key:<w1>"]}`)
	bad("witness-without-id", `{"threshold":1,"witnesses":[{}]}`)
	bad("witness-with-weight", `{"threshold":1,"witnesses":[{"id":"did:key:<w1>","weight":1}]}`)
	bad("witness-with-fragment", `{"threshold":1,"witnesses":[{"id":"did:key:<w1>#<w1>"}]}`)
	bad("witness-of-did-web", `{"threshold":1,"witnesses":[{"id":"did:web:example.com"}]}`)
	bad("witness-of-a-p-256-key", `{"threshold":1,"witnesses":[{"id":"did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"}]}`)
	bad("witness-of-a-small-order-key", `{"threshold":1,"witnesses":[{"id":"did:key:`+smallOrderKey+`"}]}`)
	bad("witness-with-unknown-member", `{"threshold":1,"witnesses":[{"id":"did:key:<w1>"}],"quorum":1}`)
	bad("witness-a-list", `[]`)
	bad("witness-false", `false`)
}

func (c *cases) witnessCounts() {
	t := c.t
	bad := func(name string, entry int, f *forger) { c.bad(name, clauseCount, webvh.WitnessThreshold, entry, f) }
	two := draft{parameters: witnessed("2", "w1", "w2", "w3")}
	bad("no-witness-file", 1, forge(t, two))
	bad("below-the-threshold", 1, forge(t, two).approve("w1"))
	bad("one-witness-counted-twice", 1, forge(t, two).approve("w1", "w1"))
	bad("one-witness-in-two-items", 1, forge(t, two).approve("w1").approve("w1"))
	later := func(v jcs.Value) jcs.Value { return set("created", `"2026-01-05T00:00:00Z"`)(v) }
	f := forge(t, two).approve("w1")
	bad("one-witness-with-two-signatures", 1, f.approveAs(f.versionID, later, "w1"))
	bad("not-a-listed-witness", 1, forge(t, two).approve("w1", "w4"))
	bad("the-controller-is-no-witness", 1, forge(t, two).approve("w1", "a"))
	bad("second-entry-not-witnessed", 2, func() *forger {
		f := forge(t, two).approve("w1", "w2")
		f.add(draft{})
		return f
	}())
	bad("intermediate-entry-not-witnessed-by-as-many", 2, func() *forger {
		f := forge(t, two).approve("w1", "w2")
		f.add(draft{})
		f.approve("w1")
		f.add(draft{})
		return f
	}())
	unpublished := forge(t, two).approve("w1")
	unpublished.add(draft{})
	unpublished.approve("w2", "w3")
	unpublished.lines = unpublished.lines[:1]
	bad("proofs-of-an-unpublished-version", 1, unpublished)
	other := forge(t, draft{at: `"2025-06-01T00:00:00Z"`, parameters: two.parameters}).approve("w1", "w2")
	replay := forge(t, two)
	replay.witness = other.witness
	bad("proofs-of-another-did-replayed", 1, replay)
	relabelled := forge(t, two)
	relabelled.witness = []jcs.Value{other.witness[0].With("versionId", jcs.FromString(relabelled.versionID))}
	bad("proofs-of-another-did-relabelled", 1, relabelled)
}

func (c *cases) witnessProofs() {
	t := c.t
	one := draft{parameters: witnessed("1", "w1", "w2")}
	bad := func(name string, config func(jcs.Value) jcs.Value) {
		f := forge(t, one)
		c.bad(name, clauseCount, webvh.WitnessThreshold, 1, f.approveAs(f.versionID, config, "w1"))
	}
	method := func(text string) func(jcs.Value) jcs.Value {
		return set("verificationMethod", `"`+strings.NewReplacer("<w1>", public(t, "w1"), "<w2>", public(t, "w2")).Replace(text)+`"`)
	}
	bad("witness-body-and-fragment-differ", method("did:key:<w2>#<w1>"))
	bad("witness-fragment-and-body-differ", method("did:key:<w1>#<w2>"))
	bad("witness-without-fragment", method("did:key:<w1>"))
	bad("witness-signs-as-another", method("did:key:<w2>#<w2>"))
	bad("witness-purpose-authentication", set("proofPurpose", `"authentication"`))
	bad("witness-cryptosuite-eddsa-rdfc-2022", set("cryptosuite", `"eddsa-rdfc-2022"`))
	bad("witness-proof-expired", set("expires", `"2026-02-01T00:00:00Z"`))
	f := forge(t, one)
	f.witness = []jcs.Value{f.value(`{"versionId":"` + f.versionID + `","proof":[]}`)}
	c.bad("witness-item-without-proofs", clauseCount, webvh.WitnessThreshold, 1, f)
	entire := forge(t, one)
	entry, err := jcs.Decode(entire.lines[0])
	if err != nil {
		t.Fatal(err)
	}
	entire.witness = []jcs.Value{entire.value(`{"versionId":"`+entire.versionID+`"}`).
		With("proof", jcs.Array(entire.prove(entry.Without("proof"), "w1", nil, nil)))}
	c.bad("witness-signs-the-entry-and-not-its-version-id", "The Witness Proofs File", webvh.WitnessThreshold, 1, entire)
	for _, file := range [][2]string{
		{"not-json", `[`}, {"an-object", `{}`}, {"item-without-version-id", `[{"proof":[]}]`}, {"proof-an-object", `[{"versionId":"x","proof":{}}]`},
		{"duplicate-names", `[{"versionId":"x","versionId":"x"}]`},
	} {
		c.bytes("witness-file-"+file[0], "The Witness Proofs File", webvh.WitnessProofs, 1, forge(t, one).log(), file[1])
	}
}

func (c *cases) witnessChanges() {
	t := c.t
	const clause = "Witness Lists"
	bad := func(name string, entry int, f *forger) { c.bad(name, clause, webvh.WitnessThreshold, entry, f) }
	change := func(parameters string, approvers ...string) *forger {
		f := forge(t, draft{parameters: witnessed("1", "w1")}).approve("w1")
		f.add(draft{parameters: parameters})
		return f.approve(approvers...)
	}
	bad("new-witness-approves-its-own-appointment", 2, change(`{"witness":`+witnesses("1", "w2")+`}`, "w2"))
	bad("lower-threshold-applied-too-early", 2, func() *forger {
		f := forge(t, draft{parameters: witnessed("2", "w1", "w2")}).approve("w1", "w2")
		f.add(draft{parameters: `{"witness":` + witnesses("1", "w1") + `}`})
		return f.approve("w1")
	}())
	bad("witnesses-dismissed-without-their-approval", 2, change(`{"witness":{}}`))
	bad("witnesses-dismissed-by-null-without-their-approval", 2, change(`{"witness":null}`))
	bad("deactivation-not-witnessed", 2, change(`{"deactivated":true}`))
	former := change(`{"witness":`+witnesses("1", "w2")+`}`, "w1")
	former.add(draft{})
	bad("former-witness-approves", 3, former.approve("w1"))
	appointed := forge(t, draft{}, draft{parameters: `{"witness":` + witnesses("1", "w1") + `}`})
	bad("first-appointment-not-witnessed", 2, appointed)
	broken := forge(t, draft{parameters: witnessed("1", "w1")}, draft{signer: "x"}).approve("w1")
	bad("proof-of-an-invalid-version-vouches-for-nothing", 1, broken)
}

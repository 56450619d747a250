package webvh_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
)

// The forger writes logs by the letter of the specification, with none of the
// code under test but the hash, and can depart from it in one place at a time:
// everything else about a forged entry, hashes and signatures included, is right.
type forger struct {
	t     testing.TB
	lines [][]byte
	// scid and versionID are of what has been written so far.
	scid, versionID string
	number          int
	witness         []jcs.Value
}

// draft is one entry to be. Zero fields stand for the usual.
type draft struct {
	// parameters and state are JSON, in which {SCID}, {DID} and <name> (a test
	// key's Multikey) are replaced.
	parameters, state string
	// signer is the name of a test key; "a" unless given.
	signer string
	// at is the versionTime; the day after the entry before unless given.
	at string
	// number and predecessor override the version number and what is hashed.
	number      int
	predecessor string
	// members are further top-level members, as JSON.
	members string
	// config and sealed change the proof before and after it is signed.
	config, sealed func(jcs.Value) jcs.Value
	// finished changes the whole entry after it is signed.
	finished func(jcs.Value) jcs.Value
}

const (
	genesisParameters = `{"method":"did:webvh:1.0","scid":"{SCID}","updateKeys":["<a>"],"portable":false}`
	plainState        = `{"@context":["https://www.w3.org/ns/did/v1"],"id":"{DID}"}`
	plainDID          = "did:webvh:{SCID}:example.com"
)

func forge(t testing.TB, drafts ...draft) *forger {
	f := &forger{t: t}
	for _, d := range drafts {
		f.add(d)
	}
	return f
}

// value reads the JSON of a draft.
func (f *forger) value(text string) jcs.Value {
	f.t.Helper()
	text = strings.ReplaceAll(text, "{DID}", plainDID)
	if f.scid != "" {
		text = strings.ReplaceAll(text, "{SCID}", f.scid)
	}
	for {
		_, rest, found := strings.Cut(text, "<")
		if !found {
			break
		}
		name, _, _ := strings.Cut(rest, ">")
		text = strings.ReplaceAll(text, "<"+name+">", public(f.t, name))
	}
	v, err := jcs.Limits{Depth: 64}.Decode([]byte(text))
	if err != nil {
		f.t.Fatalf("%s: %v", text, err)
	}
	return v
}

func orElse(s, usual string) string {
	if s == "" {
		return usual
	}
	return s
}

// add appends an entry.
func (f *forger) add(d draft) {
	f.t.Helper()
	entry := f.value(`{"parameters":` + orElse(d.parameters, f.usualParameters()) + `,"state":` + orElse(d.state, plainState) + d.members + `}`)
	entry = entry.With("versionTime", f.value(orElse(d.at, `"`+day(len(f.lines)).Format(time.RFC3339)+`"`)))
	if f.scid == "" {
		entry = f.selfCertify(entry)
	}
	predecessor := orElse(d.predecessor, orElse(f.versionID, f.scid))
	f.number++
	if d.number == 0 {
		d.number = f.number
	}
	hash := webvh.Multihash(entry.With("versionId", jcs.FromString(predecessor)).Canonical())
	f.versionID = fmt.Sprintf("%d-%s", d.number, hash)
	entry = entry.With("versionId", jcs.FromString(f.versionID))
	entry = entry.With("proof", jcs.Array(f.prove(entry, orElse(d.signer, "a"), d.config, d.sealed)))
	if d.finished != nil {
		entry = d.finished(entry)
	}
	f.lines = append(f.lines, entry.Canonical())
}

func (f *forger) usualParameters() string {
	if f.scid == "" {
		return genesisParameters
	}
	return `{}`
}

// selfCertify calculates the SCID and puts it in ("Generate SCID").
func (f *forger) selfCertify(entry jcs.Value) jcs.Value {
	text := entry.With("versionId", jcs.FromString(webvh.Placeholder)).Canonical()
	f.scid = webvh.Multihash(text)
	v, err := jcs.Limits{Depth: 64}.Decode(bytes.ReplaceAll(text, []byte(webvh.Placeholder), []byte(f.scid)))
	if err != nil {
		f.t.Fatal(err)
	}
	return v
}

// prove returns an eddsa-jcs-2022 proof by a named key.
func (f *forger) prove(document jcs.Value, signer string, config, sealed func(jcs.Value) jcs.Value) jcs.Value {
	f.t.Helper()
	name := public(f.t, signer)
	created, _ := document.GetString("versionTime")
	p := f.value(fmt.Sprintf(`{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod",
"verificationMethod":"did:key:%s#%s","created":%q}`, name, name, orElse(created, day(0).Format(time.RFC3339))))
	if config != nil {
		p = config(p)
	}
	p = p.With("proofValue", jcs.FromString(f.signature(document, p, key(f.t, signer))))
	if sealed != nil {
		p = sealed(p)
	}
	return p
}

// signature is the proofValue over a proof configuration and a document.
func (f *forger) signature(document, config jcs.Value, k multikey.PrivateKey) string {
	f.t.Helper()
	c, d := sha256.Sum256(config.Canonical()), sha256.Sum256(document.Without("proof").Canonical())
	sig, err := k.Sign(append(c[:], d[:]...))
	if err != nil {
		f.t.Fatal(err)
	}
	s, err := multibase.Encode(multibase.Base58BTC, sig)
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

// approve adds proofs of the newest version to the witness file.
func (f *forger) approve(names ...string) *forger {
	return f.approveAs(f.versionID, nil, names...)
}

func (f *forger) approveAs(versionID string, config func(jcs.Value) jcs.Value, names ...string) *forger {
	f.t.Helper()
	document := jcs.Object(jcs.Member{Name: "versionId", Value: jcs.FromString(versionID)})
	var proofs []jcs.Value
	for _, name := range names {
		proofs = append(proofs, f.prove(document, name, config, nil))
	}
	f.witness = append(f.witness, document.With("proof", jcs.Array(proofs...)))
	return f
}

func (f *forger) log() string { return string(bytes.Join(f.lines, []byte("\n"))) + "\n" }

func (f *forger) witnessFile() string {
	if f.witness == nil {
		return ""
	}
	return string(jcs.Array(f.witness...).Canonical())
}

// set returns a change of one member to a JSON value.
func set(name, value string) func(jcs.Value) jcs.Value {
	return func(v jcs.Value) jcs.Value {
		x, err := jcs.Decode([]byte(value))
		if err != nil {
			panic(err)
		}
		return v.With(name, x)
	}
}

func without(names ...string) func(jcs.Value) jcs.Value {
	return func(v jcs.Value) jcs.Value { return v.Without(names...) }
}

package webvh_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
)

const (
	clauseKeys     = "Authorized Keys"
	clauseRotation = "Pre-Rotation Key Hash Generation and Verification"
)

// keyVectors: who may sign, how a proof must look, and pre-rotation.
func keyVectors(t *testing.T) vectorFile {
	c := &cases{t: t, file: vectorFile{Source: specification, Description: "Authorised keys, the proofs of entries, and pre-rotation."}}
	c.authority()
	c.proofShapes()
	c.signatures()
	c.preRotation()
	return c.file
}

func (c *cases) authority() {
	t := c.t
	rotated := func(signer string) *forger {
		return forge(t, draft{}, draft{parameters: `{"updateKeys":["<b>"]}`}, draft{signer: signer})
	}
	c.bad("first-entry-by-a-foreign-key", clauseKeys, webvh.UnauthorisedKey, 1, forge(t, draft{signer: "b"}))
	c.bad("later-entry-by-a-foreign-key", clauseKeys, webvh.UnauthorisedKey, 2, forge(t, draft{}, draft{signer: "b"}))
	c.bad("new-key-introduces-itself", clauseKeys, webvh.UnauthorisedKey, 2,
		forge(t, draft{}, draft{parameters: `{"updateKeys":["<b>"]}`, signer: "b"}))
	c.bad("rotated-key-still-signs", clauseKeys, webvh.UnauthorisedKey, 3, rotated("a"))
	c.bad("key-of-the-document-signs", clauseKeys, webvh.UnauthorisedKey, 2, forge(t, draft{}, draft{signer: "doc",
		state: `{"id":"{DID}","verificationMethod":[{"id":"#k","type":"Multikey","publicKeyMultibase":"<doc>"}],"assertionMethod":["#k"]}`}))
	c.bad("first-entry-without-any-key", clauseKeys, webvh.UnauthorisedKey, 1, c.first(`"<a>"`, ``))
	c.bad("update-keys-null-in-the-first-entry", clauseParameters, webvh.UnauthorisedKey, 1, c.first(`["<a>"]`, `null`))
}

// second is a log whose second entry has a proof of a changed configuration.
func (c *cases) second(config func(jcs.Value) jcs.Value) *forger {
	return forge(c.t, draft{}, draft{config: config})
}

func (c *cases) proofShapes() {
	t := c.t
	method := func(text string) *forger {
		return c.second(set("verificationMethod", `"`+strings.NewReplacer("<a>", public(t, "a"), "<b>", public(t, "b")).Replace(text)+`"`))
	}
	bad := func(name string, f *forger) { c.bad(name, clauseKeys, webvh.ProofInvalid, 2, f) }
	bad("fragment-differs-from-did-key", method("did:key:<a>#<b>"))
	bad("did-key-differs-from-fragment", method("did:key:<b>#<a>"))
	bad("verification-method-without-fragment", method("did:key:<a>"))
	bad("verification-method-with-two-fragments", method("did:key:<a>#<a>#<a>"))
	bad("verification-method-with-query", method("did:key:<a>?x#<a>"))
	bad("verification-method-a-bare-multikey", method("<a>"))
	bad("verification-method-in-the-document", method("did:webvh:x:example.com#<a>"))
	bad("purpose-authentication", c.second(set("proofPurpose", `"authentication"`)))
	bad("purpose-missing", c.second(without("proofPurpose")))
	bad("type-of-another-kind", c.second(set("type", `"Ed25519Signature2020"`)))
	bad("created-no-time", c.second(set("created", `"yesterday"`)))
	bad("proof-expired", c.second(set("expires", `"2026-02-01T00:00:00Z"`)))
	bad("proof-with-context", c.second(set("@context", `["https://www.w3.org/ns/did/v1"]`)))
	bad("proof-with-previous-proof", c.second(set("previousProof", `"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33"`)))
	bad("proof-missing", forge(t, draft{}, draft{finished: without("proof")}))
	bad("proof-empty", forge(t, draft{}, draft{finished: set("proof", `[]`)}))
	bad("proof-a-string", forge(t, draft{}, draft{finished: set("proof", `"x"`)}))
	bad("proof-value-missing", forge(t, draft{}, draft{sealed: without("proofValue")}))
	bad("proof-value-in-base64url", forge(t, draft{}, draft{sealed: rebase}))
	const clause = "parameters, method"
	c.bad("cryptosuite-missing", clause, webvh.CryptosuiteNotAllowed, 2, c.second(without("cryptosuite")))
	c.bad("cryptosuite-eddsa-rdfc-2022", clause, webvh.CryptosuiteNotAllowed, 2, c.second(set("cryptosuite", `"eddsa-rdfc-2022"`)))
	c.bad("cryptosuite-ecdsa-with-a-good-signature", clause, webvh.CryptosuiteNotAllowed, 2, c.ecdsa(proof.ECDSAJCS2019))
	bad("cryptosuite-claimed-of-an-ecdsa-signature", c.ecdsa(proof.EdDSAJCS2022))
}

// rebase writes proofValue in base64url instead of base58btc.
func rebase(p jcs.Value) jcs.Value {
	s, _ := p.GetString("proofValue")
	_, sig, err := multibase.Decode(s)
	if err != nil {
		panic(err)
	}
	s, err = multibase.Encode(multibase.Base64url, sig)
	if err != nil {
		panic(err)
	}
	return p.With("proofValue", jcs.FromString(s))
}

// ecdsa is a log whose update key is of P-256 from the second entry on, which
// signs the third by ecdsa-jcs-2019, and says that it used the given suite.
func (c *cases) ecdsa(suite string) *forger {
	t := c.t
	seed := sha256.Sum256([]byte("tabard webvh P-256 test key"))
	k, err := multikey.NewPrivate(multikey.P256, seed[:])
	if err != nil {
		t.Fatal(err)
	}
	name := k.Public().String()
	return forge(t, draft{parameters: strings.Replace(genesisParameters, `"<a>"`, `"<a>","`+name+`"`, 1)},
		draft{finished: func(v jcs.Value) jcs.Value {
			signed, err := proof.Sign(v.Without("proof"), k, proof.SignOptions{
				VerificationMethod: "did:key:" + name + "#" + name, Purpose: did.AssertionMethod, Created: day(1)})
			if err != nil {
				t.Fatal(err)
			}
			p, _ := signed.Get("proof")
			return signed.With("proof", jcs.Array(p.With("cryptosuite", jcs.FromString(suite))))
		}})
}

func (c *cases) signatures() {
	t := c.t
	bad := func(name string, rule webvh.Rule, finished func(jcs.Value) jcs.Value) {
		c.bad(name, clauseKeys, rule, 2, forge(t, draft{}, draft{finished: finished}))
	}
	f := forge(t, draft{}) // lends its prove
	more := func(n int, change func(jcs.Value) jcs.Value, signer string) func(jcs.Value) jcs.Value {
		return func(v jcs.Value) jcs.Value {
			old, _ := v.Get("proof")
			list := slices.Collect(old.Elems())
			for range n {
				list = append(list, f.prove(v.Without("proof"), signer, nil, change))
			}
			return v.With("proof", jcs.Array(list...))
		}
	}
	bad("second-proof-not-checked", webvh.ProofInvalid, more(1, set("proofValue", `"`+badSignature+`"`), "a"))
	bad("second-proof-by-a-foreign-key", webvh.UnauthorisedKey, more(1, nil, "b"))
	bad("too-many-proofs", webvh.ProofInvalid, more(webvh.MaxEntryProofs, nil, "a"))
	bad("proof-option-changed-after-signing", webvh.ProofInvalid, func(v jcs.Value) jcs.Value {
		old, _ := v.Get("proof")
		return v.With("proof", jcs.Array(old.At(0).With("nonce", jcs.FromString("x"))))
	})
	bad("signature-malleated", webvh.ProofInvalid, malleate)
	bad("signature-of-another-entry", webvh.ProofInvalid, func(v jcs.Value) jcs.Value {
		return v.With("proof", jcs.Array(f.prove(v.Without("proof").With("versionId", jcs.FromString("x")), "a", nil, nil)))
	})
	bad("signature-over-the-predecessor-id", webvh.ProofInvalid, func(v jcs.Value) jcs.Value {
		return v.With("proof", jcs.Array(f.prove(v.Without("proof").With("versionId", jcs.FromString(f.versionID)), "a", nil, nil)))
	})
}

// malleate adds the group order to S, which the equation does not notice.
func malleate(v jcs.Value) jcs.Value {
	list, _ := v.Get("proof")
	s, _ := list.At(0).GetString("proofValue")
	_, sig, err := multibase.Decode(s)
	if err != nil || len(sig) != ed25519.SignatureSize {
		panic("no Ed25519 signature")
	}
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	scalar := sig[32:]
	slices.Reverse(scalar)
	new(big.Int).Add(order, new(big.Int).SetBytes(scalar)).FillBytes(scalar)
	slices.Reverse(scalar)
	s, err = multibase.Encode(multibase.Base58BTC, sig)
	if err != nil {
		panic(err)
	}
	return v.With("proof", jcs.Array(list.At(0).With("proofValue", jcs.FromString(s))))
}

func (c *cases) preRotation() {
	t := c.t
	hash := func(name string) string { return `"` + webvh.KeyHash(public(t, name)) + `"` }
	committed := strings.Replace(genesisParameters, `"portable"`, `"nextKeyHashes":[`+hash("b")+`,`+hash("c")+`],"portable"`, 1)
	bad := func(name, parameters, signer string) {
		c.bad(name, clauseRotation, webvh.PreRotation, 2,
			forge(t, draft{parameters: committed}, draft{parameters: parameters, signer: signer}))
	}
	bad("update-keys-inherited", `{"nextKeyHashes":[]}`, "a")
	bad("next-key-hashes-inherited", `{"updateKeys":["<b>"]}`, "b")
	bad("both-inherited", `{}`, "a")
	bad("uncommitted-key", `{"updateKeys":["<x>"],"nextKeyHashes":[]}`, "x")
	bad("one-of-two-keys-uncommitted", `{"updateKeys":["<b>","<x>"],"nextKeyHashes":[]}`, "b")
	bad("former-update-key-kept", `{"updateKeys":["<b>","<a>"],"nextKeyHashes":[]}`, "b")
	bad("no-update-key-at-all", `{"updateKeys":[],"nextKeyHashes":[]}`, "a")
	bad("update-keys-null", `{"updateKeys":null,"nextKeyHashes":[]}`, "a")
	bad("deactivated-without-a-committed-key", `{"deactivated":true}`, "a")
	c.bad("signed-by-the-former-key", clauseKeys, webvh.UnauthorisedKey, 2,
		forge(t, draft{parameters: committed}, draft{parameters: `{"updateKeys":["<b>"],"nextKeyHashes":[]}`, signer: "a"}))
	second := draft{parameters: `{"updateKeys":["<b>"],"nextKeyHashes":[` + hash("d") + `]}`, signer: "b"}
	c.bad("key-of-an-earlier-commitment", clauseRotation, webvh.PreRotation, 3,
		forge(t, draft{parameters: committed}, second, draft{parameters: `{"updateKeys":["<c>"],"nextKeyHashes":[]}`, signer: "c"}))
	off := draft{parameters: `{"updateKeys":["<b>"],"nextKeyHashes":[]}`, signer: "b"}
	c.bad("current-keys-after-pre-rotation-ended", clauseRotation, webvh.UnauthorisedKey, 3,
		forge(t, draft{parameters: committed}, off, draft{parameters: `{"updateKeys":["<c>"]}`, signer: "c"}))
	wrong := strings.Replace(genesisParameters, `"portable"`, `"nextKeyHashes":["`+webvh.Multihash(key(t, "b").Public().Bytes())+`"],"portable"`, 1)
	c.bad("hash-of-the-raw-key", clauseRotation, webvh.PreRotation, 2,
		forge(t, draft{parameters: wrong}, draft{parameters: `{"updateKeys":["<b>"],"nextKeyHashes":[]}`, signer: "b"}))
}

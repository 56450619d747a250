package agent

import (
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// curves are the key types by the names that the routes of ECDSA suites use.
var curves = map[string]multikey.Type{"P-256": multikey.P256, "P-384": multikey.P384}

// suites are the cryptosuites the agent signs with, and the keys each takes.
var suites = map[string][]multikey.Type{
	proof.EdDSAJCS2022:  {multikey.Ed25519},
	proof.EdDSARDFC2022: {multikey.Ed25519},
	proof.ECDSAJCS2019:  {multikey.P256, multikey.P384},
	proof.ECDSARDFC2019: {multikey.P256, multikey.P384},
	proof.ECDSASD2023:   {multikey.P256},
}

// defaultSuite signs where a request does not say which.
const defaultSuite = proof.EdDSAJCS2022

// medias are the tokens the agent secures with, where a request names one instead of
// a cryptosuite.
var medias = []string{
	credential.MediaCredentialJWT, credential.MediaCredentialSDJWT, credential.MediaCredentialCOSE,
	credential.MediaPresentationJWT, credential.MediaPresentationSDJWT, credential.MediaPresentationCOSE,
}

// seal wraps a document in a token. A presentation's challenge and domain become its
// nonce and aud.
func seal(doc jcs.Value, key Key, how signing, processor *jsonld.Processor) (jcs.Value, error) {
	if how.challenge != "" {
		doc = doc.With("nonce", jcs.FromString(how.challenge))
	}
	var audience []jcs.Value
	for _, d := range how.domain {
		audience = append(audience, jcs.FromString(d))
	}
	if len(audience) > 0 {
		doc = doc.With("aud", jcs.Array(audience...))
	}
	token, err := credential.Seal(doc, how.media, key.Signer, credential.SealOptions{KeyID: key.Method, Disclosable: how.disclosable, Processor: processor})
	if err != nil {
		return doc, unverifiable(err)
	}
	return credential.Envelope(how.media, token), nil
}

package agent

import (
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

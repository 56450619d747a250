// Package credential reads W3C Verifiable Credentials and Presentations (Data Model
// 2.0, and 1.1 documents still in use) and passes one kind of verdict on them,
// however they are secured: by Data Integrity proofs, or enveloped in JOSE, COSE or
// SD-JWT.
//
// A credential is known by its digest: SHA-256 over the RFC 8785 form without
// proof. Re-signing it, or changing the bytes of a signature, does not change
// which credential it is. One that is signed as RDF is also known by the SHA-256 of
// its canonical N-Quads, since it can be written in many ways.
//
// A Verdict is a list of checks, each with a stable code; a credential is verified
// when none of them failed. Whatever cannot be checked counts as failed, unless
// the code says otherwise. A presentation has a verdict for each credential in it.
//
// The package fetches nothing: documents come from the Resolver, status from the
// StatusSource and Lists, schemas from Schemas, and they are asked only once the
// proof holds that makes somebody answer for the URLs. Work is counted and bounded,
// for one credential as for a presentation whole with all that it points to.
package credential

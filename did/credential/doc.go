// Package credential reads W3C Verifiable Credentials (Data Model 2.0, and 1.1
// documents still in use) and passes one kind of verdict on them.
//
// A credential is known by its digest: SHA-256 over the RFC 8785 form without
// proof. Re-signing it, or changing the bytes of a signature, does not change
// which credential it is.
//
// A Verdict is a list of checks, each with a stable code; a credential is verified
// when none of them failed. Whatever cannot be checked counts as failed, unless
// the code says otherwise. The package fetches nothing: documents come from the
// Resolver, status from the StatusSource.
package credential

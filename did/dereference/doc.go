// Package dereference implements DID URL dereferencing (DID Resolution, "DID URL
// Dereferencing Algorithm") once the DID's document is at hand: which options a DID
// URL may carry, what its fragment names in the document, which services it selects
// and which URLs those lead to, and what a path means in did:webvh.
//
// The package is pure. It resolves nothing and fetches nothing: where a DID URL
// names a resource that lies elsewhere, the result is that resource's URL. Whoever
// follows one does so under guards of its own.
//
// Errors are *did.Error.
package dereference

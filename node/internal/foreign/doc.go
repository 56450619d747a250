// Package foreign answers from other hosts what this registry does not hold: the
// documents of did:web and did:webvh DIDs that live elsewhere, status lists, JSON
// Schemas and files that DID URLs point to. All of it comes through the guard of
// package fetch.
//
// A did:webvh log is verified whole, with its witnesses, each time it is fetched. A
// did:web document is believed because its host serves it, and is checked to be of
// the DID that was asked for.
//
// Answers are cached for as long as the document's own rules say (HTTP's freshness,
// the ttl parameter of did:webvh, the ttl and validity of a status list), but never
// shorter than Config.MinAge, to spare the host, nor longer than Config.MaxAge, so
// that a key that was taken back is not believed for long. What has outlived that is
// never given, whether or not the host answers. A cached answer says its age. What
// failed to verify is not cached.
package foreign

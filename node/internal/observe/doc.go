// Package observe pins foreign DIDs: it fetches what their hosts serve, signs what was
// seen with the node's key and proposes it to the ledger, where every node checks it.
// Any node observes when it is asked to; the leader alone looks at every pinned DID
// again, now and then.
//
// What is as it was is not recorded again. What changed is; a did:web document that
// changed, a did:webvh log that contradicts what was observed before and one that no
// longer verifies are also logged as errors and counted.
package observe

// Package witness approves log entries of did:webvh DIDs on behalf of their
// controllers' witness (did:webvh 1.0, "Witnessing a DID Version Update"), for the
// controllers it is configured to serve.
//
// It keeps a copy of each log of its own, on disk, which only ever grows: an entry is
// in it before it is approved. So it never approves two entries in the same place, not
// even after a crash, and not when the controller or the host says otherwise. That is
// all a witness promises: that there is one history.
package witness

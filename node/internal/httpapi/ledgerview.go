package httpapi

import (
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
)

// hostedAt finds the SCID of the DID that a folder of decoded segments was given to.
func hostedAt(v *ledger.View, segments []string) (scid string, ok bool, err error) {
	return v.DIDByPath(strings.Join(segments, "/"))
}

// livesAt reports whether a DID still lives where its path was claimed: a portable DID may have moved
// away and left its log behind.
func livesAt(v *ledger.View, state webvh.State, segments []string) bool {
	id, err := webvh.ParseID(state.DID)
	return err == nil && id.Domain == v.Domain() && slices.Equal(id.Path, segments)
}

// subjectOf is what Ledger.ChangedSince knows a DID by: of a did:webvh DID the SCID, so that the
// identifier need not be taken apart for every reply that is sent again.
func subjectOf(id did.ID) string {
	if parsed, err := webvh.ParseID(id); err == nil {
		return parsed.SCID
	}
	return string(id)
}

// besideID is the did:web DID beside a did:webvh DID; "" if that is none.
func besideID(id did.ID) did.ID {
	parsed, err := webvh.ParseID(id)
	if err != nil {
		return ""
	}
	return parsed.Web()
}

package did

import (
	"github.com/tabard-id/tabard/did/jcs"
)

// Metadata is the didDocumentMetadata of DID Resolution, 7.3, with what did:webvh
// 1.0, 3.6.2 adds. A field that is zero is absent. Times are in the form
// "2006-01-02T15:04:05Z".
type Metadata struct {
	Created, Updated         string
	VersionID, NextVersionID string
	NextUpdate               string
	CanonicalID              ID
	EquivalentID             []ID
	Deactivated              bool

	// What follows is of did:webvh.

	VersionTime   string
	VersionNumber int
	SCID          string
	// TTL is a decimal number of seconds.
	TTL      string
	Portable *bool
	// Witness is an object whose threshold is a decimal string; null if absent.
	Witness jcs.Value
	// Watchers are URLs; nil if absent, as opposed to none.
	Watchers []string

	// Own are members of the resolver's own.
	Own []jcs.Member
}

// Value returns the metadata as a JSON object. deactivated is written when true,
// and for did:webvh (where SCID is set) in any case.
func (m Metadata) Value() jcs.Value {
	members := make([]jcs.Member, 0, 16)
	add := func(name string, v jcs.Value) { members = append(members, jcs.Member{Name: name, Value: v}) }
	text := func(name, s string) {
		if s != "" {
			add(name, jcs.FromString(s))
		}
	}
	text("created", m.Created)
	text("updated", m.Updated)
	text("versionId", m.VersionID)
	text("nextVersionId", m.NextVersionID)
	text("nextUpdate", m.NextUpdate)
	text("canonicalId", string(m.CanonicalID))
	text("versionTime", m.VersionTime)
	text("scid", m.SCID)
	text("ttl", m.TTL)
	if len(m.EquivalentID) > 0 {
		add("equivalentId", stringArray(m.EquivalentID))
	}
	if m.Deactivated || m.SCID != "" {
		add("deactivated", jcs.FromBool(m.Deactivated))
	}
	if m.VersionNumber != 0 {
		add("versionNumber", jcs.FromInt(int64(m.VersionNumber)))
	}
	if m.Portable != nil {
		add("portable", jcs.FromBool(*m.Portable))
	}
	if m.Witness.Kind() != jcs.KindNull {
		add("witness", m.Witness)
	}
	if m.Watchers != nil {
		add("watchers", stringArray(m.Watchers))
	}
	return jcs.Object(append(members, m.Own...)...)
}

func stringArray[S ~string](list []S) jcs.Value {
	elems := make([]jcs.Value, len(list))
	for i, s := range list {
		elems[i] = jcs.FromString(string(s))
	}
	return jcs.Array(elems...)
}

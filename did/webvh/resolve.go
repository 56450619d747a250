package webvh

import (
	"slices"
	"strconv"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// Resolve answers a resolution request from the log. Without options it takes a
// log that is valid throughout; a version that opt selects only has to precede
// the first invalid entry ("Read (Resolve)", step 11). Errors are *did.Error:
// NotFound for a version that there is not, InvalidDID for a DID that is none,
// is not of this log, or does not verify.
func (l *Log) Resolve(id did.ID, opt did.Options) (did.Resolution, error) {
	if err := opt.Check(); err != nil {
		return did.Resolution{}, err
	}
	if _, err := ParseID(id); err != nil {
		return did.Resolution{}, invalid("", err)
	}
	if len(l.Versions) == 0 {
		return did.Resolution{}, invalid("the log does not verify", l.failure())
	}
	if !l.Has(id) {
		return did.Resolution{}, invalid("", l.another(id))
	}
	i, err := l.find(opt)
	if err != nil {
		return did.Resolution{}, err
	}
	next := ""
	if i+1 < len(l.Versions) {
		next = l.Versions[i+1].State.VersionID
	}
	v := &l.Versions[i]
	return Resolution(v.State, l.Versions[len(l.Versions)-1].State, v.Entry.State, next)
}

// Has reports whether id is the DID of a version of the log, the newest or one from
// before a move.
func (l *Log) Has(id did.ID) bool {
	return slices.ContainsFunc(l.Versions, func(v Version) bool { return v.State.DID == id })
}

// another is the refusal of a log that is not id's ("Read (Resolve)", step 6.1).
func (l *Log) another(id did.ID) *Error {
	return refuse(StateID, "no entry has the DID %.256s as its state.id: the log is of %s", id, l.Versions[len(l.Versions)-1].State.DID)
}

// find returns the index of the version that opt selects.
func (l *Log) find(opt did.Options) (int, error) {
	var match func(e *Entry) bool
	switch {
	case opt.VersionID != "":
		match = func(e *Entry) bool { return e.VersionID == opt.VersionID }
	case opt.VersionNumber != 0:
		match = func(e *Entry) bool { return e.Number == opt.VersionNumber }
	case !opt.VersionTime.IsZero():
		return l.findTime(opt)
	case l.Err == nil:
		return len(l.Versions) - 1, nil
	default:
		return 0, invalid("the log does not verify to its end", l.failure())
	}
	for i := range l.Versions {
		if match(&l.Versions[i].Entry) {
			return i, nil
		}
	}
	for i := range l.invalid {
		if match(&l.invalid[i]) {
			return 0, invalid("the version does not verify", l.failure())
		}
	}
	return 0, notFound("no such version")
}

// findTime returns the newest version that is not later than opt.VersionTime, by the
// whole seconds in which metadata tells times.
func (l *Log) findTime(opt did.Options) (int, error) {
	i := -1
	for j := range l.Versions {
		if wholeSecond(l.Versions[j].Entry.Time).After(opt.VersionTime) {
			break
		}
		i = j
	}
	if i < 0 {
		return 0, notFound("the DID did not exist yet")
	}
	if i < len(l.Versions)-1 || l.Err == nil {
		return i, nil
	}
	// What is in force from the first invalid entry on cannot be told.
	if len(l.invalid) > 0 && wholeSecond(l.invalid[0].Time).After(opt.VersionTime) {
		return i, nil
	}
	return 0, invalid("the log does not verify to that time", l.failure())
}

func (l *Log) failure() error {
	if l.Err == nil {
		return nil
	}
	return l.Err
}

func invalid(detail string, err error) error {
	return &did.Error{Code: did.InvalidDID, Detail: detail, Err: err}
}

func notFound(detail string) error {
	return &did.Error{Code: did.NotFound, Detail: detail}
}

// Resolution is the result for the version whose entry has that state document
// and left that State behind. latest is the State of the newest valid entry, and
// next the versionId after this version, "" if there is none. The document has
// the implicit services; it is nil for the version that deactivated the DID.
func Resolution(version, latest State, document jcs.Value, next string) (did.Resolution, error) {
	r := did.Resolution{Metadata: Metadata(version, latest)}
	r.Metadata.NextVersionID = next
	if version.Deactivated {
		return r, nil
	}
	full, err := ImplicitServices(document)
	if err != nil {
		return did.Resolution{}, err
	}
	if r.Document, err = did.ParseDocument(full); err != nil {
		return did.Resolution{}, err
	}
	return r, nil
}

// Metadata is the didDocumentMetadata of a version of a log that has come to
// latest, its last valid entry ("Read (Resolve)"). What tells the version is of the version
// resolved: versionId, versionNumber, versionTime, updated. All else is of the DID: created
// of its first entry, the others of the last valid one, whichever version is resolved.
// Times are in whole seconds (DID Resolution, 7.3).
func Metadata(version, latest State) did.Metadata {
	portable := latest.Portable
	return did.Metadata{
		Created:       metadataTime(version.Created),
		Updated:       metadataTime(version.VersionTime),
		VersionID:     version.VersionID,
		VersionTime:   metadataTime(version.VersionTime),
		VersionNumber: version.Number,
		SCID:          version.SCID,
		TTL:           strconv.Itoa(latest.TTL),
		Portable:      &portable,
		Deactivated:   latest.Deactivated,
		Witness:       latest.Witness.value(jcs.FromString(strconv.Itoa(latest.Witness.Threshold))),
		Watchers:      append([]string{}, latest.Watchers...),
	}
}

// metadataTime is a versionTime as metadata has it: cut to seconds, with Z.
func metadataTime(versionTime string) string {
	t, ok := parseTime(versionTime)
	if !ok {
		return versionTime
	}
	return wholeSecond(t).Format(time.RFC3339)
}

// wholeSecond is the second in which t lies.
func wholeSecond(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

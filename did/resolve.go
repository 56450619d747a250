package did

import (
	"context"
	"time"
)

// Options select the version of a document. At most one may be set; none means
// the newest version.
type Options struct {
	// VersionID is the version's identifier, as in its metadata.
	VersionID string
	// VersionTime selects the version that was valid at that time.
	VersionTime time.Time
	// VersionNumber counts versions from 1 (did:webvh).
	VersionNumber int
}

// Resolution is what resolving a DID gives.
type Resolution struct {
	// Document is nil when the DID is deactivated.
	Document *Document
	Metadata Metadata
	// Source says where an answer about a foreign DID comes from; nil where the
	// resolver itself is the authority.
	Source *Source
}

// Resolver finds the document of a DID. Implementations are safe for concurrent
// use and report failure as *Error: NotFound where there is no such DID or
// version, MethodNotSupported where the DID is of another method.
type Resolver interface {
	Resolve(ctx context.Context, id ID, opt Options) (Resolution, error)
}

// Check returns InvalidOptions if opt selects a version in more than
// one way or by a negative number.
func (opt Options) Check() error {
	selected := 0
	for _, set := range []bool{opt.VersionID != "", !opt.VersionTime.IsZero(), opt.VersionNumber != 0} {
		if set {
			selected++
		}
	}
	if selected > 1 {
		return errorf(InvalidOptions, "versionId, versionTime and versionNumber exclude each other")
	}
	if opt.VersionNumber < 0 {
		return errorf(InvalidOptions, "versionNumber is not positive")
	}
	return nil
}

// CheckUnversioned returns an error if opt asks for a version by identifier or
// number, of which methods without history have none. A versionTime is fine: the
// document of such a DID is the same at any time.
func (opt Options) CheckUnversioned() error {
	if err := opt.Check(); err != nil {
		return err
	}
	if opt.VersionID != "" || opt.VersionNumber != 0 {
		return errorf(NotFound, "the DID's method keeps no versions")
	}
	return nil
}

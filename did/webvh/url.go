package webvh

import (
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/internal/domain"
)

// ID returns the DID in its canonical spelling.
func (i Identifier) ID() did.ID {
	return did.ID(idPrefix + i.SCID + ":" + i.location())
}

// Web returns the parallel did:web DID, whose did.json lies beside the log.
func (i Identifier) Web() did.ID {
	return did.ID(webPrefix + i.location())
}

// location is what follows the SCID.
func (i Identifier) location() string {
	var b strings.Builder
	b.WriteString(domain.Segment(i.Domain))
	for _, segment := range i.Path {
		b.WriteByte(':')
		b.WriteString(percentEncode(segment, ""))
	}
	return b.String()
}

// LogURL is where the log is published ("The DID to HTTPS Transformation").
func (i Identifier) LogURL() string { return i.fileURL("did.jsonl") }

// WitnessURL is where the proofs of the witnesses are published.
func (i Identifier) WitnessURL() string { return i.fileURL("did-witness.json") }

func (i Identifier) fileURL(name string) string {
	if len(i.Path) == 0 {
		return "https://" + i.Domain + "/.well-known/" + name
	}
	return i.BaseURL() + name
}

// BaseURL is what a DID URL's path is appended to, with a slash at its end: the
// directory of the log, less the .well-known ("DID URL Path Resolution").
func (i Identifier) BaseURL() string {
	var b strings.Builder
	b.WriteString("https://")
	b.WriteString(i.Domain)
	b.WriteByte('/')
	for _, segment := range i.Path {
		b.WriteString(percentEncode(segment, "~"))
		b.WriteByte('/')
	}
	return b.String()
}

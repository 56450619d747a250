package credential

import (
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
)

// ParsePresentation checks the structure of a presentation, secured or not: every
// demand of VC Data Model 2.0, 4.13 (1.1, 4.10 for version 1) and of what it refers
// to. Of the credentials inside it checks no more than that they are objects that
// may be credentials. Properties that the data model does not know are free. The
// error is an *Error.
func ParsePresentation(v jcs.Value) (*Presentation, error) {
	if !v.IsObject() {
		return nil, &Error{Type: ParsingError, Detail: "the presentation is not an object"}
	}
	p := &Presentation{Value: v}
	var err error
	if p.Version, err = contextVersion(v); err != nil {
		return nil, err
	}
	if p.ID, p.Types, err = namesOf(v, PresentationType); err != nil {
		return nil, err
	}
	if err := p.readHolder(); err != nil {
		return nil, err
	}
	if err := p.readCredentials(); err != nil {
		return nil, err
	}
	return p, typedObjects(v, "termsOfUse", "refreshService")
}

// HolderDID returns the holder if it is a DID.
func (p *Presentation) HolderDID() (did.ID, bool) {
	id, err := did.Parse(p.Holder)
	return id, err == nil
}

// readHolder reads a URL, or an object with a URL as id.
func (p *Presentation) readHolder() error {
	holder, present := p.Value.Get("holder")
	if !present {
		return nil
	}
	path := "holder"
	if holder.IsObject() {
		path = "holder.id"
		if p.Version == 2 {
			if err := texts(holder, "holder."); err != nil {
				return err
			}
		}
		holder, _ = holder.Get("id")
	}
	if p.Holder, _ = holder.Str(); !lexical.IsURL(p.Holder) {
		return malformed(path, "not a URL")
	}
	return nil
}

// readCredentials reads verifiableCredential: one or more objects. In version 1
// there may be none at all in the array, and strings that are compact tokens.
func (p *Presentation) readCredentials() error {
	const path = "verifiableCredential"
	member, _ := p.Value.Get(path)
	if member.IsArray() && member.Len() == 0 && p.Version == 2 {
		return malformed(path, "an array of no credentials")
	}
	if member.IsArray() && member.Len() > MaxCredentials {
		return tooMany(path, member.Len(), MaxCredentials, "credentials")
	}
	for _, item := range arrayOf(p.Value, path) {
		if err := p.checkItem(item); err != nil {
			return err
		}
		p.Credentials = append(p.Credentials, item)
	}
	return nil
}

func (p *Presentation) checkItem(item jcs.Value) error {
	const path = "verifiableCredential"
	if s, isString := item.Str(); isString && p.Version == 1 && strings.Count(s, ".") == 2 {
		return nil
	}
	if !item.IsObject() && p.Version == 1 {
		return malformed(path, "has an item that is neither an object nor a compact JWT")
	}
	if !item.IsObject() {
		return malformed(path, "has an item that is not an object")
	}
	types, err := typesOf(item, path+".type")
	switch {
	case err != nil:
		return err
	case slices.Contains(types, EnvelopedCredential):
		return checkEnvelope(item, EnvelopedCredential, path+".")
	case !slices.Contains(types, Type) && p.Version == 1:
		return malformed(path+".type", "does not contain "+Type)
	case !slices.Contains(types, Type):
		return malformed(path+".type", "neither "+Type+" nor "+EnvelopedCredential)
	}
	return nil
}

// checkEnvelope checks the object around an enveloped credential or presentation
// (VC Data Model 2.0, 4.13.1 and 4.13.2): the base context, the type and nothing
// beside it, and a data: URL.
func checkEnvelope(v jcs.Value, typ, prefix string) error {
	based := false
	for _, item := range arrayOf(v, "@context") {
		s, isString := item.Str()
		if !item.IsObject() && !(isString && lexical.IsURL(s)) {
			return malformed(prefix+"@context", "has an item that is neither URL nor object")
		}
		based = based || s == ContextV2
	}
	if !based {
		return malformed(prefix+"@context", "does not contain "+ContextV2)
	}
	types, err := typesOf(v, prefix+"type")
	if err != nil {
		return err
	}
	if len(types) != 1 || types[0] != typ {
		return malformed(prefix+"type", "not "+typ)
	}
	id, _ := v.GetString("id")
	if len(id) < 5 || !strings.EqualFold(id[:5], "data:") || !strings.Contains(id, ",") {
		return malformed(prefix+"id", "not a data: URL")
	}
	return nil
}

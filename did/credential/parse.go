package credential

import (
	"slices"
	"time"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
)

// Parse checks the structure of a credential, secured or not: what VC Data Model
// 2.0, 4 (1.1, 4 and 5 for version 1) demands of the properties of Credential,
// and that objects which must have a type have one. Other properties are free.
// The error is an *Error.
func Parse(v jcs.Value) (*Credential, error) {
	if !v.IsObject() {
		return nil, &Error{Type: ParsingError, Detail: "the credential is not an object"}
	}
	c := &Credential{Value: v}
	for _, step := range []func(*Credential) error{
		(*Credential).readContext, (*Credential).readNames, (*Credential).readIssuer, (*Credential).readSubjects,
		(*Credential).readValidity, (*Credential).readStatus, (*Credential).checkTyped, (*Credential).checkTexts,
	} {
		if err := step(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// readContext demands an array that begins with one of the two base contexts and
// goes on with URLs and objects.
func (c *Credential) readContext() error {
	contexts, _ := c.Value.Get("@context")
	if !contexts.IsArray() || contexts.Len() == 0 || contexts.Len() > MaxItems {
		return malformed("@context", "not an array that begins with "+ContextV2)
	}
	switch first, _ := contexts.At(0).Str(); first {
	case ContextV1:
		c.Version = 1
	case ContextV2:
		c.Version = 2
	default:
		return malformed("@context", "does not begin with "+ContextV2)
	}
	for item := range contexts.Elems() {
		s, isString := item.Str()
		if !item.IsObject() && (!isString || !lexical.IsURL(s)) {
			return malformed("@context", "has an item that is neither URL nor object")
		}
	}
	return nil
}

// readNames reads id and type.
func (c *Credential) readNames() error {
	var err error
	if c.ID, err = optionalURL(c.Value, "id"); err != nil {
		return err
	}
	if c.Types, err = typesOf(c.Value, "type"); err != nil {
		return err
	}
	if !slices.Contains(c.Types, Type) {
		return malformed("type", "does not contain "+Type)
	}
	return nil
}

// readIssuer reads a URL, or an object with a URL as id.
func (c *Credential) readIssuer() error {
	issuer, _ := c.Value.Get("issuer")
	path := "issuer"
	if issuer.IsObject() {
		path = "issuer.id"
		issuer, _ = issuer.Get("id")
	}
	s, _ := issuer.Str()
	if !lexical.IsURL(s) {
		return malformed(path, "not a URL")
	}
	c.Issuer = s
	return nil
}

// readSubjects reads one object or an array of them, none of them empty.
func (c *Credential) readSubjects() error {
	const path = "credentialSubject"
	subjects, err := objects(c.Value, path, MaxItems)
	if err != nil {
		return err
	}
	if len(subjects) == 0 {
		return malformed(path, "missing")
	}
	for _, subject := range subjects {
		if subject.Len() == 0 {
			return malformed(path, "makes no claim")
		}
		id, err := optionalURL(subject, "id")
		if err != nil {
			return malformed(path+".id", "not a URL")
		}
		if id != "" {
			c.Subjects = append(c.Subjects, id)
		}
	}
	return nil
}

// readValidity reads the validity period. Version 1 has issuanceDate, which it
// demands, and expirationDate, and knows validFrom and validUntil as well: the
// narrower bound counts. In version 2 the former mean nothing; a credential that
// has them says something else than its issuer believes, and is refused.
func (c *Credential) readValidity() error {
	if c.Version == 1 {
		if _, present := c.Value.Get("issuanceDate"); !present {
			return malformed("issuanceDate", "missing")
		}
	}
	for _, bound := range [...]struct {
		name    string
		version int
		until   bool
	}{
		{"issuanceDate", 1, false}, {"validFrom", 2, false}, {"expirationDate", 1, true}, {"validUntil", 2, true},
	} {
		t, err := optionalTime(c.Value, bound.name)
		switch {
		case err != nil:
			return err
		case t.IsZero():
		case bound.version < c.Version:
			return malformed(bound.name, "belongs to version 1.1 of the data model")
		case !bound.until && t.After(c.ValidFrom):
			c.ValidFrom = t
		case bound.until && (c.ValidUntil.IsZero() || t.Before(c.ValidUntil)):
			c.ValidUntil = t
		}
	}
	if !c.ValidFrom.IsZero() && !c.ValidUntil.IsZero() && c.ValidUntil.Before(c.ValidFrom) {
		return malformed("validUntil", "before validFrom")
	}
	return nil
}

// readStatus reads credentialStatus, of which version 1 demands an id.
func (c *Credential) readStatus() error {
	const path = "credentialStatus"
	entries, err := objects(c.Value, path, MaxStatus)
	if err != nil {
		return err
	}
	for _, v := range entries {
		e := StatusEntry{Value: v}
		if e.ID, err = optionalURL(v, "id"); err != nil {
			return malformed(path+".id", "not a URL")
		}
		if e.Types, err = typesOf(v, path+".type"); err != nil {
			return err
		}
		if c.Version == 1 && e.ID == "" {
			return malformed(path+".id", "missing")
		}
		c.Status = append(c.Status, e)
	}
	return nil
}

// checkTyped checks the properties whose objects must have a type.
func (c *Credential) checkTyped() error {
	for _, name := range []string{"credentialSchema", "evidence", "refreshService", "termsOfUse"} {
		values, err := objects(c.Value, name, MaxItems)
		if err != nil {
			return err
		}
		for _, v := range values {
			if _, err := typesOf(v, name+".type"); err != nil {
				return err
			}
			id, err := optionalURL(v, "id")
			if err != nil || id == "" && name == "credentialSchema" {
				return malformed(name+".id", "not a URL")
			}
		}
	}
	return nil
}

// objects reads an optional property that is an object or an array of objects.
func objects(v jcs.Value, name string, limit int) ([]jcs.Value, error) {
	member, present := v.Get(name)
	switch {
	case !present:
		return nil, nil
	case member.IsObject():
		return []jcs.Value{member}, nil
	case !member.IsArray() || member.Len() == 0 || member.Len() > limit:
		return nil, malformed(name, "not an object or an array of objects")
	}
	list := make([]jcs.Value, 0, member.Len())
	for item := range member.Elems() {
		if !item.IsObject() {
			return nil, malformed(name, "not an object or an array of objects")
		}
		list = append(list, item)
	}
	return list, nil
}

// typesOf reads the type of v: a non-empty string or an array of them.
func typesOf(v jcs.Value, path string) ([]string, error) {
	member, _ := v.Get("type")
	if s, _ := member.Str(); s != "" {
		return []string{s}, nil
	}
	if !member.IsArray() || member.Len() == 0 || member.Len() > MaxItems {
		return nil, malformed(path, "not a string or an array of strings")
	}
	types := make([]string, 0, member.Len())
	for item := range member.Elems() {
		s, _ := item.Str()
		if s == "" {
			return nil, malformed(path, "not a string or an array of strings")
		}
		types = append(types, s)
	}
	return types, nil
}

func optionalURL(v jcs.Value, name string) (string, error) {
	member, present := v.Get(name)
	if !present {
		return "", nil
	}
	s, _ := member.Str()
	if !lexical.IsURL(s) {
		return "", malformed(name, "not a URL")
	}
	return s, nil
}

// optionalTime refuses the zero Time, which stands for an absent one.
func optionalTime(v jcs.Value, name string) (time.Time, error) {
	member, present := v.Get(name)
	if !present {
		return time.Time{}, nil
	}
	s, _ := member.Str()
	t, ok := lexical.Time(s)
	if !ok || t.IsZero() {
		return time.Time{}, malformed(name, "not a dateTimeStamp")
	}
	return t, nil
}

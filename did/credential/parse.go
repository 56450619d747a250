package credential

import (
	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
)

// Parse checks the structure of a credential, secured or not: every demand of VC
// Data Model 2.0, 4 and 5 (1.1, 4 and 5 for version 1) that can be told from the
// credential alone. Properties that the data model does not know are free. The
// error is an *Error.
func Parse(v jcs.Value) (*Credential, error) {
	if !v.IsObject() {
		return nil, &Error{Type: ParsingError, Detail: "the credential is not an object"}
	}
	c := &Credential{Value: v}
	for _, step := range []func(*Credential) error{
		(*Credential).readContext, (*Credential).readNames, (*Credential).readIssuer, (*Credential).readSubjects,
		(*Credential).readValidity, (*Credential).readStatus, (*Credential).readSchemas, (*Credential).checkTyped,
		(*Credential).checkTexts, (*Credential).readResources,
	} {
		if err := step(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Credential) readContext() (err error) {
	c.Version, err = contextVersion(c.Value)
	return err
}

// readNames reads id and type.
func (c *Credential) readNames() error {
	var err error
	c.ID, c.Types, err = namesOf(c.Value, Type)
	return err
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
		name := "id"
		if _, aliased := subject.Get(name); !aliased {
			name = "@id" // JSON-LD 1.1, 4.3: what id is an alias of
		}
		id, err := optionalURL(subject, name)
		if err != nil {
			return malformed(path+"."+name, "not a URL")
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
// has them says something else than its issuer believes, and is refused, unless a
// context of its own makes another term of the name.
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
		if _, present := c.Value.Get(bound.name); present && bound.version < c.Version {
			if !definesAnew(c.Value, bound.name) {
				return malformed(bound.name, "belongs to version 1.1 of the data model, and no context of the credential defines it anew")
			}
			continue
		}
		t, err := optionalTime(c.Value, bound.name)
		switch {
		case err != nil:
			return err
		case t.IsZero():
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

// readSchemas reads credentialSchema, whose objects all have a URL and a type.
func (c *Credential) readSchemas() error {
	const path = "credentialSchema"
	schemas, err := objects(c.Value, path, MaxSchemas)
	if err != nil {
		return err
	}
	for _, v := range schemas {
		s := SchemaEntry{Value: v}
		if s.Types, err = typesOf(v, path+".type"); err != nil {
			return err
		}
		if s.ID, err = optionalURL(v, "id"); err != nil || s.ID == "" {
			return malformed(path+".id", "not a URL")
		}
		if s.digests, err = readDigests(v, path); err != nil {
			return err
		}
		c.Schemas = append(c.Schemas, s)
	}
	return nil
}

// checkTyped checks the other properties whose objects must have a type. Version 1
// knows fewer of them, and demands an id of refreshService.
func (c *Credential) checkTyped() error {
	if c.Version == 1 {
		for _, v := range arrayOf(c.Value, "refreshService") {
			if _, present := v.Get("id"); !present {
				return malformed("refreshService.id", "missing")
			}
		}
		return typedObjects(c.Value, "evidence", "refreshService", "termsOfUse")
	}
	return typedObjects(c.Value, "evidence", "refreshService", "termsOfUse", "confidenceMethod", "renderMethod")
}

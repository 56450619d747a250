package did

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

// Relationship is what a key may be used for (DID 1.1, 5.3).
type Relationship string

// The verification relationships.
const (
	Authentication       Relationship = "authentication"
	AssertionMethod      Relationship = "assertionMethod"
	KeyAgreement         Relationship = "keyAgreement"
	CapabilityInvocation Relationship = "capabilityInvocation"
	CapabilityDelegation Relationship = "capabilityDelegation"
)

var relationships = [...]Relationship{
	Authentication, AssertionMethod, KeyAgreement, CapabilityInvocation, CapabilityDelegation,
}

// Reasons for which Document.Method finds no key: the error types of Controlled
// Identifiers 1.0, 3.4.
var (
	// ErrInvalidVerificationMethod: no DID URL, not in the document, or under
	// another controller.
	ErrInvalidVerificationMethod = errors.New("INVALID_VERIFICATION_METHOD")
	// ErrInvalidControlledIdentifierDocumentID: the URL belongs to another document.
	ErrInvalidControlledIdentifierDocumentID = errors.New("INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID")
	// ErrInvalidRelationship: the document does not list the method for that use.
	ErrInvalidRelationship = errors.New("INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD")
)

// VerificationMethod is one key of a document.
type VerificationMethod struct {
	// ID is an absolute DID URL.
	ID   string
	Type string
	// Controller is the document's own DID where the method names none.
	Controller ID
	// Key is zero when KeyErr says why it cannot be used.
	Key    multikey.PublicKey
	KeyErr error
	// Expires and Revoked are the times from which the key no longer counts, as
	// written in the document: dateTimeStamps, or "" if absent. Where the document
	// has something else, KeyErr says so.
	Expires, Revoked string
	// Value is the method as it stands in the document.
	Value jcs.Value
}

// VerificationMethods returns the document's keys: those under
// verificationMethod, then those embedded in relationships.
func (d *Document) VerificationMethods() []VerificationMethod { return slices.Clone(d.methods) }

// Related returns the absolute DID URLs listed under rel, in the document's
// order. They may point into other documents.
func (d *Document) Related(rel Relationship) []string {
	i := slices.Index(relationships[:], rel)
	if i < 0 {
		return nil
	}
	return slices.Clone(d.related[i])
}

// Method retrieves the key that the absolute DID URL id names, for the use rel
// (Controlled Identifiers 1.0, 3.3). Errors wrap ErrInvalidVerificationMethod,
// ErrInvalidControlledIdentifierDocumentID or ErrInvalidRelationship; a method
// whose key cannot be used, or by its JWK not for rel, is returned without error, with
// KeyErr set.
func (d *Document) Method(id string, rel Relationship) (VerificationMethod, error) {
	u, err := ParseURL(id)
	if err != nil {
		return VerificationMethod{}, retrieval(ErrInvalidVerificationMethod, id, err)
	}
	if u.DID != d.id || u.Path != "" || u.Query != "" {
		return VerificationMethod{}, retrieval(ErrInvalidControlledIdentifierDocumentID, id, fmt.Errorf("the document is that of %s", d.id))
	}
	m := d.method(id)
	if m == nil {
		return VerificationMethod{}, retrieval(ErrInvalidVerificationMethod, id, errors.New("the document has no verification method of that id"))
	}
	if m.Controller != d.id {
		return VerificationMethod{}, retrieval(ErrInvalidVerificationMethod, id, fmt.Errorf("its controller is %.256q, and not the DID of the document", m.Controller))
	}
	i := slices.Index(relationships[:], rel)
	if i < 0 || !slices.Contains(d.related[i], id) {
		return VerificationMethod{}, retrieval(ErrInvalidRelationship, id, fmt.Errorf("the document does not list it under %.64q", string(rel)))
	}
	return m.usedFor(rel), nil
}

// usedFor returns the method, with KeyErr set if its JWK says that it is not for rel.
func (m VerificationMethod) usedFor(rel Relationship) VerificationMethod {
	jwk, present := m.Value.Get("publicKeyJwk")
	if !present || m.Key.IsZero() {
		return m
	}
	if err := checkUse(jwk, m.Key.Type(), rel); err != nil {
		m.Key, m.KeyErr = multikey.PublicKey{}, err
	}
	return m
}

func (d *Document) method(id string) *VerificationMethod {
	for i := range d.methods {
		if d.methods[i].ID == id {
			return &d.methods[i]
		}
	}
	return nil
}

// parseMethods reads verificationMethod and the five relationships.
func (d *Document) parseMethods() error {
	entries, err := list(d.value, "verificationMethod", MaxKeys)
	if err != nil {
		return err
	}
	for v := range entries.Elems() {
		if _, err := d.addMethod(v); err != nil {
			return err
		}
	}
	for i, rel := range relationships {
		entries, err := list(d.value, string(rel), MaxKeys)
		if err != nil {
			return err
		}
		for v := range entries.Elems() {
			id, err := d.parseRelated(v)
			if err != nil {
				return err
			}
			d.related[i] = append(d.related[i], id)
		}
	}
	return nil
}

// parseRelated reads an entry of a relationship, a reference or a method, and
// returns the id of the method.
func (d *Document) parseRelated(v jcs.Value) (string, error) {
	if v.IsObject() {
		return d.addMethod(v)
	}
	s, _ := v.Str()
	return d.methodID(s)
}

// addMethod reads a verification method and returns its id.
func (d *Document) addMethod(v jcs.Value) (string, error) {
	s, _ := v.GetString("id")
	id, err := d.methodID(s)
	if err != nil {
		return "", err
	}
	if m := d.method(id); m != nil {
		if m.Value.Equal(v) { // embedded again, in another relationship
			return id, nil
		}
		return "", invalidDocument("two verification methods have the id %.128q", id)
	}
	if len(d.methods) == MaxKeys {
		return "", invalidDocument("more than %d verification methods", MaxKeys)
	}
	m := VerificationMethod{ID: id, Controller: d.id, Value: v}
	if m.Type, _ = v.GetString("type"); m.Type == "" {
		return "", invalidDocument("the verification method %.128q has no type", id)
	}
	if controller, present := v.Get("controller"); present {
		s, _ := controller.Str()
		if m.Controller, err = Parse(s); err != nil {
			return "", &Error{Code: InvalidDIDDocument, Detail: "controller of a verification method", Err: err}
		}
	}
	if !d.keyless {
		m.Key, m.KeyErr = parseKey(m.Type, v)
	}
	m.Expires = m.parseEnd("expires")
	m.Revoked = m.parseEnd("revoked")
	d.methods = append(d.methods, m)
	return id, nil
}

// methodID resolves and checks the id of a verification method.
func (d *Document) methodID(s string) (string, error) {
	id := d.absolute(s)
	if _, err := ParseURL(id); err != nil {
		return "", &Error{Code: InvalidDIDDocument, Detail: "id of a verification method", Err: err}
	}
	return id, nil
}

// parseEnd reads a time from which the key no longer counts. One that cannot be
// read makes the key unusable: it may have passed.
func (m *VerificationMethod) parseEnd(name string) string {
	end, present := m.Value.Get(name)
	if !present {
		return ""
	}
	s, _ := end.Str()
	if _, ok := lexical.Time(s); !ok {
		m.Key, m.KeyErr = multikey.PublicKey{}, fmt.Errorf("%w: %s is not a dateTimeStamp", multikey.ErrInvalidKey, name)
	}
	return s
}

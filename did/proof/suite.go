package proof

import (
	"slices"

	"github.com/tabard-id/tabard/did/multikey"
)

// form is how a document becomes what is signed.
type form uint8

const (
	// formJCS: the canonical JSON of RFC 8785.
	formJCS form = iota
	// formRDF: the canonical N-Quads of RDFC-1.0.
	formRDF
	// formDisclosure: the same N-Quads, signed one by one.
	formDisclosure
)

// suite is one way of making proofs. Nothing else in the package asks a proof
// for its name.
type suite struct {
	// typ and name are type and cryptosuite of the proof. A suite from before
	// DataIntegrityProof has a type of its own, and cryptosuite does not matter.
	typ, name string
	form      form
	// header is the multibase header of proofValue.
	header byte
	keys   []multikey.Type
	// older suites are verified, but no longer signed with.
	older bool
}

var suites = [...]suite{
	{typ: Type, name: EdDSAJCS2022, form: formJCS, header: 'z', keys: []multikey.Type{multikey.Ed25519}},
	{typ: Type, name: ECDSAJCS2019, form: formJCS, header: 'z', keys: []multikey.Type{multikey.P256, multikey.P384}},
	{typ: Type, name: EdDSARDFC2022, form: formRDF, header: 'z', keys: []multikey.Type{multikey.Ed25519}},
	{typ: Type, name: ECDSARDFC2019, form: formRDF, header: 'z', keys: []multikey.Type{multikey.P256, multikey.P384}},
	{typ: Type, name: ECDSASD2023, form: formDisclosure, header: 'u', keys: []multikey.Type{multikey.P256}},
	{typ: Ed25519Signature2020, form: formRDF, header: 'z', keys: []multikey.Type{multikey.Ed25519}, older: true},
}

// suiteOf returns the suite of a proof with that type and cryptosuite; nil when
// there is none.
func suiteOf(typ, cryptosuite string) *suite {
	for i := range suites {
		if s := &suites[i]; s.typ == typ && (s.name == cryptosuite || s.typ != Type) {
			return s
		}
	}
	return nil
}

func (s *suite) fits(t multikey.Type) bool { return slices.Contains(s.keys, t) }

// String is the name by which people know the suite.
func (s *suite) String() string {
	if s.name == "" {
		return s.typ
	}
	return s.name
}

// supportedNames are those by which people know the suites.
func supportedNames() []string {
	names := make([]string, len(suites))
	for i := range suites {
		names[i] = suites[i].String()
	}
	return names
}

// SignsRDF reports whether p signs statements, so that the document may be written
// otherwise than when it was signed. See Secured.RDFDigest.
func (p *Proof) SignsRDF() bool {
	s := p.suite()
	return s != nil && s.form != formJCS
}

// SuiteFor returns the cryptosuite that Sign uses with keys of that type where
// none is asked for, one of the JCS suites; "" when there is none.
func SuiteFor(t multikey.Type) string {
	for i := range suites {
		if suites[i].form == formJCS && suites[i].fits(t) {
			return suites[i].name
		}
	}
	return ""
}

// Suites returns the cryptosuites that keys of that type can sign with, the one
// of SuiteFor first.
func Suites(t multikey.Type) []string {
	var names []string
	for i := range suites {
		if !suites[i].older && suites[i].fits(t) {
			names = append(names, suites[i].name)
		}
	}
	return names
}

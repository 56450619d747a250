package proof

import "strings"

// shape is what decides about one kind of node: which of its types, and which of its
// properties.
type shape struct {
	// types are those that readers of the JSON know, by the names they have there.
	types      map[string]string
	properties []property
}

// property is one member of a node object, and what it is in RDF.
type property struct {
	name string
	// iris are what it may be in RDF: vocabularies changed, names did not.
	iris []string
	// of is what decides about the nodes that are its values; of others it is only
	// their identifiers.
	of *shape
	// names are the values that stand for IRIs in JSON.
	names map[string]string
	// counted: only how many values there are decides.
	counted bool
	// version1: readers of version 2 of the data model do not look for it in the JSON.
	version1 bool
}

// Vocabularies of what decides.
const (
	credentials  = "https://www.w3.org/2018/credentials#"
	security     = "https://w3id.org/security#"
	bitstring    = "https://www.w3.org/ns/credentials/status#"
	statusList21 = "https://w3id.org/vc/status-list#"
)

// in lists properties whose names are those of their IRIs, in some vocabulary of
// these.
func in(vocabularies []string, names string) (list []property) {
	for _, name := range strings.Fields(names) {
		p := property{name: name}
		for _, v := range vocabularies {
			p.iris = append(p.iris, v+name)
		}
		list = append(list, p)
	}
	return list
}

func (p property) with(of *shape) property { p.of = of; return p }

var statusVocabularies = []string{bitstring, statusList21}

// resource is a schema or a relatedResource: what the bytes behind its id must be.
var resource = &shape{
	types: map[string]string{
		"JsonSchema": credentials + "JsonSchema", "JsonSchemaCredential": credentials + "JsonSchemaCredential",
	},
	properties: []property{
		{name: "digestSRI", iris: []string{credentials + "digestSRI", security + "digestSRI"}},
		{name: "digestMultibase", iris: []string{security + "digestMultibase"}},
	},
}

// statusMessage is what one value of a status stands for.
var statusMessage = &shape{properties: in([]string{bitstring}, "status message")}

// statusEntry is a credentialStatus, and statusList what it points to: the subject of
// the credential that a status list is.
var (
	statusEntry = &shape{
		types: map[string]string{
			"BitstringStatusListEntry": bitstring + "BitstringStatusListEntry", "StatusList2021Entry": statusList21 + "StatusList2021Entry",
		},
		properties: append(in(statusVocabularies, "statusPurpose statusListIndex statusListCredential statusSize statusReference"),
			in(statusVocabularies, "statusMessage")[0].with(statusMessage)),
	}
	statusList = &shape{
		types: map[string]string{
			"BitstringStatusList": bitstring + "BitstringStatusList", "StatusList2021": statusList21 + "StatusList2021",
		},
		properties: in(statusVocabularies, "statusPurpose encodedList statusSize statusReference ttl"),
	}
)

// secured is a credential or presentation.
var secured = func() *shape {
	s := &shape{types: map[string]string{
		"VerifiableCredential": credentials + "VerifiableCredential", "VerifiablePresentation": credentials + "VerifiablePresentation",
	}}
	s.properties = in([]string{credentials}, "issuer validFrom validUntil holder")
	for _, p := range in([]string{credentials}, "issuanceDate expirationDate") {
		p.version1 = true
		s.properties = append(s.properties, p)
	}
	for name, of := range map[string]*shape{
		"credentialStatus": statusEntry, "credentialSubject": statusList, "credentialSchema": resource, "relatedResource": resource,
	} {
		s.properties = append(s.properties, in([]string{credentials}, name)[0].with(of))
	}
	// Each has proofs of its own, or is read as a document of its own.
	s.properties = append(s.properties, property{name: "verifiableCredential", iris: []string{credentials + "verifiableCredential"}, counted: true})
	return s
}()

// configuration is that of a proof.
var configuration = &shape{
	types: map[string]string{Type: security + Type, Ed25519Signature2020: security + Ed25519Signature2020},
	properties: append(in([]string{security}, "cryptosuite verificationMethod domain challenge nonce previousProof"),
		property{name: "created", iris: []string{"http://purl.org/dc/terms/created"}},
		property{name: "expires", iris: []string{security + "expiration"}},
		property{name: "proofPurpose", iris: []string{security + "proofPurpose"}, names: map[string]string{
			"assertionMethod": security + "assertionMethod", "authentication": security + "authenticationMethod",
			"capabilityDelegation": security + "capabilityDelegationMethod", "capabilityInvocation": security + "capabilityInvocationMethod",
			"keyAgreement": security + "keyAgreementMethod",
		}}),
}

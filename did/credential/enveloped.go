package credential

import "github.com/tabard-id/tabard/did/jcs"

// openEnvelope takes the credential or presentation out of its envelope.
func openEnvelope(jcs.Value) (jcs.Value, securing, error) {
	return jcs.Value{}, nil, &checkError{code: CodeProofUnsupported, detail: "an envelope of unknown kind"}
}

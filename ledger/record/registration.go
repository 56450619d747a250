package record

import (
	"bytes"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
)

// AgentRegistration is the type of the credential by which a controller confirms that
// the agents which are its subjects are its own. Anyone can name anybody as the
// controller in a DID document; only the controller can issue this.
const AgentRegistration = "AgentRegistrationCredential"

// Confirms reports whether the registered credential is an AgentRegistrationCredential,
// and its issuer has signed that word. A proof over RDF signs what the word stands for
// in the @context, which whoever holds the credential can write anew: it does not do.
func (b *CredentialBody) Confirms() bool {
	return b.Content && slices.Contains(b.Types, AgentRegistration) && len(b.WrittenBy()) > 0
}

// MayConfirm is false only of the bytes of records whose body does not confirm; it does
// not read them.
func MayConfirm(data []byte) bool { return bytes.Contains(data, []byte(AgentRegistration)) }

// WrittenBy returns the issuer's proofs over the credential as it is written.
func (b *CredentialBody) WrittenBy() []proof.Proof {
	all, err := proof.All(jcs.Object(jcs.Member{Name: "proof", Value: b.Proof}))
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(p proof.Proof) bool {
		signer, _, _ := strings.Cut(p.VerificationMethod, "#")
		return did.ID(signer) != b.Issuer || p.SignsRDF()
	})
}

package ledger

import (
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// rdf reads documents as RDF. A batch may have hundreds of them, each made to cost as
// much as it may, so that each gets a small part of what one by itself would: a
// credential needs no more. What the embedded contexts say decides what verifies: they
// are part of the format.
var rdf = sync.OnceValue(func() *jsonld.Processor { return jsonld.Default().Share(32) })

func (j *judge) processor() *jsonld.Processor {
	if j.steps == nil {
		return rdf()
	}
	return rdf().Metering(j.steps)
}

// plainly refuses proofs that do not cover a statement as it is written, which is how
// the ledger reads it.
func plainly(proofs []proof.Proof) error {
	for i := range proofs {
		if proofs[i].SignsRDF() {
			return refuse(record.CryptosuiteNotAllowed, "a proof over RDF does not tell how the statement is written")
		}
	}
	return nil
}

// overRDF reports whether a credential has a proof over what it means in RDF. A proof
// that discloses a part is not of the credential that was issued, and as many
// credentials as there are parts would be registered by whoever holds it.
func overRDF(proofs []proof.Proof) (bool, error) {
	over := false
	for i := range proofs {
		if proofs[i].Cryptosuite == proof.ECDSASD2023 {
			return false, refuse(record.CryptosuiteNotAllowed, "%s proofs are for holders to show, not for a register", proof.ECDSASD2023)
		}
		over = over || proofs[i].SignsRDF()
	}
	return over, nil
}

// graph is the SHA-256 of what a document means, its canonical N-Quads.
func (j *judge) graph(unsecured jcs.Value) (record.Hash, error) {
	quads, err := j.processor().Canonicalize(unsecured, jsonld.SHA256)
	if err != nil {
		return record.Hash{}, &refusal{code: record.ProofInvalid, why: err}
	}
	return sha256.Sum256(quads), nil
}

// sameGraph finds out whether an issuer has registered a credential of one meaning
// under another digest. A signature over RDF holds for every way of writing it: if each
// were a credential by itself, what was revoked could be registered anew by anyone.
func (j *judge) sameGraph(body *record.CredentialBody, subject string) (done bool, err error) {
	if body.Graph == nil {
		return false, nil
	}
	digest, ok, err := view.GetGraph(j.in, *body.Graph, subject)
	if err != nil || !ok {
		return false, err
	}
	known, err := view.GetRegistration(j.in, digest, subject)
	if err == nil && known == nil {
		err = fmt.Errorf("credential %s has a graph and no registration", digest)
	}
	if err != nil {
		return false, err
	}
	return true, j.again(known.Seq, 1)
}

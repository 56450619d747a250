package ledger

import (
	"bytes"
	"crypto/sha256"
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
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

// statements are what a document says as RDF.
type statements struct {
	// graph is the SHA-256 of its canonical N-Quads.
	graph record.Hash
	// status are its entries in bitstring status lists, in the words of the data model.
	status []jcs.Value
}

func (j *judge) readRDF(unsecured jcs.Value) (*statements, error) {
	quads, err := j.processor().Canonicalize(unsecured, jsonld.SHA256)
	if err != nil {
		return nil, &refusal{code: record.ProofInvalid, why: err}
	}
	said := &statements{graph: sha256.Sum256(quads)}
	if !bytes.Contains(quads, []byte(statuslist.EntryIRI)) {
		return said, nil
	}
	dataset, err := j.processor().ToRDF(unsecured)
	if err != nil {
		return nil, &refusal{code: record.ProofInvalid, why: err}
	}
	said.status = statuslist.EntriesIn(dataset)
	return said, nil
}

// signedStatus returns the credentialStatus of a credential that is signed as RDF: as it
// is written, if that says of entries in bitstring status lists what was signed, else
// what was signed. The same can be written in many ways, and who writes it may be its
// holder. Earlier versions went by what was written: their records say so.
func (j *judge) signedStatus(said *statements, written jcs.Value) jcs.Value {
	if statuslist.SameEntries(oneOrMore(written), said.status) {
		return written
	}
	if j.past != nil && j.past.credential != nil && j.past.credential.Status.Equal(written) {
		return written
	}
	switch len(said.status) {
	case 0:
		return jcs.Value{}
	case 1:
		return said.status[0]
	default:
		return jcs.Array(said.status...)
	}
}

package ledger

import (
	"slices"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// past is what records say of the operation that they are of, where the operation
// itself is not there any more.
type past struct {
	// witness are the proofs in each of its did records. None are set aside.
	witness [][]webvh.WitnessProof
	// credential is the body of a credential record, nil of others.
	credential *record.CredentialBody
	// rewritten is what an observation record says of a log that is not there any more.
	rewritten *bool
	// size is that of its did records in bytes.
	size int
	// records are their stored values, as they were received.
	records []heldRecord
}

// held returns the value that record n was received with, nil if there is none.
func (p *past) held(n int) planned {
	if n >= len(p.records) {
		return nil
	}
	return p.records[n].value
}

// pastByIssuer is securedByIssuer for a credential whose content is not there any
// more. All that its proofs cover but the digest is gone: those that sign a SHA-384
// of the content, its RDF, or another proof as well, are checked for the authority of
// their keys alone.
func (j *judge) pastByIssuer(op record.Op) error {
	proofs, err := proof.All(jcs.Object(jcs.Member{Name: "proof", Value: op.Proof}))
	if err != nil {
		return &refusal{code: record.ProofInvalid, why: err}
	}
	k, issued := j.keys(), false
	for _, p := range proofs {
		signer, err := signerOf(p)
		issued = issued || err == nil && signer == op.Issuer
		if err := j.pastProof(k, op.CredentialDigest, p, did.AssertionMethod); err != nil {
			return k.proofRefusal(err, record.IssuerNotAuthorised)
		}
	}
	if !issued {
		return refuse(record.IssuerNotAuthorised, "no proof is by %s", op.Issuer)
	}
	return nil
}

func (j *judge) pastProof(k *keys, digest record.Hash, p proof.Proof, purpose did.Relationship) error {
	method, err := j.methodOf(k, p, purpose)
	if err != nil {
		return err
	}
	if p.SignsRDF() || method.Key.Type() == multikey.P384 || len(p.PreviousProof) > 0 {
		known := p.Type == proof.Type && slices.Contains(proof.Suites(method.Key.Type()), p.Cryptosuite) ||
			p.Type == proof.Ed25519Signature2020 && method.Key.Type() == multikey.Ed25519
		if !known || p.Cryptosuite == proof.ECDSASD2023 {
			return proof.ErrKeyType
		}
		return nil
	}
	return proof.VerifyDigest(digest[:], p, method.Key, j.verify)
}

package ledger

import (
	"context"
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// credential registers a credential by its content or by its digest alone.
func (j *judge) credential(op record.Op) error {
	registry, err := j.founded()
	if err != nil {
		return err
	}
	if registry.Ledger == "" {
		return refuse(record.UnknownLedger, "the ledger is empty")
	}
	if op.Claimed != nil && *op.Claimed != op.CredentialDigest {
		return refuse(record.DigestMismatch, "the digest is %s", op.CredentialDigest)
	}
	subject, err := j.subject(op.Issuer)
	if err != nil {
		return err
	}
	known, err := view.GetRegistration(j.in, op.CredentialDigest, subject)
	if err != nil {
		return err
	}
	if known != nil {
		return j.again(known.Seq, 1)
	}
	body := record.CredentialBody{Digest: op.CredentialDigest, Issuer: op.Issuer, Proof: op.Proof}
	whole := op.Credential.IsObject()
	if whole {
		if err := j.content(op, &body); err != nil {
			return err
		}
	} else if j.past != nil && j.past.credential != nil {
		body = *j.past.credential
	}
	if err := j.issuer(op.Issuer, subject); err != nil {
		return err
	}
	primary, err := view.GetPrimary(j.in, op.CredentialDigest)
	if err != nil {
		return err
	}
	switch {
	case whole:
		body.Graph, err = j.securedByIssuer(op)
	case body.Content:
		err = j.pastByIssuer(op)
	default:
		err = j.digestByIssuer(op)
	}
	if err != nil {
		return err
	}
	if done, err := j.sameGraph(&body, subject); err != nil || done {
		return err
	}
	entries, err := j.listEntries(&body, subject)
	if err != nil {
		return err
	}
	rec, err := j.append(record.KindCredential, body.Value(), 1<<10)
	if err != nil {
		return err
	}
	if err := j.claimEntries(op.CredentialDigest, subject, entries, rec); err != nil {
		return err
	}
	if body.Graph != nil {
		view.PutGraph(j.plan, *body.Graph, subject, op.CredentialDigest)
	}
	view.PutRegistration(j.plan, op.CredentialDigest, view.Registration{Issuer: subject, Content: body.Content}, primary, rec)
	if op.Publish {
		view.PutContent(j.plan, op.CredentialDigest, op.Credential.Canonical())
	}
	j.plan.touches = append(j.plan.touches, op.CredentialDigest.String())
	j.accept()
	return nil
}

// content checks the structure and dates, and fills in what they say.
func (j *judge) content(op record.Op, body *record.CredentialBody) error {
	c, err := credential.Parse(op.Credential)
	if err != nil {
		return &refusal{code: record.CredentialInvalid, why: err}
	}
	if !c.ValidUntil.IsZero() && j.now.Time().After(c.ValidUntil) {
		return refuse(record.CredentialInvalid, "the credential expired at %s", c.ValidUntil)
	}
	if len(c.Issuer) > record.MaxDID {
		return refuse(record.CredentialInvalid, "issuer of %d bytes", len(c.Issuer))
	}
	body.Content, body.ID, body.Types, body.Subjects = true, c.ID, c.Types, c.Subjects
	body.ValidFrom = firstText(op.Credential, "validFrom", "issuanceDate")
	body.ValidUntil = firstText(op.Credential, "validUntil", "expirationDate")
	body.Status, _ = op.Credential.Get("credentialStatus")
	return nil
}

func firstText(v jcs.Value, names ...string) string {
	for _, name := range names {
		if s, ok := v.GetString(name); ok {
			return s
		}
	}
	return ""
}

// issuer refuses an issuer, looked up by subject, that cannot be resolved or has no
// authority.
func (j *judge) issuer(id did.ID, subject string) error {
	if _, err := did.Parse(string(id)); err != nil {
		return &refusal{code: record.IssuerUnresolvable, why: err}
	}
	res, err := j.Resolve(context.Background(), id, did.Options{})
	if err != nil {
		if did.CodeOf(err) == did.InternalError {
			return err
		}
		return &refusal{code: record.IssuerUnresolvable, why: err}
	}
	if res.Document == nil {
		return refuse(record.IssuerNotAuthorised, "%s is deactivated", id)
	}
	status, err := view.GetStatus(j.in, view.DIDTarget(subject))
	if err != nil {
		return err
	}
	if status != nil && status.Status != record.Active {
		return refuse(record.IssuerNotAuthorised, "%s is %s since record %d", id, status.Status, status.Seq)
	}
	return nil
}

// securedByIssuer checks all proofs of a credential, one of which must be by a key
// of its issuer. Each covers the whole credential: one that leaves a part of the
// @context out is of another credential. It returns the hash of what the credential
// means if a proof is over that.
func (j *judge) securedByIssuer(op record.Op) (*record.Hash, error) {
	secured, err := proof.Open(op.Credential)
	if err != nil {
		return nil, &refusal{code: record.ProofInvalid, why: err}
	}
	issued := false
	for _, p := range secured.Proofs() {
		if p.Narrows(secured.Unsecured()) {
			return nil, refuse(record.ProofInvalid, "a proof covers the credential with another @context")
		}
		signer, err := signerOf(p)
		issued = issued || err == nil && signer == op.Issuer
	}
	if !issued {
		return nil, refuse(record.IssuerNotAuthorised, "no proof is by %s", op.Issuer)
	}
	over, err := overRDF(secured.Proofs())
	if err != nil {
		return nil, err
	}
	k := j.keys()
	_, err = secured.Verify(context.Background(), k, proof.Options{
		Purpose: did.AssertionMethod, Now: j.now.Time(), Verify: j.verify, Processor: j.processor(),
	})
	if err != nil {
		return nil, k.proofRefusal(err, record.IssuerNotAuthorised)
	}
	if !over {
		return nil, nil
	}
	meaning, err := j.graph(secured.Unsecured())
	return &meaning, err
}

// digestByIssuer checks proofs of a credential of which only the digest is known.
// All of them must be by its issuer.
func (j *judge) digestByIssuer(op record.Op) error {
	proofs, err := proof.All(jcs.Object(jcs.Member{Name: "proof", Value: op.Proof}))
	if err != nil {
		return &refusal{code: record.ProofInvalid, why: err}
	}
	k := j.keys()
	for _, p := range proofs {
		signer, err := signerOf(p)
		if err != nil || signer != op.Issuer {
			return refuse(record.IssuerNotAuthorised, "a proof is not by %s", op.Issuer)
		}
		if err := j.proofOfDigest(k, op.CredentialDigest, p); err != nil {
			return k.proofRefusal(err, record.IssuerNotAuthorised)
		}
	}
	return nil
}

func (j *judge) proofOfDigest(k *keys, digest record.Hash, p proof.Proof) error {
	method, err := j.methodOf(k, p, did.AssertionMethod)
	if err != nil {
		return err
	}
	return proof.VerifyDigest(digest[:], p, method.Key, j.verify)
}

// methodOf checks everything about a proof but the signature, and returns the method
// that it has to be by.
func (j *judge) methodOf(k *keys, p proof.Proof, purpose did.Relationship) (did.VerificationMethod, error) {
	if p.Purpose != string(purpose) {
		return did.VerificationMethod{}, fmt.Errorf("proofPurpose is %.40q", p.Purpose)
	}
	if err := proof.CheckDates(p, j.now.Time()); err != nil {
		return did.VerificationMethod{}, err
	}
	method, err := k.Key(context.Background(), p.VerificationMethod, purpose)
	if err != nil {
		return did.VerificationMethod{}, err
	}
	return method, proof.Usable(method, j.now.Time())
}

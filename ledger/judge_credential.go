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

// registration is a credential in the course of being registered.
type registration struct {
	op   record.Op
	body record.CredentialBody
	// subject is what the issuer is looked up by.
	subject string
	// known is what the issuer registered of the digest before, nil if nothing.
	known *view.Registration
	// as is the digest that its status and entries go by.
	as record.Hash
	// entries are those it has in lists that the registry makes.
	entries []view.ListEntry
}

// credential registers a credential by its content or by its digest alone. Whoever
// comes by a credential can register it, with less than there is: a registration that
// says more than those before completes them, and one that does not is answered with
// the receipt of the one that did.
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
	c := &registration{op: op, as: op.CredentialDigest}
	if c.subject, err = j.subject(op.Issuer); err != nil {
		return err
	}
	if c.known, err = view.GetRegistration(j.in, op.CredentialDigest, c.subject); err != nil {
		return err
	}
	more, err := j.saysMore(c)
	if err != nil {
		return err
	}
	if !more {
		return j.registered(c)
	}
	for _, step := range []func(*registration) error{j.openCredential, j.secured, j.completes, j.entriesOf} {
		if err := step(c); err != nil {
			return err
		}
	}
	return j.register(c)
}

// whole reports whether the operation is, or in the past was, by content.
func (j *judge) whole(op record.Op) bool {
	return op.Credential.IsObject() || j.past != nil && j.past.credential != nil && j.past.credential.Content
}

// saysMore reports whether the operation adds to what the issuer has registered of the
// digest: its content, or that to what is published.
func (j *judge) saysMore(c *registration) (bool, error) {
	switch {
	case c.known == nil:
		return true, nil
	case !j.whole(c.op):
		return false, nil
	case !c.known.Content:
		return true, nil
	case j.past != nil:
		// Whether its content was published before or by this one is not recorded.
		return j.past.credential != nil && j.past.credential.Completes == c.known.Seq, nil
	case !c.op.Publish:
		return false, nil
	}
	content, err := view.GetContent(j.in, c.op.CredentialDigest)
	return content == nil, err
}

// registered answers an operation that adds nothing: with the receipt of the first
// registration that says as much.
func (j *judge) registered(c *registration) error {
	seq := c.known.Seq
	body, err := view.GetCredentialBody(j.in, seq)
	for err == nil && body.Completes != 0 && !c.op.Publish {
		var before record.CredentialBody
		if before, err = view.GetCredentialBody(j.in, body.Completes); err != nil {
			break
		}
		if before.Digest != body.Digest || j.whole(c.op) && !before.Content {
			break
		}
		seq, body = body.Completes, before
	}
	if err != nil {
		return err
	}
	if err := j.again(seq, 1); err != nil {
		return err
	}
	j.plan.outcome.Completes = body.Completes
	return nil
}

// openCredential checks what the credential says and whether its issuer may say it.
func (j *judge) openCredential(c *registration) error {
	c.body = record.CredentialBody{Digest: c.op.CredentialDigest, Issuer: c.op.Issuer, Proof: c.op.Proof}
	if c.op.Credential.IsObject() {
		if err := j.content(c.op, &c.body); err != nil {
			return err
		}
	} else if j.whole(c.op) {
		c.body = *j.past.credential
	}
	return j.issuer(c.op.Issuer, c.subject)
}

// secured checks the proofs, and takes from what they sign as RDF what that says.
func (j *judge) secured(c *registration) error {
	switch {
	case c.op.Credential.IsObject():
		said, err := j.securedByIssuer(c.op)
		if err != nil || said == nil {
			return err
		}
		c.body.Graph = &said.graph
		c.body.Status = j.signedStatus(said, c.body.Status)
		return nil
	case c.body.Content:
		return j.pastByIssuer(c.op)
	default:
		return j.digestByIssuer(c.op)
	}
}

// completes finds the registration that this one adds to: of its digest, or of another
// digest of what the issuer signed as RDF. A signature over RDF holds for every way of
// writing it: if each were a credential by itself, what was revoked could be registered
// anew by anyone.
func (j *judge) completes(c *registration) error {
	first := c.known
	if first != nil {
		c.as = first.As
	}
	if c.body.Graph != nil {
		digest, ok, err := view.GetGraph(j.in, *c.body.Graph, c.subject)
		if err != nil {
			return err
		}
		if ok {
			c.as = digest
		}
		if ok && first == nil {
			if first, err = view.GetRegistration(j.in, digest, c.subject); err == nil && first == nil {
				err = fmt.Errorf("credential %s has a graph and no registration", digest)
			}
			if err != nil {
				return err
			}
		}
	}
	c.body.Completes = 0
	if first != nil {
		c.body.Completes = first.Seq
	}
	return nil
}

func (j *judge) entriesOf(c *registration) (err error) {
	c.entries, err = j.listEntries(&c.body, c.subject)
	return err
}

// register plans the record and the changes to the views.
func (j *judge) register(c *registration) error {
	digest := c.op.CredentialDigest
	primary, err := view.GetPrimary(j.in, digest)
	if err != nil {
		return err
	}
	rec, err := j.append(record.KindCredential, c.body.Value(), 1<<10)
	if err != nil {
		return err
	}
	status, err := j.carryStatus(c, rec)
	if err != nil {
		return err
	}
	if err := j.claimEntries(c, status, rec); err != nil {
		return err
	}
	if c.body.Graph != nil && c.as == digest {
		view.PutGraph(j.plan, *c.body.Graph, c.subject, digest)
	}
	view.PutRegistration(j.plan, digest, view.Registration{
		Issuer: c.subject, Content: c.body.Content, Completes: c.known != nil, As: c.as,
	}, primary, rec)
	if err := j.confirmAgents(c, rec); err != nil {
		return err
	}
	if c.op.Publish {
		view.PutContent(j.plan, digest, c.op.Credential.Canonical())
	}
	j.touchCredential(digest, c.as)
	j.accept()
	j.plan.outcome.Completes = c.body.Completes
	return nil
}

// touchCredential notes that something about a credential has changed: by the digest in
// the operation, and by that which its status goes by.
func (j *judge) touchCredential(digest, as record.Hash) {
	j.plan.touches = append(j.plan.touches, digest.String())
	if as != digest {
		j.plan.touches = append(j.plan.touches, as.String())
	}
}

// carryStatus returns the credential's status, nil if it was never changed. Where the
// digest had one of its own, until its content showed it to be another digest of what
// was registered already, the graver of the two is the status of both from now on.
func (j *judge) carryStatus(c *registration, rec int) (*view.Status, error) {
	target := view.CredentialTarget(c.as, c.subject)
	status, err := view.GetStatus(j.in, target)
	if err != nil || c.known == nil || c.known.As == c.as {
		return status, err
	}
	own, err := view.GetStatus(j.in, c.known.Target())
	if err != nil || own == nil || !graver(own, status) {
		return status, err
	}
	carried := *own
	view.PutStatus(j.plan, target, status, &carried, rec)
	entries, err := view.GetEntries(j.in, c.as, c.subject)
	if err != nil {
		return nil, err
	}
	return &carried, j.putBits(entries, carried.Status, rec)
}

// graver reports whether a says worse than b, which may be nil.
func graver(a, b *view.Status) bool {
	rank := map[record.Status]int{record.Active: 0, record.Suspended: 1, record.Revoked: 2}
	if b == nil {
		return rank[a.Status] > 0
	}
	return rank[a.Status] > rank[b.Status]
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
	from, until := []string{"validFrom"}, []string{"validUntil"}
	if c.Version == 1 {
		from, until = append(from, "issuanceDate"), append(until, "expirationDate")
	}
	body.ValidFrom = firstText(op.Credential, from...)
	body.ValidUntil = firstText(op.Credential, until...)
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
// @context out is of another credential. It returns what the credential says as RDF if a
// proof is over that.
func (j *judge) securedByIssuer(op record.Op) (*statements, error) {
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
		Purpose: did.AssertionMethod, Now: j.now.Time(), Verify: j.verify, Processor: j.processor(), AcceptHidden: j.past != nil,
	})
	if err != nil {
		return nil, k.proofRefusal(err, record.IssuerNotAuthorised)
	}
	if !over {
		return nil, nil
	}
	return j.readRDF(secured.Unsecured())
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

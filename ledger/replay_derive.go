package ledger

import (
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// derive returns the operation that records are of, and what else is known of it.
func derive(g *group) (record.Op, *past, error) {
	switch first := &g.records[0]; first.Kind {
	case record.KindDID:
		return deriveDID(g.records)
	case record.KindCredential:
		return deriveCredential(first)
	case record.KindStatus:
		op, err := record.NewStatusOp(first.Body)
		return op, new(past), err
	case record.KindStatusList:
		op, err := deriveStatusList(first)
		return op, new(past), err
	case record.KindObservation:
		return deriveObservation(first)
	case record.KindUnpin:
		op, err := record.NewUnpinOp(first.Body)
		return op, new(past), err
	case record.KindWhois:
		return deriveWhois(first)
	default:
		return record.Op{}, nil, fmt.Errorf("%w: %.40q", record.ErrUnknownKind, first.Kind)
	}
}

func deriveDID(records []heldRecord) (record.Op, *past, error) {
	op := record.Op{Name: record.OpDID, Entries: make([]jcs.Value, len(records))}
	p := &past{witness: make([][]webvh.WitnessProof, len(records))}
	for i := range records {
		p.size += len(records[i].value)
		op.Entries[i] = records[i].did.Entry
		var err error
		if p.witness[i], err = parseProofs(asFile(records[i].did.Witness)); err != nil {
			return op, nil, err
		}
	}
	return op, p, nil
}

// asFile writes the proofs of a did record as items of a did-witness.json.
func asFile(proofs []jcs.Value) []jcs.Value {
	items := make([]jcs.Value, len(proofs))
	for i, item := range proofs {
		one, _ := item.Get("proof")
		items[i] = item.With("proof", jcs.Array(one))
	}
	return items
}

// deriveCredential takes the content where it was published, with the proof of the
// record: it may have been published by a later one, with another proof.
func deriveCredential(h *heldRecord) (record.Op, *past, error) {
	body, err := record.ParseCredentialBody(h.Body)
	if err != nil {
		return record.Op{}, nil, err
	}
	p := &past{credential: &body}
	if !body.Content {
		op, err := record.NewDigestOp(body.Digest, body.Issuer, body.Proof)
		return op, p, err
	}
	content, err := view.GetContent(h.beside, body.Digest)
	if err != nil {
		return record.Op{}, nil, err
	}
	if content != nil {
		v, err := jcs.Decode(content)
		if err != nil {
			return record.Op{}, nil, fmt.Errorf("published content: %w", err)
		}
		op, err := record.NewCredentialOp(v.With("proof", body.Proof), true)
		if err == nil && op.CredentialDigest != body.Digest {
			err = fmt.Errorf("the content published for %s is of digest %s", body.Digest, op.CredentialDigest)
		}
		return op, p, err
	}
	if len(body.Issuer) > record.MaxDID {
		return record.Op{}, nil, errors.New("its issuer is too long")
	}
	op := record.Op{Name: record.OpCredential, CredentialDigest: body.Digest, Issuer: body.Issuer, Proof: body.Proof}
	return op, p, nil
}

// deriveStatusList takes the list, without which nothing could be said of the next.
func deriveStatusList(h *heldRecord) (record.Op, error) {
	body, err := record.ParseListBody(h.Body)
	if err != nil {
		return record.Op{}, err
	}
	content, err := view.GetListContent(h.beside, body.Digest)
	if err != nil {
		return record.Op{}, err
	}
	if !content.IsObject() {
		return record.Op{}, fmt.Errorf("the list of digest %s is missing", body.Digest)
	}
	return record.NewStatusListOp(content.With("proof", body.Proof))
}

// deriveObservation takes the files where they are those of this record.
func deriveObservation(h *heldRecord) (record.Op, *past, error) {
	body, err := record.ParseObservationBody(h.Body)
	if err != nil {
		return record.Op{}, nil, err
	}
	o := body.Observation
	if o.Log == nil {
		op, err := record.NewObservationOp(o.Value(), nil, nil)
		return op, new(past), err
	}
	log, witness, err := view.GetObservedFiles(h.beside, string(o.DID))
	if err != nil {
		return record.Op{}, nil, err
	}
	if digests(log, o.Log) && digests(witness, o.Witness) {
		op, err := record.NewObservationOp(o.Value(), log, witness)
		return op, new(past), err
	}
	op, err := record.NewObservationOp(o.Value(), nil, nil)
	return op, &past{rewritten: &body.Rewritten}, err
}

// deriveWhois takes the presentation where it is that of this record.
func deriveWhois(h *heldRecord) (record.Op, *past, error) {
	body, err := record.ParseWhoisBody(h.Body)
	if err != nil {
		return record.Op{}, nil, err
	}
	content, err := view.GetWhoisContent(h.beside, view.Subject(body.DID))
	if err != nil {
		return record.Op{}, nil, err
	}
	if content != nil {
		v, err := jcs.Decode(content)
		if err != nil {
			return record.Op{}, nil, fmt.Errorf("presentation: %w", err)
		}
		if record.CredentialDigest(v) == body.Digest {
			op, err := record.NewWhoisOp(v.With("proof", body.Proof))
			return op, new(past), err
		}
	}
	op := record.Op{Name: record.OpWhois, CredentialDigest: body.Digest, Issuer: body.DID, Proof: body.Proof}
	return op, new(past), nil
}

// mayStage refuses proofs that stage would not have set aside.
func (j *judge) mayStage(versionID string, proofs []webvh.WitnessProof) error {
	if len(versionID) > maxVersionID {
		return fmt.Errorf("versionId of %d bytes", len(versionID))
	}
	for i := range proofs {
		if size := len(proofs[i].Proof.Value.Canonical()); size > record.MaxWitnessProof {
			return fmt.Errorf("proof of %d bytes", size)
		}
		if err := lasting(&proofs[i].Proof); err != nil {
			return err
		}
		if err := proofs[i].Verify(j.webvhContext()); err != nil {
			return err
		}
	}
	return nil
}

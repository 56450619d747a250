package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// judge makes the plan of one operation. What it finds depends on in, on now and
// on the operation, and on nothing else.
type judge struct {
	world
	in     *inputs
	plan   *plan
	now    record.Time
	verify multikey.VerifyFunc
	// steps counts what it takes to read documents as RDF, unless it is nil.
	steps *jsonld.Meter
	// past is set where the operation is derived from records; see replay.
	past *past
}

// refusal ends a judgement with a code. Any other error means that it could not
// be made.
type refusal struct {
	code record.Code
	// head is the versionId that an entry should have followed.
	head string
	why  error
}

func (r *refusal) Error() string {
	if r.why == nil {
		return r.code.String()
	}
	return r.code.String() + ": " + r.why.Error()
}

func (r *refusal) Unwrap() error { return r.why }

func refuse(code record.Code, format string, args ...any) error {
	return &refusal{code: code, why: fmt.Errorf(format, args...)}
}

// decide judges op at the time now, which is that of its records if it is
// accepted. base and batch are the state before it. The error is not a refusal.
func (l *Ledger) decide(op record.Op, now record.Time, base view.Reader, batch *overlay, identity view.Identity, documents *documents) (*plan, error) {
	return l.newJudge(now, base, batch, identity, documents).decide(op)
}

func (l *Ledger) newJudge(now record.Time, base view.Reader, batch *overlay, identity view.Identity, documents *documents) *judge {
	p := new(plan)
	in := &inputs{base: base, batch: batch, plan: p}
	return &judge{
		world: world{in: in, identity: identity, documents: documents, observes: true},
		in:    in, plan: p, now: now, verify: l.cfg.Verify,
	}
}

func (j *judge) decide(op record.Op) (*plan, error) {
	err := j.operation(op)
	var r *refusal
	if errors.As(err, &r) {
		refused := &plan{outcome: record.Outcome{Code: r.code, Head: r.head}, why: r, reads: j.plan.reads}
		return refused, nil
	}
	if err != nil {
		return nil, fmt.Errorf("judge %s operation %s: %w", op.Name, op.Digest(), err)
	}
	return j.plan, nil
}

func (j *judge) operation(op record.Op) error {
	if err := j.affordable(op); err != nil {
		return err
	}
	if op.Name == record.OpWitness {
		return j.stage(op)
	}
	switch op.Name {
	case record.OpDID:
		return j.did(op)
	case record.OpCredential:
		return j.credential(op)
	case record.OpStatus:
		return j.status(op)
	case record.OpStatusList:
		return j.statusList(op)
	case record.OpObservation:
		return j.observation(op)
	case record.OpWhois:
		return j.whois(op)
	case record.OpUnpin:
		return j.unpin(op)
	default:
		return fmt.Errorf("%w %.40q", record.ErrUnknownOp, op.Name)
	}
}

// affordable refuses an operation with more signatures than one may have. What the
// records of an operation say of it is no reason to doubt that it had fewer: some were
// accepted before there was this limit.
func (j *judge) affordable(op record.Op) error {
	if j.past != nil {
		return nil
	}
	if n := op.Signatures(); n > record.MaxSignatures {
		return refuse(record.TooManySignatures, "%d signatures of at most %d", n, record.MaxSignatures)
	}
	return nil
}

// accept completes the plan of an operation that appends records.
func (j *judge) accept() {
	last := len(j.plan.records) - 1
	j.plan.outcome = record.Outcome{
		Code: record.Accepted, Count: len(j.plan.records), Time: j.now, Leaf: view.LeafOf(j.plan.records[last]),
	}
}

// again answers an operation that was accepted before: its last record is seq, and
// it had count of them.
func (j *judge) again(seq record.Seq, count int) error {
	data, err := view.GetRecord(j.in, seq)
	if err != nil {
		return err
	}
	r, err := record.Decode(data)
	if err != nil {
		return fmt.Errorf("record %d: %w", seq, err)
	}
	j.plan.outcome = record.Outcome{
		Code: record.Accepted, Seq: seq, Count: count, Time: r.Time, Leaf: record.LeafHash(data),
	}
	return nil
}

// append adds a record of that body; size is a guess at how large it is.
func (j *judge) append(kind record.Kind, body jcs.Value, size int) (int, error) {
	r := record.Record{Kind: kind, Time: j.now, Body: body}
	var held planned
	if j.past != nil {
		held = j.past.held(len(j.plan.records))
	}
	n, err := j.plan.add(r, size, held)
	if errors.Is(err, record.ErrTooLarge) {
		return 0, &refusal{code: record.RecordTooLarge, why: err}
	}
	return n, err
}

func (j *judge) webvhContext() webvh.Context {
	return webvh.Context{Now: j.now.Time(), Verify: j.verify}
}

// webvhRefusal turns a *webvh.Error into the code of its rule.
func webvhRefusal(err error) error {
	rule, ok := webvh.RuleOf(err)
	if !ok {
		return err
	}
	code, ok := record.ParseCode(string(rule))
	if !ok {
		return fmt.Errorf("did:webvh rule %q has no code: %w", rule, err)
	}
	return &refusal{code: code, why: err}
}

// keys retrieves verification methods from the state, and keeps errors that are
// the state's, not the proof's.
type keys struct {
	proof.Keys
	failure error
}

func (j *judge) keys() *keys { return &keys{Keys: proof.ResolverKeys(&j.world)} }

func (k *keys) Key(ctx context.Context, url string, rel did.Relationship) (did.VerificationMethod, error) {
	m, err := k.Keys.Key(ctx, url, rel)
	var resolution *did.Error
	if err != nil && errors.As(err, &resolution) && resolution.Code == did.InternalError {
		k.failure = err
	}
	return m, err
}

// proofRefusal is the refusal for a proof that does not hold; unauthorised is the
// code where its key is not one for assertions.
func (k *keys) proofRefusal(err error, unauthorised record.Code) error {
	if k.failure != nil {
		return k.failure
	}
	if errors.Is(err, did.ErrInvalidRelationship) {
		return &refusal{code: unauthorised, why: err}
	}
	return &refusal{code: record.ProofInvalid, why: err}
}

// signerOf returns the DID whose key a proof names.
func signerOf(p proof.Proof) (did.ID, error) {
	u, err := did.ParseURL(p.VerificationMethod)
	if err != nil || u.Fragment == "" {
		return "", fmt.Errorf("verificationMethod %.200q is not a DID URL with a fragment", p.VerificationMethod)
	}
	return u.DID, nil
}

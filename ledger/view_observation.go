package ledger

import (
	"fmt"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// Observation is what a node saw of a DID that lives elsewhere, as it was recorded.
type Observation struct {
	// Seq and Time are of the record.
	Seq  record.Seq
	Time record.Time
	// Number counts the observations of the DID from 1.
	Number int
	DID    did.ID
	// Digest is that of Document; both are zero if the DID was Deactivated.
	Digest      record.Hash
	Document    jcs.Value
	Deactivated bool
	Fetched     time.Time
	// Node is the verification method of the registry's DID that signed it.
	Node string
	// VersionID is of did:webvh. Log and Witness are did.jsonl and did-witness.json of
	// the newest observation; of those before they are not kept.
	VersionID    string
	Log, Witness []byte
	// Diverged: a did:web document is not the one observed before. Rewritten: a
	// did:webvh log does not go on from the first one observed.
	Diverged, Rewritten bool
	// Statement is what the node signed.
	Statement jcs.Value
}

// Observation returns the newest observation of a DID; ok is false if there is none.
func (w *world) Observation(id did.ID) (o Observation, ok bool, err error) {
	n, err := view.CountObservedBefore(w.in, string(id), w.before)
	if err != nil || n == 0 {
		return Observation{}, false, err
	}
	if o, err = w.observationOf(id, n); err != nil {
		return Observation{}, false, err
	}
	log, witness, err := view.GetObservedFiles(w.in, string(id))
	if err != nil {
		return Observation{}, false, err
	}
	stated, err := record.ParseObservation(o.Statement)
	if err == nil && log != nil && digests(log, stated.Log) {
		o.Log, o.Witness = log, witness
	}
	return o, err == nil, err
}

// MaxObservations is how many observations one page has at most.
const MaxObservations = 256

// Observations returns observations of a DID in their order, without files: those after
// the number after, at most n of them, and never more than MaxObservations. Where there
// are as many as were asked for, there may be more.
func (w *world) Observations(id did.ID, after, n int) ([]Observation, error) {
	total, err := view.CountObservedBefore(w.in, string(id), w.before)
	if err != nil {
		return nil, err
	}
	var list []Observation
	for number := max(after, 0) + 1; number <= total && len(list) < min(n, MaxObservations); number++ {
		o, err := w.observationOf(id, number)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

func (w *world) observationOf(id did.ID, number int) (Observation, error) {
	seq, err := view.GetObservedSeq(w.in, string(id), number)
	if err != nil {
		return Observation{}, err
	}
	o, err := w.observationAt(seq)
	o.Number = number
	return o, err
}

func (w *world) observationAt(seq record.Seq) (Observation, error) {
	r, err := w.recordAt(seq)
	if err != nil {
		return Observation{}, err
	}
	b, err := record.ParseObservationBody(r.Body)
	if err != nil {
		return Observation{}, fmt.Errorf("record %d: %w", seq, err)
	}
	stated := b.Observation
	p, _ := stated.Value().Get("proof")
	node, _ := p.GetString("verificationMethod")
	return Observation{
		Seq: seq, Time: r.Time, DID: stated.DID, Digest: stated.Digest, Document: stated.Document,
		Deactivated: stated.Deactivated, Fetched: stated.Fetched, Node: node, VersionID: stated.VersionID,
		Diverged: b.Diverged, Rewritten: b.Rewritten, Statement: stated.Value(),
	}, nil
}

// Whois returns the presentation that a DID registered here has linked itself to, as it
// was sent, in RFC 8785 form, and its record. ok is false if there is none; content is
// nil where it has been erased.
func (v *View) Whois(id did.ID) (content []byte, seq record.Seq, ok bool, err error) {
	subject, err := v.subject(id)
	if err != nil {
		return nil, 0, false, err
	}
	w, err := view.GetWhois(v.in, subject)
	if err != nil || w == nil {
		return nil, 0, false, err
	}
	content, err = view.GetWhoisContent(v.in, subject)
	return content, w.Seq, err == nil, err
}

// recordAt reads a record that is known to be there.
func (w *world) recordAt(seq record.Seq) (record.Record, error) {
	data, err := view.GetRecord(w.in, seq)
	if err != nil {
		return record.Record{}, err
	}
	r, err := record.Decode(data)
	if err != nil {
		return record.Record{}, fmt.Errorf("record %d: %w", seq, err)
	}
	return r, nil
}

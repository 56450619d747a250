package record

import (
	"crypto/sha256"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// ObservationType is the type of an Observation.
const ObservationType = "Observation"

// Observation is a node's signed statement of what a DID that lives elsewhere
// resolved to:
//
//	{"type":"Observation","ledger":…,"did":…,"fetched":…,"digest":…,"document":{…},"proof":{…}}
//
// and of a did:webvh DID "versionId" besides, "log" (the SHA-256 of did.jsonl as it
// was fetched), and "witness" (that of did-witness.json) if there was one. Of a
// did:webvh DID that is deactivated "deactivated":true stands in the place of digest
// and document. It has one proof, with proofPurpose assertionMethod, by a key in the
// document of the registry's own DID.
type Observation struct {
	// Ledger is the id of the ledger it is meant for.
	Ledger string
	DID    did.ID
	// Fetched is when, FetchedText its text.
	Fetched     time.Time
	FetchedText string
	// Digest is the SHA-256 of Document's RFC 8785 form, of at most
	// MaxObservedDocument bytes: of a did:web DID its did.json, of a did:webvh DID the
	// newest document of its log, with the services that are implicit in it.
	Digest   Hash
	Document jcs.Value
	// Deactivated: there is no document any more.
	Deactivated bool
	// VersionID, Log and Witness are of did:webvh. Log and Witness are digests.
	VersionID    string
	Log, Witness *Hash

	value jcs.Value
}

// Value returns the statement, unsecured unless it was read from a secured one.
func (o Observation) Value() jcs.Value {
	if o.value.IsObject() {
		return o.value
	}
	text := func(name, value string) jcs.Member { return member(name, jcs.FromString(value)) }
	members := []jcs.Member{
		text("type", ObservationType), text("ledger", o.Ledger), text("did", string(o.DID)), text("fetched", o.fetched()),
	}
	if o.Deactivated {
		members = append(members, member("deactivated", jcs.FromBool(true)))
	} else {
		members = append(members, text("digest", digest(o.Document).String()), member("document", o.Document))
	}
	if o.VersionID != "" {
		members = append(members, text("versionId", o.VersionID))
	}
	if o.Log != nil {
		members = append(members, text("log", o.Log.String()))
	}
	if o.Witness != nil {
		members = append(members, text("witness", o.Witness.String()))
	}
	return jcs.Object(members...)
}

func (o Observation) fetched() string {
	if o.FetchedText != "" {
		return o.FetchedText
	}
	return o.Fetched.UTC().Format(time.RFC3339Nano)
}

// ParseObservation reads an Observation; its proof is not verified, and the document
// only weighed. Errors are ErrMalformed.
func ParseObservation(v jcs.Value) (Observation, error) {
	o := Observation{value: v}
	if typ, _ := v.GetString("type"); typ != ObservationType {
		return o, malformed("type is not %s", ObservationType)
	}
	if err := only(v, "type", "ledger", "did", "fetched", "digest", "document", "deactivated", "versionId", "log", "witness", "proof"); err != nil {
		return o, err
	}
	if _, ok := v.Get("op"); ok {
		return o, malformed("unknown member op")
	}
	if proof, _ := v.Get("proof"); !proof.IsObject() {
		return o, malformed("an Observation has one proof, an object")
	}
	o.Ledger, _ = v.GetString("ledger")
	for _, read := range []func(jcs.Value) error{o.parseSubject, o.parseDocument, o.parseLog} {
		if err := read(v); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *Observation) parseSubject(v jcs.Value) error {
	text, _ := v.GetString("did")
	id, err := did.Parse(text)
	if err != nil || len(id) > MaxDID {
		return malformed("did is not a DID")
	}
	o.DID = id
	o.FetchedText, _ = v.GetString("fetched")
	if o.Fetched, err = ParseStamp(o.FetchedText); err != nil {
		return malformed("fetched: %v", err)
	}
	return nil
}

func (o *Observation) parseDocument(v jcs.Value) error {
	flag, present := v.Get("deactivated")
	if o.Deactivated, _ = flag.Bool(); present && !o.Deactivated {
		return malformed("deactivated is not true")
	}
	var is bool
	o.Document, is = v.Get("document")
	_, digested := v.Get("digest")
	if o.Deactivated {
		if is || digested {
			return malformed("a document of a deactivated DID")
		}
		return nil
	}
	if !o.Document.IsObject() {
		return malformed("document is not an object")
	}
	canonical := o.Document.Canonical()
	if len(canonical) > MaxObservedDocument {
		return malformed("document of %d bytes, of at most %d", len(canonical), MaxObservedDocument)
	}
	claimed, err := hashIn(v, "digest")
	if err != nil {
		return err
	}
	if o.Digest = digest(o.Document); claimed == nil || *claimed != o.Digest {
		return malformed("digest is not that of the document")
	}
	return nil
}

func (o *Observation) parseLog(v jcs.Value) (err error) {
	version, present := v.Get("versionId")
	if present {
		if o.VersionID, present = version.Str(); !present || o.VersionID == "" || len(o.VersionID) > maxHead {
			return malformed("versionId is not a string of at most %d bytes", maxHead)
		}
	}
	if o.Log, err = hashIn(v, "log"); err != nil {
		return err
	}
	if o.Witness, err = hashIn(v, "witness"); err != nil {
		return err
	}
	webvh := o.DID.Method() == "webvh"
	if webvh != (o.Log != nil) || webvh != (o.VersionID != "") || o.Witness != nil && !webvh || o.Deactivated && !webvh {
		return malformed("versionId and log belong to did:webvh, and only there may be witness or deactivated")
	}
	return nil
}

// FileDigest is the SHA-256 of a file as an Observation gives it.
func FileDigest(file []byte) Hash { return sha256.Sum256(file) }

// hashIn reads an optional member that is a Hash.
func hashIn(v jcs.Value, name string) (*Hash, error) {
	m, present := v.Get(name)
	if !present {
		return nil, nil
	}
	text, _ := m.Str()
	h, err := ParseHash(text)
	if err != nil {
		return nil, malformed("%s: %v", name, err)
	}
	return &h, nil
}

// ObservationBody is the body of an observation record:
// {"observation":{…},"diverged":true?,"rewritten":true?}. Every node finds out for
// itself what stands beside the node's statement.
type ObservationBody struct {
	Observation Observation
	// Diverged: a did:web document is not the one that was observed before.
	Diverged bool
	// Rewritten: the log of a did:webvh DID does not go on from what was observed
	// before, which nobody but its controller can have made it do.
	Rewritten bool
}

// Value returns the body's JSON.
func (b ObservationBody) Value() jcs.Value {
	members := []jcs.Member{member("observation", b.Observation.Value())}
	if b.Diverged {
		members = append(members, member("diverged", jcs.FromBool(true)))
	}
	if b.Rewritten {
		members = append(members, member("rewritten", jcs.FromBool(true)))
	}
	return jcs.Object(members...)
}

// ParseObservationBody reads the body of an observation record.
func ParseObservationBody(v jcs.Value) (ObservationBody, error) {
	statement, ok := v.Get("observation")
	if !ok {
		return ObservationBody{}, fmt.Errorf("%w: an observation body without observation", ErrRecord)
	}
	o, err := ParseObservation(statement)
	if err != nil {
		return ObservationBody{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	b := ObservationBody{Observation: o}
	flag := func(name string) bool { m, _ := v.Get(name); set, _ := m.Bool(); return set }
	b.Diverged, b.Rewritten = flag("diverged"), flag("rewritten")
	if !b.Value().Equal(v) {
		return ObservationBody{}, fmt.Errorf("%w: an observation body with unknown members", ErrRecord)
	}
	return b, nil
}

// NewObservationOp records a signed Observation. log and witness are did.jsonl and
// did-witness.json as they were fetched, of did:webvh only; witness may be nil.
func NewObservationOp(observation jcs.Value, log, witness []byte) (Op, error) {
	members := []jcs.Member{member("observation", observation)}
	for _, file := range []struct {
		name string
		data []byte
	}{{"log", log}, {"witness", witness}} {
		if file.data == nil {
			continue
		}
		if !utf8.Valid(file.data) {
			return Op{}, malformed("%s is not UTF-8", file.name)
		}
		members = append(members, member(file.name, jcs.FromString(string(file.data))))
	}
	return ParseOp(opPayload(OpObservation, members...))
}

func (op *Op) parseObservation(v jcs.Value) error {
	if err := only(v, "observation", "log", "witness"); err != nil {
		return err
	}
	op.Observation, _ = v.Get("observation")
	if !op.Observation.IsObject() {
		return malformed("observation is not an object")
	}
	if 2+depth(op.Observation) > MaxDepth { // that deep in the record it lies
		return malformed("the observation nests too deeply")
	}
	for _, file := range []struct {
		name string
		data *[]byte
	}{{"log", &op.Log}, {"witness", &op.LogWitness}} {
		m, present := v.Get(file.name)
		if !present {
			continue
		}
		text, ok := m.Str()
		if !ok || text == "" || len(text) > MaxObservedFile {
			return malformed("%s is not a string of 1 to %d bytes", file.name, MaxObservedFile)
		}
		*file.data = []byte(text)
	}
	if op.LogWitness != nil && op.Log == nil {
		return malformed("witness without log")
	}
	return nil
}

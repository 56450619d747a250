package stream

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// frame is one record as subscribers get it, with what filters ask about. It is
// immutable and shared.
type frame struct {
	seq  record.Seq
	wire []byte // the whole WebSocket frame

	kind   string
	about  []string // the DIDs it concerns
	issuer string
	by     string // who signed it, of a status change
	status string
}

// encode makes the frame of the record at seq.
func encode(ledger string, seq record.Seq, raw []byte) (*frame, error) {
	v, err := jcs.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("frame of record %d: %w", seq, err)
	}
	message := api.Frame{Cursor: api.CursorAt(ledger, seq).String(), Seq: &seq, Leaf: record.LeafHash(raw).String()}
	message.Kind, _ = v.GetString("kind")
	message.Time, _ = v.GetString("time")
	f := &frame{seq: seq, kind: strings.Clone(message.Kind)}
	body, _ := v.Get("body")
	switch f.kind {
	case "did":
		f.fillDID(&message, body)
	case "credential":
		f.fillCredential(&message, body)
	case "status":
		f.fillStatus(&message, body)
	case "status-list":
		f.fillStatusList(&message, body)
	case "observation":
		f.fillObservation(&message, body)
	case "unpin":
		message.DID, _ = body.GetString("did")
		f.concern(message.DID)
	case "whois":
		message.DID, _ = body.GetString("did")
		message.Digest, _ = body.GetString("digest")
		f.concern(message.DID)
	}
	payload, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("frame of record %d: %w", seq, err)
	}
	f.wire = appendText(make([]byte, 0, len(payload)+4), payload)
	return f, nil
}

func (f *frame) fillDID(m *api.Frame, body jcs.Value) {
	entry, _ := body.Get("entry")
	state, _ := entry.Get("state")
	m.DID, _ = state.GetString("id")
	m.VersionID, _ = entry.GetString("versionId")
	number, _, _ := strings.Cut(m.VersionID, "-")
	if n, err := strconv.Atoi(number); err == nil {
		m.VersionNumber = n
	}
	parameters, _ := entry.Get("parameters")
	deactivated, _ := parameters.Get("deactivated")
	m.Deactivated, _ = deactivated.Bool()
	f.concern(m.DID)
}

// maxSubjects bounds how many subjects of one credential a filter can find.
const maxSubjects = 16

func (f *frame) fillCredential(m *api.Frame, body jcs.Value) {
	m.Digest, _ = body.GetString("digest")
	m.Issuer, _ = body.GetString("issuer")
	f.issuer = strings.Clone(m.Issuer)
	completes, _ := body.Get("completes")
	seq, _ := completes.Int()
	m.Completes = record.Seq(max(seq, 0))
	subjects, _ := body.Get("subjects")
	for s := range subjects.Elems() {
		if id, ok := s.Str(); ok && len(f.about) < maxSubjects {
			f.concern(id)
		}
	}
}

func (f *frame) fillStatus(m *api.Frame, body jcs.Value) {
	m.Target, _ = body.GetString("target")
	m.Status, _ = body.GetString("status")
	m.Reason, _ = body.GetString("reason")
	m.InvalidFrom, _ = body.GetString("invalidFrom")
	f.status = strings.Clone(m.Status)
	proof, _ := body.Get("proof")
	method, _ := proof.GetString("verificationMethod")
	m.By, _, _ = strings.Cut(method, "#")
	f.by = strings.Clone(m.By)
	if e, ok := record.ParseListEntry(m.Target); ok {
		m.Issuer = string(e.List.Issuer)
		f.issuer = strings.Clone(m.Issuer)
		return
	}
	if strings.HasPrefix(m.Target, "did:") {
		f.concern(m.Target)
		return
	}
	m.Issuer = m.By // nobody else changes a credential's status
	f.issuer = strings.Clone(m.Issuer)
}

func (f *frame) fillStatusList(m *api.Frame, body jcs.Value) {
	m.Issuer, _ = body.GetString("issuer")
	m.List, _ = body.GetString("list")
	m.Digest, _ = body.GetString("digest")
	changed, _ := body.Get("changed")
	m.Changed, _ = changed.Int()
	f.issuer = strings.Clone(m.Issuer)
}

func (f *frame) fillObservation(m *api.Frame, body jcs.Value) {
	seen, _ := body.Get("observation")
	m.DID, _ = seen.GetString("did")
	m.Digest, _ = seen.GetString("digest")
	m.VersionID, _ = seen.GetString("versionId")
	flag := func(v jcs.Value, name string) bool { m, _ := v.Get(name); set, _ := m.Bool(); return set }
	m.Deactivated = flag(seen, "deactivated")
	m.Diverged, m.Rewritten = flag(body, "diverged"), flag(body, "rewritten")
	f.concern(m.DID)
}

// concern adds a DID; the copy lets go of the record it was read from.
func (f *frame) concern(id string) {
	if id != "" {
		f.about = append(f.about, strings.Clone(id))
	}
}

// beat is one heartbeat: all records below size are known, as of a moment.
type beat struct {
	number uint64 // counts from 1
	size   record.Seq
	wire   []byte
}

// newBeat makes the heartbeat of a state that was complete at asOf.
func newBeat(number uint64, head Head, asOf time.Time) (*beat, error) {
	message := api.Frame{
		Cursor: api.Cursor{Ledger: head.Ledger, Next: head.Size}.String(),
		Time:   formatTime(asOf), Kind: api.KindHeartbeat,
		Size: head.Size, Root: head.Root.String(),
	}
	payload, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("heartbeat at size %d: %w", head.Size, err)
	}
	return &beat{number: number, size: head.Size, wire: appendText(nil, payload)}, nil
}

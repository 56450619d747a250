package ledger

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jwk"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/merkle"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// CheckInvariants proves a ledger anew from its records alone: that each is in its
// canonical form, no earlier than the one before, and signed by whom it speaks
// for; that the tree over them has the root the ledger says; and that every
// projection is what the records make of it, key by key. It shares no code with
// Apply's judgement.
func CheckInvariants(t testing.TB, l *Ledger) {
	t.Helper()
	v := l.View()
	defer v.Close()
	r := &rebuilder{TB: t, kv: make(map[string][]byte), logs: make(map[string]*rebuiltLog), paths: make(map[string]string),
		observed: make(map[did.ID]*did.Document), side: v.in}
	var size record.Seq
	for seq, data := range v.Records(0, int(v.Size())) {
		if seq != size {
			t.Fatalf("record %d where %d is due", seq, size)
		}
		r.record(seq, slices.Clone(data))
		size++
	}
	if err := v.Err(); err != nil {
		t.Fatal(err)
	}
	if size != v.Size() {
		t.Fatalf("%d records, the view says %d", size, v.Size())
	}
	r.state.Time = r.last
	if size > 0 {
		k, value := view.StateEntry(&r.state)
		r.kv[string(k)] = value
		k, value = view.BuiltEntry(size)
		r.kv[string(k)] = value
	}
	if root := record.Hash(r.state.Tree.Root()); root != v.Root() {
		t.Errorf("the root of the records is %s, the view says %s", root, v.Root())
	}
	r.compare(v)
}

// rebuilder makes the projections of records.
type rebuilder struct {
	testing.TB
	kv       map[string][]byte
	seq      record.Seq
	last     record.Time
	state    view.State
	identity view.Identity
	logs     map[string]*rebuiltLog
	paths    map[string]string
	// observed are documents of DIDs elsewhere, side is where content is kept.
	observed map[did.ID]*did.Document
	side     view.Reader
}

type rebuiltLog struct {
	states []webvh.State
	// seq is the record of the last one.
	seq  record.Seq
	doc  *did.Document
	file *view.WitnessFile
}

// rebuilder is a view.Writer and view.Reader of its own map.
func (r *rebuilder) Set(key, value []byte) { r.kv[string(key)] = value }
func (r *rebuilder) Delete(key []byte)     { delete(r.kv, string(key)) }
func (r *rebuilder) SetSeq(key, value []byte, at, _ int) {
	binary.BigEndian.PutUint64(value[at:], uint64(r.seq))
	r.kv[string(key)] = value
}

func (r *rebuilder) Get(key []byte) ([]byte, error) {
	if value, ok := r.kv[string(key)]; ok {
		return slices.Clone(value), nil
	}
	return nil, ErrNotFound
}

func (r *rebuilder) must(what string, err error) {
	r.Helper()
	if err != nil {
		r.Fatalf("record %d: %s: %v", r.seq, what, err)
	}
}

func (r *rebuilder) record(seq record.Seq, data []byte) {
	r.Helper()
	r.seq = seq
	rec, err := record.Decode(data)
	r.must("decode", err)
	if rec.Time < r.last {
		r.Fatalf("record %d: its time %s is before %s", seq, rec.Time, r.last)
	}
	r.last = rec.Time
	leaf := record.LeafHash(data)
	r.kv[string(view.RecordKey(seq))] = append(leaf[:], data...)
	r.state.Tree.Append(merkle.Hash(leaf), func(h merkle.Stored) {
		k, value := view.NodeEntry(h)
		r.kv[string(k)] = value
	})
	switch rec.Kind {
	case record.KindDID:
		r.did(rec)
	case record.KindCredential:
		r.credential(rec)
	case record.KindStatus:
		r.status(rec)
	case record.KindStatusList:
		r.statusList(rec)
	case record.KindObservation:
		r.observation(rec)
	case record.KindWhois:
		r.whois(rec)
	case record.KindUnpin:
		r.unpin(rec)
	default:
		r.Fatalf("record %d is of kind %q", seq, rec.Kind)
	}
}

func (r *rebuilder) did(rec record.Record) {
	r.Helper()
	body, err := record.ParseDIDBody(rec.Body)
	r.must("body", err)
	e, err := webvh.ParseEntry(body.Entry)
	r.must("entry", err)
	id, _ := e.State.GetString("id")
	parsed, err := webvh.ParseID(did.ID(id))
	r.must("state.id", err)
	log := r.logs[parsed.SCID]
	if log == nil {
		log = new(rebuiltLog)
		r.logs[parsed.SCID] = log
	}
	proofs := witnessProofs(r, body.Witness)
	var prev *webvh.State
	if n := len(log.states); n > 0 {
		prev = &log.states[n-1]
	}
	next := r.extend(prev, e, proofs, rec.Time)
	r.host(parsed, next)
	if prev != nil && prev.DID != next.DID {
		if _, had, err := view.HadDID(r, parsed.SCID, prev.DID); err != nil || !had {
			view.PutFormerDID(r, parsed.SCID, prev.DID, 0)
		}
	}
	if prev != nil {
		view.PutPastHead(r, &view.Head{Seq: log.seq, State: *prev})
	}
	log.seq = r.seq
	view.PutEntry(r, parsed.SCID, next.Number, e.Time, 0)
	view.PutHead(r, &next, 0)
	if len(proofs) > 0 {
		if log.file == nil {
			log.file = view.NewWitnessFile(nil)
		}
		log.file.Add(proofs)
		view.PutFile(r, parsed.SCID, log.file)
	}
	full, err := webvh.ImplicitServices(e.State)
	r.must("services", err)
	log.doc, err = did.ParseDocument(full)
	r.must("document", err)
	log.states = append(log.states, next)
}

func witnessProofs(r *rebuilder, items []jcs.Value) []webvh.WitnessProof {
	var list []webvh.WitnessProof
	for _, item := range items {
		versionID, _ := item.GetString("versionId")
		v, _ := item.Get("proof")
		p, err := proof.Parse(v)
		r.must("witness proof", err)
		list = append(list, webvh.WitnessProof{VersionID: versionID, Proof: p})
	}
	return list
}

// extend judges an entry. Where its witnesses have approved a later version, their
// proofs are checked one by one.
func (r *rebuilder) extend(prev *webvh.State, e webvh.Entry, proofs []webvh.WitnessProof, at record.Time) webvh.State {
	r.Helper()
	c := webvh.Context{Now: at.Time()}
	states, err := webvh.Extend(prev, []webvh.Entry{e}, proofs, c)
	if err == nil {
		return states[0]
	}
	if rule, _ := webvh.RuleOf(err); rule != webvh.WitnessThreshold {
		r.must("entry", err)
	}
	candidates, err := webvh.Candidates(prev, []webvh.Entry{e}, c)
	r.must("entry", err)
	next := candidates[0]
	needed := next.Witness
	if prev != nil && prev.Witness.Active() {
		needed = prev.Witness
	}
	distinct := make(map[did.ID]bool)
	for _, p := range proofs {
		r.must("witness proof", p.Verify(c))
		id, _ := p.Witness()
		if slices.Contains(needed.Witnesses, webvh.WitnessID{ID: string(id)}) {
			distinct[id] = true
		}
	}
	if len(distinct) < needed.Threshold {
		r.Fatalf("record %d: %d of %d witnesses", r.seq, len(distinct), needed.Threshold)
	}
	return next
}

func (r *rebuilder) host(id webvh.Identifier, s webvh.State) {
	r.Helper()
	if r.seq == 0 {
		r.identity = view.Identity{Ledger: s.SCID, DID: s.DID, Domain: id.Domain}
		view.PutIdentity(r, r.identity)
		return
	}
	if id.Domain != r.identity.Domain || s.SCID == r.identity.Ledger {
		return
	}
	path := ""
	for i, segment := range id.Path {
		if i > 0 {
			path += "/"
		}
		path += segment
	}
	if owner := r.paths[path]; owner != "" && owner != s.SCID {
		r.Fatalf("record %d: path %s is that of %s", r.seq, path, owner)
	}
	r.paths[path] = s.SCID
	view.PutPath(r, path, s.SCID)
}

// Resolve is a did.Resolver of the newest documents.
func (r *rebuilder) Resolve(_ context.Context, id did.ID, _ did.Options) (did.Resolution, error) {
	switch id.Method() {
	case "key":
		doc, err := key.Expand(id)
		return did.Resolution{Document: doc}, err
	case "jwk":
		doc, err := jwk.Expand(id)
		return did.Resolution{Document: doc}, err
	}
	log := r.logs[view.Subject(id)]
	if doc := r.observed[id]; log == nil && doc != nil {
		return did.Resolution{Document: doc}, nil
	}
	if log == nil || log.states[len(log.states)-1].DID != id {
		return did.Resolution{}, fmt.Errorf("%s: %w", id, ErrNotFound)
	}
	if log.states[len(log.states)-1].Deactivated {
		return did.Resolution{}, nil
	}
	return did.Resolution{Document: log.doc}, nil
}

// outOfForce reports whether a DID is suspended or revoked by what came before.
func (r *rebuilder) outOfForce(id did.ID) bool {
	s, err := view.GetStatus(r, view.DIDTarget(view.Subject(id)))
	r.must("status", err)
	return s != nil && s.Status != record.Active
}

func (r *rebuilder) credential(rec record.Record) {
	r.Helper()
	body, err := record.ParseCredentialBody(rec.Body)
	r.must("body", err)
	if !body.Value().Equal(rec.Body) {
		r.Fatalf("record %d: body is read as %s", r.seq, body.Value().Canonical())
	}
	if r.outOfForce(body.Issuer) {
		r.Fatalf("record %d: its issuer %s is out of force", r.seq, body.Issuer)
	}
	proofs, err := proof.All(jcs.Object(jcs.Member{Name: "proof", Value: body.Proof}))
	r.must("proof", err)
	keys := proof.ResolverKeys(r)
	byIssuer := false
	for _, p := range proofs {
		m, err := keys.Key(context.Background(), p.VerificationMethod, did.AssertionMethod)
		r.must("key", err)
		if p.SignsRDF() {
			r.overRDF(body, p, m)
		} else {
			r.must("proof", proof.VerifyDigest(body.Digest[:], p, m.Key, nil))
		}
		signer, err := signerOf(p)
		r.must("signer", err)
		byIssuer = byIssuer || signer == body.Issuer
	}
	if !byIssuer {
		r.Fatalf("record %d: no proof is by %s", r.seq, body.Issuer)
	}
	r.owners(body)
	r.entries(body, r.registers(body))
}

// owners notes whose agents the subjects of a registration are, where its content is new.
func (r *rebuilder) owners(body record.CredentialBody) {
	r.Helper()
	issuer := view.Subject(body.Issuer)
	known, err := view.GetRegistration(r, body.Digest, issuer)
	r.must("registration", err)
	if !body.Content || body.Graph != nil || known != nil && known.Content || !slices.Contains(body.Types, "AgentRegistrationCredential") {
		return
	}
	for i, subject := range body.Subjects {
		agent := view.Subject(did.ID(subject))
		if !strings.HasPrefix(subject, "did:") || agent == issuer || slices.Contains(body.Subjects[:i], subject) {
			continue
		}
		before, err := view.GetOwnership(r, agent, issuer)
		r.must("ownership", err)
		view.PutOwnership(r, agent, issuer, before, 0)
	}
}

func (r *rebuilder) status(rec record.Record) {
	r.Helper()
	c, err := record.ParseStatusChange(rec.Body)
	r.must("body", err)
	if c.Ledger != r.identity.Ledger {
		r.Fatalf("record %d: it is for ledger %s", r.seq, c.Ledger)
	}
	verified, err := proof.Verify(context.Background(), c.Value, proof.ResolverKeys(r), proof.Options{Purpose: did.AssertionMethod, Now: rec.Time.Time()})
	r.must("proof", err)
	signer := did.ID(verified[0].Method.Controller)
	subject := view.Subject(signer)
	next := &view.Status{
		Since: rec.Time, Status: c.Status, By: signer, Reason: c.Reason, InvalidFrom: c.InvalidFromText, Cascade: c.Cascade,
	}
	next.Issued, _ = c.Value.GetString("issued")
	target := view.CredentialTarget(c.Digest, subject)
	of := c.DID
	if c.Entry != nil {
		target, of = r.entryTarget(c), c.Entry.List.Issuer
	}
	if of == "" {
		reg, err := view.GetRegistration(r, c.Digest, subject)
		r.must("registration", err)
		if reg == nil {
			r.Fatalf("record %d: %s has not issued %s", r.seq, signer, c.Digest)
		}
		target = reg.Target()
	} else {
		if c.DID != "" {
			target = view.DIDTarget(view.Subject(c.DID))
		}
		next.BySelf = subject == view.Subject(of)
		next.Controllers = r.controllers(of, target, subject, next)
	}
	before := r.view(target, next)
	view.PutStatus(r, target, before, next, 0)
	r.bits(c, subject)
}

// controllers checks the authority over a DID, and returns who may lift what is
// decided.
func (r *rebuilder) controllers(of did.ID, target view.Target, signer string, next *view.Status) []string {
	var list []string
	if log := r.logs[view.Subject(of)]; log != nil {
		for _, id := range log.doc.Controllers() {
			if s := view.Subject(id); s != view.Subject(of) {
				list = append(list, s)
			}
		}
	}
	before, err := view.GetStatus(r, target)
	r.must("status", err)
	if !next.BySelf && !slices.Contains(list, signer) && (before == nil || !slices.Contains(before.Controllers, signer)) {
		r.Fatalf("record %d: %s has no authority over %s", r.seq, signer, of)
	}
	if next.BySelf || next.Status != record.Suspended {
		return nil
	}
	return list
}

// view checks the transition.
func (r *rebuilder) view(target view.Target, next *view.Status) *view.Status {
	r.Helper()
	before, err := view.GetStatus(r, target)
	r.must("status", err)
	if before == nil {
		return nil
	}
	if before.Status == record.Revoked {
		r.Fatalf("record %d: the target was revoked by record %d", r.seq, before.Seq)
	}
	was, err := before.IssuedTime()
	r.must("issued", err)
	is, err := next.IssuedTime()
	r.must("issued", err)
	if !is.After(was) {
		r.Fatalf("record %d: issued %s, the change before it %s", r.seq, is, was)
	}
	return before
}

// compare holds what was rebuilt against what is stored.
func (r *rebuilder) compare(v *View) {
	r.Helper()
	stored := make(map[string][]byte)
	err := v.from.Scan(nil, nil, func(key, value []byte) error {
		if !view.Beside(key) {
			stored[string(key)] = slices.Clone(value)
		}
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
	for _, k := range slices.Sorted(maps.Keys(stored)) {
		want, ok := r.kv[k]
		if !ok {
			r.Errorf("key %q is stored, and no record makes it", k)
		} else if !slices.Equal(want, stored[k]) {
			r.Errorf("key %q holds %q, the records make it %q", k, stored[k], want)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(r.kv)) {
		if _, ok := stored[k]; !ok {
			r.Errorf("key %q is not stored", k)
		}
	}
}

package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// entries finds the entries of a credential in lists that the registry makes for its
// issuer, and holds them to being nobody else's. as is the digest that its status goes by.
func (r *rebuilder) entries(body record.CredentialBody, as record.Hash) {
	r.Helper()
	if !body.Content {
		return
	}
	issuer := view.Subject(body.Issuer)
	items := []jcs.Value{body.Status}
	if body.Status.IsArray() {
		items = slices.Collect(body.Status.Elems())
	}
	var list []view.ListEntry
	for _, item := range items {
		typ, _ := item.GetString("type")
		text, _ := item.GetString("statusListCredential")
		u, err := url.Parse(text)
		if err != nil || typ != statuslist.EntryType || u.Host != r.identity.Domain || u.User != nil || u.RawQuery != "" {
			continue
		}
		parts := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/v1/status-lists/"), "/")
		if len(parts) != 3 {
			continue
		}
		of, err := url.PathUnescape(parts[0])
		r.must("issuer of a list", err)
		n, err := strconv.ParseUint(parts[2], 10, 20)
		if err != nil || view.Subject(did.ID(of)) != issuer || parts[1] != "revocation" && parts[1] != "suspension" {
			continue
		}
		if signed := r.kv[issuedKeyOf(issuer, parts[1], parts[2])]; signed != nil {
			continue
		}
		index, _ := item.GetString("statusListIndex")
		i, err := strconv.ParseUint(index, 10, 20)
		r.must("index", err)
		list = append(list, view.ListEntry{
			List:  view.List{Issuer: issuer, Purpose: record.Purpose(parts[1]), Number: uint32(n)},
			Index: uint32(i),
		})
	}
	had, err := view.GetEntries(r, as, issuer)
	r.must("entries", err)
	list = slices.DeleteFunc(list, func(e view.ListEntry) bool { return slices.Contains(had, e) })
	for i, e := range list {
		taken, err := view.IsTaken(r, e)
		r.must("entry", err)
		status, err := view.GetStatus(r, view.EntryTarget(e))
		r.must("status of an entry", err)
		if taken || status != nil || slices.Contains(list[:i], e) {
			r.Fatalf("record %d: entry %+v is taken", r.seq, e)
		}
		r.list(e.List)
	}
	if len(list) == 0 {
		return
	}
	view.PutEntries(r, as, issuer, had, list, 0)
	status, err := view.GetStatus(r, view.CredentialTarget(as, issuer))
	r.must("status", err)
	if status != nil {
		r.set(list, status.Status)
	}
}

func (r *rebuilder) set(list []view.ListEntry, status record.Status) {
	for _, e := range list {
		set := status == record.Revoked || e.Purpose == record.Suspension && status == record.Suspended
		_, err := view.PutBit(r, r, e, set, 0)
		r.must("bit", err)
	}
}

// registers holds a registration to those before it, and returns the digest that its
// status goes by.
func (r *rebuilder) registers(body record.CredentialBody) (as record.Hash) {
	r.Helper()
	subject := view.Subject(body.Issuer)
	known, err := view.GetRegistration(r, body.Digest, subject)
	r.must("registration", err)
	first := known
	if as = body.Digest; known != nil {
		as = known.As
	}
	if body.Graph != nil {
		digest, ok, err := view.GetGraph(r, *body.Graph, subject)
		r.must("graph", err)
		if ok {
			as = digest
		} else {
			view.PutGraph(r, *body.Graph, subject, body.Digest)
		}
		if ok && first == nil {
			first, err = view.GetRegistration(r, digest, subject)
			r.must("registration", err)
		}
	}
	switch {
	case first == nil && body.Completes != 0, first != nil && body.Completes != first.Seq:
		r.Fatalf("record %d: it completes record %d, the registration before is %+v", r.seq, body.Completes, first)
	case first != nil && !body.Content:
		r.Fatalf("record %d: it says no more than record %d", r.seq, first.Seq)
	}
	primary, err := view.GetPrimary(r, body.Digest)
	r.must("primary", err)
	view.PutRegistration(r, body.Digest, view.Registration{Issuer: subject, Content: body.Content, Completes: known != nil, As: as}, primary, 0)
	if known != nil && known.As != as {
		r.carry(known.Target(), view.CredentialTarget(as, subject), as, subject)
	}
	return as
}

// carry makes the status of one target that of another, if it is graver.
func (r *rebuilder) carry(from, to view.Target, as record.Hash, subject string) {
	r.Helper()
	own, err := view.GetStatus(r, from)
	r.must("status", err)
	status, err := view.GetStatus(r, to)
	r.must("status", err)
	if own == nil || own.Status == record.Active || status != nil && (status.Status == record.Revoked || status.Status == own.Status) {
		return
	}
	carried := *own
	view.PutStatus(r, to, status, &carried, 0)
	entries, err := view.GetEntries(r, as, subject)
	r.must("entries", err)
	r.set(entries, own.Status)
}

func issuedKeyOf(issuer, purpose, n string) string {
	return "j" + issuer + "\x00/v1/status-lists/" + issuer + "/" + purpose + "/" + n
}

func (r *rebuilder) list(l view.List) {
	_, known, err := view.GetList(r, l)
	r.must("list", err)
	if !known {
		view.PutList(r, l, 0)
	}
}

// bits are those that a status change sets.
func (r *rebuilder) bits(c record.StatusChange, subject string) {
	r.Helper()
	var list []view.ListEntry
	switch {
	case c.Entry != nil:
		list = []view.ListEntry{entryOf(*c.Entry)}
		r.list(list[0].List)
	case c.DID == "":
		reg, err := view.GetRegistration(r, c.Digest, subject)
		r.must("registration", err)
		list, err = view.GetEntries(r, reg.As, subject)
		r.must("entries", err)
	}
	r.set(list, c.Status)
}

func entryOf(e record.ListEntry) view.ListEntry {
	return view.ListEntry{
		List:  view.List{Issuer: view.Subject(e.List.Issuer), Purpose: e.List.Purpose, Number: e.List.Number},
		Index: e.Index,
	}
}

// entryTarget checks that the entry of a status change is nobody's.
func (r *rebuilder) entryTarget(c record.StatusChange) view.Target {
	r.Helper()
	taken, err := view.IsTaken(r, entryOf(*c.Entry))
	r.must("entry", err)
	if taken {
		r.Fatalf("record %d: the entry is a credential's", r.seq)
	}
	return view.EntryTarget(entryOf(*c.Entry))
}

// proofsBy checks proofs that are all by one DID.
func (r *rebuilder) proofsBy(id did.ID, p jcs.Value, digest record.Hash, purpose did.Relationship) proof.Proof {
	r.Helper()
	list, err := proof.All(jcs.Object(jcs.Member{Name: "proof", Value: p}))
	r.must("proof", err)
	for _, p := range list {
		m, err := proof.ResolverKeys(r).Key(context.Background(), p.VerificationMethod, purpose)
		r.must("key", err)
		if !p.SignsRDF() { // what it is over may be gone
			r.must("proof", proof.VerifyDigest(digest[:], p, m.Key, nil))
		}
		if signer, err := signerOf(p); err != nil || signer != id {
			r.Fatalf("record %d: signed by %s, not %s", r.seq, signer, id)
		}
	}
	return list[0]
}

func (r *rebuilder) statusList(rec record.Record) {
	r.Helper()
	body, err := record.ParseListBody(rec.Body)
	r.must("body", err)
	if !body.Value().Equal(rec.Body) {
		r.Fatalf("record %d: body is read as %s", r.seq, body.Value().Canonical())
	}
	p := r.proofsBy(body.Issuer, body.Proof, body.Digest, did.AssertionMethod)
	content, err := view.GetListContent(r.side, body.Digest)
	r.must("content", err)
	l, err := statuslist.ParseList(content)
	r.must("list", err)
	issuer, at := view.Subject(body.Issuer), body.List
	if path, ours := strings.CutPrefix(at, "https://"+domain+"/v1/status-lists/"); ours {
		_, rest, _ := strings.Cut(path, "/")
		at = "/v1/status-lists/" + issuer + "/" + rest
	}
	prev, err := view.GetIssued(r, at, issuer)
	r.must("list before", err)
	before := make([]byte, len(l.Bits()))
	if prev != nil {
		old, err := view.GetListContent(r.side, prev.Digest)
		r.must("content before", err)
		was, err := statuslist.ParseList(old)
		r.must("list before", err)
		copy(before, was.Bits())
	}
	var flips []record.Flip
	set := int64(0)
	for i := range uint64(len(before)) * 8 {
		was, is := uint64(before[i/8]>>(7-i%8)&1), uint64(l.Bits()[i/8]>>(7-i%8)&1)
		set += int64(is)
		if was != is {
			flips = append(flips, record.Flip{Index: i, Old: was, New: is})
		}
		if was > is && slices.Contains(l.Purposes, "revocation") {
			r.Fatalf("record %d: entry %d is revoked no more", r.seq, i)
		}
	}
	if !slices.Equal(flips, body.Flips) || body.Changed != int64(len(flips)) || body.Set != set {
		r.Fatalf("record %d: flips %v, %d set; the record says %+v", r.seq, flips, set, body)
	}
	first, err := view.GetListIssuer(r, at)
	r.must("issuer", err)
	view.PutIssued(r, at, issuer, first, prev, &view.Issued{Digest: body.Digest, Created: p.CreatedAt}, 0)
}

func (r *rebuilder) observation(rec record.Record) {
	r.Helper()
	body, err := record.ParseObservationBody(rec.Body)
	r.must("body", err)
	o := body.Observation
	verified, err := proof.Verify(context.Background(), o.Value(), proof.ResolverKeys(r), proof.Options{Purpose: did.AssertionMethod, Now: rec.Time.Time()})
	r.must("proof", err)
	if verified[0].Method.Controller != r.identity.DID || o.Ledger != r.identity.Ledger {
		r.Fatalf("record %d: observed by %s for %s", r.seq, verified[0].Method.Controller, o.Ledger)
	}
	prev, err := view.GetObserved(r, string(o.DID))
	r.must("observation before", err)
	next := &view.Observed{
		Fetched: o.FetchedText, Digest: o.Digest, Deactivated: o.Deactivated, VersionID: o.VersionID,
		Trusted: o.VersionID, Rewritten: body.Rewritten,
	}
	if body.Rewritten {
		next.Trusted = prev.Trusted
	}
	files, witness, err := view.GetObservedFiles(r.side, string(o.DID))
	r.must("files", err)
	if o.Log != nil && record.FileDigest(files) == *o.Log {
		log, err := webvh.VerifyLog(files, witness, rec.Time.Time())
		r.must("log", err)
		held := prev == nil || bytes.Contains(files, []byte(`"versionId":"`+prev.Trusted+`"`))
		if held == body.Rewritten || log.Versions[len(log.Versions)-1].State.VersionID != o.VersionID {
			r.Fatalf("record %d: %s, the record says rewritten is %v", r.seq, o.VersionID, body.Rewritten)
		}
	}
	view.PutObserved(r, string(o.DID), prev, next, 0)
	if !o.Deactivated {
		if r.observed[o.DID], err = did.ParseDocument(o.Document); body.Rewritten || o.Log == nil {
			delete(r.observed, o.DID)
		}
		r.must("document", err)
	} else {
		delete(r.observed, o.DID)
	}
}

func (r *rebuilder) unpin(rec record.Record) {
	r.Helper()
	u, err := record.ParseUnpin(rec.Body)
	r.must("body", err)
	verified, err := proof.Verify(context.Background(), rec.Body, proof.ResolverKeys(r), proof.Options{Purpose: did.AssertionMethod, Now: rec.Time.Time()})
	r.must("proof", err)
	if verified[0].Method.Controller != r.identity.DID || u.Ledger != r.identity.Ledger {
		r.Fatalf("record %d: unpinned by %s for %s", r.seq, verified[0].Method.Controller, u.Ledger)
	}
	if last, err := view.GetObserved(r, string(u.DID)); err != nil || last == nil {
		r.Fatalf("record %d: unpins what is not observed: %v", r.seq, err)
	}
	view.PutUnpinned(r, string(u.DID), 0)
}

func (r *rebuilder) whois(rec record.Record) {
	r.Helper()
	body, err := record.ParseWhoisBody(rec.Body)
	r.must("body", err)
	p := r.proofsBy(body.DID, body.Proof, body.Digest, did.Authentication)
	subject := view.Subject(body.DID)
	prev, err := view.GetWhois(r, subject)
	r.must("presentation before", err)
	if prev != nil && !p.CreatedAt.After(prev.Created) {
		r.Fatalf("record %d: created %s, the one before %s", r.seq, p.CreatedAt, prev.Created)
	}
	view.PutWhois(r, subject, &view.Whois{Digest: body.Digest, Created: p.CreatedAt}, 0)
}

// overRDF checks a proof that is not over the digest, where the content is there.
func (r *rebuilder) overRDF(body record.CredentialBody, p proof.Proof, m did.VerificationMethod) {
	r.Helper()
	content, err := view.GetContent(r.side, body.Digest)
	r.must("content", err)
	if body.Graph == nil {
		r.Fatalf("record %d: a proof over RDF without its hash", r.seq)
	}
	if content == nil {
		return
	}
	v, err := jcs.Decode(content)
	r.must("content", err)
	r.must("proof over RDF", proof.VerifyOne(v.Without("proof"), p, m.Key, nil))
	quads, err := jsonld.Default().Canonicalize(v.Without("proof"), jsonld.SHA256)
	r.must("RDF", err)
	if sha256.Sum256(quads) != *body.Graph {
		r.Fatalf("record %d: the hash of its RDF is another", r.seq)
	}
}

package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jwk"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/web"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/store"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// world answers what both judgements and readers ask of a state. It is a
// did.Resolver of the DIDs that the state knows: did:key, did:jwk, the registered
// did:webvh DIDs with their history, and the did:web DIDs beside them.
type world struct {
	in        view.Reader
	identity  view.Identity
	documents *documents
	// before is the position that the records which count come before; 0 is no bound.
	before record.Seq
	// observes: DIDs elsewhere resolve as they were last observed.
	observes bool
}

var _ did.Resolver = (*world)(nil)

// head returns what a log has come to, nil if there is none.
func (w *world) head(scid string) (*view.Head, error) {
	head, err := view.GetHead(w.in, scid)
	if err != nil || head == nil || w.before == 0 {
		return head, err
	}
	return view.GetHeadBefore(w.in, head, w.before)
}

// hadDID reports whether a log had a DID before it moved.
func (w *world) hadDID(scid string, id did.ID) (bool, error) {
	since, had, err := view.HadDID(w.in, scid, id)
	return had && (w.before == 0 || since < w.before), err
}

// founded returns who the ledger is; the zero Identity while it has no records.
func (w *world) founded() (view.Identity, error) {
	if w.identity.Ledger != "" {
		return w.identity, nil // never changes once it is there
	}
	return view.GetIdentity(w.in)
}

// subject returns what a DID is looked up by. A did:web DID that is beside a
// registered did:webvh DID is looked up by that one.
func (w *world) subject(id did.ID) (string, error) {
	if id.Method() != "web" {
		return view.Subject(id), nil
	}
	head, err := w.beside(id)
	if err != nil || head == nil {
		return string(id), err
	}
	return head.SCID, nil
}

// beside returns the head of the did:webvh DID that a did:web DID is beside, nil
// if there is none.
func (w *world) beside(id did.ID) (*view.Head, error) {
	registry, err := w.founded()
	if err != nil {
		return nil, err
	}
	parsed, err := web.ParseID(id)
	if err != nil || registry.Ledger == "" || parsed.Domain != registry.Domain {
		return nil, nil // what is no did:web DID is beside none
	}
	scid := registry.Ledger
	if len(parsed.Path) > 0 {
		if scid, err = view.GetPath(w.in, strings.Join(parsed.Path, "/")); err != nil || scid == "" {
			return nil, err
		}
	}
	head, err := w.head(scid)
	if err != nil || head == nil {
		return nil, err
	}
	home, err := webvh.ParseID(head.DID)
	if err != nil {
		return nil, fmt.Errorf("head of %s: %w", scid, err)
	}
	if home.Web() != parsed.ID() {
		return nil, nil // it has moved from there
	}
	return head, nil
}

// Resolve answers as of this state. Errors are *did.Error.
func (w *world) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	var res did.Resolution
	var err error
	switch id.Method() {
	case "key":
		return w.documents.keys.Resolve(ctx, id, opt)
	case "jwk":
		return jwk.Resolver{}.Resolve(ctx, id, opt)
	case "webvh":
		res, err = w.resolveLog(id, opt)
	case "web":
		res, err = w.resolveWeb(id, opt)
	default:
		if _, err := did.Parse(string(id)); err != nil {
			return res, &did.Error{Code: did.InvalidDID, Err: err}
		}
		err = &did.Error{Code: did.MethodNotSupported, Detail: fmt.Sprintf("method %.40q", id.Method())}
	}
	var known *did.Error
	if err != nil && !errors.As(err, &known) {
		err = &did.Error{Code: did.InternalError, Detail: "resolve " + string(id), Err: err}
	}
	return res, err
}

func (w *world) resolveLog(id did.ID, opt did.Options) (did.Resolution, error) {
	parsed, err := webvh.ParseID(id)
	if err != nil {
		return did.Resolution{}, &did.Error{Code: did.InvalidDID, Err: err}
	}
	if err := opt.Check(); err != nil {
		return did.Resolution{}, err
	}
	head, err := w.head(parsed.SCID)
	if err != nil {
		return did.Resolution{}, err
	}
	if head == nil && w.observes && opt == (did.Options{}) {
		if res, ok, err := w.observedIssuer(id); ok || err != nil {
			return res, err
		}
	}
	if head == nil {
		return did.Resolution{}, absent("%s is not registered", id)
	}
	if head.DID != id {
		had, err := w.hadDID(parsed.SCID, id)
		if err != nil {
			return did.Resolution{}, err
		}
		if !had && parsed.ID() == head.DID {
			return did.Resolution{}, absent("%s is not registered: it is spelt %s here", id, head.DID)
		}
		if !had {
			return did.Resolution{}, absent("%s is not registered", id)
		}
	}
	return w.version(head, opt)
}

func absent(format string, args ...any) error {
	return &did.Error{Code: did.NotFound, Detail: fmt.Sprintf(format, args...)}
}

// resolveWeb resolves the did:web DID beside a did:webvh DID, with its history.
func (w *world) resolveWeb(id did.ID, opt did.Options) (did.Resolution, error) {
	if _, err := web.ParseID(id); err != nil {
		return did.Resolution{}, err
	}
	if err := opt.Check(); err != nil {
		return did.Resolution{}, err
	}
	head, err := w.beside(id)
	if err != nil {
		return did.Resolution{}, err
	}
	if head == nil {
		return did.Resolution{}, absent("%s is not of this registry", id)
	}
	res, err := w.version(head, opt)
	if err != nil {
		return did.Resolution{}, err
	}
	m := res.Metadata
	res.Metadata = did.Metadata{
		Created: m.Created, Updated: m.Updated, Deactivated: m.Deactivated,
		VersionID: m.VersionID, NextVersionID: m.NextVersionID,
	}
	if res.Document == nil {
		return res, nil
	}
	v, err := webvh.ParallelWeb(res.Document.Value())
	if err != nil {
		return did.Resolution{}, err
	}
	res.Document, err = did.ParseDocument(v)
	if err == nil && res.Document.ID() != id {
		err = absent("%s was not here in that version", id)
	}
	return res, err
}

// version resolves the version of a log that opt selects.
func (w *world) version(head *view.Head, opt did.Options) (did.Resolution, error) {
	n, err := w.selectVersion(head, opt)
	if err != nil {
		return did.Resolution{}, err
	}
	state, seq, next := head.State, head.Seq, ""
	if n != head.Number {
		var entry, after jcs.Value
		if entry, seq, err = w.entry(head.SCID, n); err != nil {
			return did.Resolution{}, err
		}
		if after, _, err = w.entry(head.SCID, n+1); err != nil {
			return did.Resolution{}, err
		}
		next, _ = after.GetString("versionId")
		state.Deactivated = false // nothing follows a deactivation
		state.Number = n
		state.VersionID, _ = entry.GetString("versionId")
		state.VersionTime, _ = entry.GetString("versionTime")
	}
	res := did.Resolution{Metadata: webvh.Metadata(state, head.State)}
	res.Metadata.NextVersionID = next
	if !state.Deactivated {
		res.Document, err = w.document(seq)
	}
	return res, err
}

// selectVersion returns the number of the version that opt selects.
func (w *world) selectVersion(head *view.Head, opt did.Options) (int, error) {
	switch {
	case opt.VersionID != "":
		return w.findVersionID(head, opt.VersionID)
	case opt.VersionNumber > head.Number:
		return 0, absent("there are %d versions", head.Number)
	case opt.VersionNumber != 0:
		return opt.VersionNumber, nil
	case !opt.VersionTime.IsZero():
		return w.findTime(head, opt)
	default:
		return head.Number, nil
	}
}

func (w *world) findVersionID(head *view.Head, id string) (int, error) {
	if id == head.VersionID {
		return head.Number, nil
	}
	n := versionNumber(id)
	if n < 1 || n >= head.Number {
		return 0, absent("no version %.100q", id)
	}
	entry, _, err := w.entry(head.SCID, n)
	if err != nil {
		return 0, err
	}
	if found, _ := entry.GetString("versionId"); found != id {
		return 0, absent("no version %.100q", id)
	}
	return n, nil
}

// versionNumber returns the number at the front of a versionId, 0 if there is none.
func versionNumber(id string) int {
	number, _, ok := strings.Cut(id, "-")
	if !ok || len(number) == 0 || len(number) > 9 {
		return 0
	}
	n := 0
	for i := range len(number) {
		if number[i] < '0' || number[i] > '9' {
			return 0
		}
		n = n*10 + int(number[i]-'0')
	}
	return n
}

// findTime returns the newest version not later than opt.VersionTime, by the whole
// seconds in which metadata tells times.
func (w *world) findTime(head *view.Head, opt did.Options) (int, error) {
	low, high := 1, head.Number+1 // the first version that is later is in [low, high]
	for low < high {
		mid := low + (high-low)/2
		entry, ok, err := view.GetEntry(w.in, head.SCID, mid)
		if err == nil && !ok {
			err = fmt.Errorf("version %d of %s: %w", mid, head.SCID, store.ErrCorrupt)
		}
		if err != nil {
			return 0, err
		}
		if entry.Time.Truncate(time.Second).After(opt.VersionTime) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	if low == 1 {
		return 0, absent("the DID did not exist yet")
	}
	return low - 1, nil
}

// entry returns a log entry by its version's number, which is known to be there.
func (w *world) entry(scid string, number int) (jcs.Value, record.Seq, error) {
	seq, err := w.entrySeq(scid, number)
	if err != nil {
		return jcs.Value{}, 0, err
	}
	v, err := w.entryAt(seq)
	return v, seq, err
}

// entrySeq returns the record of a version.
func (w *world) entrySeq(scid string, number int) (record.Seq, error) {
	at, ok, err := view.GetEntry(w.in, scid, number)
	if err == nil && !ok {
		err = fmt.Errorf("version %d of %s: %w", number, scid, store.ErrCorrupt)
	}
	return at.Seq, err
}

// entryText returns a version's entry in RFC 8785 form, as it stands in the record.
func (w *world) entryText(scid string, number int) ([]byte, error) {
	seq, err := w.entrySeq(scid, number)
	if err != nil {
		return nil, err
	}
	data, err := view.GetRecord(w.in, seq)
	if err != nil {
		return nil, err
	}
	if text, ok := record.EntryText(data); ok {
		return text, nil
	}
	v, err := w.entryAt(seq)
	if err != nil {
		return nil, err
	}
	return v.Canonical(), nil
}

func (w *world) entryAt(seq record.Seq) (jcs.Value, error) {
	data, err := view.GetRecord(w.in, seq)
	if err != nil {
		return jcs.Value{}, err
	}
	v, err := jcs.Decode(data)
	if err != nil {
		return jcs.Value{}, fmt.Errorf("record %d: %w: %w", seq, store.ErrCorrupt, err)
	}
	body, _ := v.Get("body")
	entry, ok := body.Get("entry")
	if !ok {
		return jcs.Value{}, fmt.Errorf("record %d: %w: not a log entry", seq, store.ErrCorrupt)
	}
	return entry, nil
}

// document returns the document in the did record seq, with the implicit services.
func (w *world) document(seq record.Seq) (*did.Document, error) {
	if doc := w.documents.get(seq); doc != nil {
		return doc, nil
	}
	entry, err := w.entryAt(seq)
	if err != nil {
		return nil, err
	}
	state, _ := entry.Get("state")
	size := len(state.Canonical())
	full, err := webvh.ImplicitServices(state)
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", seq, err)
	}
	doc, err := did.ParseDocument(full)
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", seq, err)
	}
	if size <= maxRemembered {
		w.documents.put(seq, doc)
	}
	return doc, nil
}

// documents remembers parsed documents: did:webvh ones by the record they are in,
// did:key ones by the DID. Neither ever changes, so neither does what is remembered.
type documents struct {
	keys *key.Cache

	mu    sync.RWMutex
	slots [1 << 10]struct {
		seq record.Seq
		doc *did.Document
	}
}

// maxRemembered is the size in bytes of the largest document that is worth the
// memory.
const maxRemembered = 8 << 10

// rememberedKeys is how many did:key documents are kept, of about 4 KiB each.
const rememberedKeys = 1 << 10

func newDocuments() *documents { return &documents{keys: key.NewCache(rememberedKeys)} }

func (d *documents) get(seq record.Seq) *did.Document {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if s := &d.slots[seq%record.Seq(len(d.slots))]; s.seq == seq {
		return s.doc
	}
	return nil
}

func (d *documents) put(seq record.Seq, doc *did.Document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.slots[seq%record.Seq(len(d.slots))]
	s.seq, s.doc = seq, doc
}

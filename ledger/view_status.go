package ledger

import (
	"fmt"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

var (
	_ credential.StatusSource = (*View)(nil)
	_ credential.StatusSource = (*Past)(nil)
)

// CredentialInfo is a credential's registration.
type CredentialInfo struct {
	Seq  record.Seq
	Time record.Time
	// Body is the record's; record.ParseCredentialBody reads it.
	Body jcs.Value
	// Content is the credential in RFC 8785 form, nil if it is not published.
	Content []byte
}

// Credential returns the registration that a digest means by itself: of those that
// several issuers made of one digest the first whose content the registry saw, else
// the first. ok is false if there is none. Content is that of the present, also in a
// Past: what has been erased is gone.
func (w *world) Credential(digest record.Hash) (info CredentialInfo, ok bool, err error) {
	reg, err := w.primary(digest)
	if err != nil || reg == nil {
		return CredentialInfo{}, false, err
	}
	data, err := view.GetRecord(w.in, reg.Seq)
	if err != nil {
		return CredentialInfo{}, false, err
	}
	r, err := record.Decode(data)
	if err != nil {
		return CredentialInfo{}, false, fmt.Errorf("record %d: %w", reg.Seq, err)
	}
	info = CredentialInfo{Seq: reg.Seq, Time: r.Time, Body: r.Body}
	if info.Content, err = view.GetContent(w.in, digest); err != nil {
		return CredentialInfo{}, false, err
	}
	return info, true, nil
}

// StatusEntry is a status with what the ledger knows of where it comes from.
type StatusEntry struct {
	credential.StatusInfo
	// Seq is the record of the change that made it, By who signed that; of a status
	// that was never changed Seq is the credential's registration, or 0 for a DID,
	// and By is "".
	Seq record.Seq
	By  did.ID
	// Cascade: the change asks for what depends on the target to be treated alike. Nothing
	// heeds it.
	Cascade bool
}

// CredentialStatus returns the status of a credential of that issuer, the one that
// the digest means by itself if issuer is "". known is false if that issuer has not
// registered it.
func (w *world) CredentialStatus(digest [32]byte, issuer did.ID) (credential.StatusInfo, bool, error) {
	e, known, err := w.CredentialStatusEntry(digest, issuer)
	return e.StatusInfo, known, err
}

// CredentialStatusEntry is CredentialStatus with more about it.
func (w *world) CredentialStatusEntry(digest record.Hash, issuer did.ID) (StatusEntry, bool, error) {
	reg, err := w.registration(digest, issuer)
	if err != nil || reg == nil {
		return StatusEntry{}, false, err
	}
	e, known, err := w.statusEntry(reg.Target())
	if err == nil && !known {
		e.Seq = reg.Seq
	}
	return e, err == nil, err
}

func (w *world) registration(digest record.Hash, issuer did.ID) (*view.Registration, error) {
	if issuer == "" {
		return w.primary(digest)
	}
	subject, err := w.subject(issuer)
	if err != nil {
		return nil, err
	}
	if w.before > 0 {
		return view.GetRegistrationBefore(w.in, digest, subject, w.before)
	}
	return view.GetRegistration(w.in, digest, subject)
}

func (w *world) primary(digest record.Hash) (*view.Registration, error) {
	if w.before > 0 {
		return view.GetPrimaryBefore(w.in, digest, w.before)
	}
	return view.GetPrimary(w.in, digest)
}

func (w *world) statusOf(t view.Target) (*view.Status, error) {
	if w.before > 0 {
		return view.GetStatusBefore(w.in, t, w.before)
	}
	return view.GetStatus(w.in, t)
}

// CredentialByGraph returns the digest under which that issuer registered a credential
// whose canonical N-Quads (RDFC-1.0), without its proof, have that SHA-256. A signature
// over RDF holds for every way of writing it, and so must a status: who is shown such a
// credential under a digest that is not registered asks for that of its graph.
func (w *world) CredentialByGraph(graph [32]byte, issuer did.ID) (digest [32]byte, ok bool, err error) {
	subject, err := w.subject(issuer)
	if err != nil {
		return digest, false, err
	}
	known, ok, err := view.GetGraph(w.in, graph, subject)
	if err != nil || !ok {
		return digest, false, err
	}
	reg, err := w.registration(known, issuer)
	return known, err == nil && reg != nil && reg.Content, err
}

// DIDStatus returns the status of a DID; known is false if it was never changed.
func (w *world) DIDStatus(id did.ID) (credential.StatusInfo, bool, error) {
	e, known, err := w.DIDStatusEntry(id)
	return e.StatusInfo, known, err
}

// DIDStatusEntry is DIDStatus with more about it.
func (w *world) DIDStatusEntry(id did.ID) (StatusEntry, bool, error) {
	subject, err := w.subject(id)
	if err != nil {
		return StatusEntry{}, false, err
	}
	return w.statusEntry(view.DIDTarget(subject))
}

func (w *world) statusEntry(t view.Target) (StatusEntry, bool, error) {
	e := StatusEntry{StatusInfo: credential.StatusInfo{Status: credential.Active}}
	s, err := w.statusOf(t)
	if err != nil || s == nil {
		return e, false, err
	}
	e.Status, e.Reason, e.Since = string(s.Status), s.Reason, s.Since.Time()
	e.Seq, e.By, e.Cascade = s.Seq, s.By, s.Cascade
	e.InvalidFrom = invalidFrom(s)
	return e, true, nil
}

// invalidFrom was checked when the change was applied.
func invalidFrom(s *view.Status) time.Time {
	if s.InvalidFrom == "" {
		return time.Time{}
	}
	t, err := record.ParseStamp(s.InvalidFrom)
	if err != nil {
		return time.Unix(0, 0).UTC() // what cannot be told is never in the holder's favour
	}
	return t
}

package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// getCredential serves what is registered of a credential, its content if the issuer published it,
// and its status; or, as application/vc, the content alone.
func (s *server) getCredential(w *reply, r *http.Request, rt route) error {
	b, err := onlyBounds(r)
	if err != nil {
		return err
	}
	digest, err := record.ParseHash(rt.rest)
	if err != nil {
		return api.NewProblem(api.InvalidParameter, "a credential is named by the 64 lower-case hexadecimal digits of its digest")
	}
	alone := prefersCredential(r.Header["Accept"])
	if !alone {
		b = s.vouching(b) // the reply tells the status; the content never changes
	}
	v, err := s.view(w, r, b)
	if err != nil {
		return err
	}
	defer v.Close()
	info, ok, err := v.Credential(digest)
	if err != nil {
		return err
	}
	if !ok {
		return api.NewProblem(api.NotFound, "no credential of that digest is registered")
	}
	if alone {
		return s.sendContent(w, r, info)
	}
	status, err := statusIn(r.Context(), v, rt.rest, "")
	if err != nil {
		return err
	}
	issuer, _ := info.Body.GetString("issuer")
	return s.sendJSON(w, r, http.StatusOK, api.Credential{
		Ledger: v.LedgerID(), Digest: rt.rest, Seq: info.Seq, Issuer: issuer,
		Body: info.Body.Canonical(), Credential: info.Content, Status: status,
	})
}

// asOf names a view's newest record; there is none in an empty ledger.
func asOf(v *ledger.View) (api.AsOf, bool) {
	if v.Size() == 0 {
		return api.AsOf{}, false
	}
	return api.AsOf{Ledger: v.LedgerID(), Seq: v.Size() - 1, Time: record.TimeOf(v.Time()).String()}, true
}

// getStatus serves the status of a credential, by its digest, or of a DID. Several issuers may have
// registered one digest: ?issuer= says whose is meant.
func (s *server) getStatus(w *reply, r *http.Request, rt route) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	b, err := q.takeBounds()
	if err != nil {
		return err
	}
	issuer, _ := q.take("issuer")
	by, byGraph := q.take("by")
	if byGraph && (by != api.ByGraph || issuer == "") {
		return api.NewProblem(api.InvalidParameter, "by: want graph, and the issuer")
	}
	if err := q.rest(); err != nil {
		return err
	}
	target, err := decodeIdentifier(rt.rest)
	if err != nil {
		return err
	}
	v, err := s.view(w, r, s.vouching(b))
	if err != nil {
		return err
	}
	defer v.Close()
	find := statusIn
	if byGraph {
		find = statusByGraph
	}
	status, err := find(r.Context(), v, target, did.ID(issuer))
	if err != nil {
		return err
	}
	return s.sendJSON(w, r, http.StatusOK, status)
}

// statusByGraph finds the status of a credential that is signed as RDF by the hash of what it says: it
// may have been registered written otherwise than whoever asks has it.
func statusByGraph(ctx context.Context, v *ledger.View, target string, issuer did.ID) (api.Status, error) {
	graph, err := record.ParseHash(target)
	if err != nil {
		return api.Status{}, api.NewProblem(api.InvalidParameter, "want the SHA-256 of a credential's canonical N-Quads")
	}
	digest, known, err := v.CredentialByGraph(graph, issuer)
	if err == nil && !known {
		err = api.NewProblem("unknown-target", "no such credential is registered")
	}
	if err != nil {
		return api.Status{}, err
	}
	status, err := statusIn(ctx, v, record.Hash(digest).String(), issuer)
	status.Digest, status.Target = status.Target, target
	return status, err
}

// statusIn finds the status of a target that is registered; one nobody changed is active.
func statusIn(ctx context.Context, v *ledger.View, target string, issuer did.ID) (api.Status, error) {
	status := api.Status{Ledger: v.LedgerID(), Target: target, Status: credential.Active}
	status.AsOf, _ = asOf(v)
	if digest, err := record.ParseHash(target); err == nil {
		entry, known, err := v.CredentialStatusEntry(digest, issuer)
		if err == nil && !known {
			err = api.NewProblem("unknown-target", "no such credential is registered")
		}
		if err != nil {
			return status, err
		}
		status.Issuer, err = registeredBy(v, digest, issuer)
		return withEntry(status, entry), err
	}
	id, err := did.Parse(target)
	if err != nil || issuer != "" {
		return status, api.NewProblem(api.InvalidParameter, "want the digest of a credential, or a DID without issuer")
	}
	res, err := v.Resolve(ctx, id, did.Options{})
	if err != nil {
		if did.CodeOf(err) == did.InternalError {
			return status, err
		}
		return status, api.NewProblem("unknown-target", err.Error())
	}
	status.Deactivated = res.Metadata.Deactivated
	entry, known, err := v.DIDStatusEntry(id)
	if err != nil || !known {
		return status, err
	}
	return withEntry(status, entry), nil
}

// registeredBy names the issuer that a digest means, unless one was asked for.
func registeredBy(v *ledger.View, digest record.Hash, issuer did.ID) (string, error) {
	if issuer != "" {
		return string(issuer), nil
	}
	info, _, err := v.Credential(digest)
	if err != nil {
		return "", err
	}
	name, _ := info.Body.GetString("issuer")
	return name, nil
}

func withEntry(status api.Status, e ledger.StatusEntry) api.Status {
	status.Status, status.Reason, status.By = e.Status, e.Reason, string(e.By)
	status.Cascade = e.Cascade
	if !e.InvalidFrom.IsZero() {
		status.InvalidFrom = e.InvalidFrom.UTC().Format(time.RFC3339Nano)
	}
	if !e.Since.IsZero() {
		status.Since, status.Seq = record.TimeOf(e.Since).String(), &e.Seq
	}
	return status
}

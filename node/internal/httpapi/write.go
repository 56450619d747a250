package httpapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// postLog appends one or more entries to the log of the DID that lives at the path, creating it with
// the first. The entries are accepted together or not at all.
func (s *server) postLog(w *reply, r *http.Request, rt route) error {
	registration, err := registrationOf(r)
	if err != nil {
		return err
	}
	segments, err := folder(rt.rest)
	if err != nil {
		return err
	}
	entries, err := readLines(w, r)
	if err != nil {
		return err
	}
	if err := s.postedHome(entries, segments); err != nil {
		return err
	}
	op, err := record.NewDIDOp(entries, nil)
	if err != nil {
		return refusalOf(err)
	}
	claim := claimOf(op)
	claim.Registration = registration
	outcome, err := s.submit(r, op, claim)
	if err != nil {
		return err
	}
	return s.sendReceipt(w, r, s.receipt(op, outcome))
}

func (s *server) postedHome(entries []jcs.Value, segments []string) error {
	v := s.Ledger.View()
	defer v.Close()
	return atHome(v, entries, segments)
}

// registrationOf reads the one parameter of a new log: the digest of the credential by which the
// controller has confirmed the agent. Admission looks at it where nothing else lets the DID in.
func registrationOf(r *http.Request) (*record.Hash, error) {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	text, named := q.take(api.ParamRegistration)
	if err := q.rest(); err != nil || !named {
		return nil, err
	}
	digest, err := record.ParseHash(text)
	if err != nil {
		return nil, api.Problemf(api.InvalidParameter, "%s: want the digest of a registered credential", api.ParamRegistration)
	}
	return &digest, nil
}

// postWitness takes witness proofs for entries that are still to be posted.
func (s *server) postWitness(w *reply, r *http.Request, rt route) error {
	if err := noQuery(r); err != nil {
		return err
	}
	segments, err := folder(rt.rest)
	if err != nil {
		return err
	}
	file, err := readJSON(w, r, jsonTypes)
	if err != nil {
		return err
	}
	if !file.IsArray() {
		return api.NewProblem(api.Malformed, "want an array of proofs by versionId (did:webvh 1.0, Witness Proofs File)")
	}
	items := slices.Collect(file.Elems())
	op, err := record.NewWitnessOp(items)
	if len(segments) > 0 {
		op, err = record.NewWitnessOpAt(strings.Join(segments, "/"), items)
	}
	if err != nil {
		return refusalOf(err)
	}
	if _, err := s.submit(r, op, claimOf(op)); err != nil {
		return err
	}
	return s.sendJSON(w, r, http.StatusAccepted, s.staged(op))
}

// postCredential registers a credential, with or without its content, or a digest alone.
func (s *server) postCredential(w *reply, r *http.Request, _ route) error {
	if err := noQuery(r); err != nil {
		return err
	}
	body, err := readObject(w, r, jsonTypes)
	if err != nil {
		return err
	}
	op, err := credentialOp(body)
	if err != nil {
		return err
	}
	outcome, err := s.submit(r, op, claimOf(op))
	if err != nil {
		return err
	}
	receipt := s.receipt(op, outcome)
	w.Header().Set("Location", "/v1/credentials/"+receipt.Digest)
	return s.sendReceipt(w, r, receipt)
}

// postStatus changes the status of a credential or DID by a signed StatusChange.
func (s *server) postStatus(w *reply, r *http.Request, _ route) error {
	if err := noQuery(r); err != nil {
		return err
	}
	change, err := readObject(w, r, jsonTypes)
	if err != nil {
		return err
	}
	op, err := record.NewStatusOp(change)
	if err != nil {
		return refusalOf(err)
	}
	outcome, err := s.submit(r, op, claimOf(op))
	if err != nil {
		return err
	}
	return s.sendReceipt(w, r, s.receipt(op, outcome))
}

// noQuery fails if a write has query parameters: it takes none.
func noQuery(r *http.Request) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	return q.rest()
}

func (s *server) sendReceipt(w *reply, r *http.Request, receipt api.Receipt) error {
	s.stamp(w, max(s.Ledger.Size(), seqAfter(receipt.Seq)))
	return s.sendJSON(w, r, http.StatusCreated, receipt)
}

// sendJSON encodes a reply that is made for this request alone.
func (s *server) sendJSON(w *reply, r *http.Request, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	h := w.Header()
	if h[keyCacheControl] == nil {
		h[keyCacheControl] = valueNoCache
	}
	if h[api.HeaderSeq] == nil {
		s.stamp(w, s.Ledger.Size())
	}
	return w.send(r, status, api.TypeJSON, append(body, '\n'))
}

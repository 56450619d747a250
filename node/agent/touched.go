package agent

import (
	"net/url"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// subject is what the registry looks a DID up by: the SCID of a did:webvh DID, which stays
// when it moves; else the DID.
func subject(id did.ID) string {
	if rest, ok := strings.CutPrefix(string(id), "did:webvh:"); ok {
		scid, _, _ := strings.Cut(rest, ":")
		return scid
	}
	return string(id)
}

// listSubjects is whose entries are in a list that a registry makes: the issuer in its URL.
func listSubjects(text string) []string {
	_, path, ok := strings.Cut(text, record.ListPath)
	if !ok {
		return nil
	}
	issuer, _, _ := strings.Cut(path, "/")
	if id, err := url.PathUnescape(issuer); err == nil {
		return []string{subject(did.ID(issuer)), subject(did.ID(id))}
	}
	return []string{subject(did.ID(issuer))}
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// touched are the subjects of whom a record may change what a registry answers. Statuses of
// a credential are changed by its issuer, those of a DID and of an entry also by others. ok
// is false for a record that is not understood.
func touched(rec api.Record) (subjects []string, ok bool) {
	r, err := record.Decode(rec.Record)
	if err != nil {
		return nil, false
	}
	add := func(id did.ID) {
		if id != "" {
			subjects = append(subjects, subject(id))
		}
	}
	switch r.Kind {
	case record.KindDID:
		body, err := record.ParseDIDBody(r.Body)
		if err != nil {
			return nil, false
		}
		state, _ := body.Entry.Get("state")
		id, _ := state.GetString("id")
		add(did.ID(id))
	case record.KindCredential:
		body, err := record.ParseCredentialBody(r.Body)
		if err != nil {
			return nil, false
		}
		add(body.Issuer)
	case record.KindStatusList:
		body, err := record.ParseListBody(r.Body)
		if err != nil {
			return nil, false
		}
		add(body.Issuer)
	case record.KindStatus:
		change, err := record.ParseStatusChange(r.Body)
		if err != nil {
			return nil, false
		}
		add(change.DID)
		if change.Entry != nil {
			add(change.Entry.List.Issuer)
		}
		add(signer(r.Body))
	case record.KindObservation, record.KindUnpin, record.KindWhois:
		return nil, true // they change nothing that is remembered
	}
	return subjects, len(subjects) > 0
}

// signer is who signed a change, as its proof says.
func signer(change jcs.Value) did.ID {
	proof, _ := change.Get("proof")
	method, _ := proof.GetString("verificationMethod")
	id, _, _ := strings.Cut(method, "#")
	return did.ID(id)
}

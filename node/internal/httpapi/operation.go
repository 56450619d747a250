package httpapi

import (
	"errors"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// credentialOp reads the body of POST /v1/credentials: {"credential","publish"}, or {"digest",
// "issuer","proof"}, or a secured credential by itself.
func credentialOp(body jcs.Value) (record.Op, error) {
	allowed := "credential publish digest issuer proof"
	if _, bare := body.Get("@context"); bare {
		return wellFormed(record.NewCredentialOp(body, false))
	}
	for name := range body.Members() {
		if !strings.Contains(" "+allowed+" ", " "+name+" ") {
			return record.Op{}, api.Problemf(api.Malformed, "unknown member %.40q", name)
		}
	}
	payload := body.With("op", jcs.FromString(string(record.OpCredential)))
	_, whole := body.Get("credential")
	if _, stated := body.Get("publish"); whole && !stated {
		payload = payload.With("publish", jcs.FromBool(false))
	}
	return wellFormed(record.ParseOp(payload))
}

func wellFormed(op record.Op, err error) (record.Op, error) {
	if err != nil {
		return op, refusalOf(err)
	}
	return op, nil
}

// refusalOf maps what package record says of an operation's shape.
func refusalOf(err error) error {
	if errors.Is(err, jcs.ErrTooDeep) { // the body is not, the operation around it is
		return api.NewProblem(api.TooDeep, err.Error())
	}
	if errors.Is(err, record.ErrMalformed) || errors.Is(err, record.ErrUnknownOp) {
		return api.NewProblem(api.Malformed, err.Error())
	}
	return err
}

// unheeded refuses an operation that asks for what nothing would heed. Not so Apply: earlier nodes took
// such a change, and what the log has of them must come to the same everywhere.
func unheeded(op record.Op) error {
	if op.Name != record.OpStatus {
		return nil
	}
	cascade, _ := op.Change.Get("cascade")
	if asked, _ := cascade.Bool(); asked {
		return api.NewProblem(api.CascadeUnsupported, "cascade is not supported yet: change by itself what depends on the target")
	}
	return nil
}

// claimOf names whom an operation speaks for. Witness proofs speak for nobody until an entry takes
// them along.
func claimOf(op record.Op) admission.Claim {
	switch op.Name {
	case record.OpDID:
		last := op.Entries[len(op.Entries)-1]
		return admission.Claim{Subject: did.ID(stateID(last)), Keys: updateKeys(op.Entries), Controllers: controllers(last)}
	case record.OpCredential:
		return admission.Claim{Subject: op.Issuer}
	case record.OpStatus:
		proof, _ := op.Change.Get("proof")
		return admission.Claim{Subject: signer(proof)}
	case record.OpStatusList, record.OpWhois:
		return admission.Claim{Subject: op.Issuer}
	case record.OpObservation:
		proof, _ := op.Observation.Get("proof")
		return admission.Claim{Subject: signer(proof)}
	case record.OpUnpin:
		proof, _ := op.Unpin.Get("proof")
		return admission.Claim{Subject: signer(proof)}
	}
	return admission.Claim{}
}

// signer is the DID in front of a verification method's fragment.
func signer(proof jcs.Value) did.ID {
	method, _ := proof.GetString("verificationMethod")
	id, _, _ := strings.Cut(method, "#")
	return did.ID(id)
}

// updateKeys are the Multikeys that signed log entries, by did:key.
func updateKeys(entries []jcs.Value) []string {
	var keys []string
	for _, entry := range entries {
		for _, p := range proofsOf(entry) {
			if key, ok := strings.CutPrefix(string(signer(p)), "did:key:"); ok {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// proofsOf returns the proofs of a secured document, one or several.
func proofsOf(doc jcs.Value) []jcs.Value {
	p, ok := doc.Get("proof")
	if !ok {
		return nil
	}
	if !p.IsArray() {
		return []jcs.Value{p}
	}
	var list []jcs.Value
	for item := range p.Elems() {
		list = append(list, item)
	}
	return list
}

// stateID is the DID a log entry is of.
func stateID(entry jcs.Value) string {
	state, _ := entry.Get("state")
	id, _ := state.GetString("id")
	return id
}

// controllers are those that the document of a log entry names, one or several.
func controllers(entry jcs.Value) []did.ID {
	state, _ := entry.Get("state")
	member, _ := state.Get("controller")
	if id, single := member.Str(); single {
		return []did.ID{did.ID(id)}
	}
	var ids []did.ID
	for item := range member.Elems() {
		if id, ok := item.Str(); ok {
			ids = append(ids, did.ID(id))
		}
	}
	return ids
}

// receipt is what the writer gets for an accepted operation.
func (s *server) receipt(op record.Op, outcome record.Outcome) api.Receipt {
	r := api.Receipt{
		Ledger: s.ledgerID(), Seq: outcome.Seq, Time: outcome.Time.String(), Leaf: outcome.Leaf,
		Kind: string(op.Name), Count: outcome.Count,
	}
	switch op.Name {
	case record.OpDID:
		last := op.Entries[len(op.Entries)-1]
		r.DID = stateID(last)
		r.VersionID, _ = last.GetString("versionId")
	case record.OpCredential:
		r.Digest, r.Completes = op.CredentialDigest.String(), outcome.Completes
	case record.OpStatus:
		r.Target, _ = op.Change.GetString("target")
		r.Status, _ = op.Change.GetString("status")
	case record.OpStatusList:
		r.Digest = op.CredentialDigest.String()
		r.List, _ = op.Credential.GetString("id")
	case record.OpObservation:
		r.DID, _ = op.Observation.GetString("did")
	case record.OpUnpin:
		r.DID, _ = op.Unpin.GetString("did")
	case record.OpWhois:
		r.DID, r.Digest = string(op.Issuer), op.CredentialDigest.String()
	}
	return r
}

func (s *server) staged(op record.Op) api.WitnessReceipt {
	staged := 0
	for _, item := range op.Witness {
		staged += len(proofsOf(item))
	}
	return api.WitnessReceipt{Ledger: s.ledgerID(), Staged: staged}
}

// ledgerID is empty until the ledger has its first record.
func (s *server) ledgerID() string {
	v := s.Ledger.View()
	defer v.Close()
	return v.LedgerID()
}

package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// maxStagedPerAddress is for how many versions one address may have set proofs aside, at one node, that
// take up room all share, while their entries have not come.
const maxStagedPerAddress = 64

// admitStaged admits witness proofs that no registered DID awaits, for those versions. With an allow-list
// each has to be by a witness that is listed: whose entries they are for nobody can tell yet. What
// it returns is to be told whether they may have been set aside.
func (s *server) admitStaged(r *http.Request, op record.Op, versions []string) (done func(kept bool), err error) {
	if s.Admission.Mode() != admission.Open {
		for _, key := range witnessKeys(op) {
			admitted, err := s.admits(r.Context(), admission.Claim{Subject: did.ID("did:key:" + key), Keys: []string{key}})
			if err != nil {
				return nil, err
			}
			if !admitted {
				return nil, api.NewProblem(api.NotAdmitted,
					"a witness is neither on this registry's list nor named by the DID: send its proofs in one operation with the entry")
			}
		}
	}
	done, ok := s.staging.take(s.Admission.Address(r), versions, s.now(), s.waiting)
	if !ok {
		p := rateLimited(time.Minute)
		p.Detail = "as many witness proofs of this address as may be wait for their entries: send others in one operation with theirs"
		return nil, p
	}
	return done, nil
}

// witnessKeys are the keys of those who approve, by did:key.
func witnessKeys(op record.Op) (keys []string) {
	for _, item := range op.Witness {
		for _, p := range proofsOf(item) {
			key, _ := strings.CutPrefix(string(signer(p)), "did:key:")
			keys = append(keys, key)
		}
	}
	return keys
}

// waiting reports whether proofs for a version are still set aside here.
func (s *server) waiting(version string) bool {
	v := s.Ledger.View()
	defer v.Close()
	staged, err := v.Staged(version)
	return err != nil || staged.Len() > 0
}

package httpapi

import (
	"container/list"
	"net/http"
	"net/netip"
	"strings"
	"sync"
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

// staging counts by address the versions for which proofs have been set aside. An address that has not
// been seen for longest is forgotten. Safe for concurrent use.
type staging struct {
	mu   sync.Mutex
	by   map[netip.Addr]*list.Element // of *stager
	used *list.List                   // newest first
}

// stager is one address; since is when each of its versions was set aside.
type stager struct {
	addr  netip.Addr
	since map[string]time.Time
}

const (
	maxStagers = 4096
	// settled is how long a node may take to see what it has passed on to the leader.
	settled = 2 * time.Second
)

func newStaging() *staging {
	return &staging{by: map[netip.Addr]*list.Element{}, used: list.New()}
}

// take counts versions, if the address may have them. waits tells whether a version's entry has not come.
func (t *staging) take(addr netip.Addr, versions []string, now time.Time, waits func(string) bool) (done func(kept bool), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	own := t.of(addr)
	for version, since := range own.since {
		if age := now.Sub(since); age >= record.StagedLife || age >= settled && !waits(version) {
			delete(own.since, version)
		}
	}
	var taken []string
	for _, version := range versions {
		if _, counted := own.since[version]; !counted {
			taken = append(taken, version)
		}
	}
	if len(own.since)+len(taken) > maxStagedPerAddress {
		return nil, false
	}
	for _, version := range taken {
		own.since[version] = now
	}
	return func(kept bool) {
		if kept {
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, version := range taken {
			delete(own.since, version)
		}
	}, true
}

// of returns the account of an address; the caller holds mu.
func (t *staging) of(addr netip.Addr) *stager {
	if e, ok := t.by[addr]; ok {
		t.used.MoveToFront(e)
		return e.Value.(*stager)
	}
	if t.used.Len() >= maxStagers {
		oldest := t.used.Back()
		delete(t.by, oldest.Value.(*stager).addr)
		t.used.Remove(oldest)
	}
	own := &stager{addr, map[string]time.Time{}}
	t.by[addr] = t.used.PushFront(own)
	return own
}

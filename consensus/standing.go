package consensus

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
)

// A node that lost its disk has forgotten two kinds of promise: which entries it
// acknowledged, and whom it voted for. Raft counts on both. Were it to vote at once, a
// majority of such nodes would elect a leader without the entries that only the others
// have, and what was acknowledged would be lost without a sign. So every node has a
// standing, kept with its votes:
//
//   - empty: it holds nothing. It refuses whatever Raft sends, so that it adds to no
//     majority, neither of votes nor of acknowledgements nor of those that confirm a
//     leadership, and it stands for no election.
//   - joining: the leader of Term has admitted it. It takes entries and snapshots from
//     leaders of that term or later, and acknowledges what it has stored, but still
//     neither votes nor stands.
//   - member: it does all that Raft asks for.
//
// From empty to joining. The node asks for admission under an incarnation, an id made
// when its directory was. The leader, of term T, then proposes an entry; once that is
// committed, at index i, it answers with T and i. The node was not among those who
// committed it, for it refuses everything until then. Two things follow:
//
//   - Who has yet to be elected in a later term on the strength of a vote that the node
//     forgot, cannot be: entry i is on a majority that does not include the node, and
//     each of these refuses a candidate without it. A candidate that asked for the
//     forgotten vote did so before i was proposed, hence without it. So the node may
//     vote again in terms after T.
//   - Leaders of terms before T cannot use the node to confirm or to commit anything: it
//     refuses them. A leader of T or later has every committed entry, since nobody who
//     elected it had forgotten one.
//
// From joining to member. When the node's log reaches i it has all that was committed
// before it was admitted, and whatever it acknowledged in its former life that mattered:
// its log up to i came from leaders of T or later, and all of these have the same
// entries up to i. A vote from it is then what it would have been. What it acknowledged
// meanwhile needs no such care: it has stored that, after all that comes before it, and
// an election while it does not vote is decided by a majority without it, which has a
// node in common with every majority that committed anything, the emptied node aside.
//
// From empty to member. Nothing can be forgotten where there was nothing: a cluster is
// founded when all configured peers were empty at one moment. The node with the lowest
// id finds out, by asking each twice (see agreed), and writes the record of it: the
// cluster's id and the incarnations. The others follow when they find themselves in that
// record. A node that is emptied after that moment has an incarnation in no record.
// Config.Bootstrap is the operator's word in place of the missing nodes' (see decide).
type standing struct {
	Status      string `json:"status"`
	Incarnation string `json:"incarnation"` // 16 random bytes, in hex
	// Cluster names the cluster that the node belongs to, "" while it is empty.
	Cluster string `json:"cluster,omitempty"`
	// Founders are the incarnations that founded the cluster, by node id.
	Founders map[string]string `json:"founders,omitempty"`
	// Term and Index are those of the admission of a joining node.
	Term  uint64 `json:"term,omitempty"`
	Index uint64 `json:"index,omitempty"`
}

const (
	statusEmpty   = "empty"
	statusJoining = "joining"
	statusMember  = "member"

	keyStanding = "tabard standing"
	keyTerm     = "CurrentTerm" // of Raft
	// firstCluster is the id of clusters founded before clusters had ids.
	firstCluster = "00000000000000000000000000000000"
)

func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func validHex(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 16
}

func (s *standing) validate() error {
	known := s.Status == statusEmpty || s.Status == statusJoining || s.Status == statusMember
	if !known || !validHex(s.Incarnation) || (s.Cluster == "") != (s.Status == statusEmpty) ||
		s.Cluster != "" && !validHex(s.Cluster) || len(s.Founders) > maxPeers {
		return fmt.Errorf("standing %q: %w", s.Status, ErrCorrupt)
	}
	for id, incarnation := range s.Founders {
		if !validID(id) || !validHex(incarnation) {
			return fmt.Errorf("founder %q: %w", id, ErrCorrupt)
		}
	}
	return nil
}

// founder reports whether the node took part in founding its cluster, so that its log
// begins with the entry that all founders make for themselves.
func (s *standing) founder(id string) bool {
	return s.Founders[id] == s.Incarnation && s.Incarnation != ""
}

// standings keeps a node's standing on disk.
type standings struct {
	stable *sealedStable
	mu     sync.Mutex
	now    standing
}

// openStanding reads the standing in a directory. One that has a log but no standing is
// of a member from before there were standings; what has neither is empty.
func openStanding(d *disk, c *Config) (*standings, error) {
	s := &standings{stable: d.stable}
	b, err := d.stable.Get([]byte(keyStanding))
	if err == nil {
		if err = json.Unmarshal(b, &s.now); err == nil {
			err = s.now.validate()
		}
		if err != nil {
			return nil, fmt.Errorf("standing of this node in %s: %w", d.stable.path, err)
		}
		return s, nil
	}
	if !errors.Is(err, raftboltdb.ErrKeyNotFound) {
		return nil, err
	}
	used, err := d.used(c)
	if err != nil {
		return nil, err
	}
	next := standing{Status: statusEmpty, Incarnation: newID()}
	if used {
		next.Status, next.Cluster = statusMember, firstCluster
	}
	return s, s.set(next)
}

// used reports whether the directory has taken part in a cluster.
func (d *disk) used(c *Config) (bool, error) {
	metas, err := d.snaps.metas()
	if err != nil {
		return false, err
	}
	return d.log.last > 0 || len(metas) > 0 || c.StateMachine.AppliedIndex() > 0, nil
}

func (s *standings) get() standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// beginLog writes what firstEntry writes, for a founder that was stopped before that was
// done. Raft does not: to it, a node that has noted the term has begun already.
func (d *disk) beginLog(c *Config) error {
	used, err := d.used(c)
	if err != nil || used {
		return err
	}
	switch _, err := d.stable.GetUint64([]byte(keyTerm)); {
	case errors.Is(err, raftboltdb.ErrKeyNotFound):
		if err := d.stable.SetUint64([]byte(keyTerm), 1); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	return d.log.StoreLog(&raft.Log{
		Index: 1, Term: 1, Type: raft.LogConfiguration, Data: raft.EncodeConfiguration(configuration(c.Peers)),
	})
}

// set makes next durable, then the present standing.
func (s *standings) set(next standing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := next.validate(); err != nil {
		return err
	}
	b, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := s.stable.Set([]byte(keyStanding), b); err != nil {
		return err
	}
	s.now = next
	return nil
}

package consensus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"
)

// admission is a leader's answer to a node that asks for admission.
type admission struct {
	Cluster string `json:"cluster"`
	Term    uint64 `json:"term"`
	Index   uint64 `json:"index"`
}

// askAdmission asks the leader that a peer names, or any peer if it is not in reach.
func (r *Replica) askAdmission() error {
	now, leader := time.Now(), ""
	for _, v := range r.peers.views() {
		if v.fresh(now) && v.state.Leader != "" {
			leader = v.state.Leader
		}
	}
	l, ok := r.links[leader]
	if !ok {
		return fmt.Errorf("%w: the peers follow %q", ErrNoLeader, leader)
	}
	ctx, cancel := context.WithTimeout(r.ctx, r.cfg.RPCTimeout)
	defer cancel()
	self := r.standing.get()
	b, err := l.call(ctx, callAdmit, []byte(self.Incarnation))
	if err != nil {
		return fmt.Errorf("ask %s for admission: %w", leader, err)
	}
	var a admission
	if err := json.Unmarshal(b, &a); err != nil || a.Term == 0 || a.Index == 0 {
		return fmt.Errorf("%s answered a request for admission with %.64q", leader, b)
	}
	err = r.become(standing{
		Status: statusJoining, Incarnation: self.Incarnation, Cluster: a.Cluster, Term: a.Term, Index: a.Index,
	})
	if err == nil {
		r.cfg.Logger.Info("admitted to the cluster: this node catches up, and votes when it has",
			"node", r.cfg.NodeID, "leader", leader, "term", a.Term, "index", a.Index)
	}
	return err
}

// admit answers a request for admission, which has arrived before the call: it commits
// an entry of this leadership and names it. See standing.
func (r *Replica) admit() (admission, error) {
	self := r.standing.get()
	term := r.raft.CurrentTerm()
	if r.raft.State() != raft.Leader || self.Status != statusMember {
		return admission{}, ErrNoLeader
	}
	stamp, err := r.clock.stamp()
	if err != nil {
		return admission{}, err
	}
	f := r.raft.ApplyLog(raft.Log{Data: appendBatch(nil, stamp, nil)}, r.cfg.CallTimeout)
	if err := f.Error(); err != nil {
		return admission{}, fmt.Errorf("%w: %w", ErrNoLeader, err)
	}
	if r.raft.CurrentTerm() != term {
		return admission{}, fmt.Errorf("%w: leadership changed", ErrNoLeader)
	}
	return admission{Cluster: self.Cluster, Term: term, Index: f.Index()}, nil
}

// firstEntry writes the entry that every founder's log begins with. It names the
// members, and is the same on all of them.
func (r *Replica) firstEntry() error {
	err := r.raft.BootstrapCluster(configuration(r.cfg.Peers)).Error()
	if errors.Is(err, raft.ErrCantBootstrap) {
		return nil // it is there, or what follows it
	}
	return err
}

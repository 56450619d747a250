package consensus

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// What a node without a vote does next.
type step int

const (
	stepWait   step = iota // for the reason given
	stepFound              // write the record of a new cluster
	stepFollow             // take part in a cluster whose record has this incarnation
	stepAdopt              // vote in a cluster as Config.Bootstrap says
	stepJoin               // ask for admission
)

// move is what decide found to do.
type move struct {
	step     step
	cluster  string
	founders map[string]string
	reason   string // of stepWait, for people
}

// bootstrapPatience is for how many election timeouts a cluster must have shown no
// leader before Config.Bootstrap makes a node vote in it that is empty or joining, and
// peers must have been out of reach before it makes a majority begin without them: those
// who just start, or were late with an answer, may be about to begin as well.
const bootstrapPatience = 6

const askedAgain = "the peers are being asked again"

// decide says what a node without a vote does, given what it last heard of its peers.
//
// With Config.Bootstrap a majority of empty nodes founds a cluster without the others,
// after a while;
// and where there is a cluster that has no leader, because too many of its nodes lost
// their disks, the node votes although it is empty. Where there is a leader the node
// needs nobody's word: it is admitted.
func (r *Replica) decide(now time.Time) move {
	self := r.standing.get()
	views := r.peers.views()
	if self.Status == statusJoining {
		return r.enterCluster([]string{self.Cluster}, views, now)
	}
	for _, p := range r.cfg.Peers {
		v := views[p.ID]
		if v.fresh(now) && v.state.Status == statusMember && v.state.Founders[r.cfg.NodeID] == self.Incarnation {
			return move{step: stepFollow, cluster: v.state.Cluster, founders: v.state.Founders}
		}
	}
	if clusters := clustersOf(views, now); len(clusters) > 0 {
		return r.enterCluster(clusters, views, now)
	}
	return r.foundCluster(self, views, now)
}

func clustersOf(views map[string]view, now time.Time) (out []string) {
	for _, v := range views {
		if v.fresh(now) && v.state.Cluster != "" && !slices.Contains(out, v.state.Cluster) {
			out = append(out, v.state.Cluster)
		}
	}
	slices.Sort(out)
	return out
}

// enterCluster decides when there is a cluster to take part in.
func (r *Replica) enterCluster(clusters []string, views map[string]view, now time.Time) move {
	next, here := move{step: stepJoin}, "this node is empty, and the cluster has no leader that could admit it"
	if r.standing.get().Status == statusJoining {
		next, here = move{}, "this node has not caught up, and the cluster has no leader that it could catch up with"
	}
	if len(clusters) > 1 {
		return move{reason: "the peers belong to different clusters: stop those whose ledger is not to be kept"}
	}
	leader, _ := r.Leader()
	for _, v := range views {
		if v.fresh(now) {
			leader = cmp.Or(leader, v.state.Leader)
		}
	}
	if leader != "" {
		r.leaderless = time.Time{}
		return next
	}
	if r.leaderless.IsZero() {
		r.leaderless = now
	}
	if r.cfg.Bootstrap && now.Sub(r.leaderless) >= bootstrapPatience*r.cfg.ElectionTimeout {
		return move{step: stepAdopt, cluster: clusters[0]}
	}
	return move{reason: here + ": " +
		"start the nodes that hold its ledger; if they are lost, start this one once with --bootstrap"}
}

// foundCluster decides when no peer in reach belongs to a cluster.
func (r *Replica) foundCluster(self standing, views map[string]view, now time.Time) move {
	var empty, flagged, missing, hold []string
	founders := make(map[string]string)
	for _, p := range r.cfg.Peers {
		v, own := views[p.ID], p.ID == r.cfg.NodeID
		switch {
		case own:
			founders[p.ID] = self.Incarnation
		case v.fresh(now) && v.state.Status == statusEmpty:
			founders[p.ID] = v.state.Incarnation
		default:
			missing = append(missing, p.ID)
			if v.state.Cluster != "" {
				hold = append(hold, p.ID)
			}
			continue
		}
		empty = append(empty, p.ID)
		if own && r.cfg.Bootstrap || !own && v.state.Bootstrap {
			flagged = append(flagged, p.ID)
		}
	}
	if len(missing) == 0 {
		r.incomplete, flagged = time.Time{}, empty // nobody's word is needed
	} else if r.incomplete.IsZero() {
		r.incomplete = now
	}
	waits := "this node is empty and waits for " + strings.Join(missing, ", ")
	switch {
	case len(hold) > 0:
		return move{reason: waits + ": a ledger was at " + strings.Join(hold, ", ") + " just now; to begin without it, start this node again with --bootstrap"}
	case len(flagged) == 0:
		return move{reason: waits + ": a new cluster needs all of its peers, or one started with --bootstrap"}
	case len(empty) <= len(r.cfg.Peers)/2:
		return move{reason: waits + ": a new cluster needs a majority of its peers"}
	case len(missing) > 0 && now.Sub(r.incomplete) < bootstrapPatience*r.cfg.ElectionTimeout:
		return move{reason: waits + ", but not for long, as --bootstrap says"}
	case slices.Min(flagged) != r.cfg.NodeID:
		return move{reason: slices.Min(flagged) + " is about to found the cluster"}
	case !agreed(views, empty, r.cfg.NodeID):
		return move{reason: askedAgain}
	}
	return move{step: stepFound, cluster: newID(), founders: founders}
}

// agreed reports whether there was a moment at which all of ids were empty: one after
// each had said so, and before each was asked again and said so again, of the same
// incarnation. No incarnation becomes empty again.
func agreed(views map[string]view, ids []string, self string) bool {
	var from, until time.Time
	for _, id := range ids {
		if id == self {
			continue
		}
		v := views[id]
		if v.emptySince.After(from) {
			from = v.emptySince
		}
		if until.IsZero() || v.asked.Before(until) {
			until = v.asked
		}
	}
	return !until.Before(from)
}

// enter brings an empty node into a cluster.
func (r *Replica) enter() {
	said := ""
	tick := time.NewTicker(r.cfg.entryInterval())
	defer tick.Stop()
	for {
		s := r.standing.get()
		if s.Status == statusJoining {
			r.caughtUp()
			s = r.standing.get()
		}
		if s.Status == statusMember {
			return
		}
		m := r.decide(time.Now())
		if err := r.take(m); err != nil {
			m.reason = err.Error()
		}
		r.waiting.Store(&m.reason)
		if m.reason != "" && m.reason != said && m.reason != askedAgain {
			r.cfg.Logger.Info("not in a cluster yet", "node", r.cfg.NodeID, "reason", m.reason)
		}
		said = cmp.Or(m.reason, said)
		select {
		case <-tick.C:
		case <-r.ctx.Done():
			return
		}
	}
}

// take does what was decided.
func (r *Replica) take(m move) error {
	self := r.standing.get()
	next := standing{Status: statusMember, Incarnation: self.Incarnation, Cluster: m.cluster, Founders: m.founders}
	switch m.step {
	case stepJoin:
		return r.askAdmission()
	case stepFound, stepFollow:
		if err := r.become(next); err != nil {
			return err
		}
		r.cfg.Logger.Info("a new cluster is founded", "node", r.cfg.NodeID, "cluster", m.cluster, "founders", len(m.founders))
		return r.firstEntry()
	case stepAdopt:
		r.cfg.Logger.Warn("voting although this node has not caught up, as --bootstrap says: what only lost nodes had is lost",
			"node", r.cfg.NodeID, "cluster", m.cluster)
		return r.become(next)
	}
	return nil
}

// become changes the standing. Connections made before are of a node that belonged to no
// cluster: all are made anew, so that both ends have compared whose they are.
func (r *Replica) become(next standing) error {
	before := r.standing.get()
	if err := r.standing.set(next); err != nil {
		return err
	}
	if before.Cluster != next.Cluster {
		r.mux.dropAll()
	}
	return nil
}

// caughtUp makes a joining node a member once its log has what it was admitted for.
func (r *Replica) caughtUp() {
	s := r.standing.get()
	if s.Status != statusJoining || r.raft == nil || r.raft.LastIndex() < s.Index {
		return
	}
	s.Status, s.Term, s.Index = statusMember, 0, 0
	if err := r.become(s); err != nil {
		r.cfg.Logger.Error("this node has caught up but cannot note it", "error", err)
		return
	}
	r.cfg.Logger.Info("this node has caught up: it votes from now on", "node", r.cfg.NodeID)
}

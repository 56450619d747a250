package httpapi

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// getHealth says that the process serves requests, and nothing about its state.
func (s *server) getHealth(w *reply, r *http.Request, _ route) error {
	w.Header()[keyCacheControl] = valueNoStore
	return s.sendJSON(w, r, http.StatusOK, api.Ready{Ready: true})
}

// getReady says whether this node can vouch for what it serves, and if not why.
func (s *server) getReady(w *reply, r *http.Request, _ route) error {
	w.Header()[keyCacheControl] = valueNoStore
	if err := s.sound(); err != nil {
		return err
	}
	if p, restoring := s.Ledger.Restoring(); restoring {
		return api.NewProblem(api.StatusStale,
			fmt.Sprintf("the node is catching up: %d of %d records, %.0f a second", p.Done, p.Total, p.Rate))
	}
	if err := s.Cluster.Unready(); err != nil {
		return unready(err)
	}
	if id, _ := s.Cluster.Leader(); id == "" {
		return api.NewProblem(api.NoLeader, "no leader is known"+s.progress())
	}
	if s.Ledger.Size() == 0 {
		return api.NewProblem(api.StatusStale, "the ledger has no record yet"+s.progress())
	}
	if s.fresh(s.MaxStaleDefault) != nil {
		return api.Problemf(api.StatusStale, "the state is older than %v%s", s.MaxStaleDefault, s.progress())
	}
	return s.sendJSON(w, r, http.StatusOK, api.Ready{Ready: true})
}

// progress says how far a node that is not ready has come with its log.
func (s *server) progress() string {
	if log := s.Cluster.Status(); log.AppliedIndex < log.LastIndex {
		return fmt.Sprintf("; entry %d of %d of the log is applied", log.AppliedIndex, log.LastIndex)
	}
	return ""
}

// unready is the problem of a node that cannot take part, with consensus's own words.
func unready(err error) *api.Problem {
	p := problem(err)
	p.Detail = err.Error()
	return p
}

func (s *server) getMetrics(w *reply, r *http.Request, _ route) error {
	s.stamp(w, s.Ledger.Size())
	s.gauge.ServeHTTP(w, r)
	return nil
}

// getStream hands the connection to the stream.
func (s *server) getStream(w *reply, r *http.Request, _ route) error {
	s.stamp(w, s.Ledger.Size())
	s.Stream.ServeHTTP(hijackable{w}, r)
	return nil
}

// hijackable lets the stream take the connection over, and notes that it did.
type hijackable struct{ *reply }

// Hijack implements http.Hijacker.
func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err == nil {
		h.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// getCluster says what this node knows of itself and its peers.
func (s *server) getCluster(w *reply, r *http.Request, _ route) error {
	b, err := onlyBounds(r)
	if err != nil {
		return err
	}
	v, err := s.view(w, r, b)
	if err != nil {
		return err
	}
	defer v.Close()
	status := s.Cluster.Status()
	leader, _ := s.Cluster.Leader()
	c := api.Cluster{
		Node: s.NodeID, Leader: leader, Ledger: v.LedgerID(), Domain: v.Domain(), Size: v.Size(), Root: v.Root(),
		Term: status.Term, State: strings.ToLower(status.State), Standing: status.Standing, Peers: s.peers(status),
	}
	if v.Size() > 0 {
		c.Time = record.TimeOf(v.Time()).String()
	}
	if age := s.Cluster.Staleness(); age < unheard {
		ms := age.Milliseconds()
		c.AgeMS = &ms
	}
	if err := s.Cluster.Unready(); err != nil {
		c.Problems = append(c.Problems, err.Error())
	}
	if v.Size() > 0 {
		if words := Ahead(v.Time(), s.now(), s.MaxClockSkew); words != "" {
			c.Problems = append(c.Problems, words)
		}
	}
	return s.sendJSON(w, r, http.StatusOK, c)
}

// peers lists the members of the cluster, and what this node knows of the others.
func (s *server) peers(status consensus.Status) []api.Peer {
	out := []api.Peer{}
	for _, p := range s.Cluster.Peers() {
		line := api.Peer{ID: p.ID, Address: p.Address}
		for _, known := range status.Peers {
			if known.ID != p.ID {
				continue
			}
			line.Reachable, line.Standing, line.Problem = &known.Reachable, known.Standing, known.Problem
			if known.Heard != consensus.NeverApplied {
				ms := known.Offset.Milliseconds()
				line.ClockOffsetMS = &ms
			}
		}
		out = append(out, line)
	}
	return out
}

// Ahead says what to do about a ledger whose newest record, of the time stamped, is ahead of
// the clock by more than a bound; "" if it is not.
func Ahead(stamped, now time.Time, bound time.Duration) string {
	ahead := stamped.Sub(now)
	if ahead <= bound {
		return ""
	}
	return fmt.Sprintf("the newest record is of %s, %s ahead of this node's clock: if the clock is wrong, set it; if it is right, "+
		"a leader with a wrong clock stamped that record, and until then all further records get the same time; "+
		"only a copy of the ledger from before that record, restored on every node, is rid of it",
		stamped.UTC().Format(time.RFC3339), ahead.Round(time.Second))
}

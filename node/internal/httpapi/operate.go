package httpapi

import (
	"bufio"
	"net"
	"net/http"
	"strings"

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
	if id, _ := s.Cluster.Leader(); id == "" {
		return api.NewProblem(api.NoLeader, "no leader is known")
	}
	if s.Ledger.Size() == 0 {
		return api.NewProblem(api.StatusStale, "the ledger has no record yet")
	}
	if err := s.fresh(s.MaxStaleDefault); err != nil {
		return err
	}
	return s.sendJSON(w, r, http.StatusOK, api.Ready{Ready: true})
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
		Term: status.Term, State: strings.ToLower(status.State), Peers: []api.Peer{},
	}
	if v.Size() > 0 {
		c.Time = record.TimeOf(v.Time()).String()
	}
	if age := s.Cluster.Staleness(); age < unheard {
		ms := age.Milliseconds()
		c.AgeMS = &ms
	}
	for _, p := range s.Cluster.Peers() {
		c.Peers = append(c.Peers, api.Peer{ID: p.ID, Address: p.Address})
	}
	return s.sendJSON(w, r, http.StatusOK, c)
}

// Package metrics makes the registry of one process: what the node measures of
// itself beside what its parts count. Names begin with tabard_; the Go runtime and
// the process keep the names that Prometheus gives them.
package metrics

import (
	"runtime/debug"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

// Cluster is what is measured of consensus; *consensus.Replica is one.
type Cluster interface {
	Status() consensus.Status
}

// Ledger is what is measured of the ledger; *ledger.Ledger is one.
type Ledger interface {
	Size() record.Seq
	Restoring() (ledger.Progress, bool)
}

// New returns a registry with the collectors of the runtime, the process and the
// build.
func New(nodeID string) (*prometheus.Registry, error) {
	reg := prometheus.NewRegistry()
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "tabard_build_info", Help: "Always 1; the labels say what runs here.",
		ConstLabels: prometheus.Labels{"version": version, "node": nodeID},
	})
	build.Set(1)
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build,
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return reg, nil
}

// Watch adds what cluster and ledger say of themselves whenever they are asked.
func Watch(reg prometheus.Registerer, cluster Cluster, of Ledger) error {
	return reg.Register(&state{cluster: cluster, ledger: of})
}

// state is a collector that takes one look at the cluster for all of its gauges.
type state struct {
	cluster Cluster
	ledger  Ledger
}

func desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("tabard_"+name, help, nil, nil)
}

var (
	descSize      = desc("ledger_records", "Records in the ledger.")
	descLeader    = desc("raft_leader", "1 if this node leads.")
	descKnown     = desc("raft_leader_known", "1 if this node knows a leader.")
	descTerm      = desc("raft_term", "Term.")
	descFirst     = desc("raft_first_index", "Oldest entry in this node's log.")
	descLast      = desc("raft_last_index", "Newest entry in this node's log.")
	descCommit    = desc("raft_commit_index", "Newest entry known to be committed.")
	descApplied   = desc("raft_applied_index", "Newest entry applied to the ledger.")
	descQueued    = desc("raft_queued_proposals", "Proposals that wait for a log entry.")
	descMember    = desc("raft_member", "1 if this node has a vote, 0 while it is empty or catches up.")
	descReachable = desc("raft_peers_reachable", "Other nodes that answer this one.")
	descClock     = desc("clock_wrong", "1 if a majority of the cluster has another time than this node.")
	descOffset    = desc("clock_offset_seconds", "How far the clock of the peer farthest away is ahead of this node's.")
	descRestored  = desc("restore_records_done", "Records of a received snapshot that are restored; absent while none is.")
	descRestore   = desc("restore_records", "Records that there will be when it is; absent while none is.")
	descRetained  = prometheus.NewDesc("tabard_raft_retained_bytes", "Bytes of log that a leader keeps for a peer.", []string{"peer", "installing"}, nil)
	descStaleness = desc("staleness_seconds", "Age of the newest applied entry; absent before there is one.")
)

// Describe implements prometheus.Collector.
func (s *state) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descSize, descLeader, descKnown, descTerm, descFirst, descLast, descCommit, descApplied, descQueued,
		descMember, descReachable, descClock, descOffset, descStaleness, descRestored, descRestore, descRetained} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *state) Collect(ch chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, v float64) { ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	st := s.cluster.Status()
	send(descSize, float64(s.ledger.Size()))
	send(descLeader, one(st.Leader != "" && st.Leader == st.NodeID))
	send(descKnown, one(st.Leader != ""))
	send(descTerm, float64(st.Term))
	send(descFirst, float64(st.FirstIndex))
	send(descLast, float64(st.LastIndex))
	send(descCommit, float64(st.CommitIndex))
	send(descApplied, float64(st.AppliedIndex))
	send(descQueued, float64(st.Queued))
	send(descMember, one(st.Standing == "member"))
	reachable := 0
	for _, p := range st.Peers {
		if p.Reachable {
			reachable++
		}
	}
	send(descReachable, float64(reachable))
	send(descClock, one(st.ClockWrong))
	send(descOffset, st.ClockOffset.Seconds())
	if p, ok := s.ledger.Restoring(); ok {
		send(descRestored, float64(p.Done))
		send(descRestore, float64(p.Total))
	}
	for _, kept := range st.Retained {
		ch <- prometheus.MustNewConstMetric(descRetained, prometheus.GaugeValue, float64(kept.Bytes), kept.Peer, strconv.FormatBool(kept.Installing))
	}
	if st.Staleness != consensus.NeverApplied {
		send(descStaleness, st.Staleness.Seconds())
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

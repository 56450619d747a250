package consensus_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"

	"github.com/tabard-id/tabard/consensus"
)

const (
	benchWriters = 256
	benchCommand = 300 // bytes
)

// counter is a state machine that only counts.
type counter struct{ index, n atomic.Uint64 }

func (c *counter) Apply(index uint64, _ int64, cmds [][]byte) ([][]byte, error) {
	out := make([][]byte, len(cmds))
	for i := range cmds {
		out[i] = cmds[i][:8]
	}
	c.n.Add(uint64(len(cmds)))
	c.index.Store(index)
	return out, nil
}
func (c *counter) AppliedIndex() uint64                  { return c.index.Load() }
func (c *counter) Flush() error                          { return nil }
func (c *counter) Holding() ([]byte, error)              { return nil, nil }
func (c *counter) WriteSnapshot(io.Writer, []byte) error { return nil }
func (c *counter) RestoreSnapshot(r io.Reader, _ func(uint64) error) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

// writers runs propose from benchWriters goroutines and reports proposals/s.
func writers(b *testing.B, propose func(i int, cmd []byte) error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for w := range benchWriters {
		wg.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				cmd := binary.BigEndian.AppendUint64(make([]byte, 0, benchCommand), uint64(i))
				if err := propose(w, cmd[:benchCommand]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "proposals/s")
}

func benchReplicas(b *testing.B) (replicas []*consensus.Replica, leader int) {
	peers, listeners := loopbackPeers(b, 3)
	for i, p := range peers {
		r, err := consensus.Start(consensus.Config{
			NodeID: p.ID, Dir: b.TempDir(), Peers: peers, Listener: listeners[i], StateMachine: new(counter),
			Secret: []byte("sixteen bytes or more"),
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { r.Close() })
		replicas = append(replicas, r)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for i, r := range replicas {
		if err := r.ReadBarrier(ctx); err != nil {
			b.Fatal(err)
		}
		if _, self := r.Leader(); self {
			leader = i
		}
	}
	return replicas, leader
}

// Three nodes over TLS on loopback, log on disk, 256 writers.
func BenchmarkPropose(b *testing.B) {
	b.Run("at the leader", func(b *testing.B) {
		replicas, leader := benchReplicas(b)
		before := replicas[leader].Status().LastIndex
		defer func() {
			b.ReportMetric(float64(b.N)/float64(replicas[leader].Status().LastIndex-before), "commands/entry")
		}()
		writers(b, func(_ int, cmd []byte) error {
			_, err := replicas[leader].Propose(context.Background(), cmd)
			return err
		})
	})
	b.Run("at all nodes", func(b *testing.B) {
		replicas, _ := benchReplicas(b)
		writers(b, func(i int, cmd []byte) error {
			_, err := replicas[i%3].Propose(context.Background(), cmd)
			return err
		})
	})
	b.Run("one raft entry each", benchPlainRaft)
}

// plainFSM is the counter as a plain raft.FSM.
type plainFSM struct{ n int }

func (f *plainFSM) Apply(*raft.Log) any                 { f.n++; return nil }
func (f *plainFSM) Snapshot() (raft.FSMSnapshot, error) { return nil, io.EOF }
func (f *plainFSM) Restore(io.ReadCloser) error         { return nil }

type plainStream struct{ net.Listener }

func (plainStream) Dial(a raft.ServerAddress, d time.Duration) (net.Conn, error) {
	return net.DialTimeout("tcp", string(a), d)
}

// benchPlainRaft is what the batches are measured against: hashicorp/raft over
// plain TCP and raft-boltdb, each command an entry of its own.
func benchPlainRaft(b *testing.B) {
	peers, listeners := loopbackPeers(b, 3)
	var members raft.Configuration
	for _, p := range peers {
		members.Servers = append(members.Servers, raft.Server{ID: raft.ServerID(p.ID), Address: raft.ServerAddress(p.Address)})
	}
	var nodes []*raft.Raft
	for i, p := range peers {
		store, err := raftboltdb.NewBoltStore(filepath.Join(b.TempDir(), "raft.db"))
		if err != nil {
			b.Fatal(err)
		}
		conf := raft.DefaultConfig()
		conf.LocalID, conf.Logger = raft.ServerID(p.ID), hclog.NewNullLogger()
		cache, err := raft.NewLogCache(512, store)
		if err != nil {
			b.Fatal(err)
		}
		trans := raft.NewNetworkTransportWithLogger(plainStream{listeners[i]}, 3, 2*time.Second, conf.Logger)
		snaps := raft.NewInmemSnapshotStore()
		if err := raft.BootstrapCluster(conf, cache, store, snaps, trans, members); err != nil {
			b.Fatal(err)
		}
		r, err := raft.NewRaft(conf, new(plainFSM), cache, store, snaps, trans)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { r.Shutdown().Error(); store.Close() })
		nodes = append(nodes, r)
	}
	var leader *raft.Raft
	for leader == nil {
		for _, r := range nodes {
			if r.VerifyLeader().Error() == nil {
				leader = r
			}
		}
	}
	writers(b, func(_ int, cmd []byte) error { return leader.Apply(cmd, 10*time.Second).Error() })
}

func BenchmarkReadBarrier(b *testing.B) {
	replicas, leader := benchReplicas(b)
	for _, where := range []string{"leader", "follower"} {
		b.Run(fmt.Sprint(where, " 64 callers"), func(b *testing.B) {
			r := replicas[leader]
			if where == "follower" {
				r = replicas[(leader+1)%3]
			}
			b.ReportAllocs()
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := r.ReadBarrier(context.Background()); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

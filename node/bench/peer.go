package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
)

// barePeer is the limit that writes are measured against: an HTTP handler in front of hashicorp/raft
// and raft-boltdb on three nodes of this process, with group commit, that checks and keeps nothing.
type barePeer struct {
	dir      string
	rafts    []*raft.Raft
	stores   []*raftboltdb.BoltStore
	leader   *raft.Raft
	queue    chan bareWrite
	stop     context.CancelFunc
	done     chan struct{}
	server   *http.Server
	address  string
	inFlight chan struct{}
}

type bareWrite struct {
	body []byte
	done chan error
}

const (
	bareBatch    = 256 // commands an entry: the same as Tabard's
	bareInFlight = 4
)

// discard applies entries by counting the commands in them.
type discard struct{ n uint64 }

func (d *discard) Apply(l *raft.Log) any {
	for data := l.Data; len(data) >= 4; {
		size := int(binary.BigEndian.Uint32(data))
		data = data[4+size:]
		d.n++
	}
	return nil
}
func (d *discard) Snapshot() (raft.FSMSnapshot, error) { return discardSnapshot{}, nil }
func (d *discard) Restore(r io.ReadCloser) error       { return r.Close() }

type discardSnapshot struct{}

func (discardSnapshot) Persist(sink raft.SnapshotSink) error { return sink.Close() }
func (discardSnapshot) Release()                             {}

func startBarePeer(ctx context.Context) (p *barePeer, err error) {
	p = &barePeer{queue: make(chan bareWrite, 4096), done: make(chan struct{}), inFlight: make(chan struct{}, bareInFlight)}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.dir, err = os.MkdirTemp("", "tabard-bench-peer-"); err != nil {
		return p, err
	}
	if err = p.startRaft(); err != nil {
		return p, err
	}
	if err = p.awaitLeader(ctx); err != nil {
		return p, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return p, err
	}
	p.address = listener.Addr().String()
	p.server = &http.Server{Handler: p}
	go p.server.Serve(listener) // ends with close
	batchCtx, stop := context.WithCancel(context.Background())
	p.stop = stop
	go p.batch(batchCtx)
	return p, nil
}

func (p *barePeer) startRaft() error {
	var transports []*raft.NetworkTransport
	var configuration raft.Configuration
	for i := range 3 {
		transport, err := raft.NewTCPTransport("127.0.0.1:0", nil, 3, 10*time.Second, io.Discard)
		if err != nil {
			return err
		}
		transports = append(transports, transport)
		configuration.Servers = append(configuration.Servers, raft.Server{
			ID: raft.ServerID(fmt.Sprint("n", i+1)), Address: transport.LocalAddr()})
	}
	for i, transport := range transports {
		config := raft.DefaultConfig()
		config.LocalID = configuration.Servers[i].ID
		config.LogOutput = io.Discard
		config.MaxAppendEntries = bareBatch
		store, err := raftboltdb.NewBoltStore(filepath.Join(p.dir, fmt.Sprint("raft-", i, ".db")))
		if err != nil {
			return err
		}
		p.stores = append(p.stores, store)
		node, err := raft.NewRaft(config, new(discard), store, store, raft.NewInmemSnapshotStore(), transport)
		if err != nil {
			return err
		}
		p.rafts = append(p.rafts, node)
	}
	return p.rafts[0].BootstrapCluster(configuration).Error()
}

func (p *barePeer) awaitLeader(ctx context.Context) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		for _, node := range p.rafts {
			if node.State() == raft.Leader {
				p.leader = node
				return nil
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("no leader: %w", ctx.Err())
		}
	}
}

// batch drains the queue into one Raft entry at a time, a few entries in flight.
func (p *barePeer) batch(ctx context.Context) {
	defer close(p.done)
	for {
		var writes []bareWrite
		select {
		case w := <-p.queue:
			writes = append(writes, w)
		case <-ctx.Done():
			return
		}
		select {
		case p.inFlight <- struct{}{}:
		case <-ctx.Done():
			return
		}
	drain:
		for len(writes) < bareBatch {
			select {
			case w := <-p.queue:
				writes = append(writes, w)
			default:
				break drain
			}
		}
		var entry []byte
		for _, w := range writes {
			entry = binary.BigEndian.AppendUint32(entry, uint32(len(w.body)))
			entry = append(entry, w.body...)
		}
		future := p.leader.Apply(entry, 10*time.Second)
		go func() {
			err := future.Error()
			<-p.inFlight
			for _, w := range writes {
				w.done <- err
			}
		}()
	}
}

// write proposes body and waits until it is applied.
func (p *barePeer) write(body []byte) error {
	done := make(chan error, 1)
	p.queue <- bareWrite{body, done}
	return <-done
}

func (p *barePeer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil {
		err = p.write(body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, `{"seq":0}`)
}

func (p *barePeer) close() error {
	var errs []error
	if p.server != nil {
		errs = append(errs, p.server.Close())
	}
	if p.stop != nil {
		p.stop()
		<-p.done
	}
	for _, node := range p.rafts {
		errs = append(errs, node.Shutdown().Error())
	}
	for _, store := range p.stores {
		errs = append(errs, store.Close())
	}
	if p.dir != "" {
		errs = append(errs, os.RemoveAll(p.dir))
	}
	return errors.Join(errs...)
}

package consensus

import (
	"errors"
	"time"

	"github.com/hashicorp/raft"
)

// Close stops the replica: new calls are refused, entries under way get a moment
// to end, a leader hands its leadership on, and everything is closed. Calls still
// waiting then end in ErrOutcomeUnknown. Close returns when all goroutines of the
// replica have ended; after a fatal error some of Raft's may remain.
func (r *Replica) Close() error {
	r.closeOnce.Do(func() { r.closeErr = r.close() })
	return r.closeErr
}

func (r *Replica) close() error {
	r.closing.Store(true)
	failed := r.fatalErr.Load() != nil
	r.localRounds.close()
	for _, x := range r.rounds {
		x.close()
	}
	drained := make(chan bool, 1)
	go func() { drained <- r.batch.shutdown(r.closeWait()) }()
	if !failed {
		<-drained
		r.handOver()
	}
	r.cancel()
	for _, l := range r.links {
		l.close()
	}
	if !failed {
		// Questions to Raft that it has not answered must end before it does:
		// it answers none of them afterwards.
		waited(r.running.Wait, r.closeWait())
	}
	err := r.stopRaft()
	close(r.dead)
	if !waited(r.running.Wait, r.closeWait()) && !failed {
		err = errors.Join(err, errors.New("goroutines remain"))
	}
	return errors.Join(err, r.disk.store.Close())
}

// handOver gives the leadership to another node, so that the cluster does not have
// to wait for an election, and waits until the new leader has shown itself.
func (r *Replica) handOver() {
	if r.raft.State() != raft.Leader || len(r.cfg.Peers) == 1 {
		return
	}
	transfer := make(chan error, 1)
	go func() { transfer <- r.raft.LeadershipTransfer().Error() }()
	timer := time.NewTimer(r.closeWait())
	defer timer.Stop()
	select {
	case err := <-transfer:
		if err != nil {
			r.cfg.Logger.Info("leadership was not handed over", "error", err)
			return
		}
	case <-timer.C:
		return
	}
	for {
		changed := r.leaderChanged()
		if id, self := r.Leader(); id != "" && !self {
			return
		}
		select {
		case <-changed:
		case <-timer.C:
			return
		}
	}
}

// stopRaft closes all connections too: Raft waits for exchanges under way.
func (r *Replica) stopRaft() error {
	stopped := make(chan error, 1)
	go func() { stopped <- r.raft.Shutdown().Error() }()
	err := r.mux.close()
	timer := time.NewTimer(2 * r.cfg.RPCTimeout)
	defer timer.Stop()
	select {
	case serr := <-stopped:
		return errors.Join(err, serr)
	case <-timer.C:
		return errors.Join(err, errors.New("raft did not stop"))
	}
}

package consensus

import (
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/raft"
)

// gate is the transport of a node that may have to keep out of elections: for its
// standing, or for its clock. What it refuses, Raft on neither side gets to see, so that
// nothing of it is counted.
type gate struct {
	*raft.NetworkTransport
	standing *standings
	clock    *clockWatch
	caughtUp func() // makes a joining node a member if it has caught up
	in       chan raft.RPC
	done     <-chan struct{}
}

var (
	errEmpty   = errors.New("this node is empty and has not been admitted to the cluster")
	errJoining = errors.New("this node is catching up and does not vote")
	errEarlier = errors.New("this node was admitted by a later leader")
)

// start begins to pass requests on.
func (g *gate) start(run func(func())) { run(g.forward) }

// Consumer implements raft.Transport.
func (g *gate) Consumer() <-chan raft.RPC { return g.in }

func (g *gate) forward() {
	for {
		select {
		case rpc := <-g.NetworkTransport.Consumer():
			if err := g.incoming(rpc.Command); err != nil {
				g.refuse(rpc, err)
				continue
			}
			select {
			case g.in <- rpc:
			case <-g.done:
				return
			}
		case <-g.done:
			return
		}
	}
}

func (g *gate) refuse(rpc raft.RPC, err error) {
	if rpc.Reader != nil { // the next request follows the contents of a snapshot
		if _, rerr := io.Copy(io.Discard, rpc.Reader); rerr != nil {
			err = errors.Join(err, rerr)
		}
	}
	rpc.Respond(response(rpc.Command), fmt.Errorf("refused by %s: %w", g.LocalAddr(), err))
}

// response is the empty answer of the kind that goes with a refused request.
func response(command any) any {
	switch command.(type) {
	case *raft.AppendEntriesRequest:
		return &raft.AppendEntriesResponse{}
	case *raft.InstallSnapshotRequest:
		return &raft.InstallSnapshotResponse{}
	case *raft.RequestVoteRequest:
		return &raft.RequestVoteResponse{}
	case *raft.RequestPreVoteRequest:
		return &raft.RequestPreVoteResponse{}
	}
	return &raft.TimeoutNowResponse{}
}

// incoming decides whether Raft may see a request of a peer.
func (g *gate) incoming(command any) error {
	switch c := command.(type) {
	case *raft.AppendEntriesRequest:
		return g.fromLeader(c.Term)
	case *raft.InstallSnapshotRequest:
		return g.fromLeader(c.Term)
	case *raft.TimeoutNowRequest:
		if err := g.mayStand(); err != nil {
			return err
		}
	}
	return g.votes()
}

// fromLeader admits what a leader of that term sends.
func (g *gate) fromLeader(term uint64) error {
	switch s := g.standing.get(); {
	case s.Status == statusEmpty:
		return errEmpty
	case s.Status == statusJoining && term < s.Term:
		return fmt.Errorf("%w: in term %d, this one leads in %d", errEarlier, s.Term, term)
	}
	return nil
}

// votes returns nil if this node has a vote.
func (g *gate) votes() error {
	if g.standing.get().Status == statusJoining {
		g.caughtUp()
	}
	switch g.standing.get().Status {
	case statusEmpty:
		return errEmpty
	case statusJoining:
		return errJoining
	}
	return nil
}

// mayStand returns nil if this node may be elected.
func (g *gate) mayStand() error {
	if err := g.votes(); err != nil {
		return err
	}
	if s := g.clock.state(); s.off() {
		return s.err(g.clock.bound)
	}
	return nil
}

// RequestVote implements raft.Transport.
func (g *gate) RequestVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	if err := g.mayStand(); err != nil {
		return err
	}
	return g.NetworkTransport.RequestVote(id, target, args, resp)
}

// RequestPreVote implements raft.WithPreVote.
func (g *gate) RequestPreVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	if err := g.mayStand(); err != nil {
		return err
	}
	return g.NetworkTransport.RequestPreVote(id, target, args, resp)
}

// SetHeartbeatHandler implements raft.Transport. Heartbeats confirm a leadership, and do
// not pass through Consumer.
func (g *gate) SetHeartbeatHandler(handle func(rpc raft.RPC)) {
	g.NetworkTransport.SetHeartbeatHandler(func(rpc raft.RPC) {
		if err := g.incoming(rpc.Command); err != nil {
			g.refuse(rpc, err)
			return
		}
		handle(rpc)
	})
}

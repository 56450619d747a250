package consensus

import (
	"context"
	"fmt"
)

// maxQuestion bounds a question to a peer, in bytes.
const maxQuestion = 1 << 10

// Ask puts a question to one peer, or to this node itself, and returns what its
// Config.Answer says. It takes no longer than ctx and Config.RPCTimeout allow. The
// question must not be modified until Ask returns, nor be kept by the answer.
//
// Errors: ErrTooLarge; ErrNoLeader, ErrOverloaded and ErrClosed if the peer was surely
// not asked; ErrOutcomeUnknown if it may have been.
func (r *Replica) Ask(ctx context.Context, peer string, question []byte) ([]byte, error) {
	if len(question) > maxQuestion {
		return nil, fmt.Errorf("%w: a question of %d bytes, limit %d", ErrTooLarge, len(question), maxQuestion)
	}
	if peer == r.cfg.NodeID {
		return peerCalls{r}.ask(question), nil
	}
	l, ok := r.links[peer]
	if !ok {
		return nil, fmt.Errorf("%q: %w: %w", peer, ErrNoLeader, errNotPeer)
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.RPCTimeout)
	defer cancel()
	return l.call(ctx, callAsk, question)
}

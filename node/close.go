package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Close stops the node: it takes no new connections, tells subscribers to go
// elsewhere, lets requests under way end, hands leadership on, makes the ledger
// durable and closes everything. It takes no longer than Config.ShutdownTimeout,
// after which requests are cut off. Closing again waits for the first to end.
func (n *Node) Close() error {
	n.close.Do(func() {
		err := n.shutdown()
		n.mu.Lock()
		n.result = err
		n.mu.Unlock()
		n.log.Info("node closed")
		close(n.done)
	})
	<-n.done
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.result
}

// streamShare is the part of the time that subscribers have to say goodbye.
const streamShare = 4

func (n *Node) shutdown() error {
	limit := n.cfg.ShutdownTimeout
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	n.cancel()

	streams := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, limit/streamShare)
		defer cancel()
		streams <- n.hub.Close(ctx)
	}()
	if err := n.drainRequests(ctx, limit/2); err != nil {
		n.log.Warn("requests were cut off", "error", err)
	}
	if err := <-streams; err != nil {
		n.log.Debug("streams were cut off", "error", err)
	}
	return n.closeBelow(ctx)
}

// drainRequests closes the listener at once, and connections as they fall idle.
func (n *Node) drainRequests(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := n.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, n.server.Close())
	}
	return err
}

// closeBelow closes consensus, then the ledger, which waits for the last reader.
func (n *Node) closeBelow(ctx context.Context) error {
	closed := make(chan error, 1)
	go func() {
		n.closeForeign()
		err := n.replica.Close()
		n.running.Wait()
		closed <- errors.Join(err, n.ledger.Close())
	}()
	select {
	case err := <-closed:
		if err != nil {
			return fmt.Errorf("close node %s: %w", n.cfg.NodeID, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close node %s: %w", n.cfg.NodeID, ctx.Err())
	}
}

// abandon closes what a start that failed has opened.
func (n *Node) abandon() error {
	var errs []error
	n.closeForeign()
	if n.hub != nil {
		errs = append(errs, n.hub.Close(context.Background()))
	}
	if n.replica != nil {
		errs = append(errs, n.replica.Close())
	}
	if n.ledger != nil {
		errs = append(errs, n.ledger.Close())
	}
	if n.listener != nil {
		errs = append(errs, ignoreClosed(n.listener.Close()))
	}
	return errors.Join(append(errs, closeListeners(n.cfg))...)
}

// closeListeners closes those that were handed in.
func closeListeners(cfg Config) error {
	var errs []error
	for _, l := range []net.Listener{cfg.HTTPListener, cfg.PeerListener} {
		if l != nil {
			errs = append(errs, ignoreClosed(l.Close()))
		}
	}
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

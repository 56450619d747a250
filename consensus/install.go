package consensus

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// What a state machine holds goes to a follower that fell behind the log over a
// connection of its own, as fast as the follower takes it over, and before Raft is told of
// the snapshot that stands for it: Raft's own message is a stream head and takes no time.
// The follower says first what it has, so that an install that was interrupted goes on,
// and one that has become too old on the way is followed by a short one. All integers are
// big endian:
//
//	leader    term, 8
//	follower  status, 1 · length, 4 · what it holds, if status is installReady
//	leader    chunks: length, 4 · contents; or installIdle for length; 0 at the end
//	follower  status, 1: installBusy while it works, then installDone or installFailed
const (
	installReady  = 0
	installDone   = 1
	installFailed = 2
	installBusy   = 3

	installIdle    = 1<<32 - 1
	maxInstallHeld = 4 << 10
	installChunk   = 256 << 10
)

var (
	errInstallFailed = errors.New("the follower could not take the snapshot over; its log says why")
	errInstallOld    = errors.New("the install is of an older term, or for a leader")
)

// patience is how long one side of an install waits for a sign of life of the other.
func (c *Config) patience() time.Duration { return 6 * c.RPCTimeout }

// sendContents brings peer's state machine to where ours is.
func (r *Replica) sendContents(peer string, term uint64) error {
	nc, err := r.mux.dial(r.ctx, peer, protoInstall)
	if err != nil {
		return err
	}
	defer nc.Close()
	defer context.AfterFunc(r.ctx, func() { nc.Close() })()
	c := &installConn{Conn: nc, patience: r.cfg.patience()}
	if _, err := c.Write(binary.BigEndian.AppendUint64(nil, term)); err != nil {
		return err
	}
	held, err := c.readHeld()
	if err != nil {
		return err
	}
	out := newChunkWriter(c, r.cfg.RPCTimeout)
	err = r.cfg.StateMachine.WriteSnapshot(out, held)
	if err = errors.Join(err, out.end(err == nil)); err != nil {
		return fmt.Errorf("send contents to %s: %w", peer, err)
	}
	return c.readEnd()
}

// installConn is a connection on which every operation has to make some progress.
type installConn struct {
	net.Conn
	patience time.Duration
}

func (c *installConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c *installConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

func (c *installConn) readHeld() ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(c, head[:1]); err != nil {
		return nil, err
	}
	if head[0] != installReady {
		return nil, errInstallFailed
	}
	if _, err := io.ReadFull(c, head[1:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > maxInstallHeld {
		return nil, fmt.Errorf("the follower describes what it holds in %d bytes: %w", n, ErrCorrupt)
	}
	held := make([]byte, n)
	_, err := io.ReadFull(c, held)
	return held, err
}

// readEnd waits for the follower, which says that it is at work meanwhile.
func (c *installConn) readEnd() error {
	for {
		var status [1]byte
		if _, err := io.ReadFull(c, status[:]); err != nil {
			return err
		}
		switch status[0] {
		case installBusy:
		case installDone:
			return nil
		default:
			return errInstallFailed
		}
	}
}

// chunkWriter frames contents, and says that it is alive when there are none for a while.
type chunkWriter struct {
	stop chan struct{}
	done sync.WaitGroup

	mu  sync.Mutex // guards what follows
	w   *bufio.Writer
	err error
}

func newChunkWriter(w io.Writer, every time.Duration) *chunkWriter {
	c := &chunkWriter{w: bufio.NewWriterSize(w, installChunk), stop: make(chan struct{})}
	c.done.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = c.frame(installIdle, nil) // Write and end report it
			case <-c.stop:
				return
			}
		}
	})
	return c
}

func (c *chunkWriter) Write(b []byte) (int, error) {
	for at := 0; at < len(b); at += installChunk {
		part := b[at:min(at+installChunk, len(b))]
		if err := c.frame(uint32(len(part)), part); err != nil {
			return at, err
		}
	}
	return len(b), nil
}

func (c *chunkWriter) frame(length uint32, b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	_, c.err = c.w.Write(binary.BigEndian.AppendUint32(nil, length))
	if c.err == nil {
		_, c.err = c.w.Write(b)
	}
	if c.err == nil && len(b) == 0 {
		c.err = c.w.Flush()
	}
	return c.err
}

// end marks the end of the contents if they are whole.
func (c *chunkWriter) end(whole bool) error {
	close(c.stop)
	c.done.Wait()
	if !whole {
		return nil
	}
	return c.frame(0, nil)
}

// chunkReader returns contents, and io.EOF only at their end.
type chunkReader struct {
	r    *bufio.Reader
	left uint32
	end  bool
}

func (c *chunkReader) Read(b []byte) (int, error) {
	for c.left == 0 {
		if c.end {
			return 0, io.EOF
		}
		var length [4]byte
		if _, err := io.ReadFull(c.r, length[:]); err != nil {
			return 0, noEOF(err)
		}
		switch n := binary.BigEndian.Uint32(length[:]); {
		case n == 0:
			c.end = true
		case n == installIdle:
		case n > installChunk:
			return 0, fmt.Errorf("chunk of %d bytes: %w", n, ErrCorrupt)
		default:
			c.left = n
		}
	}
	n, err := c.r.Read(b[:min(len(b), int(c.left))])
	c.left -= uint32(n)
	return n, noEOF(err)
}

// noEOF: a connection that ends in between is no end of the contents.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// installs keeps those who would fill the state machine apart: the newest goes on.
type installs struct {
	mu   sync.Mutex
	conn net.Conn // of the one under way, nil if none
	turn sync.Mutex
}

// begin ends the install under way and waits until it has. The returned function ends
// this one.
func (i *installs) begin(nc net.Conn) (end func()) {
	i.mu.Lock()
	if i.conn != nil {
		_ = i.conn.Close() // its handler reports
	}
	i.conn = nc
	i.mu.Unlock()
	i.turn.Lock()
	return func() {
		i.mu.Lock()
		if i.conn == nc {
			i.conn = nil
		}
		i.mu.Unlock()
		i.turn.Unlock()
	}
}

// takeContents serves a connection on which a leader sends what its state machine holds.
func (r *Replica) takeContents(nc net.Conn) {
	defer nc.Close()
	defer r.installs.begin(nc)()
	c := &installConn{Conn: nc, patience: r.cfg.patience()}
	err := r.receive(c)
	if err == nil {
		return
	}
	if !r.closing.Load() {
		r.cfg.Logger.Warn("a snapshot from the leader was not taken over", "remote", nc.RemoteAddr().String(), "error", err)
	}
	_, _ = c.Write([]byte{installFailed}) // it may be the connection that failed
}

func (r *Replica) receive(c *installConn) error {
	var term [8]byte
	if _, err := io.ReadFull(c, term[:]); err != nil {
		return err
	}
	of := binary.BigEndian.Uint64(term[:])
	if of < r.raft.CurrentTerm() || r.raft.State() == raft.Leader {
		return errInstallOld
	}
	if err := r.trans.fromLeader(of); err != nil {
		return err
	}
	held, err := r.cfg.StateMachine.Holding()
	if err != nil {
		return err
	}
	if len(held) > maxInstallHeld {
		return fmt.Errorf("state machine describes what it holds in %d bytes, of at most %d", len(held), maxInstallHeld)
	}
	answer := binary.BigEndian.AppendUint32([]byte{installReady}, uint32(len(held)))
	if _, err := c.Write(append(answer, held...)); err != nil {
		return err
	}
	in := &chunkReader{r: bufio.NewReaderSize(c, installChunk)}
	end := atWork(c, r.cfg.RPCTimeout)
	// Where the state machine gets to may be ahead of the log for now: that is
	// recorded first, so that a start after a crash takes it for what it is.
	err = r.cfg.StateMachine.RestoreSnapshot(in, func(applied uint64) error {
		return r.disk.stable.SetUint64([]byte(keyRestored), applied)
	})
	end()
	if err != nil {
		return err
	}
	_, err = c.Write([]byte{installDone})
	return err
}

// atWork says every now and then that the install goes on.
func atWork(c *installConn, every time.Duration) (end func()) {
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				if _, err := c.Write([]byte{installBusy}); err != nil {
					return // the reader finds out too
				}
			case <-stop:
				return
			}
		}
	})
	return func() { close(stop); done.Wait() }
}

package consensus

import (
	"net"
	"slices"
	"sync"
	"time"
)

// places are for connections that have not yet said whose they are. A stranger needs no
// secret to open one, so that nobody may hold another's: each address has few, all
// addresses of strangers together have a bounded number, and the addresses of peers have
// their own. Where there is none left the oldest goes: a node that knows the secret needs
// milliseconds, and who has waited longest is the least likely to be one.
type places struct {
	mu    sync.Mutex
	open  []*place        // oldest first
	peers map[string]bool // addresses of peers: as configured, or from which they authenticated
	order []string        // of peers that were learned, oldest first
	most  int             // addresses of peers to remember
}

type place struct {
	host string
	conn net.Conn
}

const (
	strangerPlaces = 64 // of all strangers
	addressPlaces  = 4  // of one stranger's address
	peerPlaces     = 32 // of one peer's address: it may be that of several, or of a proxy

	// greetingTimeout is how long a connection may take to say whose it is.
	greetingTimeout = 3 * time.Second
)

func newPlaces(all []Peer) *places {
	p := &places{peers: make(map[string]bool), most: 4 * maxPeers}
	for _, peer := range all {
		host, _, err := net.SplitHostPort(peer.Address)
		if err != nil {
			host = peer.Address
		}
		p.peers[host] = true
	}
	return p
}

// known notes that a peer authenticated from host.
func (p *places) known(host, _ string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.peers[host] {
		return
	}
	if len(p.order) >= p.most {
		delete(p.peers, p.order[0])
		p.order = p.order[1:]
	}
	p.peers[host] = true
	p.order = append(p.order, host)
}

// take gives a place to conn, closing the one whose place it gets.
func (p *places) take(host string, conn net.Conn) *place {
	own := &place{host: host, conn: conn}
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := addressPlaces
	if p.peers[host] {
		limit = peerPlaces
	}
	p.evict(limit, func(o *place) bool { return o.host == host })
	if !p.peers[host] {
		p.evict(strangerPlaces, func(o *place) bool { return !p.peers[o.host] })
	}
	p.open = append(p.open, own)
	return own
}

// evict closes the oldest of those that count, if there are limit or more. The caller
// holds mu.
func (p *places) evict(limit int, counts func(*place) bool) {
	n, oldest := 0, -1
	for i, o := range p.open {
		if counts(o) {
			n++
			if oldest < 0 {
				oldest = i
			}
		}
	}
	if n >= limit {
		_ = p.open[oldest].conn.Close() // its reader reports
		p.open = slices.Delete(p.open, oldest, oldest+1)
	}
}

// leave frees a place, unless another has it already.
func (p *places) leave(own *place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.open, own); i >= 0 {
		p.open = slices.Delete(p.open, i, i+1)
	}
}

func (p *places) taken() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}

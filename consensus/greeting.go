package consensus

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// A connection begins, above TLS, with what it is for and the version of that, one byte
// each, and an introduction; the other side answers with its own, and whether it refuses
// the connection. Both introductions are JSON after four bytes of length, big endian.
type welcome struct {
	Refused refusal `json:"refused,omitempty"`
	introduction
}

// refusal is why two nodes do not talk to each other.
type refusal string

const (
	refusedStranger refusal = "not-a-member"
	refusedPeers    refusal = "other-peers"
	refusedLedger   refusal = "other-ledger"
	refusedName     refusal = "name-in-use"
)

// errRefused marks the errors of connections refused by either side.
var errRefused = errors.New("refused")

// explain says what a refusal means to the node that reads it. by is who refused.
func (f refusal) explain(by string, self, them introduction) error {
	switch f {
	case refusedStranger:
		return fmt.Errorf("this node is no member of %s's cluster, whose members are %s: %w", by, strings.Join(them.Peers, ", "), errRefused)
	case refusedPeers:
		return fmt.Errorf("%s has other peers (%s) than this node (%s): %w", by, strings.Join(them.Peers, ", "), strings.Join(self.Peers, ", "), errRefused)
	case refusedLedger:
		return fmt.Errorf("%s is a node of another ledger (%s) than this one (%s): %w", by, named(them), named(self), errRefused)
	case refusedName:
		return fmt.Errorf("another node runs under the name %s, as %s sees it: %w", self.Node, by, errRefused)
	}
	return fmt.Errorf("%s says %.64q: %w", by, string(f), errRefused)
}

// named is what a ledger is called: its id or, before it has one, that of the cluster.
func named(i introduction) string {
	if i.Ledger != "" {
		return i.Ledger
	}
	return "cluster " + i.Cluster
}

// compare returns why two nodes of these introductions must not talk, "" if they may.
func compare(a, b introduction) refusal {
	switch {
	case !slices.Equal(a.Peers, b.Peers):
		return refusedPeers
	case a.Cluster != "" && b.Cluster != "" && a.Cluster != b.Cluster, a.Ledger != "" && b.Ledger != "" && a.Ledger != b.Ledger:
		return refusedLedger
	}
	return ""
}

// receive decides about a connection that the node named in the certificate opened.
func (m *mux) receive(id string, them introduction) welcome {
	w := welcome{introduction: m.introduce()}
	run, known := m.running(id)
	switch {
	case !slices.Contains(w.Peers, id):
		w.Refused = refusedStranger
	case !slices.Equal(w.Peers, them.Peers):
		w.Refused = refusedPeers
	case id == m.self && them.Run != w.Run, known && run != them.Run:
		w.Refused = refusedName
	default:
		w.Refused = compare(w.introduction, them)
	}
	return w
}

func writeIntroduction(w io.Writer, head []byte, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(head, uint32(len(b))), b...))
	return err
}

// readIntroduction reads one message, whose size is bounded before memory is given to it.
func readIntroduction(r io.Reader, v any) error {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxIntroduction {
		return fmt.Errorf("introduction of %d bytes: %w", n, ErrTooLarge)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// answerGreeting reads what the dialler says and answers it.
func (m *mux) answerGreeting(c *muxConn) (byte, error) {
	var b [2]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return 0, err
	}
	if b[1] != protoVersion || b[0] != protoRaft && b[0] != protoCalls && b[0] != protoInstall {
		return 0, fmt.Errorf("connection for %q: %w %d", b[0], ErrUnknownVersion, b[1])
	}
	var them introduction
	if err := readIntroduction(c, &them); err != nil {
		return 0, err
	}
	id := them.Node
	if t, ok := c.Conn.(*tls.Conn); ok {
		id = peerID(t.ConnectionState())
	}
	w := m.receive(id, them)
	err := writeIntroduction(c, nil, w)
	if err == nil && w.Refused != "" {
		err = fmt.Errorf("%.63q is refused: %w: %s", id, errRefused, refusedWords(w.Refused, id, w.introduction, them))
	}
	if err == nil {
		m.places.known(hostOf(c.raw), id)
	}
	return b[0], err
}

// refusedWords says why this node refused another.
func refusedWords(f refusal, id string, self, them introduction) string {
	switch f {
	case refusedStranger:
		return "it is no member of this cluster"
	case refusedName:
		return "another node runs under its name"
	}
	return f.explain(id, self, them).Error()
}

// greetPeer introduces this node to the peer it dialled and hears its answer.
func (m *mux) greetPeer(c *muxConn, id string, proto byte) error {
	self := m.introduce()
	if err := writeIntroduction(c, []byte{proto, protoVersion}, self); err != nil {
		return err
	}
	var w welcome
	if err := readIntroduction(c, &w); err != nil {
		return err
	}
	if w.Refused == "" {
		w.Refused = compare(self, w.introduction)
	}
	if w.Refused != "" {
		return w.Refused.explain(id, self, w.introduction)
	}
	m.places.known(hostOf(c.raw), id)
	return nil
}

// explainTLS says in words why two nodes cannot authenticate each other.
func explainTLS(err error, id, address string) error {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	var op *net.OpError
	switch {
	case errors.As(err, &authority):
		return fmt.Errorf("%s has another secret than this node: %w: %w", at(id, address), errRefused, err)
	case errors.As(err, &host):
		return fmt.Errorf("%s is %.64q: %w: %w", at(id, address), strings.Join(host.Certificate.DNSNames, ", "), errRefused, err)
	case errors.As(err, &record):
		return fmt.Errorf("%s speaks without a secret, or is no node: %w: %w", at(id, address), errRefused, err)
	case errors.As(err, &op) && op.Op == "remote error":
		return fmt.Errorf("%s does not accept this node's secret: %w: %w", at(id, address), errRefused, err)
	}
	return err
}

func at(id, address string) string {
	if id == "" {
		return "the node at " + address
	}
	return id + " at " + address
}

// saidOnce holds back what would be logged at every attempt to connect.
type saidOnce struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// again reports whether text was said within the last minute. It remembers few texts.
func (s *saidOnce) again(text string, now time.Time) bool {
	const life, most = time.Minute, 256
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.last[text]; ok && now.Sub(last) < life {
		return true
	}
	if s.last == nil || len(s.last) >= most {
		s.last = make(map[string]time.Time)
	}
	s.last[text] = now
	return false
}

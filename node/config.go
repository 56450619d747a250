package node

import (
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/web"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
	"github.com/tabard-id/tabard/node/private"
)

// Config describes one node. Dir is required, and Domain for the first start of a
// cluster; every other field has a usable zero value.
type Config struct {
	// NodeID names this node among Peers; "node1" if empty.
	NodeID string
	// Dir is the node's own directory; it is made if absent.
	Dir string
	// Domain is where the registry's DIDs live, host or host:port as in a URL (or
	// as in a DID, with %3A). It cannot change once the ledger has a record;
	// empty, it is taken from there.
	Domain string

	// HTTP is the public listening address; ":8700" if empty.
	HTTP string
	// HTTPListener, if set, is used in place of HTTP, and closed by Close.
	HTTPListener net.Listener
	// TLSCert and TLSKey are PEM files for the public listener: both or neither. They
	// are read again when they change; nobody else may be able to read the key.
	TLSCert, TLSKey string

	// Peers are all members of the cluster, this node included, the same list on
	// every node. Empty: a cluster of this node alone.
	Peers []Peer
	// Bind is the listening address for peers; the node's own in Peers if empty.
	Bind string
	// PeerListener, if set, is used in place of Bind, and closed by Close.
	PeerListener net.Listener
	// Secret, of at least 32 bytes, is the same on every node. The nodes know each
	// other by it, and the key that may change the registry's DID derives from it.
	// A cluster of one makes its own, in Dir.
	Secret []byte

	// Timing is what the nodes expect of each other; the same on every node.
	Timing Timing
	// Bootstrap is the operator's word that what the nodes out of reach hold need not be
	// kept: see consensus.Config.Bootstrap. It changes nothing once the node belongs to a
	// cluster.
	Bootstrap bool
	// MaxClockSkew is how far the node's clock may be from its peers' before it leads no
	// more and is not ready; 2 s if zero.
	MaxClockSkew time.Duration

	// RetainLog is how many bytes of the replicated log a leader keeps at most for a node
	// that is catching up; 256 MiB if zero.
	RetainLog int64

	// Admission says whose writes are let in, and how fast; everybody's if zero.
	Admission Admission
	// Streams bounds the subscribers of /v1/stream.
	Streams Streams
	// MaxConnections bounds the connections of the public listener, streams included,
	// and MaxConnectionsPerAddress those of one IPv4 address or IPv6 /64, unless it is a
	// trusted proxy's. If zero, 4,096 and 512 more than there may be streams, but no more
	// than the process has file descriptors for, and of those a quarter for one address.
	MaxConnections, MaxConnectionsPerAddress int
	// Foreign says whether other hosts are asked; they are not if zero.
	Foreign Foreign
	// Witness makes the node a did:webvh witness; it is none if zero.
	Witness Witness
	// ContextsDir is a folder of JSON-LD contexts with which credentials are verified
	// besides the published ones: its index.json is {"<url>": "<file>"}. A published
	// context cannot be replaced. Empty: none.
	ContextsDir string
	// Verdicts is what verdicts let pass or demand besides: credentials whose issuer is
	// not a DID, such as an https URL, whoever signed them, terms that no context
	// defines, registration.
	Verdicts api.VerdictPolicy
	// MaxStale is the age of the local state beyond which the node is not ready and
	// gives no verdict, status or status list, unless a request allows more; 5 s if zero.
	MaxStale time.Duration
	// ShutdownTimeout bounds Close; 10 s if zero.
	ShutdownTimeout time.Duration

	// Logger gets structured logs; nil discards them.
	Logger *slog.Logger

	// certificate is used in place of TLSCert and TLSKey.
	certificate *tls.Certificate
	// plain says that clients reach the public listener without TLS, so that the URLs
	// of status lists begin with http.
	plain bool
	// nodesInProcess is how many nodes share this process; one if zero.
	nodesInProcess int
	// clock is the node's clock; time.Now if nil.
	clock func() time.Time
	// tune changes what consensus is started with.
	tune func(*consensus.Config)
}

// Peer is a member of the cluster: an ID of 1 to 63 characters a-z, 0-9 and inner
// hyphens, and the address that the others reach it at.
type Peer = consensus.Peer

// Admission is the policy of one node towards its clients, Rate one of its token
// buckets.
type (
	Admission = admission.Config
	Rate      = admission.Rate
	// AdmissionMode is Open or AllowList.
	AdmissionMode = admission.Mode
)

// The modes of admission.
const (
	Open      = admission.Open
	AllowList = admission.AllowList
)

// Streams bounds subscribers; zero values are the defaults of package stream.
type Streams struct {
	Max           int           // in all
	MaxPerAddress int           // of one IPv4 address or IPv6 /64
	WriteTimeout  time.Duration // how long one may read nothing
}

// Timing is how long a node waits for the others and for its disk. Zero values are the defaults of package
// consensus.
type Timing struct {
	Heartbeat  time.Duration // without a word of the leader, up to twice this, before an election
	Election   time.Duration // one attempt at an election, up to twice this; at least Heartbeat
	Lease      time.Duration // without a majority before a leader steps down; at most Heartbeat
	LeaderWait time.Duration // a write waits this long for a leader
	Append     time.Duration // a leader whose disk takes longer for an entry of the log steps down
}

// maxTiming bounds every Timing: a cluster without a leader for minutes helps nobody.
const maxTiming = time.Minute

func (t Timing) validate() error {
	all := []time.Duration{t.Heartbeat, t.Election, t.Lease, t.LeaderWait, t.Append}
	if slices.Min(all) < 0 || slices.Max(all) > maxTiming {
		return fmt.Errorf("node: a timeout is negative or longer than %v", maxTiming)
	}
	return nil
}

const (
	defaultNodeID   = "node1"
	defaultHTTP     = ":8700"
	defaultMaxStale = 5 * time.Second
	defaultSkew     = 2 * time.Second
	minSkew         = 100 * time.Millisecond
	defaultShutdown = 10 * time.Second
	minSecret       = 32
	maxPeers        = 63 // each has a key in the registry's document
)

// validate fills in defaults and refuses what cannot work. It touches no file.
func (c *Config) validate() error {
	if c.Dir == "" {
		return errors.New("node: no directory")
	}
	if c.NodeID == "" {
		c.NodeID = defaultNodeID
	}
	if c.HTTP == "" {
		c.HTTP = defaultHTTP
	}
	if c.MaxStale <= 0 {
		c.MaxStale = defaultMaxStale
	}
	if err := c.Verdicts.Check(); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if c.MaxClockSkew == 0 {
		c.MaxClockSkew = defaultSkew
	}
	if c.clock == nil {
		c.clock = time.Now
	}
	if c.ShutdownTimeout <= 0 {
		c.ShutdownTimeout = defaultShutdown
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.MaxClockSkew < minSkew {
		return fmt.Errorf("node: clocks that may differ by %v: want %v or more", c.MaxClockSkew, minSkew)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("node: a certificate and its key go together")
	}
	if c.Streams.Max < 0 || c.Streams.MaxPerAddress < 0 || c.Streams.WriteTimeout < 0 {
		return errors.New("node: a bound on streams is negative")
	}
	if c.MaxConnections < 0 || c.MaxConnectionsPerAddress < 0 {
		return errors.New("node: a bound on connections is negative")
	}
	if _, _, err := net.SplitHostPort(c.HTTP); err != nil {
		return fmt.Errorf("node: public listener: %w", err)
	}
	if _, err := admission.New(c.Admission); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if c.RetainLog < 0 {
		return errors.New("node: RetainLog is negative")
	}
	if err := errors.Join(c.Timing.validate(), c.Foreign.validate(), c.Witness.validate()); err != nil {
		return err
	}
	var err error
	if c.Domain, err = parseDomain(c.Domain); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return c.validatePeers()
}

func (c *Config) validatePeers() error {
	if len(c.Peers) == 0 {
		c.Peers = []Peer{{ID: c.NodeID, Address: "127.0.0.1:0"}}
	}
	if len(c.Peers) > maxPeers {
		return fmt.Errorf("node: %d peers, at most %d", len(c.Peers), maxPeers)
	}
	own := false
	for _, p := range c.Peers {
		own = own || p.ID == c.NodeID
	}
	switch {
	case !own:
		return fmt.Errorf("node: %q is not among the peers", c.NodeID)
	case len(c.Secret) == 0 && len(c.Peers) > 1:
		return errors.New("node: a cluster of several nodes needs a secret, the same for all")
	case len(c.Secret) > 0 && len(c.Secret) < minSecret:
		return fmt.Errorf("node: the secret has %d bytes, fewer than %d", len(c.Secret), minSecret)
	}
	return nil
}

// parseDomain returns host or host:port, in the one spelling a DID has for it.
func parseDomain(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	encoded := s
	if !strings.Contains(s, "%3A") {
		encoded = strings.Replace(s, ":", "%3A", 1)
	}
	id, err := web.ParseID(did.ID("did:web:" + encoded))
	if err != nil {
		return "", fmt.Errorf("domain %.64q: %w", s, err)
	}
	if len(id.Path) > 0 {
		return "", fmt.Errorf("domain %.64q has a path", s)
	}
	// did:webvh asks more of a host than did:web, and the registry's own DID is of that method.
	const anySCID = "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"
	own := did.ID("did:webvh:" + anySCID + ":" + strings.Replace(id.Domain, ":", "%3A", 1))
	if _, err := webvh.ParseID(own); err != nil {
		return "", fmt.Errorf("domain %.64q: %w", s, err)
	}
	return id.Domain, nil
}

// ParsePrefix reads an address prefix of flags and files; an address alone stands for
// itself.
func ParsePrefix(text string) (netip.Prefix, error) { return admission.ParsePrefix(text) }

// ParsePeers reads the notation of flags and files, "node1=host:port".
func ParsePeers(items []string) ([]Peer, error) {
	var peers []Peer
	for _, item := range items {
		id, address, found := strings.Cut(strings.TrimSpace(item), "=")
		if !found || id == "" {
			return nil, fmt.Errorf("peer %.64q: want <id>=<host>:<port>", item)
		}
		if _, _, err := net.SplitHostPort(address); err != nil {
			return nil, fmt.Errorf("peer %.64q: %w", item, err)
		}
		peers = append(peers, Peer{ID: id, Address: address})
	}
	return peers, nil
}

// ParseSecret reads a cluster secret: at least 32 bytes in hexadecimal.
func ParseSecret(text string) ([]byte, error) {
	secret, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("secret: not hexadecimal") // the error would quote it
	}
	if len(secret) < minSecret {
		return nil, fmt.Errorf("secret: %d bytes, fewer than %d", len(secret), minSecret)
	}
	return secret, nil
}

// ReadSecret reads the file that holds a cluster secret, which nobody else may be able to read.
func ReadSecret(path string) ([]byte, error) {
	text, err := private.Read(path, maxSecretFile)
	if err != nil && looksSecret(path) {
		return nil, errors.New("secret: no file has that name, which could be the secret itself: the file that holds it is to be named")
	}
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	return ParseSecret(string(text))
}

// maxSecretFile bounds the file of a secret, in bytes.
const maxSecretFile = 4 << 10

// looksSecret reports whether a text is in hexadecimal and long enough to have been meant as a secret: it
// is not to be quoted.
func looksSecret(text string) bool {
	const digits = "0123456789abcdefABCDEF"
	return len(text) >= minSecret && strings.Trim(text, digits) == ""
}

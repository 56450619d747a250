package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/tabard-id/tabard/node/api"
)

// DevConfig describes a development cluster. Its zero value is usable.
type DevConfig struct {
	// Nodes is how many nodes there are; 3 if zero.
	Nodes int
	// HTTP is the public address of node 1; node i listens on the port i-1 above.
	// It must be a loopback address; "127.0.0.1:8700" if empty. With the port 0
	// every node gets a port of its own.
	HTTP string
	// Domain is Config.Domain; "registry.localhost" with node 1's port if empty.
	Domain string
	// TLS serves HTTPS under an authority that is kept in Dir.
	TLS bool
	// Dir keeps the cluster, which is opened again if it is there. Empty: a
	// temporary directory, removed by Close.
	Dir string
	// Logger gets structured logs; nil discards them.
	Logger *slog.Logger

	// Admission, Streams and Foreign are those of Config, for every node.
	Admission Admission
	Streams   Streams
	Foreign   Foreign
	// ContextsDir and Verdicts are those of Config, for every node.
	ContextsDir string
	Verdicts    api.VerdictPolicy
}

const (
	defaultDevNodes = 3
	defaultDevHTTP  = "127.0.0.1:8700"
	defaultDevHost  = "registry.localhost"
	maxDevNodes     = 9
)

// Dev is a running development cluster: real nodes in one process.
type Dev struct {
	Nodes []*Node
	// URLs are those of the nodes, in their order, by address.
	URLs []string
	// Domain is host:port of the registry's DIDs.
	Domain string
	// Dir holds the cluster; Kept says that Close leaves it.
	Dir  string
	Kept bool
	// CA is the path of the authority's certificate; "" without TLS.
	CA string

	close sync.Once
	err   error
}

// StartDev starts a cluster and returns when every node is ready, or ctx ends.
func StartDev(ctx context.Context, cfg DevConfig) (*Dev, error) {
	host, port, err := cfg.validate()
	if err != nil {
		return nil, fmt.Errorf("dev: %w", misconfigured(err))
	}
	d := &Dev{Dir: cfg.Dir, Kept: cfg.Dir != ""}
	if err := d.start(ctx, cfg, host, port); err != nil {
		return nil, errors.Join(fmt.Errorf("dev: %w", err), d.Close())
	}
	return d, nil
}

func (c *DevConfig) validate() (host string, port int, err error) {
	if c.Nodes == 0 {
		c.Nodes = defaultDevNodes
	}
	if c.Nodes < 1 || c.Nodes > maxDevNodes {
		return "", 0, fmt.Errorf("%d nodes: want 1 to %d", c.Nodes, maxDevNodes)
	}
	if c.HTTP == "" {
		c.HTTP = defaultDevHTTP
	}
	host, text, err := net.SplitHostPort(c.HTTP)
	if err != nil {
		return "", 0, fmt.Errorf("address %.64q: %w", c.HTTP, err)
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 0 || port+c.Nodes-1 > 65535 {
		return "", 0, fmt.Errorf("address %.64q: no such ports", c.HTTP)
	}
	if host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return "", 0, fmt.Errorf("address %.64q: a development cluster listens on loopback addresses only; run tabard server elsewhere", c.HTTP)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Streams.MaxPerAddress == 0 {
		c.Streams.MaxPerAddress = 10_000 // all clients are of one address
	}
	return host, port, nil
}

func (d *Dev) start(ctx context.Context, cfg DevConfig, host string, port int) error {
	if err := d.makeDir(); err != nil {
		return err
	}
	secret, err := clusterSecret(d.Dir)
	if err != nil {
		return err
	}
	public, err := listenAll(cfg.Nodes, host, port)
	if err != nil {
		return err
	}
	peer, err := listenAll(cfg.Nodes, "127.0.0.1", 0)
	if err != nil {
		return errors.Join(err, closeAll(public))
	}
	certificate, err := d.name(cfg, public[0])
	if err != nil {
		return errors.Join(err, closeAll(public), closeAll(peer))
	}
	scheme := "http"
	if certificate != nil {
		scheme = "https"
	}
	var peers []Peer
	for i := range cfg.Nodes {
		peers = append(peers, Peer{ID: "node" + strconv.Itoa(i+1), Address: peer[i].Addr().String()})
		d.URLs = append(d.URLs, scheme+"://"+public[i].Addr().String())
	}
	for i := range cfg.Nodes {
		n, err := Start(ctx, Config{
			NodeID: peers[i].ID, Dir: filepath.Join(d.Dir, peers[i].ID), Domain: d.Domain,
			HTTPListener: public[i], PeerListener: peer[i], Peers: peers, Secret: secret,
			Admission: cfg.Admission, Streams: cfg.Streams, Foreign: cfg.Foreign, ContextsDir: cfg.ContextsDir, Verdicts: cfg.Verdicts,
			Logger: cfg.Logger, MaxConnectionsPerAddress: math.MaxInt32, nodesInProcess: cfg.Nodes, certificate: certificate, plain: certificate == nil,
		})
		if err != nil {
			return errors.Join(err, closeAll(public[i+1:]), closeAll(peer[i+1:]))
		}
		d.Nodes = append(d.Nodes, n)
	}
	return d.Ready(ctx)
}

func (d *Dev) makeDir() (err error) {
	if d.Kept {
		return os.MkdirAll(d.Dir, 0o700)
	}
	d.Dir, err = os.MkdirTemp("", "tabard-dev-")
	return err
}

// name decides the domain, and makes the certificate for it if one is asked for.
func (d *Dev) name(cfg DevConfig, first net.Listener) (*tls.Certificate, error) {
	domain := cfg.Domain
	if domain == "" {
		_, port, err := net.SplitHostPort(first.Addr().String())
		if err != nil {
			return nil, err
		}
		domain = net.JoinHostPort(defaultDevHost, port)
	}
	var err error
	if d.Domain, err = parseDomain(domain); err != nil {
		return nil, misconfigured(err)
	}
	if !cfg.TLS {
		return nil, nil
	}
	host := hostOf(d.Domain)
	authority, err := openAuthority(d.Dir, host)
	if err != nil {
		return nil, err
	}
	d.CA = authority.path
	return authority.issue(host)
}

// hostOf is a domain without its port.
func hostOf(domain string) string {
	if host, _, err := net.SplitHostPort(domain); err == nil {
		return host
	}
	return domain
}

// listenAll opens n listeners, on ports in a row unless the first is 0.
func listenAll(n int, host string, port int) ([]net.Listener, error) {
	var all []net.Listener
	for i := range n {
		at := port
		if port > 0 {
			at += i
		}
		var lc net.ListenConfig
		l, err := lc.Listen(context.Background(), "tcp", net.JoinHostPort(host, strconv.Itoa(at)))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen: %w", err), closeAll(all))
		}
		all = append(all, l)
	}
	return all, nil
}

func closeAll(all []net.Listener) error {
	var errs []error
	for _, l := range all {
		errs = append(errs, ignoreClosed(l.Close()))
	}
	return errors.Join(errs...)
}

// Ready waits until every node is.
func (d *Dev) Ready(ctx context.Context) error {
	for _, n := range d.Nodes {
		if err := n.Ready(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Wait returns when a node has stopped by itself, or all are closed.
func (d *Dev) Wait() error {
	ended := make(chan error, len(d.Nodes))
	for _, n := range d.Nodes {
		go func() { ended <- n.Wait() }()
	}
	for range d.Nodes {
		if err := <-ended; err != nil {
			return err
		}
	}
	return nil
}

// Close stops all nodes, and removes the directory if it is a temporary one.
func (d *Dev) Close() error {
	d.close.Do(func() {
		errs := make([]error, len(d.Nodes))
		var group sync.WaitGroup
		for i, n := range d.Nodes {
			group.Go(func() { errs[i] = n.Close() })
		}
		group.Wait()
		d.err = errors.Join(errs...)
		if !d.Kept && d.Dir != "" {
			d.err = errors.Join(d.err, os.RemoveAll(d.Dir))
		}
	})
	return d.err
}

package node

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/node/internal/fetch"
	"github.com/tabard-id/tabard/node/internal/foreign"
	"github.com/tabard-id/tabard/node/internal/httpapi"
	"github.com/tabard-id/tabard/node/internal/observe"
)

// Foreign says whether a node asks other hosts for the did:web and did:webvh DIDs,
// status lists and schemas that its ledger does not hold, and within which limits.
// Its zero value asks nobody.
type Foreign struct {
	Enabled bool
	// MaxAge bounds for how long a document is reused, whatever its host says; 1 h if
	// zero.
	MaxAge time.Duration
	// Ports, if set, are all that may be asked; else 443 and ports from 1024 on.
	Ports []int
	// Deny are networks that are not asked besides those that are never public.
	Deny []netip.Prefix
	// AllowPrivate lets loopback and private addresses be asked, and names that are
	// not public: whoever may resolve a DID then reaches into the node's own network.
	// For tests, and for clusters that live there.
	AllowPrivate bool
	// Roots are the certificate authorities believed; nil: the system's.
	Roots *x509.CertPool
	// Pins are DIDs that the leader observes, besides those that clients have pinned.
	Pins []did.ID
	// ObserveEvery is how long the leader leaves a pinned DID alone between two looks;
	// 1 h if zero. MaxPins bounds the DIDs that are pinned; 1,000 if zero. PinsPerAddress
	// bounds those that one client address has pinned at this node; 50 if zero.
	ObserveEvery   time.Duration
	MaxPins        int
	PinsPerAddress int

	resolver fetch.Resolver // of names, for tests
}

func (f Foreign) validate() error {
	if f.MaxAge < 0 {
		return errors.New("node: the age of foreign documents is negative")
	}
	for _, port := range f.Ports {
		if port < 1 || port > 65535 {
			return fmt.Errorf("node: foreign port %d: no such port", port)
		}
	}
	if f.ObserveEvery < 0 || f.MaxPins < 0 || f.PinsPerAddress < 0 {
		return errors.New("node: a bound on pinned DIDs is negative")
	}
	for _, id := range f.Pins {
		if !foreign.Handles(id.Method()) {
			return fmt.Errorf("node: %s has no host to observe", id)
		}
	}
	return nil
}

// openForeign makes what asks other hosts, if it is wanted.
func (n *Node) openForeign() error {
	if !n.cfg.Foreign.Enabled {
		return nil
	}
	counts, err := fetch.NewMetrics(n.metrics)
	if err != nil {
		return err
	}
	cfg := n.cfg.Foreign
	n.fetcher, err = fetch.New(fetch.Config{
		Ports: cfg.Ports, Deny: cfg.Deny, AllowPrivate: cfg.AllowPrivate, Roots: cfg.Roots, Resolver: cfg.resolver,
		Forbid: n.hosts, UserAgent: "tabard", Metrics: counts, Logger: n.log,
	})
	if err != nil {
		return misconfigured(err)
	}
	answers, err := foreign.NewMetrics(n.metrics)
	if err != nil {
		return err
	}
	n.foreign, err = foreign.New(foreign.Config{
		Fetch: n.fetcher, Own: n.hosts, MaxAge: cfg.MaxAge, Metrics: answers, Logger: n.log,
	})
	if err != nil {
		return err
	}
	looks, err := observe.NewMetrics(n.metrics)
	if err != nil {
		return err
	}
	n.observer, err = observe.New(observe.Config{
		Hosts: n.foreign, Book: observe.Records(n.ledger), Propose: n.replica.Propose, Leads: n.Leads,
		Key: n.key, Node: n.cfg.NodeID, Pins: cfg.Pins, Interval: cfg.ObserveEvery, MaxPins: cfg.MaxPins, Metrics: looks, Logger: n.log,
	})
	if err != nil {
		return misconfigured(err)
	}
	return nil
}

// hosts reports whether a host, or host:port, is where this registry's DIDs live:
// about them the ledger is asked, never the network.
func (n *Node) hosts(origin string) bool {
	view := n.ledger.View()
	defer view.Close()
	own := view.Domain()
	if own == "" {
		own = n.cfg.Domain
	}
	return own != "" && strings.TrimSuffix(own, ":443") == strings.TrimSuffix(origin, ":443")
}

// askElsewhere has the surface ask other hosts, if they are asked at all.
func (n *Node) askElsewhere(cfg *httpapi.Config) {
	if n.foreign == nil {
		return
	}
	cfg.Foreign = &foreign.Pinned{
		Hosts: n.foreign, View: n.ledger.View, Changed: func(id did.ID) { n.observer.Soon(id) },
	}
	cfg.PinsPerAddress = n.cfg.Foreign.PinsPerAddress
	cfg.Lists, cfg.Schemas, cfg.Files, cfg.Observer = n.foreign, n.foreign, n.foreign, n.observer
}

// closeForeign ends what is being asked.
func (n *Node) closeForeign() {
	if n.foreign != nil {
		n.foreign.Close()
	}
	if n.fetcher != nil {
		n.fetcher.Close()
	}
}

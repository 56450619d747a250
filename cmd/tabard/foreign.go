package main

import (
	"crypto/x509"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/node"
)

// foreignFlags say how other hosts are asked, where they are.
func foreignFlags() []cli.Flag {
	return commonAll(
		&cli.DurationFlag{Name: "foreign-max-age", Usage: "reuse another host's document no longer than this `TIME`", Value: time.Hour},
		&cli.StringSliceFlag{Name: "foreign-port", Usage: "the only `PORT` that other hosts are asked at (default: 443, and those from 1024 on); repeatable"},
		&cli.StringSliceFlag{Name: "foreign-deny", Usage: "`ADDRESS` or prefix not to ask, besides those that are never public; repeatable"},
		&cli.StringFlag{Name: "foreign-ca", Usage: "PEM `FILE` of a certificate authority to believe of other hosts besides the system's"},
		&cli.StringSliceFlag{Name: "pin", Usage: "`DID` elsewhere that the leader observes, besides those that clients pin; repeatable"},
		&cli.DurationFlag{Name: "observe-every", Usage: "look at a pinned DID again after this `TIME`", Value: time.Hour},
		&cli.IntFlag{Name: "max-pins", Usage: "how many `N` DIDs may be pinned", Value: 1000},
		&cli.IntFlag{Name: "max-pins-per-address", Usage: "how many `N` of them one address may have pinned at this node", Value: 50},
		&cli.BoolFlag{Name: "foreign-allow-private", Usage: "ask loopback and private addresses too; lets whoever resolves a DID reach into this network"},
	)
}

// foreignFromFlags reads them; whether other hosts are asked at all is the command's to say.
func foreignFromFlags(c *cli.Context) (node.Foreign, error) {
	f := node.Foreign{
		MaxAge: c.Duration("foreign-max-age"), AllowPrivate: c.Bool("foreign-allow-private"),
		ObserveEvery: c.Duration("observe-every"), MaxPins: c.Int("max-pins"), PinsPerAddress: c.Int("max-pins-per-address"),
	}
	if err := positive(c, "foreign-max-age", "observe-every", "max-pins", "max-pins-per-address"); err != nil {
		return f, err
	}
	for _, s := range words(c, "pin") {
		id, err := did.Parse(s)
		if err != nil {
			return f, usage("--pin: %w", err)
		}
		f.Pins = append(f.Pins, id)
	}
	for _, s := range words(c, "foreign-port") {
		port, err := strconv.Atoi(s)
		if err != nil {
			return f, usage("--foreign-port: %q is no port", s)
		}
		f.Ports = append(f.Ports, port)
	}
	var err error
	if f.Deny, err = prefixes(c, "foreign-deny"); err != nil {
		return f, err
	}
	if path := c.String("foreign-ca"); path != "" {
		pool, err := roots(path)
		if err != nil {
			return f, usage("--foreign-ca: %w", err)
		}
		f.Roots = pool
	}
	return f, nil
}

// witnessFlags make a node a did:webvh witness.
func witnessFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "as-witness", Usage: "key `FILE` (Ed25519) with which this node is a did:webvh witness; for one node, not all"},
		&cli.StringSliceFlag{Name: "witness-for", Usage: "whose log entries it approves: an SCID, a did:webvh `DID`, or the did:key DID of an update key; repeatable"},
	}
}

func serverWitness(c *cli.Context) (node.Witness, error) {
	w := node.Witness{Serve: words(c, "witness-for")}
	path := c.String("as-witness")
	if (path == "") != (len(w.Serve) == 0) {
		return w, usage("--as-witness and --witness-for go together")
	}
	if path == "" {
		return w, nil
	}
	file, err := readKeyFile(path)
	if err != nil {
		return w, err
	}
	w.Key = &file.key
	return w, nil
}

// roots are the system's certificate authorities and those of a file.
func roots(path string) (*x509.CertPool, error) {
	transport, err := trusting(path)
	if err != nil {
		return nil, err
	}
	return transport.TLSClientConfig.RootCAs, nil
}

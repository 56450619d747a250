package main

import (
	"crypto/x509"
	"net/netip"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/node"
)

// foreignFlags say how other hosts are asked, where they are.
func foreignFlags() []cli.Flag {
	return []cli.Flag{
		&cli.DurationFlag{Name: "foreign-max-age", Usage: "reuse another host's document no longer than this `TIME`", Value: time.Hour},
		&cli.IntSliceFlag{Name: "foreign-port", Usage: "the only `PORT` that other hosts are asked at (default: 443, and those from 1024 on); repeatable"},
		&cli.StringSliceFlag{Name: "foreign-deny", Usage: "`PREFIX` of addresses not to ask, besides those that are never public; repeatable"},
		&cli.StringFlag{Name: "foreign-ca", Usage: "PEM `FILE` of a certificate authority to believe of other hosts besides the system's"},
		&cli.BoolFlag{Name: "foreign-allow-private", Usage: "ask loopback and private addresses too; lets whoever resolves a DID reach into this network"},
	}
}

// foreignFromFlags reads them; whether other hosts are asked at all is the command's to say.
func foreignFromFlags(c *cli.Context) (node.Foreign, error) {
	f := node.Foreign{
		MaxAge: c.Duration("foreign-max-age"), Ports: c.IntSlice("foreign-port"), AllowPrivate: c.Bool("foreign-allow-private"),
	}
	for _, s := range words(c, "foreign-deny") {
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			return f, usage("--foreign-deny: %w", err)
		}
		f.Deny = append(f.Deny, prefix.Masked())
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

// roots are the system's certificate authorities and those of a file.
func roots(path string) (*x509.CertPool, error) {
	transport, err := trusting(path)
	if err != nil {
		return nil, err
	}
	return transport.TLSClientConfig.RootCAs, nil
}

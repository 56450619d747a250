package main

import (
	"fmt"
	"math"
	"net/netip"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/node"
)

// admissionFlags say who may use a node, and how much of it. Unlike a development cluster, a server is
// within the reach of strangers: one address gets no more than a large client needs.
func admissionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "admission", Usage: "whose writes are let in: `MODE` open or allow-list", Value: string(node.Open)},
		&cli.StringSliceFlag{Name: "admit", Usage: "`DID` of a controller that an allow-list lets in, with the agents it confirms; it need not exist yet; repeatable"},
		&cli.BoolFlag{Name: "publish-content", Usage: "let whoever holds a credential have its content kept and served by the registry"},
		rateFlag("read-rate", 2000, "reads"),
		rateFlag("write-rate", 50, "writes"),
		rateFlag("verify-rate", 500, "verifications"),
		&cli.StringSliceFlag{Name: "trusted-proxy", Usage: "`ADDRESS` or prefix of a proxy whose X-Forwarded-For is believed; repeatable"},
		&cli.IntFlag{Name: "max-connections", Usage: "open connections of the public listener in all, streams too, `N`", DefaultText: "4096 more than --max-streams, or what the limit on open files leaves"},
		&cli.IntFlag{Name: "max-connections-per-address", Usage: "open connections of one address that is no trusted proxy, `N`", DefaultText: "512 more than --max-streams-per-address, and at most a quarter of all"},
		&cli.IntFlag{Name: "max-streams", Usage: "subscribers of the stream in all, `N`", DefaultText: "10000"},
		&cli.IntFlag{Name: "max-streams-per-address", Usage: "subscribers of one address, `N`", DefaultText: "256"},
	}
}

// admissionFromFlags reads the policy from the flags.
func admissionFromFlags(c *cli.Context) (node.Admission, error) {
	a := node.Admission{
		Mode:      node.AdmissionMode(c.String("admission")),
		NoContent: !c.Bool("publish-content"),
		Reads:     rate(c, "read-rate"), Writes: rate(c, "write-rate"), Verifications: rate(c, "verify-rate"),
	}
	if a.Mode != node.Open && a.Mode != node.AllowList {
		return a, usage("--admission %q: want %s or %s", a.Mode, node.Open, node.AllowList)
	}
	for _, s := range words(c, "admit") {
		id, err := did.Parse(s)
		if err != nil {
			return a, usage("--admit: %w", err)
		}
		a.Controllers = append(a.Controllers, id)
	}
	var err error
	a.TrustedProxies, err = prefixes(c, "trusted-proxy")
	return a, err
}

// prefixes are the values of a flag that names addresses or prefixes of them.
func prefixes(c *cli.Context, name string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range words(c, name) {
		prefix, err := node.ParsePrefix(s)
		if err != nil {
			return nil, usage("--%s: %w", name, err)
		}
		out = append(out, prefix)
	}
	return out, nil
}

// burstSeconds is how many seconds' worth an address may take at once after a rest.
const burstSeconds = 4

func rateFlag(name string, perSecond float64, what string) cli.Flag {
	return &cli.Float64Flag{Name: name, Value: perSecond,
		Usage: fmt.Sprintf("%s per second and address, `N`, and up to %d N at once; 0 is no limit", what, burstSeconds)}
}

// rate is the token bucket of a flag. Its range is checked by the node.
func rate(c *cli.Context, name string) node.Rate {
	const most = 1 << 30
	n := c.Float64(name)
	return node.Rate{PerSecond: n, Burst: int(min(max(1, math.Ceil(n*burstSeconds)), most))}
}

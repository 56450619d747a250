package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/client"
)

// defaultServer is node 1 of `tabard dev`.
const defaultServer = "http://127.0.0.1:8700"

func outputFlag() cli.Flag {
	return common(&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: formatTable, Usage: "`FORMAT`: table, json or jsonl"})
}

// words is the value of a list flag whose items may also be separated by commas.
func words(c *cli.Context, name string) []string {
	var out []string
	for _, s := range c.StringSlice(name) {
		for word := range strings.SplitSeq(s, ",") {
			if word = strings.TrimSpace(word); word != "" {
				out = append(out, word)
			}
		}
	}
	return out
}

// clientFlags are those of every command that talks to a registry.
func clientFlags(more ...cli.Flag) []cli.Flag {
	return append(connectionFlags(more...), common(serverFlag()))
}

// connectionFlags are clientFlags without the registry.
func connectionFlags(more ...cli.Flag) []cli.Flag {
	return slices.Concat(more, []cli.Flag{
		outputFlag(), caFlag(),
		common(&cli.DurationFlag{Name: "timeout", Value: 30 * time.Second, Usage: "give up after this `TIME`, such as 5s; 0 never"}),
	})
}

// serverFlag names a registry. A command that does something else without one, and does not so because
// others are to use that registry, has a setting of its own for it.
func serverFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "server", Aliases: []string{"s"}, Usage: "base `URL` of a node, or HOST:PORT (http on this machine, else https); several are tried in turn", DefaultText: defaultServer}
}

func caFlag() cli.Flag {
	return common(&cli.StringFlag{Name: "ca", Usage: "PEM `FILE` of a certificate authority to trust besides the system's"})
}

// logFlags say what a node or agent logs to standard error.
func logFlags(level, format string) []cli.Flag {
	return commonAll(
		&cli.StringFlag{Name: "log-level", Usage: "`LEVEL`: debug, info, warn or error", Value: level},
		&cli.StringFlag{Name: "log-format", Usage: "`FORMAT`: json or text", Value: format},
	)
}

// httpFlag is the public listener of a server, which its probe asks.
func httpFlag(value string) cli.Flag {
	return common(&cli.StringFlag{Name: "http", Usage: "listening `ADDRESS` of the node", Value: value})
}

// readFlags choose how fresh a read must be.
func readFlags(more ...cli.Flag) []cli.Flag {
	maxStale := &cli.DurationFlag{Name: "max-stale", Usage: "refuse an answer from a state older than this `TIME` (default of verdicts and statuses: the node's, 5s)"}
	setVariable(maxStale, "read-max-stale") // max-stale is a server's
	return clientFlags(append(more, maxStale,
		common(&cli.Uint64Flag{Name: "min-seq", Usage: "wait until the node holds the record at position `SEQ`"}),
		common(&cli.BoolFlag{Name: "linearizable", Usage: "see every write acknowledged before this read"}),
	)...)
}

// servers are the base URLs of --server. What has no scheme is reached over http on this machine, and over
// https elsewhere.
func servers(c *cli.Context) []string {
	list := words(c, "server")
	for i, s := range list {
		if strings.Contains(s, "://") {
			continue
		}
		scheme := "https://"
		if u, err := url.Parse("//" + s); err == nil && isLoopback(u.Hostname()) {
			scheme = "http://"
		}
		list[i] = scheme + s
	}
	return list
}

// isLoopback reports whether a host is this machine by its name or address.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// newClient makes the SDK client that the flags describe; more is what the command knows besides.
func newClient(c *cli.Context, more ...client.Option) (*client.Client, error) {
	nodes := servers(c)
	if len(nodes) == 0 {
		nodes = []string{defaultServer}
	}
	opts, err := clientOptions(c)
	if err != nil {
		return nil, err
	}
	cl, err := client.New(nodes, append(opts, more...)...)
	if err != nil {
		return nil, usage("--server: %w", err)
	}
	return cl, nil
}

// clientOptions are what the flags say about connections and reads.
func clientOptions(c *cli.Context) ([]client.Option, error) {
	if c.Duration("timeout") < 0 {
		return nil, usage("--timeout must not be negative; 0 waits as long as it takes")
	}
	opts := []client.Option{client.WithUserAgent("tabard/" + version())}
	if path := c.String("ca"); path != "" {
		transport, err := trusting(path)
		if err != nil {
			return nil, usage("--ca: %w", err)
		}
		opts = append(opts, client.WithHTTPClient(&http.Client{Transport: transport}))
	}
	return append(opts, client.WithReads(readOptions(c)...)), nil
}

// timeFlag reads the RFC 3339 time that a flag is given.
func timeFlag(c *cli.Context, name string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, c.String(name))
	if err != nil {
		return t, usage("--%s %q: want an RFC 3339 time, such as 2026-01-31T12:00:00Z", name, c.String(name))
	}
	return t, nil
}

func readOptions(c *cli.Context) []client.ReadOption {
	var out []client.ReadOption
	if c.IsSet("min-seq") {
		out = append(out, client.MinSeq(record.Seq(c.Uint64("min-seq"))))
	}
	if c.IsSet("max-stale") {
		out = append(out, client.MaxStale(c.Duration("max-stale")))
	}
	if c.Bool("linearizable") {
		out = append(out, client.Linearizable())
	}
	return out
}

// trusting is the default transport with one more certificate authority.
func trusting(path string) (*http.Transport, error) {
	pem, err := readBounded(path, maxConfigBytes)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return transport, nil
}

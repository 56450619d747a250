package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/node"
)

func serverCommand() *cli.Command {
	return &cli.Command{
		Name:  "server",
		Usage: "run one node of a cluster",
		Description: "Every node gets a name of its own, the same list of peers and the same secret. They may be started in\n" +
			"any order. A new cluster begins when all are there; from then on a majority of them is enough. A node\n" +
			"that starts with an empty directory catches up by itself, and votes when it has: --bootstrap is for the\n" +
			"day on which too few others are left. The secret is read from --secret-file or from the variable\n" +
			"TABARD_SECRET, never from the command line, and nobody else may have access to the file. A node\n" +
			"without --peers is a cluster of its own. SIGTERM stops it cleanly; SIGHUP has it read its certificate\n" +
			"again, as it does by itself when the files change.\n\n" +
			"EXAMPLES:\n" +
			"   tabard server --dir /data --domain registry.example\n" +
			"   (umask 077 && openssl rand -hex 32 > secret)\n" +
			"   tabard server --node-id n1 --dir n1 --http :8700 --domain registry.example --secret-file secret \\\n" +
			"     --peers n1=10.0.0.1:8800,n2=10.0.0.2:8800,n3=10.0.0.3:8800\n" +
			"   tabard server --config /etc/tabard.json   # {\"node-id\": \"n1\", \"dir\": \"/data\", \"peers\": [...]}",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "node-id", Usage: "`NAME` of this node among the peers (default: node1)"},
			&cli.StringFlag{Name: "dir", Usage: "`DIR` of this node's data", Value: "tabard-data"},
			&cli.StringFlag{Name: "domain", Usage: "`HOST[:PORT]` where the registry's DIDs live; fixed by the first start"},
			httpFlag(":8700"),
			&cli.StringFlag{Name: "tls-cert", Usage: "PEM `FILE` of the public listener's certificate"},
			&cli.StringFlag{Name: "tls-key", Usage: "PEM `FILE` of its key"},
			&cli.StringSliceFlag{Name: "peers", Usage: "all members, this one too, as `NAME=HOST:PORT`; separated by commas"},
			&cli.StringFlag{Name: "peer-bind", Usage: "listening `ADDRESS` for peers (default: this node's among them)"},
			&cli.StringFlag{Name: "secret-file", Usage: "`FILE` with the cluster's secret: at least 32 bytes in hexadecimal"},
			&cli.DurationFlag{Name: "max-stale", Usage: "age of the state at which the node stops vouching, `TIME`", Value: 5 * time.Second},
			&cli.BoolFlag{Name: "bootstrap", Usage: "while this node is empty, begin or vote without the nodes that are out of reach: what only they hold is given up; remove it once the node is a member"},
			&cli.DurationFlag{Name: "max-clock-skew", Usage: "how far this node's clock may be from its peers' before it leads no more, `TIME`", Value: 2 * time.Second},
			&cli.IntFlag{Name: "retain-log", Usage: "keep at most `N` MiB of the replicated log for a node that is catching up", Value: 256},
			&cli.DurationFlag{Name: "shutdown-timeout", Usage: "how long a clean stop may take, `TIME`", Value: 10 * time.Second},
		}, slices.Concat(logFlags("info", "json"), timingFlags(), admissionFlags(), []cli.Flag{
			contextsFlag(),
			&cli.BoolFlag{Name: "no-foreign", Usage: "ask no other host: DIDs, status lists and schemas that the ledger does not hold are not found"},
		}, verdictFlags(false), foreignFlags(), witnessFlags())...),
		Action: server,
	}
}

func server(c *cli.Context) error {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
	cfg, err := serverConfig(c)
	if err != nil {
		return err
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // from the start: it would end the process
	defer signal.Stop(hangups)
	n, err := node.Start(c.Context, cfg)
	if err != nil {
		return err
	}
	go reloadAt(hangups, n)
	return serveUntilDone(c.Context, n)
}

// reloadAt has the node reload at each signal until it is closed.
func reloadAt(signals <-chan os.Signal, n *node.Node) {
	for {
		select {
		case <-signals:
			n.Reload()
		case <-n.Done():
			return
		}
	}
}

// untilHangup makes the loss of the terminal a clean end, unless it is to be ignored (nohup).
func untilHangup(ctx context.Context) (context.Context, context.CancelFunc) {
	if signal.Ignored(syscall.SIGHUP) {
		return context.WithCancel(ctx)
	}
	return signal.NotifyContext(ctx, syscall.SIGHUP)
}

// runner is a node, or several.
type runner interface {
	Wait() error // returns when it has stopped, and why
	Close() error
}

// serveUntilDone waits for an interrupt, which stops the node cleanly, or for the node to fail. Of data
// that cannot be trusted any more nothing is closed: that would write, or wait for a disk.
func serveUntilDone(ctx context.Context, n runner) error {
	stopped := make(chan error, 1)
	go func() { stopped <- n.Wait() }()
	select {
	case <-ctx.Done():
		return n.Close()
	case err := <-stopped:
		if errors.Is(err, node.ErrData) {
			return err
		}
		if closed := n.Close(); !errors.Is(err, closed) {
			err = errors.Join(err, closed)
		}
		return err
	}
}

// serverConfig reads a node's configuration from the flags.
func serverConfig(c *cli.Context) (node.Config, error) {
	cfg := node.Config{
		NodeID: c.String("node-id"), Dir: c.String("dir"), Domain: c.String("domain"), HTTP: c.String("http"),
		TLSCert: c.String("tls-cert"), TLSKey: c.String("tls-key"), Bind: c.String("peer-bind"),
		Streams:        node.Streams{Max: c.Int("max-streams"), MaxPerAddress: c.Int("max-streams-per-address")},
		MaxConnections: c.Int("max-connections"), MaxConnectionsPerAddress: c.Int("max-connections-per-address"),
		ContextsDir: c.String("contexts-dir"), MaxStale: c.Duration("max-stale"),
		Bootstrap: c.Bool("bootstrap"), MaxClockSkew: c.Duration("max-clock-skew"), ShutdownTimeout: c.Duration("shutdown-timeout"),
	}
	err := positive(c, "max-stale", "max-clock-skew", "shutdown-timeout",
		"max-streams", "max-streams-per-address", "max-connections", "max-connections-per-address")
	if err != nil {
		return cfg, err
	}
	if cfg.Peers, err = node.ParsePeers(words(c, "peers")); err != nil {
		return cfg, usage("--peers: %w", err)
	}
	if cfg.Secret, err = secretFromSettings(c); err != nil {
		return cfg, err
	}
	if cfg.RetainLog, err = retainFromFlags(c); err != nil {
		return node.Config{}, err
	}
	if cfg.Verdicts, err = verdictsFromFlags(c); err != nil {
		return cfg, err
	}
	if cfg.Timing, err = timingFromFlags(c); err != nil {
		return cfg, err
	}
	if cfg.Admission, err = admissionFromFlags(c); err != nil {
		return cfg, err
	}
	if cfg.Foreign, err = foreignFromFlags(c); err != nil {
		return cfg, err
	}
	cfg.Foreign.Enabled = !c.Bool("no-foreign")
	if cfg.Witness, err = serverWitness(c); err != nil {
		return cfg, err
	}
	if cfg.Logger, err = loggerFromFlags(c); err != nil {
		return cfg, err
	}
	return cfg, nil
}

// secretFromSettings reads the secret from its file or, without one, from its variable.
func secretFromSettings(c *cli.Context) ([]byte, error) {
	if path := c.String("secret-file"); path != "" {
		secret, err := node.ReadSecret(path)
		if err != nil {
			return nil, usage("--secret-file: %w", err)
		}
		return secret, nil
	}
	text := os.Getenv("TABARD_SECRET")
	if text == "" {
		return nil, nil
	}
	secret, err := node.ParseSecret(text)
	if err != nil {
		return nil, usage("TABARD_SECRET: %w", err)
	}
	return secret, nil
}

// loggerFromFlags logs to standard error.
func loggerFromFlags(c *cli.Context) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.String("log-level"))); err != nil {
		return nil, usage("--log-level %q: want debug, info, warn or error", c.String("log-level"))
	}
	opts := &slog.HandlerOptions{Level: level}
	switch format := strings.ToLower(c.String("log-format")); format {
	case "json":
		return slog.New(slog.NewJSONHandler(c.App.ErrWriter, opts)), nil
	case "text":
		return slog.New(slog.NewTextHandler(c.App.ErrWriter, opts)), nil
	default:
		return nil, usage("--log-format %q: want json or text", format)
	}
}

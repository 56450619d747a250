package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/node/agent"
	"github.com/tabard-id/tabard/node/client"
	"github.com/tabard-id/tabard/node/private"
)

func agentCommand() *cli.Command {
	return &cli.Command{
		Name:  "agent",
		Usage: "keep an agent's keys and sign for it over the VC API, on this machine",
		Description: "A local process for agents in any language: it issues, presents, derives and verifies. Keys are in a\n" +
			"sealed file in --dir, which is made at the first start with a key of each type; they never leave the\n" +
			"process. The passphrase is read from --passphrase-file, from what --passphrase-command prints, from the\n" +
			"variable TABARD_PASSPHRASE, or asked for. Callers show the token in the file token of --dir.\n\n" +
			"One process has the directory open at a time. `tabard wallet` lists and removes keys. A key signs only as\n" +
			"long as its DID's document lists it.\n\n" +
			"With --server, credentials with a status are registered there and DIDs resolved there; without, the\n" +
			"agent publishes status lists itself and knows did:key and did:jwk only.\n\n" +
			"ROUTES:\n" +
			"   POST /issuers/{cryptosuite}/credentials/issue           eddsa-jcs-2022, eddsa-rdfc-2022\n" +
			"   POST /issuers/{cryptosuite}/{curve}/credentials/issue   ecdsa-jcs-2019, ecdsa-rdfc-2019, ecdsa-sd-2023; P-256, P-384\n" +
			"   POST /issuers/status/credentials/issue                  adds a status entry\n" +
			"   POST /credentials/status, /credentials/derive, /presentations/prove\n" +
			"   POST /credentials/verify, /presentations/verify, /challenges\n" +
			"   GET  /keys, /status-lists/{issuer}/{purpose}/{n}, /healthz\n\n" +
			"EXAMPLES:\n" +
			"   tabard agent --dir agent --tls-self-signed --passphrase-file secret\n" +
			"   tabard agent --dir agent --tls-self-signed --passphrase-command 'secret-tool lookup service tabard' -s https://registry.example\n" +
			"   curl --cacert agent/tls.pem -H \"Authorization: Bearer $(cat agent/token)\" -H 'Content-Type: application/json' \\\n" +
			"     -d '{\"credential\": {...}}' https://localhost:8790/issuers/eddsa-rdfc-2022/credentials/issue",
		Flags: append(connectionFlags(
			&cli.StringSliceFlag{Name: "server", Aliases: []string{"s"}, Usage: "base `URL` of a registry's node; several are tried in turn (default: no registry)"},
			walletDirFlag(),
			&cli.StringFlag{Name: "listen", Usage: "loopback `ADDRESS`; localhost is both 127.0.0.1 and ::1", Value: "localhost:8790"},
			&cli.BoolFlag{Name: "tls-self-signed", Usage: "serve https with a certificate of its own, kept in --dir as tls.pem"},
			&cli.StringFlag{Name: "tls-cert", Usage: "PEM `FILE` of a certificate to serve https with"},
			&cli.StringFlag{Name: "tls-key", Usage: "PEM `FILE` of its key"},
			&cli.StringFlag{Name: "base-url", Usage: "`URL` by which others reach the agent (default: that of --listen)"},
			&cli.StringSliceFlag{Name: "host", Usage: "further host `NAME` it answers to; repeatable"},
			&cli.BoolFlag{Name: "no-token", Usage: "let every process on this machine sign"},
			passphraseFlags()[0], passphraseFlags()[1],
			&cli.StringSliceFlag{Name: "import-key", Usage: "add the key of a key `FILE` to the store; METHOD=FILE names it; repeatable"},
			&cli.StringSliceFlag{Name: "import-did", Usage: "add the key of a DID `DIR` that may assert; repeatable"},
			contextsFlag(),
			&cli.BoolFlag{Name: "foreign", Usage: "ask other hosts for did:web and did:webvh documents, status lists and schemas"},
			&cli.StringFlag{Name: "foreign-ca", Usage: "PEM `FILE` of a certificate authority to believe of other hosts besides the system's"},
			&cli.BoolFlag{Name: "foreign-allow-private", Usage: "ask loopback and private addresses too, such as other agents on this machine"},
		), slices.Concat(verdictFlags(true), logFlags("warn", "text"))...),
		Action: runAgent,
	}
}

func runAgent(c *cli.Context) (err error) {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
	if err := checkListen(c); err != nil {
		return err
	}
	wallet, err := openWallet(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, wallet.Close()) }()
	store, err := openAgentStore(c, wallet)
	if err != nil {
		return err
	}
	listeners, base, err := agentListeners(c, wallet)
	if err != nil {
		return err
	}
	a, token, err := agentFromFlags(c, wallet, store, base)
	if err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := announceAgent(c, store, base, token); err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	ctx, stop := untilHangup(c.Context)
	defer stop()
	if err := a.Serve(ctx, listeners...); err != nil {
		return err
	}
	talk(c, "Stopped.")
	return nil
}

func closeAll(listeners []net.Listener) (err error) {
	for _, l := range listeners {
		err = errors.Join(err, l.Close())
	}
	return err
}

// agentFromFlags composes the agent. The token is "" if none is asked for.
func agentFromFlags(c *cli.Context, wallet *agent.Wallet, store *agent.Store, base string) (*agent.Agent, string, error) {
	cfg := agent.Config{
		Keys: store, Wallet: wallet, BaseURL: base, Hosts: words(c, "host"),
		Timeout: c.Duration("timeout"),
	}
	err := positive(c, "timeout")
	if err != nil {
		return nil, "", err
	}
	if cfg.Verdicts, err = verdictsFromFlags(c); err != nil {
		return nil, "", err
	}
	if cfg.Logger, err = loggerFromFlags(c); err != nil {
		return nil, "", err
	}
	if !c.Bool("no-token") {
		if cfg.Token, err = wallet.Token(); err != nil {
			return nil, "", err
		}
	}
	if cfg.Processor, err = contextsFromFlags(c); err != nil {
		return nil, "", err
	}
	if nodes := servers(c); len(nodes) > 0 {
		registry, err := newClient(c, client.WithReads(client.MaxStale(verdictAge)))
		if err != nil {
			return nil, "", err
		}
		follower := agent.NewFollower(registry)
		cfg.Registry = follower
		cfg.RegistryScheme, _, _ = strings.Cut(nodes[0], "://")
		cfg.Resolver, cfg.Status = follower, follower
	}
	if err := askElsewhere(c, &cfg); err != nil {
		return nil, "", err
	}
	a, err := agent.New(cfg)
	return a, cfg.Token, err
}

// verdictAge is the age that what an agent's verdicts rest on may have, documents included.
const verdictAge = 5 * time.Second

// askElsewhere has the agent ask other hosts, if the flags say so, for as long as it runs.
func askElsewhere(c *cli.Context, cfg *agent.Config) error {
	if !c.Bool("foreign") {
		return nil
	}
	opt := agent.ElsewhereConfig{AllowPrivate: c.Bool("foreign-allow-private"), Logger: cfg.Logger}
	if path := c.String("foreign-ca"); path != "" {
		var err error
		if opt.Roots, err = roots(path); err != nil {
			return usage("--foreign-ca: %w", err)
		}
	}
	elsewhere, err := agent.NewElsewhere(opt)
	if err != nil {
		return err
	}
	cfg.Resolver, cfg.Lists, cfg.Schemas = elsewhere.Resolver(cfg.Resolver), elsewhere.Lists(), elsewhere.Schemas()
	cfg.Elsewhere = elsewhere
	return nil
}

// agentListeners opens the listeners and finds the URL of the agent, which leads to them
// and to nobody else.
func agentListeners(c *cli.Context, wallet *agent.Wallet) ([]net.Listener, string, error) {
	cert, err := agentCertificate(c, wallet)
	if err != nil {
		return nil, "", err
	}
	listeners, err := agent.Listen(c.Context, c.String("listen"))
	if err != nil {
		return nil, "", err
	}
	host, _, err := net.SplitHostPort(c.String("listen"))
	if err != nil {
		return nil, "", errors.Join(err, closeAll(listeners))
	}
	_, port, err := net.SplitHostPort(listeners[0].Addr().String())
	if err != nil {
		return nil, "", errors.Join(err, closeAll(listeners))
	}
	scheme := "http"
	if cert != nil {
		scheme = "https"
		for i := range listeners {
			listeners[i] = tls.NewListener(listeners[i], &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12})
		}
	}
	base := scheme + "://" + net.JoinHostPort(host, port)
	if c.String("base-url") != "" {
		base = c.String("base-url")
	}
	return listeners, base, nil
}

// checkListen refuses what the agent will not listen on before anything is made.
func checkListen(c *cli.Context) error {
	host, _, err := net.SplitHostPort(c.String("listen"))
	if err != nil {
		return usage("--listen: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usage("--listen %s: whoever reaches an agent can sign, so it listens on loopback only", c.String("listen"))
	}
	certFile, keyFile := c.String("tls-cert"), c.String("tls-key")
	if (certFile == "") != (keyFile == "") || certFile != "" && c.Bool("tls-self-signed") {
		return usage("want --tls-self-signed, or --tls-cert with --tls-key")
	}
	return nil
}

// agentCertificate is nil for plain http.
func agentCertificate(c *cli.Context, wallet *agent.Wallet) (*tls.Certificate, error) {
	certFile, keyFile := c.String("tls-cert"), c.String("tls-key")
	switch {
	case c.Bool("tls-self-signed"):
		cert, err := wallet.SelfSigned(words(c, "host"), time.Now())
		return &cert, err
	case certFile != "":
		cert, err := private.KeyPair(certFile, keyFile)
		if err != nil {
			return nil, usage("--tls-cert: %w", err)
		}
		return &cert, nil
	}
	return nil, nil
}

// openWallet opens the directory that --dir names, for this process alone.
func openWallet(c *cli.Context) (*agent.Wallet, error) {
	wallet, err := agent.OpenWallet(c.String("dir"))
	switch {
	case errors.Is(err, agent.ErrInUse):
		return nil, fail(exitConflict, "%w", err)
	case errors.Is(err, agent.ErrOthersWrite):
		return nil, usage("%w", err)
	}
	return wallet, err
}

// openAgentStore opens the key store, or makes one with a key of each type, and
// adds the keys to import.
func openAgentStore(c *cli.Context, wallet *agent.Wallet) (*agent.Store, error) {
	passphrase, err := agentPassphrase(c)
	if err != nil {
		return nil, err
	}
	store, err := wallet.OpenStore(passphrase, 0)
	if errors.Is(err, fs.ErrNotExist) {
		store, err = newAgentStore(wallet, passphrase)
	}
	if err != nil {
		return nil, storeFailure(err)
	}
	return store, importKeys(c, store)
}

// storeFailure gives what is wrong with a key store its exit status.
func storeFailure(err error) error {
	switch {
	case errors.Is(err, agent.ErrPassphrase):
		return fail(exitDenied, "%w", err)
	case errors.Is(err, agent.ErrShortPassphrase):
		return usage("%w", err)
	case errors.Is(err, agent.ErrKeysMissing):
		return fail(exitData, "%w", err)
	}
	return err
}

func newAgentStore(wallet *agent.Wallet, passphrase string) (*agent.Store, error) {
	var keys []multikey.PrivateKey
	for _, name := range keyTypeNames {
		key, err := newKey(name)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return wallet.CreateStore(passphrase, 0, keys...)
}

func importKeys(c *cli.Context, store *agent.Store) error {
	for _, arg := range c.StringSlice("import-key") {
		method, path, named := strings.Cut(arg, "=")
		if !named {
			method, path = "", arg
		}
		file, err := readKeyFile(path)
		if err != nil {
			return err
		}
		if err := importKey(c, store, method, file.key); err != nil {
			return err
		}
	}
	for _, path := range c.StringSlice("import-did") {
		d, err := openDIDDir(path)
		if err != nil {
			return err
		}
		if err := importDID(c, store, d); err != nil {
			return err
		}
	}
	return nil
}

// importDID adds the keys by which a DID asserts and authenticates, if the directory has them.
func importDID(c *cli.Context, store *agent.Store, d *didDir) error {
	key, method, err := d.signingKey(did.AssertionMethod)
	if err != nil {
		return err
	}
	if err := importKey(c, store, method, key); err != nil {
		return err
	}
	key, method, err = d.signingKey(did.Authentication)
	if exitCode(err) == exitDenied {
		return nil // it has none to authenticate with
	}
	if err != nil {
		return err
	}
	return importKey(c, store, method, key)
}

// importKey adds a key that is not there yet, so that a command may be repeated.
func importKey(c *cli.Context, store *agent.Store, method string, key multikey.PrivateKey) error {
	before := len(store.Keys())
	name, err := store.Add(method, key)
	if errors.Is(err, agent.ErrKeyExists) {
		return fail(exitConflict, "%w: remove it first", err)
	}
	if err != nil {
		return usage("%w", err)
	}
	if len(store.Keys()) > before {
		talk(c, "Added %s.", name)
	}
	return nil
}

// agentInfo is what -o json prints of an agent that is ready.
type agentInfo struct {
	URL  string   `json:"url"`
	Keys []string `json:"keys"`
	// TokenFile is where callers find the token, CA what they trust; "" if there is none.
	TokenFile string `json:"tokenFile,omitempty"`
	CA        string `json:"ca,omitempty"`
}

func announceAgent(c *cli.Context, store *agent.Store, base, token string) error {
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	info := agentInfo{URL: base, Keys: []string{}}
	for _, k := range store.Keys() {
		info.Keys = append(info.Keys, k.Method)
	}
	if token != "" {
		info.TokenFile = filepath.Join(c.String("dir"), "token")
	}
	if c.Bool("tls-self-signed") {
		info.CA = filepath.Join(c.String("dir"), "tls.pem")
	}
	if out.format != formatTable {
		return out.json(info)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "The agent is ready at %s\n\n", info.URL)
	for _, k := range info.Keys {
		fmt.Fprintf(&b, "  key    %s\n", k)
	}
	for _, file := range [][2]string{{"token", info.TokenFile}, {"trust", info.CA}} {
		if file[1] != "" {
			fmt.Fprintf(&b, "  %-6s %s\n", file[0], file[1])
		}
	}
	b.WriteString("\nCtrl-C stops it.\n")
	_, err = fmt.Fprint(out.out, b.String())
	return err
}

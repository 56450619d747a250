package main

import (
	"errors"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/client"
)

func didCreateCommand() *cli.Command {
	return &cli.Command{
		Name:      "create",
		Usage:     "create a did:webvh DID",
		ArgsUsage: "PATH",
		Description: "Makes an update key and a signing key in DIR/keys, and registers the DID at PATH on the registry's\n" +
			"domain. DIR is --did-dir, or named after PATH's last segment. Where this is interrupted, `tabard did\n" +
			"publish` goes on with it. With --controller alone the ownership is a claim; the owner confirms it by\n" +
			"tabard did accept, or at once where --owner names its directory.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did create agents/alice\n" +
			"   tabard did create agents/bot --controller \"$ALICE\" --pre-rotation --service 'mcp=MCP,https://bot.example/mcp'\n" +
			"   tabard did create agents/bot --owner alice                  # Alice's, and her directory is at hand\n" +
			"   tabard did create agents/carol --witness did:key:z6Mk... --witness-key w.json\n" +
			"   tabard did create agents/dave --domain example.com --no-submit   # offline",
		Flags: writeFlags(slices.Concat(documentFlags(), parameterFlags(), []cli.Flag{
			&cli.StringFlag{Name: "domain", Usage: "`HOST[:PORT]` of the DID (default: the registry's)"},
			&cli.StringFlag{Name: "owner", Aliases: []string{"controller-dir"}, Usage: "DID `DIR` of a controller, who first confirms by an AgentRegistrationCredential that the DID is of an agent of its own; an allow-list that has the owner lets the agent in by that"},
			&cli.BoolFlag{Name: "portable", Usage: "let the DID move to another domain later"},
			&cli.StringFlag{Name: "update-key", Usage: "key `FILE` (Ed25519) to control the DID with, instead of a new one"},
			&cli.StringFlag{Name: "doc-key-type", Value: "Ed25519", Usage: "`TYPE` of the signing key: Ed25519, P-256 or P-384"},
		})...),
		Action: didCreate,
	}
}

func didCreate(c *cli.Context) (err error) {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	segments := strings.Split(strings.Trim(c.Args().First(), "/"), "/")
	dir := c.String("did-dir")
	if dir == "" {
		dir = path.Base(c.Args().First())
	}
	witness, err := witnessFromFlags(c)
	if err != nil {
		return err
	}
	owner, err := controllerFromFlags(c)
	if err != nil {
		return err
	}
	cl, err := newClient(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	c.Context = ctx
	domain, err := domainOf(c, cl)
	if err != nil {
		return err
	}
	d, err := createDIDDir(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.unlock()) }()
	update, err := chooseUpdateKey(c, d)
	if err != nil {
		return err
	}
	e, err := firstEntry(c, d, update, webvh.CreateOptions{
		Domain: domain, Path: segments, Witness: witness, Watchers: c.StringSlice("watcher"),
		Portable: c.Bool("portable"), TTL: ttlFlag(c), Time: time.Now(),
	})
	if err != nil {
		return err
	}
	if owner != nil {
		id, err := entryDID(e)
		if err != nil {
			return err
		}
		if d.registration, err = confirmAgent(c, cl, owner, id, 0); err != nil {
			return err
		}
	}
	return commit(c, cl, d, e)
}

// firstEntry makes the signing key, the document and, if asked, the next update key.
func firstEntry(c *cli.Context, d *didDir, update multikey.PrivateKey, o webvh.CreateOptions) (webvh.Entry, error) {
	var signing multikey.PrivateKey
	if c.String("document") == "" {
		var err error
		if signing, err = d.newKey(c.String("doc-key-type")); err != nil {
			return webvh.Entry{}, err
		}
	}
	if c.Bool("pre-rotation") {
		next, err := d.newKey("Ed25519")
		if err != nil {
			return webvh.Entry{}, err
		}
		o.NextKeyHashes = []string{webvh.KeyHash(next.Public().String())}
	}
	var failed error
	o.Document = func(id did.ID) jcs.Value {
		doc, err := newDocument(c, id, signing.Public())
		failed = err
		return doc
	}
	e, err := webvh.Create(o, update)
	if failed != nil {
		return e, failed
	}
	if err != nil {
		return e, usage("%w", err)
	}
	return e, nil
}

func chooseUpdateKey(c *cli.Context, d *didDir) (multikey.PrivateKey, error) {
	path := c.String("update-key")
	if path == "" {
		return d.newKey("Ed25519")
	}
	file, err := readKeyFile(path)
	if err != nil {
		return multikey.PrivateKey{}, err
	}
	if typ := file.key.Public().Type(); typ != multikey.Ed25519 {
		return multikey.PrivateKey{}, usage("update key %s is of type %s: did:webvh 1.0 takes Ed25519", path, typ)
	}
	return file.key, d.addKey(file.key)
}

// domainOf is the domain of a new DID: the one given, or the registry's own.
func domainOf(c *cli.Context, cl *client.Client) (string, error) {
	domain := c.String("domain")
	if domain == "" {
		cluster, err := cl.Cluster(c.Context)
		if err != nil {
			return "", err
		}
		domain = cluster.Domain
	}
	decoded, err := url.PathUnescape(domain)
	if err != nil {
		return "", usage("domain %q: %w", domain, err)
	}
	return decoded, nil
}

// witnessFromFlags is the witness parameter; the zero Witness if there are none.
func witnessFromFlags(c *cli.Context) (webvh.Witness, error) {
	list := c.StringSlice("witness")
	if len(list) == 0 || len(list) == 1 && list[0] == "none" {
		return webvh.Witness{}, nil
	}
	w := webvh.Witness{Threshold: len(list)}
	if n := c.Int("witness-threshold"); n != 0 {
		w.Threshold = n
	}
	if w.Threshold < 1 || w.Threshold > len(list) {
		return w, usage("--witness-threshold: want 1 to %d, the number of witnesses", len(list))
	}
	for _, id := range list {
		w.Witnesses = append(w.Witnesses, webvh.WitnessID{ID: id})
	}
	return w, nil
}

func ttlFlag(c *cli.Context) *int {
	if !c.IsSet("ttl") {
		return nil
	}
	ttl := c.Int("ttl")
	return &ttl
}

package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
)

func didUpdateCommand() *cli.Command {
	return &cli.Command{
		Name:  "update",
		Usage: "change a DID's document or parameters",
		Description: "Without --document the present document is changed: lists that are given replace those there are,\n" +
			"services and keys are added or removed one by one.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did update -d alice --service 'files=Files,https://alice.example/files'\n" +
			"   tabard did update -d alice --add-key phone.json --remove '#z6Mk...'\n" +
			"   tabard did update -d alice --witness did:key:z6Mk... --witness-key w.json",
		Flags: writeFlags(slices.Concat(documentFlags(), parameterFlags(), []cli.Flag{
			&cli.StringSliceFlag{Name: "add-key", Usage: "key `FILE` to list for signing; it is copied to DIR/keys"},
			&cli.StringSliceFlag{Name: "remove", Usage: "`#FRAGMENT` of a key or service to remove"},
			&cli.BoolFlag{Name: "not-portable", Usage: "give up portability for good"},
		})...),
		Action: changeAction(didUpdate),
	}
}

func didRotateCommand() *cli.Command {
	return &cli.Command{
		Name:  "rotate",
		Usage: "replace a DID's update key, and its signing keys if asked",
		Description: "The old keys stay in DIR/keys: they prove what they signed.\n" +
			"Credentials signed with a key that --signing removes no longer verify.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did rotate -d alice\n" +
			"   tabard did rotate -d alice --pre-rotation\n" +
			"   tabard did rotate -d alice --signing",
		Flags: writeFlags(
			&cli.BoolFlag{Name: "signing", Usage: "replace the signing keys that DIR holds, too"},
			&cli.BoolFlag{Name: "pre-rotation", Usage: "commit to the next update key, which is made now"},
			&cli.StringFlag{Name: "doc-key-type", Value: "Ed25519", Usage: "`TYPE` of a new signing key: Ed25519, P-256 or P-384"},
		),
		Action: changeAction(didRotate),
	}
}

func didDeactivateCommand() *cli.Command {
	return &cli.Command{
		Name:  "deactivate",
		Usage: "end a DID for good",
		Description: "EXAMPLES:\n" +
			"   tabard did deactivate -d alice",
		Flags:  writeFlags(),
		Action: changeAction(didDeactivate),
	}
}

// makeEntry makes the next entry of a directory's log.
type makeEntry func(c *cli.Context, d *didDir, signer multikey.PrivateKey) (webvh.Entry, error)

// changeAction is what all changes of a DID have in common: bring the directory up to date, make the
// entry with a key that may, commit it.
func changeAction(next makeEntry) cli.ActionFunc {
	return func(c *cli.Context) error {
		if err := exactArgs(c, 0); err != nil {
			return err
		}
		return changeDID(c, next)
	}
}

func changeDID(c *cli.Context, next makeEntry) (err error) {
	cl, err := newClient(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	c.Context = ctx
	d, err := lockDIDDir(ctx, c.String("did-dir"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.unlock()) }()
	if d.verified == nil {
		return fail(exitConflict, "%s waits to be published first: `tabard did publish -d %s`", filepath.Join(d.path, pendingFile), d.path)
	}
	if !c.Bool("no-submit") {
		if err := refresh(c, cl, d); err != nil {
			return err
		}
	}
	if d.hasPending() {
		return fail(exitConflict, "%s waits to be published or deleted first", filepath.Join(d.path, pendingFile))
	}
	signer, err := d.updateKey()
	if err != nil {
		return err
	}
	e, err := next(c, d, signer)
	if err != nil {
		return err
	}
	return commit(c, cl, d, e)
}

// withTimeout is the context of a command that asks a registry; --timeout 0 sets no time.
func withTimeout(c *cli.Context) (context.Context, context.CancelFunc) {
	if c.Duration("timeout") == 0 {
		return context.WithCancel(c.Context)
	}
	return context.WithTimeout(c.Context, c.Duration("timeout"))
}

func didUpdate(c *cli.Context, d *didDir, signer multikey.PrivateKey) (webvh.Entry, error) {
	doc, err := changedDocument(c, d)
	if err != nil {
		return webvh.Entry{}, err
	}
	at, err := d.nextTime(c)
	if err != nil {
		return webvh.Entry{}, err
	}
	o := webvh.UpdateOptions{
		Document: doc, NotPortable: c.Bool("not-portable"), TTL: ttlFlag(c),
		Watchers: c.StringSlice("watcher"), Time: at,
	}
	if len(o.Watchers) == 0 {
		o.Watchers = nil
	}
	if c.IsSet("witness") {
		w, err := witnessFromFlags(c)
		if err != nil {
			return webvh.Entry{}, err
		}
		o.Witness = &w
	}
	if err := keepPreRotation(c, d, &o); err != nil {
		return webvh.Entry{}, err
	}
	return webvh.Update(d.head().State, o, signer)
}

// keepPreRotation commits to a next update key if asked, or if the previous entry did and the flag
// does not say otherwise.
func keepPreRotation(c *cli.Context, d *didDir, o *webvh.UpdateOptions) error {
	wanted := c.Bool("pre-rotation")
	if !c.IsSet("pre-rotation") {
		wanted = len(d.head().State.NextKeyHashes) > 0
	}
	if !wanted {
		return nil
	}
	next, err := d.newKey("Ed25519")
	if err != nil {
		return err
	}
	o.NextKeyHashes = []string{webvh.KeyHash(next.Public().String())}
	return nil
}

func changedDocument(c *cli.Context, d *didDir) (jcs.Value, error) {
	if path := c.String("document"); path != "" {
		return documentFromFile(path, d.id())
	}
	doc := d.head().Entry.State
	for _, fragment := range c.StringSlice("remove") {
		var removed bool
		if doc, removed = withoutMethod(doc, string(d.id())+fragment); !removed {
			return doc, fail(exitGone, "the document of %s has no %s", d.id(), fragment)
		}
	}
	for _, path := range c.StringSlice("add-key") {
		file, err := readKeyFile(path)
		if err != nil {
			return doc, err
		}
		if err := d.addKey(file.key); err != nil {
			return doc, err
		}
		doc = withKey(doc, file.key.Public())
	}
	return describe(c, doc, d.id())
}

func didRotate(c *cli.Context, d *didDir, signer multikey.PrivateKey) (webvh.Entry, error) {
	at, err := d.nextTime(c)
	if err != nil {
		return webvh.Entry{}, err
	}
	doc := d.head().Entry.State
	if c.Bool("signing") {
		if doc, err = rotateSigning(c, d, doc); err != nil {
			return webvh.Entry{}, err
		}
	}
	o := webvh.UpdateOptions{Document: doc, Time: at}
	if len(d.head().State.NextKeyHashes) == 0 {
		key, err := d.newKey("Ed25519")
		if err != nil {
			return webvh.Entry{}, err
		}
		o.UpdateKeys = []string{key.Public().String()}
	}
	if err := keepPreRotation(c, d, &o); err != nil {
		return webvh.Entry{}, err
	}
	return webvh.Update(d.head().State, o, signer)
}

// rotateSigning replaces every signing key of the document that the directory holds by a new one.
func rotateSigning(c *cli.Context, d *didDir, doc jcs.Value) (jcs.Value, error) {
	parsed, err := did.ParseDocument(doc)
	if err != nil {
		return doc, err
	}
	for _, method := range parsed.VerificationMethods() {
		_, held, err := d.findKey(func(k multikey.PublicKey) bool { return method.KeyErr == nil && k == method.Key })
		if err != nil {
			return doc, err
		}
		if held {
			doc, _ = withoutMethod(doc, method.ID)
		}
	}
	key, err := d.newKey(c.String("doc-key-type"))
	if err != nil {
		return doc, err
	}
	return withKey(doc, key.Public()), nil
}

func didDeactivate(c *cli.Context, d *didDir, signer multikey.PrivateKey) (webvh.Entry, error) {
	at, err := d.nextTime(c)
	if err != nil {
		return webvh.Entry{}, err
	}
	return webvh.Deactivate(d.head().State, d.head().Entry.State, at, signer)
}

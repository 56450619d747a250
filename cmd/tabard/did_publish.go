package main

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/client"
)

func didPublishCommand() *cli.Command {
	return &cli.Command{
		Name:  "publish",
		Usage: "send what the registry does not have yet of a DID's log",
		Description: "That is entries made with --no-submit, one that was waiting for its witnesses, and what a crash or a\n" +
			"lost connection left unsent. Sending an entry again is harmless.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did publish -d alice\n" +
			"   tabard did publish -d bot --registration \"$DIGEST\"   # by which its controller has confirmed it\n" +
			"   tabard did publish -d carol --witness-file from-w1.json --witness-file from-w2.json",
		Flags: clientFlags(didDirFlag(),
			&cli.StringSliceFlag{Name: "witness-file", Usage: "did-witness.json `FILE` with proofs to add; repeatable"},
			&cli.StringFlag{Name: "registration", Usage: "`DIGEST` of the registered AgentRegistrationCredential that an allow-list lets the DID in by"},
			&cli.StringSliceFlag{Name: "witness-key", Usage: "key `FILE` of a witness that approves at once; repeatable"},
		),
		Action: didPublish,
	}
}

func didPublish(c *cli.Context) (err error) {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
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
	e, err := d.readPending()
	pending := !errors.Is(err, fs.ErrNotExist)
	if pending && err != nil {
		return err
	}
	if d.verified != nil {
		if err := refresh(c, cl, d); err != nil {
			return err
		}
	}
	d.registration = c.String("registration")
	if err := addProofFiles(c, d); err != nil {
		return err
	}
	if !pending {
		return publishLog(c, cl, d)
	}
	proofs, err := witnessWith(c.StringSlice("witness-key"), e)
	if err != nil {
		return err
	}
	kept, err := d.proofs()
	if err != nil {
		return err
	}
	if d.contains(e) {
		return errors.Join(d.dropPending(), publishLog(c, cl, d)) // sent before; the answer was lost
	}
	return finishPending(c, cl, d, e, append(proofs, kept...))
}

// publishLog sends the entries that the registry lacks, if any.
func publishLog(c *cli.Context, cl *client.Client, d *didDir) error {
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	result := didChange{DID: d.id(), VersionID: d.head().State.VersionID, Dir: d.path}
	if d.published < len(d.verified.Versions) {
		if err := submit(c, cl, d, nil, nil, &result); err != nil {
			return err
		}
	} else {
		talk(c, "The registry has every version of %s.", d.id())
	}
	return out.datum(result, result.table())
}

// addProofFiles adds the proofs in files to those of the directory.
func addProofFiles(c *cli.Context, d *didDir) error {
	if d.verified == nil {
		file, err := readBounded(filepath.Join(d.path, witnessFile), webvh.MaxWitnessFileBytes)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		d.witness = file
	}
	for _, path := range c.StringSlice("witness-file") {
		file, err := readBounded(path, webvh.MaxWitnessFileBytes)
		if err != nil {
			return usage("--witness-file: %w", err)
		}
		proofs, err := parseProofs(file)
		if err != nil {
			return usage("--witness-file %s: %w", path, err)
		}
		if err := keepProofs(d, proofs); err != nil {
			return err
		}
	}
	return nil
}

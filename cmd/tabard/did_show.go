package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

func didVerifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "verify a did:webvh log offline and print the resolution result",
		ArgsUsage: "LOG.jsonl|-",
		Description: "Runs every check of did:webvh 1.0, \"Read (Resolve)\", on every entry. Without --witness, the\n" +
			"did-witness.json beside the log is used if there is one. An invalid log is exit status 3, and the\n" +
			"resolution result says which entry broke which rule.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did verify alice/did.jsonl\n" +
			"   tabard did verify did.jsonl --witness did-witness.json -o json\n" +
			"   curl -s https://example.com/.well-known/did.jsonl | tabard did verify -",
		Flags: append(versionFlags(),
			&cli.StringFlag{Name: "witness", Usage: "did-witness.json `FILE`"},
			&cli.StringFlag{Name: "did", Usage: "the `DID` the log must be of"},
			outputFlag(),
		),
		Action: didVerify,
	}
}

// versionFlags select a version of a DID.
func versionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "version-id", Usage: "the version with this `ID`"},
		&cli.StringFlag{Name: "version-time", Usage: "the version valid at this RFC 3339 `TIME`"},
		&cli.IntFlag{Name: "version-number", Usage: "the `N`-th version, from 1"},
	}
}

func versionOptions(c *cli.Context) (did.Options, error) {
	opt := did.Options{VersionID: c.String("version-id"), VersionNumber: c.Int("version-number")}
	if c.String("version-time") != "" {
		t, err := timeFlag(c, "version-time")
		if err != nil {
			return opt, err
		}
		opt.VersionTime = t
	}
	if err := opt.Check(); err != nil {
		return opt, usage("%w", err)
	}
	return opt, nil
}

func didVerify(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	opt, err := versionOptions(c)
	if err != nil {
		return err
	}
	log, witness, err := readLog(c, c.Args().First())
	if err != nil {
		return err
	}
	id := did.ID(c.String("did"))
	if id != "" {
		if _, err := webvh.ParseID(id); err != nil {
			return usage("--did: %w", err)
		}
	}
	verified, invalid := webvh.VerifyLog(log, witness, time.Now())
	if n := len(verified.Versions); id == "" && n > 0 {
		id = verified.Versions[n-1].State.DID
	}
	switch {
	case invalid != nil:
		talk(c, "The log is invalid after %d valid version(s).", len(verified.Versions))
	case !verified.Has(id):
		talk(c, "The log verifies, but it is not that of %s.", id)
	default:
		talk(c, "The log is valid: %d version(s) of %s.", len(verified.Versions), id)
	}
	if id == "" {
		if err := out.document(resolutionResult(did.Resolution{}, invalid)); err != nil {
			return err
		}
		return invalid
	}
	resolution, err := verified.Resolve(id, opt)
	if printErr := out.document(resolutionResult(resolution, err)); printErr != nil {
		return printErr
	}
	if invalid != nil {
		return invalid
	}
	return err
}

// readLog reads a log from a file or standard input, and the proofs of its witnesses.
func readLog(c *cli.Context, path string) (log, witness []byte, err error) {
	beside := c.String("witness")
	if path == "-" {
		log, err = readAll(c.App.Reader, "standard input", webvh.MaxLogBytes)
	} else {
		log, err = readBounded(path, webvh.MaxLogBytes)
		if beside == "" {
			if file := filepath.Join(filepath.Dir(path), witnessFile); exists(file) {
				beside = file
			}
		}
	}
	if err != nil {
		return nil, nil, usage("%w", err)
	}
	if len(bytes.TrimSpace(log)) == 0 {
		return nil, nil, usage("%s is empty", path)
	}
	if beside == "" {
		return log, nil, nil
	}
	witness, err = readBounded(beside, webvh.MaxWitnessFileBytes)
	if err != nil {
		return nil, nil, usage("--witness: %w", err)
	}
	return log, witness, nil
}

// exists is false only for what is certainly not there: what cannot be looked at fails when it is read.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
}

// resolutionResult is the result of DID Resolution, 4, for a resolution done here.
func resolutionResult(r did.Resolution, err error) jcs.Value {
	meta := jcs.Object(jcs.Member{Name: "contentType", Value: jcs.FromString("application/did")})
	document, docMeta := jcs.Value{}, jcs.Object()
	var failure *did.Error
	var rule *webvh.Error
	switch {
	case err == nil:
		docMeta = r.Metadata.Value()
		if r.Document != nil {
			document = r.Document.Value()
		}
	case errors.As(err, &failure):
		meta = errorMetadata(failure, err)
	case errors.As(err, &rule):
		meta = errorMetadata(&did.Error{Code: did.InvalidDID, Detail: rule.Error()}, err)
	default:
		meta = errorMetadata(&did.Error{Code: did.InternalError, Detail: err.Error()}, err)
	}
	return jcs.Object(
		jcs.Member{Name: "didDocument", Value: document},
		jcs.Member{Name: "didDocumentMetadata", Value: docMeta},
		jcs.Member{Name: "didResolutionMetadata", Value: meta},
	)
}

func errorMetadata(e *did.Error, cause error) jcs.Value {
	problem := jcs.Object(
		jcs.Member{Name: "type", Value: jcs.FromString(e.Type())},
		jcs.Member{Name: "title", Value: jcs.FromString(e.Title())},
		jcs.Member{Name: "detail", Value: jcs.FromString(e.Explanation())},
	)
	var rule *webvh.Error
	if errors.As(cause, &rule) {
		for _, m := range rule.Members() {
			problem = problem.With(m.Name, m.Value)
		}
	}
	return jcs.Object(jcs.Member{Name: "error", Value: problem})
}

func didIDCommand() *cli.Command {
	return &cli.Command{
		Name:      "id",
		Usage:     "print the DID of a DID directory",
		ArgsUsage: "DIR",
		Description: "EXAMPLES:\n" +
			"   tabard did id alice\n" +
			"   tabard resolve \"$(tabard did id alice)\"",
		Action: func(c *cli.Context) error {
			if err := exactArgs(c, 1); err != nil {
				return err
			}
			id, err := idOfDir(c.Args().First())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.App.Writer, id)
			return err
		},
	}
}

// idOfDir is the DID of a directory, also while its first entry waits.
func idOfDir(path string) (did.ID, error) {
	d, err := openDIDDir(path)
	if err == nil {
		return d.id(), nil
	}
	if e, pending := (&didDir{path: path}).readPending(); pending == nil && e.Number == 1 {
		return entryDID(e)
	}
	return "", err
}

func didShowLogCommand() *cli.Command {
	return &cli.Command{
		Name:      "show-log",
		Usage:     "show the versions of a DID",
		ArgsUsage: "DID|DIR|LOG.jsonl",
		Description: "The log is verified first, wherever it comes from. -o jsonl prints it as it is published.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did show-log alice\n" +
			"   tabard did show-log did:webvh:Qm...:registry.localhost%3A8700:agents:alice\n" +
			"   tabard did show-log \"$DID\" -o jsonl > did.jsonl",
		Flags:  readFlags(),
		Action: didShowLog,
	}
}

func didShowLog(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	log, err := findLog(c, c.Args().First())
	if err != nil {
		return err
	}
	t := table{head: []string{"version", "time", "update keys", "changes"}}
	var items []any
	for i, v := range log.Versions {
		items = append(items, v.Entry.Value)
		t.rows = append(t.rows, []string{
			v.State.VersionID, v.State.VersionTime, strings.Join(v.State.UpdateKeys, " "), changes(log.Versions, i),
		})
	}
	return out.list(items, t)
}

// findLog verifies the log of a DID at the registry, in a DID directory or in a file.
func findLog(c *cli.Context, arg string) (*webvh.Log, error) {
	if id, err := did.Parse(arg); err == nil {
		cl, err := newClient(c)
		if err != nil {
			return nil, err
		}
		ctx, stop := withTimeout(c)
		defer stop()
		log, err := cl.Log(ctx, id)
		return log.Verified, err
	}
	if exists(filepath.Join(arg, logFile)) {
		d, err := openDIDDir(arg)
		if err != nil {
			return nil, err
		}
		return d.verified, nil
	}
	data, witness, err := readLog(c, arg)
	if err != nil {
		return nil, err
	}
	return webvh.VerifyLog(data, witness, time.Now())
}

// changes says in words what version i did.
func changes(versions []webvh.Version, i int) string {
	now := versions[i].State
	if i == 0 {
		return "created"
	}
	before := versions[i-1].State
	var out []string
	add := func(changed bool, what string) {
		if changed {
			out = append(out, what)
		}
	}
	add(now.Deactivated, "deactivated")
	add(now.DID != before.DID, "moved")
	add(!slices.Equal(now.UpdateKeys, before.UpdateKeys), "update keys")
	add(!slices.Equal(now.NextKeyHashes, before.NextKeyHashes), "pre-rotation")
	add(!bytes.Equal(now.Witness.Value().Canonical(), before.Witness.Value().Canonical()), "witnesses")
	add(!slices.Equal(now.Watchers, before.Watchers), "watchers")
	add(now.TTL != before.TTL, "ttl "+strconv.Itoa(now.TTL))
	add(now.Portable != before.Portable, "portability")
	add(!versions[i].Entry.State.Equal(versions[i-1].Entry.State), "document")
	return strings.Join(out, ", ")
}

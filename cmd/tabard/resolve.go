package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/client"
)

func resolveCommand() *cli.Command {
	return &cli.Command{
		Name:      "resolve",
		Usage:     "resolve a DID",
		ArgsUsage: "DID[?versionId=...]",
		Description: "Prints the resolution result of a node, or with --document-only the DID document alone. With --verify the\n" +
			"node is not believed: the log is fetched and verified here. did:key and did:jwk are resolved without a\n" +
			"registry with --offline.\n\n" +
			"EXAMPLES:\n" +
			"   tabard resolve did:webvh:Qm...:registry.localhost%3A8700:agents:alice\n" +
			"   tabard resolve \"$DID\" --version-number 1 --document-only\n" +
			"   tabard resolve \"$DID?versionTime=2026-01-01T00:00:00Z\" --verify\n" +
			"   tabard resolve --offline did:key:z6Mk...",
		Flags: readFlags(append(versionFlags(),
			&cli.BoolFlag{Name: "document-only", Usage: "print the DID document alone"},
			&cli.BoolFlag{Name: "verify", Usage: "verify the DID's log here"},
			&cli.BoolFlag{Name: "offline", Usage: "use no registry"},
		)...),
		Action: resolve,
	}
}

func resolve(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	target, err := resolutionTarget(c)
	if err != nil {
		return err
	}
	result, failure, err := resolveTarget(c, target)
	if err != nil {
		return err
	}
	if c.Bool("document-only") {
		document, _ := result.Get("didDocument")
		if document.IsObject() {
			return out.document(document)
		}
		return failure
	}
	if err := out.document(result); err != nil {
		return err
	}
	return failure
}

// resolutionTarget is the DID URL to resolve, with the options of the flags in its query.
func resolutionTarget(c *cli.Context) (did.URL, error) {
	target, err := did.ParseURL(c.Args().First())
	if err != nil {
		return target, err
	}
	opt, err := versionOptions(c)
	if err != nil {
		return target, err
	}
	query := strings.Split(target.Query, "&")
	if target.Query == "" {
		query = nil
	}
	if opt.VersionID != "" {
		query = append(query, "versionId="+url.PathEscape(opt.VersionID))
	}
	if !opt.VersionTime.IsZero() {
		query = append(query, "versionTime="+opt.VersionTime.UTC().Format(time.RFC3339))
	}
	if opt.VersionNumber != 0 {
		query = append(query, "versionNumber="+strconv.Itoa(opt.VersionNumber))
	}
	target.Query = strings.Join(query, "&")
	return target, nil
}

// resolveTarget gives the resolution result, and as failure what it says went wrong; err is that
// there is no result.
func resolveTarget(c *cli.Context, target did.URL) (result jcs.Value, failure, err error) {
	if c.Bool("offline") {
		return resolveWith(c.Context, offlineResolver{}, target)
	}
	cl, err := newClient(c)
	if err != nil {
		return result, nil, err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	if c.Bool("verify") {
		return resolveWith(ctx, cl, target)
	}
	got, err := cl.ResolveURL(ctx, target.String())
	if err != nil {
		return result, nil, err
	}
	if got.Status == http.StatusGone {
		failure = fail(exitGone, "%s is deactivated", target.DID)
	} else if failed := got.Err(); failed != nil {
		failure = failed
	}
	return got.Value, failure, nil
}

func resolveWith(ctx context.Context, r did.Resolver, target did.URL) (result jcs.Value, failure, err error) {
	opt, err := optionsOf(target)
	if err != nil {
		return result, nil, err
	}
	resolution, err := r.Resolve(ctx, target.DID, opt)
	var resolutionError *did.Error
	switch {
	case err == nil && resolution.Document == nil:
		failure = fail(exitGone, "%s is deactivated", target.DID)
	case errors.As(err, &resolutionError):
		failure = err
	case err != nil:
		return result, nil, err
	}
	return resolutionResult(resolution, err), failure, nil
}

// optionsOf reads the resolution options in the query of a DID URL.
func optionsOf(target did.URL) (did.Options, error) {
	var opt did.Options
	if target.Path != "" || target.Fragment != "" {
		return opt, usage("%s: a path or fragment can only be dereferenced at a node", target)
	}
	query, err := url.ParseQuery(strings.ReplaceAll(target.Query, "+", "%2B"))
	if err != nil {
		return opt, usage("%s: %w", target, err)
	}
	for name, values := range query {
		switch name {
		case "versionId":
			opt.VersionID = values[0]
		case "versionTime":
			opt.VersionTime, err = time.Parse(time.RFC3339, values[0])
		case "versionNumber":
			opt.VersionNumber, err = strconv.Atoi(values[0])
		default:
			err = errors.New("unknown resolution option")
		}
		if err == nil && len(values) > 1 {
			err = errors.New("given twice")
		}
		if err != nil {
			return opt, usage("%s: %w", name, err)
		}
	}
	return opt, opt.Check()
}

// receiptTable is the human form of a receipt.
func receiptTable(r client.Receipt) table {
	return table{rows: [][]string{
		{"kind", r.Kind}, {"did", r.DID}, {"version", r.VersionID}, {"digest", r.Digest}, {"target", r.Target},
		{"status", r.Status}, {"ledger", r.Ledger}, {"seq", seqText(r.Seq)}, {"time", r.Time}, {"leaf", r.Leaf.String()},
	}}
}

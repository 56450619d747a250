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
	"github.com/tabard-id/tabard/did/dereference"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/client"
)

func resolveCommand() *cli.Command {
	return &cli.Command{
		Name:      "resolve",
		Usage:     "resolve a DID, or dereference a DID URL",
		ArgsUsage: "DID[/PATH][?PARAMETERS][#FRAGMENT]",
		Description: "Prints the resolution result of a node, or with --document-only the DID document alone. Of a DID URL with\n" +
			"a fragment, path or service it prints what that means: the key or service, the document with the selected\n" +
			"services alone, or with --endpoint the URL where a service lies. With --verify the node is not believed:\n" +
			"the log is fetched and verified here, and of the node asked only whether it knows the DID to be suspended or\n" +
			"revoked. did:key and did:jwk are resolved without a registry with --offline.\n\n" +
			"Exit status 4, with the document, if the DID is suspended or revoked, whichever version is asked for; 5 if it\n" +
			"is deactivated or not found.\n\n" +
			"EXAMPLES:\n" +
			"   tabard resolve did:webvh:Qm...:registry.localhost%3A8700:agents:alice\n" +
			"   tabard resolve \"$DID\" --version-number 1 --document-only\n" +
			"   tabard resolve \"$DID?versionTime=2026-01-01T00:00:00Z\" --verify\n" +
			"   tabard resolve \"$DID#key-1\" --relationship assertionMethod\n" +
			"   tabard resolve \"$DID\" --service files --relative-ref /resume.pdf --endpoint\n" +
			"   tabard resolve \"$DID/whois\"\n" +
			"   tabard resolve --offline did:key:z6Mk...",
		Flags: readFlags(append(versionFlags(),
			&cli.StringFlag{Name: "service", Usage: "the service of this `ID`, such as files"},
			&cli.StringFlag{Name: "service-type", Usage: "the services of this `TYPE`"},
			&cli.StringFlag{Name: "relative-ref", Usage: "`REFERENCE` relative to the service's endpoint"},
			&cli.BoolFlag{Name: "endpoint", Usage: "print where the service lies"},
			&cli.StringFlag{Name: "relationship", Usage: "`NAME` of what the key named by the fragment must be authorised for, such as assertionMethod"},
			&cli.BoolFlag{Name: "expand", Usage: "write relative DID URLs in the document as absolute ones"},
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
	request, err := resolutionRequest(c)
	if err != nil {
		return err
	}
	if request.IsURL() || c.Bool("endpoint") {
		return dereferenceTarget(c, out, request)
	}
	result, failure, err := resolveTarget(c, request)
	if err != nil {
		return err
	}
	if c.Bool("document-only") {
		if document, _ := result.Get("didDocument"); document.IsObject() {
			result = document
		} else {
			return failure
		}
	}
	if err := out.document(result); err != nil {
		return err
	}
	return failure
}

// resolutionRequest is the DID URL to resolve, with the options of the flags in its query.
func resolutionRequest(c *cli.Context) (dereference.Request, error) {
	target, err := did.ParseURL(c.Args().First())
	if err != nil {
		return dereference.Request{}, err
	}
	opt, err := versionOptions(c)
	if err != nil {
		return dereference.Request{}, err
	}
	query := strings.Split(target.Query, "&")
	if target.Query == "" {
		query = nil
	}
	add := func(name, value string) {
		if value != "" {
			query = append(query, name+"="+strings.ReplaceAll(url.QueryEscape(value), "+", "%20"))
		}
	}
	add("versionId", opt.VersionID)
	if !opt.VersionTime.IsZero() {
		add("versionTime", opt.VersionTime.UTC().Format(time.RFC3339))
	}
	if opt.VersionNumber != 0 {
		add("versionNumber", strconv.Itoa(opt.VersionNumber))
	}
	add("service", c.String("service"))
	add("serviceType", c.String("service-type"))
	add("relativeRef", c.String("relative-ref"))
	add("verificationRelationship", c.String("relationship"))
	if c.Bool("expand") {
		add("expandRelativeUrls", "true")
	}
	target.Query = strings.Join(query, "&")
	request, err := dereference.New(target, nil)
	if did.CodeOf(err) == did.FeatureNotSupported {
		err = usage("%w", err)
	}
	return request, err
}

// resolveTarget gives the resolution result, and as failure what it says went wrong; err is that
// there is no result.
func resolveTarget(c *cli.Context, request dereference.Request) (result jcs.Value, failure, err error) {
	if c.Bool("offline") {
		return resolveWith(c.Context, offlineResolver{}, request)
	}
	cl, err := newClient(c)
	if err != nil {
		return result, nil, err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	if c.Bool("verify") {
		result, failure, err = resolveWith(ctx, cl, request)
		if err != nil || failure != nil {
			return result, failure, err
		}
		return withStatus(ctx, cl, request.URL.DID, result)
	}
	got, err := cl.ResolveURL(ctx, request.URL.String())
	if err != nil {
		return result, nil, err
	}
	if got.Status == http.StatusGone {
		failure = fail(exitGone, "%s is deactivated", request.URL.DID)
	} else if failed := got.Err(); failed != nil {
		failure = failed
	} else {
		metadata, _ := got.Value.Get("didDocumentMetadata")
		failure = outOfForce(request.URL.DID, metadata)
	}
	return got.Value, failure, nil
}

func resolveWith(ctx context.Context, r did.Resolver, request dereference.Request) (result jcs.Value, failure, err error) {
	resolution, err := r.Resolve(ctx, request.URL.DID, request.Options)
	if err == nil && resolution.Document != nil && request.ExpandRelativeURLs {
		resolution.Document, err = dereference.Expand(resolution.Document)
	}
	var resolutionError *did.Error
	switch {
	case err == nil && resolution.Document == nil:
		failure = fail(exitGone, "%s is deactivated", request.URL.DID)
	case errors.As(err, &resolutionError):
		failure = err
	case err != nil:
		return result, nil, err
	}
	return resolutionResult(resolution, err), failure, nil
}

// dereferenceTarget prints what a DID URL means.
func dereferenceTarget(c *cli.Context, out printer, request dereference.Request) error {
	if c.Bool("offline") {
		return dereferenceWith(c.Context, c, out, offlineResolver{}, request)
	}
	cl, err := newClient(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	if c.Bool("verify") {
		if err := dereferenceWith(ctx, c, out, cl, request); err != nil {
			return err
		}
		return askStatus(ctx, cl, request.URL.DID)
	}
	got, err := cl.Dereference(ctx, request.URL.String(), client.DereferenceOptions{Endpoint: c.Bool("endpoint")})
	switch {
	case err != nil:
		return err
	case got.Status == http.StatusGone:
		return fail(exitGone, "%s is deactivated", request.URL.DID)
	case got.Location != "":
		if err := printLocation(out, got.Location); err != nil {
			return err
		}
		return askStatus(ctx, cl, request.URL.DID)
	}
	if err := out.document(got.Content); err != nil {
		return err
	}
	return outOfForce(request.URL.DID, got.Metadata)
}

// dereferenceWith does without a node's word.
func dereferenceWith(ctx context.Context, c *cli.Context, out printer, r did.Resolver, request dereference.Request) error {
	resolution, err := r.Resolve(ctx, request.URL.DID, request.Options)
	if err != nil {
		return err
	}
	if resolution.Document == nil {
		return fail(exitGone, "%s is deactivated", request.URL.DID)
	}
	doc := resolution.Document
	if request.ExpandRelativeURLs {
		if doc, err = dereference.Expand(doc); err != nil {
			return err
		}
	}
	found, err := request.Dereference(doc, c.Bool("endpoint"))
	if err != nil {
		return err
	}
	if len(found.URLs) > 0 {
		return printLocation(out, found.URLs[0])
	}
	return out.document(found.Content)
}

func printLocation(out printer, location string) error {
	return out.datum(map[string]string{"location": location}, table{rows: [][]string{{location}}})
}

// completes names the record that a registration adds to.
func completes(r client.Receipt) string {
	if r.Completes == 0 {
		return ""
	}
	return "record " + seqText(r.Completes)
}

// receiptTable is the human form of a receipt.
func receiptTable(r client.Receipt) table {
	return table{rows: [][]string{
		{"kind", r.Kind}, {"did", r.DID}, {"version", r.VersionID}, {"digest", r.Digest}, {"completes", completes(r)}, {"target", r.Target},
		{"status", r.Status}, {"ledger", r.Ledger}, {"seq", seqText(r.Seq)}, {"time", r.Time}, {"leaf", r.Leaf.String()},
	}}
}

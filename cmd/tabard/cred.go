package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/client"
)

// maxCredentialBytes bounds a credential in a file.
const maxCredentialBytes = 1 << 20

func credCommand() *cli.Command {
	return &cli.Command{
		Name:  "cred",
		Usage: "issue, present, derive, register, verify and look up credentials",
		Subcommands: []*cli.Command{
			credIssueCommand(), credPresentCommand(), credDeriveCommand(), credRegisterCommand(),
			credVerifyCommand(), credChallengeCommand(), credShowCommand(),
		},
	}
}

// readCredential reads a JSON document from a file or standard input.
func readCredential(c *cli.Context, path string) (jcs.Value, error) {
	var data []byte
	var err error
	if path == "-" {
		data, err = readAll(c.App.Reader, "standard input", maxCredentialBytes)
	} else {
		data, err = readBounded(path, maxCredentialBytes)
	}
	if err != nil {
		return jcs.Value{}, usage("%w", err)
	}
	v, err := decodeInput(path, data)
	if err != nil {
		return v, err
	}
	if !v.IsObject() {
		return v, fail(exitInvalid, "%s: not a JSON object", path)
	}
	return v, nil
}

// isDigest reports whether s has the form of a credential's digest.
func isDigest(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// named is what an argument means: a digest, or the credential in a file and its issuer; or, where
// that may stand as well, a DID or an entry of a status list.
type named struct {
	target string
	issuer did.ID
	vc     jcs.Value
}

// credentialOf reads an argument that names a credential.
func credentialOf(c *cli.Context, arg string) (n named, err error) {
	if isDigest(arg) {
		return named{target: arg}, nil
	}
	if n.vc, err = readCredential(c, arg); err != nil {
		return n, err
	}
	if parsed, err := credential.Parse(n.vc); err == nil {
		n.issuer, _ = parsed.IssuerDID()
	}
	n.target = client.Digest(n.vc)
	return n, nil
}

// registered is the target by which the registry knows what is named, to be asked about: of a
// credential in a file the digest that it is registered by, which may be another one than its own.
func (n named) registered(ctx context.Context, cl *client.Client) (string, error) {
	if !n.vc.IsObject() {
		return n.target, nil
	}
	return cl.RegisteredAs(ctx, n.vc)
}

// toSign is the target of a change of status that somebody is to sign: of a credential in a file its
// own digest, whatever the registry says.
func (n named) toSign(ctx context.Context, cl *client.Client) (string, error) {
	if !n.vc.IsObject() {
		return n.target, nil
	}
	return cl.Target(ctx, n.vc)
}

func credRegisterCommand() *cli.Command {
	return &cli.Command{
		Name:      "register",
		Usage:     "record a credential in the ledger",
		ArgsUsage: "FILE|-",
		Description: "The ledger keeps the credential's digest and proof. Its content is kept and served only with --publish;\n" +
			"with --digest-only it is not even sent. What says more than is registered already completes it; the\n" +
			"digest in the receipt names the credential from then on.\n\n" +
			"EXAMPLES:\n" +
			"   tabard cred register vc.json\n" +
			"   tabard cred register --publish vc.json\n" +
			"   tabard cred issue -d alice --subject did:example:bot | tabard cred register -",
		Flags: clientFlags(
			&cli.BoolFlag{Name: "publish", Usage: "let the registry keep and serve the content"},
			&cli.BoolFlag{Name: "digest-only", Usage: "send nothing but digest, issuer and proof"},
		),
		Action: credRegister,
	}
}

func credRegister(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	if c.Bool("publish") && c.Bool("digest-only") {
		return usage("--publish and --digest-only exclude each other")
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	vc, err := readCredential(c, c.Args().First())
	if err != nil {
		return err
	}
	cl, err := newClient(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	register := func() (client.Receipt, error) { return cl.RegisterCredential(ctx, vc, c.Bool("publish")) }
	if c.Bool("digest-only") {
		register = func() (client.Receipt, error) { return cl.RegisterDigest(ctx, vc) }
	}
	receipt, err := register()
	if err != nil {
		return err
	}
	return out.datum(receipt, receiptTable(receipt))
}

func credShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "show what the registry holds of a credential",
		ArgsUsage: "DIGEST|FILE",
		Description: "EXAMPLES:\n" +
			"   tabard cred show vc.json\n" +
			"   tabard cred show 5f2a... -o json",
		Flags:  readFlags(),
		Action: credShow,
	}
}

func credShow(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	of, err := credentialOf(c, c.Args().First())
	if err != nil {
		return err
	}
	cl, err := newClient(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	digest, err := of.registered(ctx, cl)
	if err != nil {
		return err
	}
	got, err := cl.Credential(ctx, digest)
	if err != nil {
		return err
	}
	published := "no"
	if len(got.Credential) > 0 {
		published = "yes"
	}
	return out.datum(got, table{rows: [][]string{
		{"digest", got.Digest}, {"issuer", got.Issuer}, {"seq", seqText(got.Seq)}, {"published", published},
		{"status", got.Status.Status}, {"reason", got.Status.Reason}, {"since", got.Status.Since},
	}})
}

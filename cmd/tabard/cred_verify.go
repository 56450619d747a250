package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jwk"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

func credVerifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "verify a credential or presentation, at a node or offline",
		ArgsUsage: "FILE|-",
		Description: "FILE holds a credential or presentation in JSON, a compact token (JWT, SD-JWT), or a COSE message.\n" +
			"A node judges by its present state: signature, issuer, dates, and whether the issuer or the credential\n" +
			"has been suspended or revoked; with --at by its state then, which a revocation since may still change.\n" +
			"The verdict tells of a subject that is suspended or revoked, which --require-active-subject refuses, and who\n" +
			"owns issuer, subject and holder: confirmed by the owner, or claimed by the DID's document.\n" +
			"Offline, status is not known: revocations go unnoticed. The issuer's did:webvh log is then taken from\n" +
			"--log; did:key and did:jwk need none.\n\n" +
			"Exit status 3: a proof or the structure does not hold, or it is for another challenge, domain or holder.\n" +
			"4: revoked, suspended, expired or not yet valid. 5: the issuer is deactivated or not known,\n" +
			"or with --require-registered the credential not registered. 7: something that decides it cannot be had now.\n\n" +
			"EXAMPLES:\n" +
			"   tabard cred verify vc.json\n" +
			"   tabard cred verify vc.jwt --linearizable -o json\n" +
			"   tabard cred verify vc.json --at 2026-01-31T12:00:00Z\n" +
			"   C=$(tabard cred challenge); ...; tabard cred verify vp.json --challenge $C --domain shop.example\n" +
			"   tabard cred verify --offline --log alice/did.jsonl vc.json",
		Flags: readFlags(
			&cli.StringFlag{Name: "challenge", Usage: "the `CHALLENGE` that a presentation, or a credential shown by itself, must answer"},
			&cli.StringSliceFlag{Name: "domain", Usage: "`DOMAIN` that it must be for; repeatable: it must name all, and no other"},
			&cli.BoolFlag{Name: "presentation", Usage: "a COSE message holds a presentation"},
			&cli.BoolFlag{Name: "accept-any-issuer", Usage: "take an issuer that is not a DID, to which nothing ties whoever signed"},
			&cli.BoolFlag{Name: "require-active-subject", Usage: "take no credential with a subject that is suspended or revoked; without, the verdict tells of it"},
			&cli.BoolFlag{Name: "allow-undefined-terms", Usage: "take terms that no context defines"},
			&cli.BoolFlag{Name: "require-registered", Usage: "refuse credentials that the registry has not heard of, which nobody can revoke there"},
			&cli.BoolFlag{Name: "allow-unsecured", Usage: "take a presentation without proof, and judge the credentials in it"},
			&cli.StringFlag{Name: "at", Usage: "would it have held then? `WHEN` is an RFC 3339 time or, at a node, a position of the ledger (default: now)"},
			&cli.BoolFlag{Name: "offline", Usage: "verify here, without a registry"},
			contextsFlag(),
			&cli.StringSliceFlag{Name: "log", Usage: "did.jsonl `FILE` of an issuer, with --offline; repeatable"},
		),
		Action: credVerify,
	}
}

func credVerify(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	doc, err := readSecured(c, c.Args().First())
	if err != nil {
		return err
	}
	if !doc.presentation {
		if c.IsSet("allow-unsecured") {
			return usage("--allow-unsecured is for presentations")
		}
	} else if c.String("challenge") == "" && !c.Bool("allow-unsecured") {
		talk(c, "No --challenge: whether the presentation was shown before is not known. `tabard cred challenge` makes one to answer.")
	}
	judge := verifyAtNode
	if c.Bool("offline") {
		judge = verifyOffline
	}
	verdict, err := judge(c, doc)
	if err != nil {
		return err
	}
	if err := out.datum(verdict, verdictTable(verdict)); err != nil {
		return err
	}
	if !verdict.Verified {
		return &exitError{code: verdictExit(verdict)}
	}
	return nil
}

func verifyAtNode(c *cli.Context, doc secured) (credential.Verdict, error) {
	if len(c.StringSlice("log")) > 0 || c.String("contexts-dir") != "" {
		return credential.Verdict{}, usage("--log and --contexts-dir go with --offline")
	}
	var reads []client.ReadOption
	if at := c.String("at"); at != "" {
		if seq, err := strconv.ParseUint(at, 10, 63); err == nil {
			reads = append(reads, client.AsOf(record.Seq(seq)))
		} else if t, err := time.Parse(time.RFC3339, at); err == nil {
			reads = append(reads, client.AsOfTime(t))
		} else {
			return credential.Verdict{}, usage("--at %q: want an RFC 3339 time or a position", at)
		}
	}
	for name, option := range map[string]client.ReadOption{
		"accept-any-issuer": client.AcceptAnyIssuer(), "allow-undefined-terms": client.AllowUndefinedTerms(), "require-registered": client.RequireRegistered(),
		"require-active-subject": client.RequireActiveSubject(),
	} {
		if c.Bool(name) {
			reads = append(reads, option)
		}
	}
	cl, err := newClient(c)
	if err != nil {
		return credential.Verdict{}, err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	if !doc.presentation {
		return cl.VerifyFor(ctx, doc.value, credential.Options{Challenge: c.String("challenge"), Domain: words(c, "domain")}, reads...)
	}
	return cl.VerifyPresentation(ctx, doc.value, client.PresentationOptions{
		Challenge: c.String("challenge"), Domain: words(c, "domain"), AllowUnsecured: c.Bool("allow-unsecured"),
	}, reads...)
}

func verifyOffline(c *cli.Context, doc secured) (credential.Verdict, error) {
	if c.Bool("require-active-subject") {
		return credential.Verdict{}, usage("--require-active-subject asks a registry, which --offline does without")
	}
	now := time.Now()
	if c.String("at") != "" {
		var err error
		if now, err = timeFlag(c, "at"); err != nil {
			return credential.Verdict{}, err
		}
	}
	logs := offlineResolver{}
	for _, path := range c.StringSlice("log") {
		data, witness, err := readLog(c, path)
		if err != nil {
			return credential.Verdict{}, err
		}
		log, err := webvh.VerifyLog(data, witness, time.Now())
		if err != nil {
			return credential.Verdict{}, fmt.Errorf("%s: %w", path, err)
		}
		for _, v := range log.Versions {
			logs[v.State.DID] = log
		}
	}
	if c.Bool("require-registered") {
		return credential.Verdict{}, usage("--require-registered needs a registry to ask, and --offline asks none")
	}
	processor, err := contextsFromFlags(c)
	if err != nil {
		return credential.Verdict{}, err
	}
	verifier := credential.Verifier{Resolver: logs, Now: now, Processor: processor}
	verdictPolicy(c).Apply(&verifier, api.VerdictWishes{})
	expected := credential.Options{Challenge: c.String("challenge")}
	if domains := words(c, "domain"); len(domains) > 0 {
		expected.Domain = domains
	}
	if !doc.presentation {
		return verifier.VerifyFor(c.Context, doc.value, expected), nil
	}
	return verifier.VerifyPresentation(c.Context, doc.value, credential.PresentationOptions{
		Challenge: expected.Challenge, Domain: expected.Domain, AllowUnsecured: c.Bool("allow-unsecured"),
	}), nil
}

// offlineResolver resolves what needs no network, and DIDs whose verified logs it holds.
type offlineResolver map[did.ID]*webvh.Log

func (o offlineResolver) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	switch id.Method() {
	case "key":
		return key.Resolver{}.Resolve(ctx, id, opt)
	case "jwk":
		return jwk.Resolver{}.Resolve(ctx, id, opt)
	}
	if log, ok := o[id]; ok {
		return log.Resolve(id, opt)
	}
	return did.Resolution{}, &did.Error{Code: did.NotFound, Detail: "no log of " + string(id) + " was given"}
}

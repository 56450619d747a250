package main

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jwk"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/webvh"
)

func credVerifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "verify a credential, at a node or offline",
		ArgsUsage: "FILE|-",
		Description: "A node judges by its present state: signature, issuer, dates, and whether the issuer or the credential\n" +
			"has been suspended or revoked. Offline, status is not known: revocations go unnoticed. The issuer's\n" +
			"did:webvh log is then taken from --log; did:key and did:jwk need none.\n\n" +
			"Exit status 3: a proof or the structure does not hold. 4: revoked, suspended, expired or not yet valid.\n" +
			"5: the issuer is deactivated or not known.\n\n" +
			"EXAMPLES:\n" +
			"   tabard cred verify vc.json\n" +
			"   tabard cred verify vc.json --linearizable -o json\n" +
			"   tabard cred verify --offline --log alice/did.jsonl vc.json",
		Flags: readFlags(
			&cli.BoolFlag{Name: "offline", Usage: "verify here, without a registry"},
			&cli.StringSliceFlag{Name: "log", Usage: "did.jsonl `FILE` of an issuer, with --offline; repeatable"},
			&cli.StringFlag{Name: "at", Usage: "RFC 3339 `TIME` to judge validity by, with --offline (default: now)"},
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
	vc, err := readCredential(c, c.Args().First())
	if err != nil {
		return err
	}
	judge := verifyAtNode
	if c.Bool("offline") {
		judge = verifyOffline
	}
	verdict, err := judge(c, vc)
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

func verifyAtNode(c *cli.Context, vc jcs.Value) (credential.Verdict, error) {
	if len(c.StringSlice("log")) > 0 || c.String("at") != "" {
		return credential.Verdict{}, usage("--log and --at go with --offline")
	}
	cl, err := newClient(c)
	if err != nil {
		return credential.Verdict{}, err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	return cl.Verify(ctx, vc)
}

func verifyOffline(c *cli.Context, vc jcs.Value) (credential.Verdict, error) {
	now := time.Now()
	if at := c.String("at"); at != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, at); err != nil {
			return credential.Verdict{}, usage("--at: %w", err)
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
	verifier := credential.Verifier{Resolver: logs, Now: now}
	return verifier.Verify(c.Context, vc), nil
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

func verdictTable(v credential.Verdict) table {
	t := table{head: []string{"check", "outcome", "code", "detail"}}
	for _, row := range v.Checks {
		t.rows = append(t.rows, []string{row.Name, string(row.Outcome), string(row.Code), row.Detail})
	}
	result := "NOT VERIFIED"
	if v.Verified {
		result = "VERIFIED"
	}
	asOf := ""
	if v.AsOf != nil {
		asOf = fmt.Sprintf("as of %s:%d", v.AsOf.Ledger, v.AsOf.Seq)
	}
	t.rows = append(t.rows, []string{"verdict", result, "", asOf})
	return t
}

// verdictExit is the exit status of a verdict that refuses. What breaks the credential itself comes
// first, then what has become of it, then what has become of its issuer.
func verdictExit(v credential.Verdict) int {
	exit := exitInvalid
	for _, row := range v.Checks {
		if row.Outcome != credential.Failed {
			continue
		}
		switch row.Code {
		case credential.CodeExpired, credential.CodeProofExpired, credential.CodeNotYetValid, credential.CodeSuspended,
			credential.CodeRevoked, credential.CodeIssuerSuspended, credential.CodeIssuerRevoked:
			exit = exitRevoked
		case credential.CodeIssuerDeactivated, credential.CodeIssuerUnresolvable:
			return exitGone // that its key cannot be had follows from this
		case credential.CodeStatusUnavailable:
			exit = exitNoLeader
		default:
			if row.Code == credential.CodeKeyUnavailable && unresolved(v) {
				continue
			}
			return exitInvalid
		}
	}
	return exit
}

// unresolved reports that the issuer has no document, for which a missing key is only a symptom.
func unresolved(v credential.Verdict) bool {
	row, _ := v.Check(credential.CheckIssuerState)
	return row.Code == credential.CodeIssuerDeactivated || row.Code == credential.CodeIssuerUnresolvable
}

package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/proof"
)

func credIssueCommand() *cli.Command {
	return &cli.Command{
		Name:      "issue",
		Usage:     "sign a credential with a local key and print it",
		ArgsUsage: "[TEMPLATE|-]",
		Description: "Nothing is sent anywhere. TEMPLATE is an unsigned credential in JSON; flags add to it. Where no @context\n" +
			"defines a --claim or --type, the one for undefined terms is added. What would not verify is refused.\n" +
			"Without --cryptosuite the key decides: eddsa-jcs-2022 or ecdsa-jcs-2019.\n\n" +
			"EXAMPLES:\n" +
			"   tabard cred issue -d alice --subject \"$BOT\" --type AgentCredential --claim mayBook=flights > vc.json\n" +
			"   tabard cred issue -d alice --valid-for 24h draft.json | tabard cred register -\n" +
			"   tabard cred issue --key p256.json --claim 'limits={\"eur\":100}'\n" +
			"   tabard cred issue --key p256.json --cryptosuite ecdsa-sd-2023 --mandatory /evidence --mandatory /credentialSubject/id draft.json",
		Flags: append(signerFlags(),
			suiteFlag(),
			&cli.StringSliceFlag{Name: "mandatory", Usage: "with ecdsa-sd-2023, JSON `POINTER` to what the holder always discloses, besides issuer, period and status; repeatable"},
			&cli.DurationFlag{Name: "proof-valid-for", Usage: "`TIME` until the proof expires"},
			&cli.StringFlag{Name: "id", Usage: "`URL` that names the credential"},
			&cli.StringSliceFlag{Name: "type", Usage: "credential `TYPE` besides VerifiableCredential; repeatable"},
			&cli.StringFlag{Name: "subject", Usage: "`DID` or URL of the subject"},
			&cli.StringSliceFlag{Name: "claim", Usage: "`NAME=VALUE` about the subject; a value that is JSON is taken as such; repeatable"},
			&cli.StringFlag{Name: "valid-from", Usage: "RFC 3339 `TIME` (default: now)"},
			&cli.StringFlag{Name: "valid-until", Usage: "RFC 3339 `TIME`"},
			&cli.DurationFlag{Name: "valid-for", Usage: "`TIME` from now to valid-until"},
			contextsFlag(), outputFlag(),
		),
		Action: credIssue,
	}
}

func credIssue(c *cli.Context) error {
	if c.NArg() > 1 {
		return exactArgs(c, 1)
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	who, err := signerFromFlags(c)
	if err != nil {
		return err
	}
	draft := jcs.Object()
	if c.NArg() == 1 {
		if draft, err = readCredential(c, c.Args().First()); err != nil {
			return err
		}
	}
	processor, err := contextsFromFlags(c)
	if err != nil {
		return err
	}
	vc, err := fillCredential(c, draft, who)
	if err != nil {
		return err
	}
	vc = withTerms(c, processor, draft, vc)
	if err := checkUnsigned(processor, vc, who.method); err != nil {
		return err
	}
	opt := proof.SignOptions{
		Processor: processor, VerificationMethod: who.method, Purpose: did.AssertionMethod, Created: time.Now(),
		Cryptosuite: c.String("cryptosuite"), MandatoryPointers: c.StringSlice("mandatory"),
	}
	if opt.Cryptosuite == proof.ECDSASD2023 {
		opt.MandatoryPointers = credential.Mandatory(vc, opt.MandatoryPointers)
	}
	if d := c.Duration("proof-valid-for"); d > 0 {
		opt.Expires = opt.Created.Add(d)
	}
	secured, err := proof.Sign(vc, who.key, opt)
	if err != nil {
		return usage("%w", err)
	}
	talk(c, "Issued as %s.", who.did)
	return out.document(secured)
}

// fillCredential adds to a draft what the flags say, and what a credential cannot be without.
func fillCredential(c *cli.Context, vc jcs.Value, who signer) (jcs.Value, error) {
	if _, ok := vc.Get("@context"); !ok {
		vc = vc.With("@context", texts(credential.ContextV2))
	}
	if _, ok := vc.Get("issuer"); !ok {
		vc = vc.With("issuer", jcs.FromString(string(who.did)))
	}
	vc = withTypes(vc, c.StringSlice("type"))
	if id := c.String("id"); id != "" {
		vc = vc.With("id", jcs.FromString(id))
	}
	vc, err := withSubject(vc, c.String("subject"), c.StringSlice("claim"))
	if err != nil {
		return vc, err
	}
	return withValidity(c, vc)
}

// undefinedTerms is the context that gives a meaning to whatever no other defines (VC Data Model 2.0, 5.2).
const undefinedTerms = "https://www.w3.org/ns/credentials/undefined-terms/v2"

// withTerms adds that context where a claim or type of the flags needs it. What a draft leaves undefined is for
// its author to define.
func withTerms(c *cli.Context, processor *jsonld.Processor, draft, vc jcs.Value) jcs.Value {
	given := len(c.StringSlice("claim"))+len(c.StringSlice("type")) > 0
	contexts, _ := vc.Get("@context")
	first, _ := contexts.At(0).Str()
	if !given || first != credential.ContextV2 || !errors.Is(processor.CheckTerms(vc.Without("proof")), jsonld.ErrUndefined) {
		return vc
	}
	if errors.Is(processor.CheckTerms(draft.With("@context", contexts).Without("proof")), jsonld.ErrUndefined) {
		return vc
	}
	return vc.With("@context", jcs.Array(append(slices.Collect(contexts.Elems()), jcs.FromString(undefinedTerms))...))
}

// checkUnsigned refuses to sign what no verifier would take.
func checkUnsigned(processor *jsonld.Processor, doc jcs.Value, method string) error {
	verifier := credential.Verifier{Processor: processor}
	err := verifier.CheckUnsigned(doc, method, false)
	var refusal *credential.Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal) && refusal.Code == credential.CodeTermsUndefined:
		return usage("this would not verify: %w. Define it in @context, or end that with %q", err, undefinedTerms)
	default:
		return usage("this would not verify: %w", err)
	}
}

func withTypes(vc jcs.Value, more []string) jcs.Value {
	types := []string{credential.Type}
	if old, ok := vc.Get("type"); ok {
		types = nil
		if s, isText := old.Str(); isText {
			types = append(types, s)
		}
		for item := range old.Elems() {
			if s, isText := item.Str(); isText {
				types = append(types, s)
			}
		}
	}
	for _, t := range more {
		if !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return vc.With("type", texts(types...))
}

// withSubject sets the subject's id and claims.
func withSubject(vc jcs.Value, id string, claims []string) (jcs.Value, error) {
	subject, ok := vc.Get("credentialSubject")
	if !ok {
		subject = jcs.Object()
	}
	if (id != "" || len(claims) > 0) && !subject.IsObject() {
		return vc, usage("the draft has several subjects: --subject and --claim do not say of which")
	}
	if id != "" {
		subject = subject.With("id", jcs.FromString(id))
	}
	for _, claim := range claims {
		name, value, ok := strings.Cut(claim, "=")
		if !ok || name == "" {
			return vc, usage("--claim %q: want NAME=VALUE", claim)
		}
		v, err := jcs.Decode([]byte(value))
		if err != nil {
			v = jcs.FromString(value)
		}
		subject = subject.With(name, v)
	}
	return vc.With("credentialSubject", subject), nil
}

func withValidity(c *cli.Context, vc jcs.Value) (jcs.Value, error) {
	now := time.Now().UTC().Truncate(time.Second)
	from, until := c.String("valid-from"), c.String("valid-until")
	if d := c.Duration("valid-for"); d > 0 {
		if until != "" {
			return vc, usage("--valid-for and --valid-until exclude each other")
		}
		until = now.Add(d).Format(time.RFC3339)
	}
	_, hasFrom := vc.Get("validFrom")
	contexts, _ := vc.Get("@context")
	isV1 := contexts.At(0).Equal(jcs.FromString(credential.ContextV1))
	if from == "" && !hasFrom && !isV1 {
		from = now.Format(time.RFC3339)
	}
	if from != "" {
		vc = vc.With("validFrom", jcs.FromString(from))
	}
	if until != "" {
		vc = vc.With("validUntil", jcs.FromString(until))
	}
	return vc, nil
}

package main

import (
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
)

func credPresentCommand() *cli.Command {
	return &cli.Command{
		Name:      "present",
		Usage:     "sign a presentation of credentials with a local key and print it",
		ArgsUsage: "CREDENTIAL...|-",
		Description: "Nothing is sent anywhere. --challenge and --domain are what the verifier asked for: without them, whoever\n" +
			"sees the presentation can show it again.\n\n" +
			"EXAMPLES:\n" +
			"   tabard cred present -d bot --challenge \"$NONCE\" --domain shop.example vc.json > vp.json\n" +
			"   tabard cred derive vc.json -p /credentialSubject/mayBook | tabard cred present --key bot.json -",
		Flags: append(signerFlags(),
			suiteFlag(),
			&cli.StringFlag{Name: "id", Usage: "`URL` that names the presentation"},
			&cli.StringFlag{Name: "challenge", Usage: "the verifier's challenge, `TEXT`"},
			&cli.StringSliceFlag{Name: "domain", Usage: "the verifier's `DOMAIN`; repeatable"},
			&cli.DurationFlag{Name: "valid-for", Usage: "`TIME` until the proof expires"},
			contextsFlag(), outputFlag(),
		),
		Action: credPresent,
	}
}

func credPresent(c *cli.Context) error {
	if c.NArg() == 0 {
		return exactArgs(c, 1)
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	who, err := signerFor(c, did.Authentication)
	if err != nil {
		return err
	}
	vp, err := presentationOf(c, who)
	if err != nil {
		return err
	}
	processor, err := contextsFromFlags(c)
	if err != nil {
		return err
	}
	if err := checkUnsigned(processor, vp, who.method); err != nil {
		return err
	}
	opt := proof.SignOptions{
		Processor: processor, VerificationMethod: who.method, Purpose: did.Authentication, Cryptosuite: c.String("cryptosuite"),
		Created: time.Now(), Challenge: c.String("challenge"), Domain: words(c, "domain"),
	}
	if d := c.Duration("valid-for"); d > 0 {
		opt.Expires = opt.Created.Add(d)
	}
	secured, err := proof.Sign(vp, who.key, opt)
	if err != nil {
		return usage("%w", err)
	}
	talk(c, "Presented as %s.", who.did)
	return out.document(secured)
}

// presentationOf puts the credentials of the arguments into an unsigned presentation.
func presentationOf(c *cli.Context, who signer) (jcs.Value, error) {
	vp := jcs.Object(
		jcs.Member{Name: "@context", Value: texts(credential.ContextV2)},
		jcs.Member{Name: "type", Value: texts(credential.PresentationType)},
		jcs.Member{Name: "holder", Value: jcs.FromString(string(who.did))},
	)
	if id := c.String("id"); id != "" {
		vp = vp.With("id", jcs.FromString(id))
	}
	var credentials []jcs.Value
	for _, path := range c.Args().Slice() {
		vc, err := readCredential(c, path)
		if err != nil {
			return vp, err
		}
		credentials = append(credentials, vc)
	}
	return vp.With("verifiableCredential", jcs.Array(credentials...)), nil
}

func credDeriveCommand() *cli.Command {
	return &cli.Command{
		Name:      "derive",
		Usage:     "disclose parts of a credential that was issued with ecdsa-sd-2023",
		ArgsUsage: "CREDENTIAL|-",
		Description: "What the issuer made mandatory is always disclosed. Pointers are JSON Pointers (RFC 6901). No key is needed.\n\n" +
			"EXAMPLES:\n" +
			"   tabard cred derive vc.json -p /credentialSubject/mayBook > shown.json\n" +
			"   tabard cred derive vc.json --pointer /validUntil --pointer /credentialSubject/limits/0",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "pointer", Aliases: []string{"p"}, Usage: "JSON `POINTER` to what to disclose; repeatable"},
			contextsFlag(), outputFlag(),
		},
		Action: credDerive,
	}
}

func credDerive(c *cli.Context) error {
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
	processor, err := contextsFromFlags(c)
	if err != nil {
		return err
	}
	derived, err := proof.Derive(vc, slices.Clone(c.StringSlice("pointer")), proof.DeriveOptions{Processor: processor})
	if err != nil {
		return fail(exitInvalid, "%w", err)
	}
	return out.document(derived)
}

// suiteFlag names a cryptosuite; without it the key decides.
func suiteFlag() cli.Flag {
	return &cli.StringFlag{Name: "cryptosuite", Usage: "`SUITE`: eddsa-jcs-2022, eddsa-rdfc-2022, ecdsa-jcs-2019, ecdsa-rdfc-2019 or ecdsa-sd-2023", DefaultText: "the key's, with JCS"}
}

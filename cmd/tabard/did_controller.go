package main

import (
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/client"
)

// controllerFromFlags opens the DID directory of the owner that confirms a new DID, and makes it the
// controller that the document names; nil if there is none.
func controllerFromFlags(c *cli.Context) (*didDir, error) {
	dir := c.String("owner")
	if dir == "" {
		return nil, nil
	}
	if c.Bool("no-submit") {
		return nil, usage("--owner and --no-submit exclude each other: the owner's word is registered at once")
	}
	owner, err := openDIDDir(dir)
	if err != nil {
		return nil, err
	}
	switch named := c.StringSlice("controller"); {
	case len(named) == 0:
		err = c.Set("controller", string(owner.id()))
	case !slices.Contains(named, string(owner.id())):
		err = usage("--owner %s is %s, which is none of the controllers named", dir, owner.id())
	}
	return owner, err
}

// confirmAgent registers the owner's word that a DID is of its agent, which ends by itself unless validFor is 0,
// and returns the digest of the credential.
func confirmAgent(c *cli.Context, cl *client.Client, owner *didDir, agent did.ID, validFor time.Duration) (digest string, err error) {
	key, method, err := owner.signingKey(did.AssertionMethod)
	if err != nil {
		return "", err
	}
	now := time.Now()
	vc := jcs.Object(
		jcs.Member{Name: "@context", Value: texts(credential.ContextV2, undefinedTerms)},
		jcs.Member{Name: "type", Value: texts(credential.Type, record.AgentRegistration)},
		jcs.Member{Name: "issuer", Value: jcs.FromString(string(owner.id()))},
		jcs.Member{Name: "validFrom", Value: jcs.FromString(now.UTC().Format(time.RFC3339))},
		jcs.Member{Name: "credentialSubject", Value: jcs.Object(jcs.Member{Name: "id", Value: jcs.FromString(string(agent))})},
	)
	if validFor > 0 {
		vc = vc.With("validUntil", jcs.FromString(now.Add(validFor).UTC().Format(time.RFC3339)))
	}
	secured, err := proof.Sign(vc, key, proof.SignOptions{VerificationMethod: method, Purpose: did.AssertionMethod, Created: now})
	if err != nil {
		return "", err
	}
	if _, err := cl.RegisterCredential(c.Context, secured, false); err != nil {
		return "", err
	}
	digest = client.Digest(secured)
	talk(c, "%s has confirmed the agent by credential %s.", owner.id(), digest)
	return digest, nil
}

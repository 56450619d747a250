package main

import (
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/client"
)

// controllerFromFlags opens the DID directory of the controller that confirms a new DID, and makes it
// the controller that the document names; nil if there is none.
func controllerFromFlags(c *cli.Context) (*didDir, error) {
	dir := c.String("controller-dir")
	if dir == "" {
		return nil, nil
	}
	if c.Bool("no-submit") {
		return nil, usage("--controller-dir and --no-submit exclude each other: the controller's word is registered at once")
	}
	owner, err := openDIDDir(dir)
	if err != nil {
		return nil, err
	}
	if len(c.StringSlice("controller")) == 0 {
		err = c.Set("controller", string(owner.id()))
	}
	return owner, err
}

// confirmAgent registers the controller's word that a DID is its agent's, and returns its digest.
func confirmAgent(c *cli.Context, cl *client.Client, owner *didDir, agent did.ID) (digest string, err error) {
	key, method, err := owner.signingKey(did.AssertionMethod)
	if err != nil {
		return "", err
	}
	now := time.Now()
	vc := jcs.Object(
		jcs.Member{Name: "@context", Value: texts(credential.ContextV2)},
		jcs.Member{Name: "type", Value: texts(credential.Type, record.AgentRegistration)},
		jcs.Member{Name: "issuer", Value: jcs.FromString(string(owner.id()))},
		jcs.Member{Name: "validFrom", Value: jcs.FromString(now.UTC().Format(time.RFC3339))},
		jcs.Member{Name: "credentialSubject", Value: jcs.Object(jcs.Member{Name: "id", Value: jcs.FromString(string(agent))})},
	)
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

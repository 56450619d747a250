package main

import (
	"net/http"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

func didAcceptCommand() *cli.Command {
	return &cli.Command{
		Name:      "accept",
		Usage:     "confirm, as its controller, that a DID is of an agent of one's own",
		ArgsUsage: "DID",
		Description: "Anybody can name anybody as the controller of a DID. Whoever is named confirms it here, by registering an\n" +
			"AgentRegistrationCredential about the DID; until then, and when that is suspended, revoked or over, or signed\n" +
			"with a key that the owner has no more, the ownership is a claim: see tabard did show. It changes nothing of who\n" +
			"may change the DID's status. To disown the agent, revoke the credential by the digest that is printed.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did accept \"$BOT\" -d alice\n" +
			"   tabard did accept \"$BOT\" -d alice --valid-for 720h\n" +
			"   tabard status set revoked \"$DIGEST\" -d alice   # and take it back",
		Flags: clientFlags(didDirFlag(),
			&cli.DurationFlag{Name: "valid-for", Usage: "confirm it for this `TIME`", DefaultText: "until it is revoked"},
		),
		Action: didAccept,
	}
}

// acceptance is what did accept prints.
type acceptance struct {
	DID        did.ID `json:"did"`
	Controller did.ID `json:"controller"`
	Credential string `json:"credential"`
	// Already: it was confirmed before, and nothing was registered.
	Already bool `json:"already,omitempty"`
}

func didAccept(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	agent, err := did.Parse(c.Args().First())
	if err != nil {
		return usage("%w", err)
	}
	if c.Duration("valid-for") < 0 {
		return usage("--valid-for: want a time to come")
	}
	owner, err := openDIDDir(c.String("did-dir"))
	if err != nil {
		return err
	}
	cl, err := newClient(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	c.Context = ctx
	known, err := ownedBy(c, cl, agent, owner.id())
	if err != nil {
		return err
	}
	result := acceptance{DID: agent, Controller: owner.id()}
	if state, _ := known.GetString("state"); state == credential.Confirmed && !c.IsSet("valid-for") {
		result.Already = true
		result.Credential, _ = known.GetString("credential")
		talk(c, "%s has confirmed the agent before.", owner.id())
	} else if result.Credential, err = confirmAgent(c, cl, owner, agent, c.Duration("valid-for")); err != nil {
		return err
	}
	return out.datum(result, table{rows: [][]string{
		{"did", string(agent)}, {"owner", string(owner.id())}, {"credential", result.Credential},
	}})
}

// ownedBy is what a registry says of one controller of a DID. A word about a DID whose document does not name
// its issuer would confirm nothing.
func ownedBy(c *cli.Context, cl *client.Client, agent, owner did.ID) (jcs.Value, error) {
	got, err := cl.ResolveURL(c.Context, string(agent))
	if err != nil {
		return jcs.Value{}, err
	}
	if got.Status == http.StatusGone {
		return jcs.Value{}, fail(exitGone, "%s is deactivated", agent)
	}
	if err := got.Err(); err != nil {
		return jcs.Value{}, err
	}
	metadata, _ := got.Value.Get("didDocumentMetadata")
	list, _ := metadata.Get(api.MetadataOwnership)
	for o := range list.Elems() {
		if name, _ := o.GetString("controller"); name == string(owner) {
			return o, nil
		}
	}
	return jcs.Value{}, fail(exitDenied, "the document of %s does not name %s as its controller", agent, owner)
}

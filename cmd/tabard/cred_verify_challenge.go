package main

import (
	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/node/api"
)

func credChallengeCommand() *cli.Command {
	return &cli.Command{
		Name:  "challenge",
		Usage: "have a node issue a challenge for a presentation to answer",
		Description: "A challenge is good for five minutes and once, at whichever node of the cluster. With -o json it is printed as\n" +
			"{\"challenge\": ...}.\n\n" +
			"EXAMPLES:\n" +
			"   tabard cred challenge",
		Flags:  clientFlags(),
		Action: credChallenge,
	}
}

func credChallenge(c *cli.Context) error {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	cl, err := newClient(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	challenge, err := cl.Challenge(ctx)
	if err != nil {
		return err
	}
	return out.datum(api.Challenge{Challenge: challenge}, table{rows: [][]string{{challenge}}})
}

package main

import (
	"github.com/urfave/cli/v2"
)

func didCommand() *cli.Command {
	return &cli.Command{
		Name:  "did",
		Usage: "create, change, own, deactivate and check did:webvh DIDs; observe those of others",
		Subcommands: []*cli.Command{
			didCreateCommand(), didUpdateCommand(), didRotateCommand(), didMoveCommand(), didDeactivateCommand(), didAcceptCommand(),
			didPublishCommand(), didIDCommand(), didShowCommand(), didShowLogCommand(), didVerifyCommand(), didWitnessCommand(),
			didPinCommand(), didUnpinCommand(), didObservationsCommand(), didWhoisCommand(),
		},
	}
}

func didDirFlag() cli.Flag {
	return common(&cli.StringFlag{Name: "did-dir", Aliases: []string{"d"}, Usage: "`DIR` with the DID's log and its keys"})
}

// writeFlags are those of the commands that make a log entry.
func writeFlags(more ...cli.Flag) []cli.Flag {
	return clientFlags(append([]cli.Flag{
		didDirFlag(),
		&cli.StringSliceFlag{Name: "witness-key", Usage: "key `FILE` of a witness that approves at once; repeatable"},
		&cli.BoolFlag{Name: "no-submit", Usage: "leave the entry in pending.jsonl instead of sending it"},
	}, more...)...)
}

// parameterFlags set the parameters of did:webvh.
func parameterFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "witness", Usage: "did:key `DID` of a witness; repeatable; \"none\" turns witnesses off"},
		&cli.IntFlag{Name: "witness-threshold", Usage: "how many `N` of the witnesses must approve", DefaultText: "all"},
		&cli.StringSliceFlag{Name: "watcher", Usage: "`URL` of a watcher; repeatable"},
		&cli.IntFlag{Name: "ttl", Usage: "`SECONDS` for which resolvers may cache"},
		&cli.BoolFlag{Name: "pre-rotation", Usage: "commit to the next update key, which is made now"},
	}
}

// documentFlags describe the DID document.
func documentFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "document", Usage: "JSON `FILE` with the whole document; {DID} in it stands for the DID"},
		&cli.StringSliceFlag{Name: "controller", Usage: "`DID` of an owner, who may change the DID's status, and who confirms it by --owner or did accept; repeatable"},
		&cli.StringSliceFlag{Name: "also-known-as", Usage: "another `URI` of the subject; repeatable"},
		&cli.StringSliceFlag{Name: "service", Usage: "a service as `NAME=TYPE,URL`; repeatable"},
	}
}

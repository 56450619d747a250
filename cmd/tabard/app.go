package main

import (
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// newApp assembles the command tree. Everything that holds for every command is added here: its
// environment variables, its configuration file, its help and its usage errors.
func newApp(stdin io.Reader, stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:  "tabard",
		Usage: "a registry in which AI agents prove who they are and on whose behalf they act",
		Description: "Every flag may be given as the environment variable that --help names, or as a member of the\n" +
			"JSON file that --config names. Data goes to standard output, talk to standard error.\n\n" +
			"Exit status: 0 ok, 2 usage, 3 proof invalid, 4 revoked, suspended or expired, 5 not found or\n" +
			"deactivated, 6 denied, 7 no leader or stale, 8 conflict, 1 other.",
		Version:         version(),
		HideHelpCommand: true,
		// Values may hold commas; flags that are lists of words split them: see words.
		DisableSliceFlagSeparator: true,
		Reader:                    stdin,
		Writer:                    stdout,
		ErrWriter:                 stderr,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              onUsageError,
		Action:                    groupAction,
		Commands: []*cli.Command{
			devCommand(), serverCommand(), demoCommand(), keyCommand(), didCommand(), resolveCommand(),
			credCommand(), statusCommand(), watchCommand(), agentCommand(), benchCommand(), healthcheckCommand(),
			versionCommand(), completionCommand(),
		},
	}
	known := map[string]bool{}
	walk(app.Commands, func(c *cli.Command) { finish(c, known) })
	return app
}

// finish gives a command what all commands have. known collects the names of all flags.
func finish(c *cli.Command, known map[string]bool) {
	c.HideHelpCommand = true
	c.OnUsageError = onUsageError
	if len(c.Subcommands) > 0 {
		c.Action = groupAction
		return
	}
	c.CustomHelpTemplate = leafHelp
	c.Flags = append(c.Flags, &cli.StringFlag{Name: "config", Usage: "JSON `FILE` of settings named like the flags"})
	for _, f := range c.Flags {
		known[f.Names()[0]] = true
		setEnv(f, variable(c, f.Names()[0]))
	}
	c.Before = func(ctx *cli.Context) error { return applyConfigFile(ctx, known) }
}

// apart reports whether a flag has only its name in common with a setting of servers: a verifier's
// domain is not that of the registry, whose operator may have exported TABARD_DOMAIN.
func apart(c *cli.Command, flag string) bool {
	return flag == "domain" && (c.Name == "present" || c.Name == "verify")
}

// variable is the environment variable of a flag.
func variable(c *cli.Command, flag string) string {
	name := flag
	if apart(c, flag) {
		name = c.Name + "-" + flag
	}
	return "TABARD_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// setEnv makes an environment variable set a flag that the command line does not.
func setEnv(f cli.Flag, name string) {
	switch f := f.(type) {
	case *cli.StringFlag:
		f.EnvVars = []string{name}
	case *cli.StringSliceFlag:
		f.EnvVars = []string{name}
	case *cli.BoolFlag:
		f.EnvVars = []string{name}
	case *cli.IntFlag:
		f.EnvVars = []string{name}
	case *cli.Uint64Flag:
		f.EnvVars = []string{name}
	case *cli.Float64Flag:
		f.EnvVars = []string{name}
	case *cli.DurationFlag:
		f.EnvVars = []string{name}
	}
}

func onUsageError(c *cli.Context, err error, _ bool) error {
	return usage("%w (see %s --help)", err, c.Command.HelpName)
}

// groupAction runs where a command was expected: it shows the help, or names the word it does not know.
func groupAction(c *cli.Context) error {
	if word := c.Args().First(); word != "" {
		return usage("unknown command %q (see %s --help)", word, c.Command.HelpName)
	}
	if c.Command.HelpName == c.App.HelpName {
		return cli.ShowAppHelp(c)
	}
	return cli.ShowSubcommandHelp(c)
}

// exactArgs refuses any other number of arguments.
func exactArgs(c *cli.Context, n int) error {
	if c.NArg() != n {
		return usage("%s takes %d argument(s), not %d: %s %s", c.Command.HelpName, n, c.NArg(), c.Command.HelpName, c.Command.ArgsUsage)
	}
	return nil
}

const leafHelp = `{{.HelpName}} - {{.Usage}}

USAGE:
   {{.HelpName}} [flags]{{if .ArgsUsage}} {{.ArgsUsage}}{{end}}
{{if .Description}}
{{.Description}}
{{end}}
FLAGS:{{range .VisibleFlags}}
   {{.}}{{end}}
`

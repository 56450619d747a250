package main

import (
	"io"
	"regexp"
	"slices"
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
			"JSON file that --config names: that of TABARD_LOG_LEVEL is log-level. A variable means the same to\n" +
			"every command; --show-secret has none. Data goes to standard output, talk to standard error.\n\n" +
			"Exit status: 0 ok, 2 usage, 3 proof invalid, 4 revoked, suspended or expired, 5 not found or\n" +
			"deactivated, 6 denied, 7 no leader or stale, 8 conflict, 9 a node's own data, 1 other.",
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
			credCommand(), statusCommand(), watchCommand(), logCommand(), agentCommand(), walletCommand(), benchCommand(), healthcheckCommand(),
			versionCommand(), completionCommand(),
		},
	}
	known := map[string]bool{}
	for _, c := range app.Commands {
		finish(c, c.Name, known)
	}
	return app
}

// finish gives a command, and those below it, what all commands have. path joins its name to those above
// it; known collects the settings of all commands.
func finish(c *cli.Command, path string, known map[string]bool) {
	for _, sub := range c.Subcommands {
		finish(sub, path+"-"+sub.Name, known)
	}
	c.HideHelpCommand = true
	c.OnUsageError = onUsageError
	if len(c.Subcommands) > 0 {
		c.Action = groupAction
		return
	}
	c.CustomHelpTemplate = leafHelp
	c.Flags = append(c.Flags, common(&cli.StringFlag{Name: "config", Usage: "JSON `FILE` of settings, named like the variables"}))
	for _, f := range c.Flags {
		name := f.Names()[0]
		switch {
		case name == showSecret || setting(f) != "":
		case path == "server":
			setVariable(f, name)
		default:
			setVariable(f, path+"-"+name)
		}
		known[setting(f)] = true
	}
	c.Before = func(ctx *cli.Context) error { return applyConfigFile(ctx, known) }
}

// A setting is the name of a flag outside the command line: TABARD_LOG_LEVEL in the environment,
// log-level in a configuration file. Servers' flags have their own name for it, and so have those that
// mean the same in every command. All others are named after their command, too: who exports the domain
// of a registry does not create DIDs there.
const variablePrefix = "TABARD_"

// common gives a flag a setting of its own name: every command that has one of the name means the same.
func common(f cli.Flag) cli.Flag {
	setVariable(f, f.Names()[0])
	return f
}

func commonAll(flags ...cli.Flag) []cli.Flag {
	for _, f := range flags {
		common(f)
	}
	return flags
}

// setting returns the setting of a flag, "" if it has none.
func setting(f cli.Flag) string {
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok || len(doc.GetEnvVars()) == 0 {
		return ""
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(doc.GetEnvVars()[0], variablePrefix), "_", "-"))
}

// setVariable makes the environment variable of a setting set a flag that the command line does not.
func setVariable(f cli.Flag, setting string) {
	name := variablePrefix + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
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
	if where, value, ok := badDuration(c.Command, err); ok {
		return usage("%s %q: want a time with its unit, such as 5s, 500ms or 2h (see %s --help)", where, value, c.Command.HelpName)
	}
	return usage("%w (see %s --help)", err, c.Command.HelpName)
}

// badDuration finds the flag or variable and the value in the error of a time that cannot be read. The
// parsers say no more of it than that.
func badDuration(command *cli.Command, err error) (where, value string, ok bool) {
	name := ""
	if m := badFlagValue.FindStringSubmatch(err.Error()); m != nil {
		value, name = m[1], m[2]
		where = "--" + name
	} else if m := badVariable.FindStringSubmatch(err.Error()); m != nil {
		value, where, name = m[1], m[2], m[3]
	}
	for _, f := range command.Flags {
		if _, is := f.(*cli.DurationFlag); is && slices.Contains(f.Names(), name) {
			return where, value, true
		}
	}
	return "", "", false
}

var (
	badFlagValue = regexp.MustCompile(`^invalid value "(.*)" for flag -(\S+):`)
	badVariable  = regexp.MustCompile(`^could not parse "(.*)" as duration value from environment variable "(\S+)" for flag (\S+):`)
)

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

package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange rewrites a command line so that flags may stand anywhere in it: before the command, before
// its arguments, between or after them. The result is the command's path, then its flags, then "--"
// and its arguments. Whatever follows "--" is an argument. A request for help drops the arguments:
// `tabard help cred issue` and `tabard cred issue FILE --help` are the same.
func arrange(commands []*cli.Command, args []string) []string {
	valued := valueFlags(commands)
	var path, flags, rest []string
	help := false
	level, searching := commands, true
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			rest = append(rest, args[i+1:]...)
			i = len(args)
		case isHelp(arg):
			help = true
		case len(arg) > 1 && arg[0] == '-':
			flags = append(flags, arg)
			name := strings.TrimLeft(arg, "-")
			if valued[name] && i+1 < len(args) {
				i++
				flags = append(flags, args[i])
			}
		case searching && arg == "help" && len(rest) == 0:
			help = true
		default:
			next := find(level, arg)
			if !searching || next == nil {
				searching = false
				rest = append(rest, arg)
				continue
			}
			path, level = append(path, arg), next.Subcommands
			searching = len(level) > 0
		}
	}
	if help {
		return append(path, "--help")
	}
	line := append(path, flags...)
	if len(rest) > 0 {
		line = append(append(line, "--"), rest...)
	}
	return line
}

func isHelp(arg string) bool { return arg == "--help" || arg == "-help" || arg == "-h" }

func find(commands []*cli.Command, name string) *cli.Command {
	i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(name) })
	if i < 0 {
		return nil
	}
	return commands[i]
}

// valueFlags names every flag, of any command, that takes a value from the next argument. A flag of
// one name is of one sort in all commands, so that it can be read before the command is known.
func valueFlags(commands []*cli.Command) map[string]bool {
	out := map[string]bool{}
	walk(commands, func(c *cli.Command) {
		for _, f := range c.Flags {
			if _, isBool := f.(*cli.BoolFlag); isBool {
				continue
			}
			for _, name := range f.Names() {
				out[name] = true
			}
		}
	})
	return out
}

// walk visits every command of the tree, parents first.
func walk(commands []*cli.Command, visit func(*cli.Command)) {
	for _, c := range commands {
		visit(c)
		walk(c.Subcommands, visit)
	}
}

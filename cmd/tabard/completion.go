package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger/record"
)

// completeWord introduces a request for completions: tabard __complete WORD... CURRENT.
const completeWord = "__complete"

func completionRequest(args []string) (words []string, ok bool) {
	if len(args) < 3 || args[1] != completeWord {
		return nil, false
	}
	return args[2:], true
}

// flagChoices lists the values of flags that have few, by the flag's name, or by the command's and the
// flag's.
var flagChoices = map[string][]string{
	"output": {formatTable, formatJSON, formatJSONL}, "o": {formatTable, formatJSON, formatJSONL},
	"doc-key-type": keyTypeNames, "generate type": keyTypeNames,
	"admission": {"open", "allow-list"},
	"status":    statusNames,
	"kinds":     kindNames(),
	"log-level": {"debug", "info", "warn", "error"}, "log-format": {"json", "text"},
	"cryptosuite": suiteNames, "suite": {proof.EdDSAJCS2022, proof.EdDSARDFC2022},
	"purpose":      {statuslist.Revocation, statuslist.Suspension, statuslist.Refresh, statuslist.Message},
	"relationship": {"authentication", "assertionMethod", "keyAgreement", "capabilityInvocation", "capabilityDelegation"},
}

var suiteNames = []string{proof.EdDSAJCS2022, proof.EdDSARDFC2022, proof.ECDSAJCS2019, proof.ECDSARDFC2019, proof.ECDSASD2023}

// kindNames are the kinds of records.
func kindNames() []string {
	var names []string
	for _, kind := range record.Kinds() {
		names = append(names, string(kind))
	}
	return names
}

// argumentChoices lists the first arguments of commands that take a word, by the whole command.
var argumentChoices = map[string][]string{
	"completion": {"bash", "fish", "zsh"},
	"status set": statusNames,
}

// complete returns the candidates for the last word, given the words before it. No candidates means
// that the shell should offer file names.
func complete(commands []*cli.Command, words []string) []string {
	current := words[len(words)-1]
	valued := valueFlags(commands)
	var leaf *cli.Command
	level, previous := commands, ""
	var path []string
	for _, word := range words[:len(words)-1] {
		if valued[strings.TrimLeft(previous, "-")] && strings.HasPrefix(previous, "-") {
			previous = ""
			continue
		}
		previous = word
		if next := find(level, word); next != nil {
			leaf, level, path = next, next.Subcommands, append(path, next.Name)
		}
	}
	if flag := strings.TrimLeft(previous, "-"); flag != previous && valued[flag] {
		return matching(choicesOf(leaf, flag), current)
	}
	if strings.HasPrefix(current, "-") {
		return matching(flagNames(leaf), current)
	}
	if leaf != nil && len(level) == 0 {
		return matching(argumentChoices[strings.Join(path, " ")], current)
	}
	var names []string
	for _, c := range level {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	return matching(names, current)
}

// choicesOf are the values of a flag: of this command's, or of any command's of that name.
func choicesOf(c *cli.Command, flag string) []string {
	if c != nil {
		if choices, ok := flagChoices[c.Name+" "+flag]; ok {
			return choices
		}
	}
	return flagChoices[flag]
}

func flagNames(c *cli.Command) []string {
	names := []string{"--help"}
	if c == nil {
		return append(names, "--version")
	}
	for _, f := range c.Flags {
		names = append(names, "--"+f.Names()[0])
	}
	return names
}

func matching(candidates []string, prefix string) []string {
	var out []string
	for _, c := range candidates {
		if strings.HasPrefix(c, prefix) {
			out = append(out, c)
		}
	}
	return out
}

var completionScripts = map[string]string{
	"bash": `_tabard() {
  local words=("${COMP_WORDS[@]:1:COMP_CWORD}")
  local IFS=$'\n'
  COMPREPLY=($(tabard __complete "${words[@]}" 2>/dev/null))
}
complete -o bashdefault -o default -F _tabard tabard
`,
	"zsh": `#compdef tabard
_tabard() {
  local -a candidates
  candidates=("${(@f)$(tabard __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "${candidates[1]}" ]]; then
    compadd -- "${candidates[@]}"
  else
    _files
  fi
}
compdef _tabard tabard
`,
	"fish": `function __tabard_complete
  set -l words (commandline -opc)[2..-1] (commandline -ct)
  tabard __complete $words 2>/dev/null
end
complete -c tabard -a '(__tabard_complete)'
`,
}

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a shell's completion script",
		ArgsUsage: "bash|zsh|fish",
		Description: "EXAMPLES:\n" +
			"   source <(tabard completion bash)\n" +
			"   tabard completion zsh > \"${fpath[1]}/_tabard\"\n" +
			"   tabard completion fish > ~/.config/fish/completions/tabard.fish",
		Action: func(c *cli.Context) error {
			if err := exactArgs(c, 1); err != nil {
				return err
			}
			script, ok := completionScripts[c.Args().First()]
			if !ok {
				return usage("no completion for shell %q: want bash, zsh or fish", c.Args().First())
			}
			_, err := fmt.Fprint(c.App.Writer, script)
			return err
		},
	}
}

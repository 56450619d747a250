package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func testApp() *cli.App { return newApp(strings.NewReader(""), io.Discard, io.Discard) }

func TestFlagsMayStandAnywhere(t *testing.T) {
	commands := testApp().Commands
	for _, test := range []struct{ name, line, want string }{
		{"before and after the argument", "resolve -o json did:key:z --document-only", "resolve -o json --document-only -- did:key:z"},
		{"before the command", "-o json did show-log alice", "did show-log -o json -- alice"},
		{"between command and subcommand", "cred --timeout 3s verify vc.json", "cred verify --timeout 3s -- vc.json"},
		{"value joined with an equals sign", "resolve did:key:z --output=json", "resolve --output=json -- did:key:z"},
		{"value that looks like a command", "resolve --server did did:key:z", "resolve --server did -- did:key:z"},
		{"argument that is named like a command", "status set revoked key -d dev", "status set -d dev -- revoked key"},
		{"single dash is an argument", "cred verify - -o json", "cred verify -o json -- -"},
		{"after two dashes all are arguments", "resolve -o json -- -o --help", "resolve -o json -- -o --help"},
		{"help drops arguments", "cred verify vc.json --help", "cred verify --help"},
		{"help as a word", "help cred verify", "cred verify --help"},
		{"help as an argument", "key show help", "key show -- help"},
		{"unknown flag stays for the command to refuse", "resolve x --nope", "resolve --nope -- x"},
		{"unknown command stays", "frobnicate -o json", "-o json -- frobnicate"},
		{"value missing at the end", "resolve x -o", "resolve -o -- x"},
		{"nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := arrange(commands, strings.Fields(test.line))
			if strings.Join(got, " ") != test.want {
				t.Errorf("arrange(%q) = %q, want %q", test.line, got, test.want)
			}
		})
	}
}

// A flag's sort must not depend on the command, or it could not be read before the command is known.
func TestFlagsOfOneNameAreOfOneSort(t *testing.T) {
	isBool, first := map[string]bool{}, map[string]string{}
	walk(testApp().Commands, func(c *cli.Command) {
		for _, f := range c.Flags {
			_, b := f.(*cli.BoolFlag)
			for _, name := range f.Names() {
				if was, seen := isBool[name]; seen && was != b {
					t.Errorf("--%s takes a value in one of %q and %q only", name, first[name], c.Name)
				}
				isBool[name], first[name] = b, c.Name
			}
		}
	})
}

func TestEveryCommandHasHelpWithExamples(t *testing.T) {
	walk(testApp().Commands, func(c *cli.Command) {
		if c.Usage == "" {
			t.Errorf("%s has no usage", c.Name)
		}
		if len(c.Subcommands) == 0 && !strings.Contains(c.Description, "EXAMPLES:\n   tabard ") && !strings.Contains(c.Description, "tabard completion") {
			t.Errorf("%s has no examples", c.Name)
		}
	})
}

func TestEveryFlagHasAnEnvironmentVariable(t *testing.T) {
	walk(testApp().Commands, func(c *cli.Command) {
		for _, f := range c.Flags {
			if f.Names()[0] == showSecret {
				continue
			}
			doc, ok := f.(cli.DocGenerationFlag)
			if !ok || len(doc.GetEnvVars()) != 1 || !strings.HasPrefix(doc.GetEnvVars()[0], "TABARD_") {
				t.Errorf("%s --%s has no environment variable of its own", c.Name, f.Names()[0])
			}
		}
	})
}

// An exported variable reaches every command: whatever reads it must mean the same by it. Flags mean the
// same if they say the same of themselves.
func TestVariableHasOneMeaning(t *testing.T) {
	secrets := []string{"secret", "passphrase"} // TABARD_SECRET and TABARD_PASSPHRASE are no flags
	meaning, first := map[string]string{}, map[string]string{}
	walk(testApp().Commands, func(c *cli.Command) {
		for _, f := range c.Flags {
			doc, ok := f.(cli.DocGenerationFlag)
			if !ok {
				t.Fatalf("%s --%s says nothing of itself", c.Name, f.Names()[0])
			}
			name := setting(f)
			if f.Names()[0] == showSecret {
				if name != "" {
					t.Errorf("%s --%s can be set by %s", c.Name, showSecret, name)
				}
				continue
			}
			if slices.Contains(secrets, name) {
				t.Errorf("the value of a secret is read as %s --%s", c.Name, f.Names()[0])
			}
			says := fmt.Sprintf("%T %s", f, doc.GetUsage())
			if was, seen := meaning[name]; seen && was != says {
				t.Errorf("the setting %s is one thing to %s (%s), another to %s (%s)", name, first[name], was, c.Name, says)
			}
			meaning[name], first[name] = says, c.Name
		}
	})
}

// The arguments of a process are for everyone to see: a secret comes from a file, a command or the
// environment.
func TestNoFlagTakesASecret(t *testing.T) {
	named := regexp.MustCompile("secret|passphrase|password|token")
	walk(testApp().Commands, func(c *cli.Command) {
		for _, f := range c.Flags {
			doc, ok := f.(cli.DocGenerationFlag)
			if _, isBool := f.(*cli.BoolFlag); isBool || !ok || !named.MatchString(f.Names()[0]) {
				continue
			}
			if usage := doc.GetUsage(); !strings.Contains(usage, "`FILE`") && !strings.Contains(usage, "`COMMAND`") {
				t.Errorf("%s --%s takes a secret from the command line: %s", c.Name, f.Names()[0], usage)
			}
		}
	})
}

func TestCompletion(t *testing.T) {
	commands := testApp().Commands
	for _, test := range []struct {
		line string // the last word is the one to complete
		want []string
	}{
		{"re", []string{"resolve"}},
		{"key ", []string{"generate", "show", "list"}},
		{"resolve -o ", []string{"table", "json", "jsonl"}},
		{"resolve --output j", []string{"json", "jsonl"}},
		{"-o json did v", []string{"verify"}},
		{"resolve --version-n", []string{"--version-number"}},
		{"status set rev", []string{"revoked", "revoke"}},
		{"status list set ", nil},
		{"watch --kinds obs", []string{"observation"}},
		{"cred issue --cryptosuite ecdsa-s", []string{"ecdsa-sd-2023"}},
		{"completion ", []string{"bash", "fish", "zsh"}},
		{"key generate --type P", []string{"P-256", "P-384"}},
		{"cred issue --type P", nil},
		{"key show ", nil},
		{"resolve --ca ", nil},
	} {
		got := complete(commands, strings.Split(test.line, " "))
		if !slices.Equal(got, test.want) {
			t.Errorf("complete(%q) = %q, want %q", test.line, got, test.want)
		}
	}
}

func TestEveryProblemCodeHasAnExitStatus(t *testing.T) {
	for code := range problemExits {
		if got := problemExit(code, 0); got == exitOther {
			t.Errorf("%s exits with %d", code, got)
		}
	}
}

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/node"
)

// The walk-through of the README is run as it is printed, against a cluster on other ports.
func TestReadmeWalkthrough(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("the walk-through is for a POSIX shell; there is no bash here")
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands, err := consoleCommands(string(readme), "## Walk-through")
	if err != nil {
		t.Fatal(err)
	}
	dev, err := node.StartDev(t.Context(), node.DevConfig{HTTP: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}()
	script := walkthrough(commands, dev.URLs)
	cmd := exec.CommandContext(t.Context(), bash, "-euo", "pipefail", "-x", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "PATH="+binDir(t)+string(os.PathListSeparator)+os.Getenv("PATH"), "TABARD_SERVER="+dev.URLs[0])
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// consoleCommands returns what follows the prompts in the first console block under a heading.
func consoleCommands(text, heading string) ([]string, error) {
	_, section, found := strings.Cut(text, "\n"+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, block, opened := strings.Cut(section, "\n```console\n")
	block, _, closed := strings.Cut(block, "\n```\n")
	if !found || !opened || !closed {
		return nil, fmt.Errorf("README.md: no console block under %q", heading)
	}
	var commands []string
	for line := range strings.SplitSeq(block, "\n") {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			commands = append(commands, command)
		}
	}
	return commands, nil
}

var exitComment = regexp.MustCompile(`^(.*?) *# exit ([0-9])$`)

// walkthrough makes a script of commands. A comment "# exit N" is taken at its word; a watch in the
// background is waited for until it watches; what needs curl is left out where there is none.
func walkthrough(commands, urls []string) string {
	_, noCurl := exec.LookPath("curl")
	var b strings.Builder
	for _, command := range commands {
		if noCurl != nil && strings.HasPrefix(command, "curl ") {
			continue
		}
		for i, url := range urls {
			command = strings.ReplaceAll(command, fmt.Sprintf("http://127.0.0.1:870%d", i), url)
		}
		if m := exitComment.FindStringSubmatch(command); m != nil {
			command = fmt.Sprintf("%s && exit 1 || test $? -eq %s", m[1], m[2])
		}
		if background, ok := strings.CutSuffix(command, " &"); ok {
			command = background + " 2> watching &\nuntil grep -q '^Watching' watching; do sleep 0.02; done"
		}
		b.WriteString(command + "\n")
	}
	return b.String()
}

// binDir is a directory with this test's binary under the name tabard, which makes it the command.
func binDir(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "tabard")); err != nil {
		t.Fatal(err)
	}
	return dir
}

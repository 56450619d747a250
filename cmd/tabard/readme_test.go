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
	var commands []string
	for _, block := range readmeBlocks(t, "## Walk-through", "console") {
		for line := range strings.SplitSeq(block, "\n") {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				commands = append(commands, command)
			} else if last := len(commands) - 1; last >= 0 && strings.HasSuffix(commands[last], "\\") {
				commands[last] += "\n" + line
			}
		}
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
	runBash(t, walkthrough(commands, dev.URLs), "TABARD_SERVER="+dev.URLs[0])
}

// So are the commands that start a cluster of three servers, which then end at an interrupt.
func TestReadmeServers(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("the commands make the secret with openssl; there is none here")
	}
	base, err := freeConsecutive(6)
	if err != nil {
		t.Fatal(err)
	}
	script := readmeBlocks(t, "## Run a cluster", "sh")[0]
	for i := range 3 {
		script = strings.ReplaceAll(script, fmt.Sprintf("127.0.0.1:870%d", i), fmt.Sprintf("127.0.0.1:%d", base+i))
		script = strings.ReplaceAll(script, fmt.Sprintf("127.0.0.1:880%d", i+1), fmt.Sprintf("127.0.0.1:%d", base+3+i))
	}
	stop := fmt.Sprintf("\ntabard did create agents/alice -s http://127.0.0.1:%d\nservers=$(jobs -p)\nkill $servers\nwait $servers\n", base+2)
	runBash(t, "trap 'kill $(jobs -p) || true' ERR\n"+script+stop, "TABARD_LOG_LEVEL=error")
}

// So are those that start an agent, and ask it with curl.
func TestReadmeAgent(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("the commands ask the agent with curl; there is none here")
	}
	port, err := freeConsecutive(1)
	if err != nil {
		t.Fatal(err)
	}
	script := readmeBlocks(t, "## The holder's side", "sh")[0]
	script = strings.Replace(script, "tabard agent ", fmt.Sprintf("tabard agent --listen localhost:%d ", port), 1)
	script = strings.ReplaceAll(script, "localhost:8790", fmt.Sprintf("localhost:%d", port))
	runBash(t, "trap 'kill $(jobs -p) || true' EXIT\n"+script)
}

// The README lists the workloads there are.
func TestReadmeBench(t *testing.T) {
	text := readText(t, "../../README.md")
	for _, workload := range benchCommand().Subcommands {
		if row := "| `tabard bench " + workload.Name + "` |"; strings.Count(text, row) != 1 {
			t.Errorf("README.md: not one row %q", row)
		}
	}
}

// readmeBlocks returns the blocks in a language under a heading, of which there is one at least.
func readmeBlocks(t *testing.T, heading, language string) []string {
	t.Helper()
	_, section, found := strings.Cut(readText(t, "../../README.md"), "\n"+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var blocks []string
	for found {
		var block string
		if _, section, found = strings.Cut(section, "\n```"+language+"\n"); found {
			block, section, found = strings.Cut(section, "\n```\n")
			blocks = append(blocks, block)
		}
	}
	if len(blocks) == 0 {
		t.Fatalf("README.md: no %s block under %q", language, heading)
	}
	return blocks
}

// runBash runs a script in a directory of its own, with this test's binary as the command tabard.
func runBash(t *testing.T, script string, env ...string) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("the README's commands are for a POSIX shell; there is no bash here")
	}
	cmd := exec.CommandContext(t.Context(), bash, "-euo", "pipefail", "-x", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "PATH="+binDir(t)+string(os.PathListSeparator)+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

var exitComment = regexp.MustCompile(`^(.*?) *# exit ([0-9])(?:: .*)?$`)

// walkthrough makes a script of commands. A comment "# exit N" is taken at its word; a watch in the
// background is waited for until it watches; what needs curl is left out where there is none.
func walkthrough(commands, urls []string) string {
	_, noCurl := exec.LookPath("curl")
	var b strings.Builder
	domain := strings.Replace(urls[0], "http://127.0.0.1", "http://registry.localhost", 1)
	for _, command := range commands {
		command = strings.ReplaceAll(command, "http://registry.localhost:8700", domain)
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

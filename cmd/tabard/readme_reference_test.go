package main

import (
	"encoding/json"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/vectors"
)

// The reference of the HTTP surface has every route, and every row and code of a verdict.
func TestReadmeReference(t *testing.T) {
	text := readText(t, "../../node/api/README.md")
	for _, source := range []struct{ file, pattern string }{
		{"../../node/internal/httpapi/route.go", `(?m)^\t(?:watcherPath \+ )?"(/[^"]+)": +\{`},
		{"../../did/credential/codes.go", `(?:Code|Check)[A-Z]\w+ +(?:Code )?= "([^"]+)"`},
	} {
		found := regexp.MustCompile(source.pattern).FindAllStringSubmatch(readText(t, source.file), -1)
		if len(found) < 10 {
			t.Fatalf("%s: %d matches", source.file, len(found))
		}
		for _, m := range found {
			name := m[1]
			if strings.Contains(m[0], "watcherPath") {
				name = "/v1/watcher" + name
			}
			if !strings.Contains(text, "`"+name+"`") {
				t.Errorf("node/api/README.md says nothing of %s", name)
			}
		}
	}
}

// It has every row with every code that the vectors have of verdicts, and what skipped rows say.
func TestReadmeVerdicts(t *testing.T) {
	text := readText(t, "../../node/api/README.md")
	table := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|.*\\|(.*)\\|$").FindAllStringSubmatch(text, -1) {
		table[row[1]] += row[2]
	}
	_, skipped, _ := strings.Cut(text, "\nA skipped row says why: ")
	skipped, _, _ = strings.Cut(skipped, "\n\n")
	files, err := fs.Glob(vectors.FS, "credential/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := vectors.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Cases []struct{ Codes map[string]string }
		}
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range file.Cases {
			for row, code := range c.Codes {
				if code = "`" + code + "`"; !strings.Contains(table[row], code) && !strings.Contains(skipped, code) {
					t.Errorf("node/api/README.md says nothing of %s in the row %s", code, row)
				}
			}
		}
	}
}

// What the texts call a command or flag is one.
func TestReadmeCommandsAndFlags(t *testing.T) {
	commands := testApp().Commands
	flags := map[string]bool{"help": true, "build": true, "detach": true, "cacert": true} // of docker and curl, too
	walk(commands, func(c *cli.Command) {
		for _, f := range c.Flags {
			for _, name := range f.Names() {
				flags[name] = true
			}
		}
	})
	for _, name := range []string{"README.md", "node/api/README.md", "vectors/README.md", "CHANGELOG.md"} {
		text := readText(t, "../../"+name)
		for _, m := range regexp.MustCompile(`[\s`+"`"+`]--([a-z][a-z-]+)`).FindAllStringSubmatch(text, -1) {
			if !flags[m[1]] {
				t.Errorf("%s: there is no flag --%s", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`(?:`+"`|\\$ |\\()"+`tabard ([a-z]+)(?: ([a-z]+))?`).FindAllStringSubmatch(text, -1) {
			c := find(commands, m[1])
			if c == nil || m[2] != "" && len(c.Subcommands) > 0 && find(c.Subcommands, m[2]) == nil {
				t.Errorf("%s: there is no command tabard %s %s", name, m[1], m[2])
			}
		}
	}
}

// Where the README points to there is something: a file, and in it the heading.
func TestReadmeLinks(t *testing.T) {
	for _, name := range []string{"README.md", "node/api/README.md", "vectors/README.md", "CHANGELOG.md"} {
		text := readText(t, "../../"+name)
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, heading, _ := strings.Cut(m[1], "#")
			target := text
			if path != "" {
				target = readText(t, filepath.Join("../..", filepath.Dir(name), path))
			}
			if heading != "" && !slices.Contains(headings(target), heading) {
				t.Errorf("%s points to %s, where there is none", name, m[1])
			}
		}
	}
}

// headings are the anchors of a text's headings.
func headings(text string) []string {
	var anchors []string
	for line := range strings.SplitSeq(text, "\n") {
		if title := strings.TrimLeft(line, "#"); title != line {
			title = strings.ToLower(strings.TrimSpace(title))
			anchors = append(anchors, strings.ReplaceAll(regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(title, ""), " ", "-"))
		}
	}
	return anchors
}

package vectors_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/vectors"
)

// Every file says what it is and where it comes from, and every case has a name of its own.
func TestVectorsDescribeThemselves(t *testing.T) {
	files, err := fs.Glob(vectors.FS, "*/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	total := 0
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		_, folder, _ := strings.Cut(string(readme), "\n| **`"+path.Dir(name)+"/`** |")
		folder, _, _ = strings.Cut(folder, "\n| **")
		if !strings.Contains(folder, "`"+path.Base(name)+"`") {
			t.Errorf("README.md says nothing of %s", name)
		}
		text, err := vectors.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Description, Source string
			Cases               []struct{ Name string }
			Snapshot            json.RawMessage // of golden bytes
		}
		if err := json.Unmarshal(text, &file); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if file.Description == "" || file.Source == "" {
			t.Errorf("%s lacks a description or a source", name)
		}
		if len(file.Cases) == 0 && file.Snapshot == nil {
			t.Errorf("%s has no cases", name)
		}
		seen := map[string]bool{}
		for i, c := range file.Cases {
			if c.Name == "" || seen[c.Name] {
				t.Errorf("%s: case %d has the name %q, which is empty or taken", name, i+1, c.Name)
			}
			seen[c.Name] = true
		}
		total += len(file.Cases)
	}
	t.Logf("%d cases in %d files", total, len(files))
}

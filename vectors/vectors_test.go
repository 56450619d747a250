package vectors_test

import (
	"encoding/json"
	"io/fs"
	"path"
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
	for _, name := range files {
		text, err := vectors.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Description, Source string
			Cases               []struct{ Name string }
		}
		if err := json.Unmarshal(text, &file); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if file.Description == "" || file.Source == "" {
			t.Errorf("%s lacks a description or a source", name)
		}
		if len(file.Cases) == 0 && path.Base(name) != "golden.json" {
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

package did_test

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// TestPublishedDocuments parses every document in the published did:webvh logs.
func TestPublishedDocuments(t *testing.T) {
	logs, err := filepath.Glob(filepath.Join("..", "..", "shared", "vectors", "didwebvh", "*", "*", "did.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if len(logs) == 0 {
		t.Skip("no ../shared/vectors/didwebvh beside the checkout")
	}
	for _, name := range logs {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			entry, err := jcs.Decode(lines.Bytes())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			state, _ := entry.Get("state")
			doc, err := did.ParseDocument(state)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, m := range doc.VerificationMethods() {
				if m.KeyErr != nil {
					t.Errorf("%s: %s: %v", name, m.ID, m.KeyErr)
				}
			}
		}
	}
}

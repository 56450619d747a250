package agent

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tabard-id/tabard/did"
)

func openBook(t *testing.T, dir string) *statusBook {
	t.Helper()
	b, err := openStatusBook(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const testIssuer = did.ID("did:example:issuer")

func TestBookRemembers(t *testing.T) {
	dir := t.TempDir()
	b := openBook(t, dir)
	entries, err := b.allocate(testIssuer, []string{"revocation", "suspension"}, "urn:uuid:1")
	if err != nil || len(entries) != 2 {
		t.Fatal(entries, err)
	}
	if err := b.mark(entries[1], true); err != nil {
		t.Fatal(err)
	}
	if err := b.registered(entries[:1], "aa"); err != nil {
		t.Fatal(err)
	}
	if _, err := openStatusBook(dir); err == nil {
		t.Error("two agents opened one journal")
	}
	if err := b.close(); err != nil {
		t.Fatal(err)
	}

	// A crash in the middle of a line: it was never relied on.
	path := filepath.Join(dir, bookFile)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(content, `{"set":{"issuer":"did:exam`...), 0o600); err != nil {
		t.Fatal(err)
	}
	b = openBook(t, dir)
	defer b.close()
	found := b.find("urn:uuid:1", "revocation")
	if len(found) != 1 || found[0].Index != entries[0].Index || found[0].Digest != "aa" {
		t.Errorf("found %+v", found)
	}
	set, _, ok := b.bits(entries[1].listName)
	if !ok || !slices.Equal(set, []uint64{entries[1].Index}) {
		t.Errorf("bits %v, %v", set, ok)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(content) {
		t.Errorf("the torn line is still there: %v", err)
	}
	if err := b.mark(entries[1], false); err != nil {
		t.Fatal(err)
	}
	if set, changes, _ := b.bits(entries[1].listName); len(set) != 0 || changes != 2 {
		t.Errorf("after clearing: %v, %d changes", set, changes)
	}
}

func TestBookRefusesWhatItDidNotWrite(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, bookFile), []byte("not JSON\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openStatusBook(dir); err == nil {
		t.Error("a damaged journal was opened")
	}
}

func TestIndexesAreNeverGivenTwice(t *testing.T) {
	b := openBook(t, t.TempDir())
	defer b.close()
	seen := map[entry]bool{}
	for range 300 {
		entries, err := b.allocate(testIssuer, []string{"revocation"}, "")
		if err != nil {
			t.Fatal(err)
		}
		if seen[entries[0]] {
			t.Fatalf("index %d was given twice", entries[0].Index)
		}
		seen[entries[0]] = true
	}
}

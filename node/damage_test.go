package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Tables that are damaged where a start reads them.
func TestStartOverDamagedTables(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := Config{Dir: dir, Domain: testDomain, HTTP: "127.0.0.1:0"}
	run(t, cfg, nil)
	tables, err := filepath.Glob(filepath.Join(dir, "ledger", "store-*", "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	for _, path := range tables {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range data[:len(data)/2] { // the end says that it is a table
			data[i] ^= 1
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n, err := Start(context.Background(), cfg)
	if err == nil {
		t.Fatal("started", n.Close())
	}
	if !errors.Is(err, ErrData) || !strings.Contains(err.Error(), ".sst") || !strings.Contains(err.Error(), "put "+filepath.Join(dir, "ledger")) {
		t.Errorf("%v; want the file named, and what to do", err)
	}
}

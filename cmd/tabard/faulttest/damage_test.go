package faulttest

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/node/api"
)

// fill has the server take n creations in one bulk request.
func (s *server) fill(prefix string, n int) {
	s.t.Helper()
	got, err := post(patient, s.url+"/v1/records", api.TypeNDJSON, bulkOf(s.t, prefix, n))
	if accepted := bytes.Count(got.body, []byte(`"receipt":`)); err != nil || got.status != http.StatusOK || accepted != n {
		s.t.Fatalf("%s: %v, %d, %d of %d accepted", s.id, err, got.status, accepted, n)
	}
}

// damageTables flips a bit in a stopped server's tables wherever the text stands, and returns in how many
// places.
func (s *server) damageTables(text string) (places int) {
	s.t.Helper()
	paths, err := filepath.Glob(filepath.Join(s.dir, "ledger", "store-*", "*.sst"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			s.t.Fatal(err)
		}
		for at := bytes.Index(data, []byte(text)); at >= 0; at = bytes.Index(data, []byte(text)) {
			data[at] ^= 1
			places++
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return places
}

// Of a server whose tables were damaged while it was stopped, nothing wrong and nothing shortened is
// heard. It leaves service, says why and what to do, and what it says helps.
func TestDamagedTableEndsService(t *testing.T) {
	t.Parallel()
	faults(t)
	c := newCluster(t, "--write-rate", "0")
	sound, victim := c.servers[0], c.servers[2]
	const records = 2000
	sound.fill("agents", records)
	c.checkAgree(records + 1)
	victim.stop()
	whole := c.records(sound)
	const hash = `"versionId":"1-Qm`
	line := whole[len(whole)/2:]
	at := bytes.Index(line, []byte(hash)) + len(hash)
	if victim.damageTables(string(line[at+4:at+11])) == 0 { // few enough letters to stand there as they are
		t.Fatal("the record is in no table")
	}
	victim.start()
	eventually(t, "the damage is met", func() bool {
		if !victim.running() {
			return true // a compaction met it
		}
		got, err := get(impatient, victim.url+"/v1/records?limit=1000")
		switch {
		case err == nil && got.status == http.StatusOK && !bytes.HasPrefix(whole, got.body):
			t.Fatal("another page than the sound server's")
		case err == nil && got.status == http.StatusOK && len(got.body) > 0:
			t.Fatalf("a page that ends well after %d records", bytes.Count(got.body, []byte("\n")))
		case err == nil && got.status == http.StatusServiceUnavailable:
			return got.code() == string(api.LedgerCorrupt)
		}
		return false
	})
	if victim.isReady() {
		t.Error("ready, with damaged tables")
	}
	for _, words := range []string{".sst", "move " + filepath.Join(victim.dir, "ledger")} {
		if !strings.Contains(victim.log(), words) {
			t.Errorf("the log does not say %q", words)
		}
	}
	victim.kill()
	for _, name := range []string{"ledger", "raft"} {
		path := filepath.Join(victim.dir, name)
		if err := os.Rename(path, path+".damaged"); err != nil {
			t.Fatal(err)
		}
	}
	victim.start()
	c.ready(victim)
	c.checkAgree(records + 1)
}

// records reads a page of 1,000 records, which has to be whole.
func (c *cluster) records(s *server) []byte {
	c.t.Helper()
	got, err := get(http.DefaultClient, s.url+"/v1/records?limit=1000")
	if err != nil || got.status != http.StatusOK || bytes.Count(got.body, []byte("\n")) != 1000 {
		c.t.Fatalf("%s: %v, %d", s.id, err, got.status)
	}
	return got.body
}

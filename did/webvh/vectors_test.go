package webvh_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

var update = flag.Bool("update", false, "write vectors/webvh anew")

const vectorDir = "../../vectors/webvh"

// vector is one case of a vector file: a log, the witness file beside it, the
// time of judgement, and what has to come of it.
type vector struct {
	Name    string `json:"name"`
	Source  string `json:"source"`
	Log     string `json:"log"`
	Witness string `json:"witness,omitempty"`
	Now     string `json:"now"`
	Expect  expect `json:"expect"`
}

// expect is either the rule that is broken and the number of the first entry
// that breaks it (0: the log as a whole), or the resolution of the newest version.
type expect struct {
	Rule       webvh.Rule `json:"rule,omitempty"`
	Entry      *int       `json:"entry,omitempty"`
	Resolution *jcs.Value `json:"resolution,omitempty"`
}

type vectorFile struct {
	Description string   `json:"description"`
	Source      string   `json:"source"`
	Cases       []vector `json:"cases"`
}

// specification is the source of all files.
const specification = "did:webvh 1.0, https://identity.foundation/didwebvh/v1.0/"

// TestVectors checks every case in vectors/webvh.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t, vectorDir)
	}
	paths, err := filepath.Glob(filepath.Join(vectorDir, "log-*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	positive, negative := 0, 0
	rules := make(map[webvh.Rule]bool)
	for _, path := range paths {
		var file vectorFile
		if err := json.Unmarshal(read(t, path), &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, v := range file.Cases {
			if v.Expect.Rule == "" {
				positive++
			} else {
				negative++
				rules[v.Expect.Rule] = true
			}
			t.Run(strings.TrimSuffix(filepath.Base(path), ".json")+"/"+v.Name, func(t *testing.T) { checkVector(t, v) })
		}
	}
	t.Logf("%d positive, %d negative", positive, negative)
	for _, r := range webvh.Rules() {
		// How large is too large is for each implementation to say.
		if !rules[r] && r != webvh.EntryTooLarge {
			t.Errorf("no vector breaks the rule %s", r)
		}
	}
}

func checkVector(t *testing.T, v vector) {
	now, err := time.Parse(time.RFC3339, v.Now)
	if err != nil {
		t.Fatal(err)
	}
	log, err := webvh.VerifyLog([]byte(v.Log), []byte(v.Witness), now)
	checkLog(t, log, now)
	if v.Expect.Rule != "" {
		if log.Err == nil || err == nil || log.Err.Rule != v.Expect.Rule || log.Err.Entry != *v.Expect.Entry {
			t.Fatalf("VerifyLog: %v, want %s in entry %d", err, v.Expect.Rule, *v.Expect.Entry)
		}
		if want := max(0, *v.Expect.Entry-1); len(log.Versions) != want {
			t.Errorf("%d valid versions, want %d", len(log.Versions), want)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := resolution(t, log); !got.Equal(*v.Expect.Resolution) {
		t.Errorf("resolution\n%s\nwant\n%s", got.Canonical(), v.Expect.Resolution.Canonical())
	}
}

// checkLog proves again what must hold of any Log: the versions it vouches for
// are dense, of one SCID, in order of time, and each can be resolved; and judging
// them one by one comes to the same, where no witness vouches from afar.
func checkLog(t *testing.T, log *webvh.Log, now time.Time) {
	t.Helper()
	var prev *webvh.State
	for i, v := range log.Versions {
		s := v.State
		if s.Number != i+1 || s.SCID != log.Versions[0].State.SCID || s.Created != log.Versions[0].State.VersionTime {
			t.Errorf("version %d has state %+v", i+1, s)
		}
		if id, err := webvh.ParseID(s.DID); err != nil || id.SCID != s.SCID {
			t.Errorf("version %d has the DID %s: %v", i+1, s.DID, err)
		}
		r, err := log.Resolve(s.DID, did.Options{VersionID: s.VersionID})
		if err != nil || (r.Document == nil) != s.Deactivated || r.Metadata.VersionID != s.VersionID {
			t.Errorf("version %d resolves to %+v, %v", i+1, r, err)
		}
		if prev == nil || !prev.Witness.Active() && !s.Witness.Active() {
			checkStep(t, prev, v, now)
		}
		prev = &log.Versions[i].State
	}
}

func checkStep(t *testing.T, prev *webvh.State, v webvh.Version, now time.Time) {
	t.Helper()
	if v.State.Witness.Active() {
		return
	}
	var next webvh.State
	var err error
	if prev == nil {
		next, err = webvh.Genesis(v.Entry, nil, webvh.Context{Now: now})
	} else {
		next, err = prev.Next(v.Entry, nil, webvh.Context{Now: now})
	}
	if err != nil || next.VersionID != v.State.VersionID {
		t.Errorf("version %d by itself: %+v, %v", v.State.Number, next, err)
	}
}

// resolution is the result for the newest version.
func resolution(t *testing.T, log *webvh.Log) jcs.Value {
	t.Helper()
	r, err := log.Resolve(log.Versions[len(log.Versions)-1].State.DID, did.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var document jcs.Value
	if r.Document != nil {
		document = r.Document.Value()
	}
	return jcs.Object(
		jcs.Member{Name: "didDocument", Value: document},
		jcs.Member{Name: "didDocumentMetadata", Value: r.Metadata.Value()},
	)
}

// TestVectorsReproducible: what is on disk is what the generator writes.
func TestVectorsReproducible(t *testing.T) {
	dir := t.TempDir()
	writeVectors(t, dir)
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("nothing written: %v", err)
	}
	for _, path := range names {
		name := filepath.Base(path)
		if string(read(t, path)) != string(read(t, filepath.Join(vectorDir, name))) {
			t.Errorf("%s is not what go test -update writes", name)
		}
	}
}

// writeVectors makes the files anew. They depend on the keys of the tests alone.
func writeVectors(t *testing.T, dir string) {
	for name, file := range map[string]any{
		"log-valid.json": validVectors(t), "log-chain.json": chainVectors(t), "log-shape.json": shapeVectors(t),
		"log-parameters.json": parameterVectors(t), "log-keys.json": keyVectors(t), "log-identity.json": identityVectors(t),
		"log-witness.json": witnessVectors(t), "identifiers.json": idVectors(),
	} {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := enc.Encode(file); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// cases collects the vectors of one file.
type cases struct {
	t    *testing.T
	file vectorFile
}

const source = "did:webvh 1.0, "

// bad adds a log that breaks a rule in an entry.
func (c *cases) bad(name, clause string, rule webvh.Rule, entry int, f *forger) {
	c.bytes(name, clause, rule, entry, f.log(), f.witnessFile())
}

func (c *cases) bytes(name, clause string, rule webvh.Rule, entry int, log, witness string) {
	c.file.Cases = append(c.file.Cases, vector{
		Name: name, Source: source + clause, Log: log, Witness: witness, Now: day(100).Format(time.RFC3339),
		Expect: expect{Rule: rule, Entry: &entry},
	})
}

// good adds a log that is valid, with what it resolves to here.
func (c *cases) good(name, clause string, f *forger) {
	c.t.Helper()
	log, err := webvh.VerifyLog([]byte(f.log()), []byte(f.witnessFile()), day(100))
	if err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
	r := resolution(c.t, log)
	c.file.Cases = append(c.file.Cases, vector{
		Name: name, Source: source + clause, Log: f.log(), Witness: f.witnessFile(), Now: day(100).Format(time.RFC3339),
		Expect: expect{Resolution: &r},
	})
}

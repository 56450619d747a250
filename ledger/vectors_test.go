package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/vectors"
)

var update = flag.Bool("update", false, "write the vectors anew; never for a format that has been released")

// applyVectors is vectors/ledger/apply.json.
type applyVectors struct {
	Description string `json:"description"`
	Source      string `json:"source"`
	// Payloads are those of commands, by the first half of their SHA-256.
	Payloads map[string]json.RawMessage `json:"payloads"`
	Cases    []applyCase                `json:"cases"`
}

type applyCase struct {
	Name   string      `json:"name"`
	Before []applyStep `json:"before"`
	Step   applyStep   `json:"step"`
	Code   record.Code `json:"code"`
	Text   string      `json:"outcome"`
	Head   string      `json:"head,omitempty"`
	// Size and Root are of the ledger afterwards.
	Size record.Seq  `json:"size"`
	Root record.Hash `json:"root"`
}

type applyStep struct {
	Time    int64  `json:"unixMilli"`
	Payload string `json:"payload"`
}

func (v *applyVectors) step(e entry) applyStep {
	payload := e.cmds[0][33:]
	name := hex.EncodeToString(e.cmds[0][1:17])
	v.Payloads[name] = json.RawMessage(payload)
	return applyStep{Time: e.unixMilli, Payload: name}
}

// maxVectorPayload leaves the cases of sheer size to the tests.
const maxVectorPayload = 16 << 10

func makeApplyVectors(t *testing.T) *applyVectors {
	v := &applyVectors{
		Description: "Operations applied one by one to an empty ledger, each a consensus entry of its own at a time of the leader; the last one, step, has the outcome given, and leaves a ledger of that size and Merkle root. payloads are those of commands by the first 16 bytes of their SHA-256.",
		Source:      "made by go test ./ledger -update from fixed keys",
		Payloads:    make(map[string]json.RawMessage),
	}
	add := func(name string, f *fixture, op record.Op) {
		out := f.apply(op)[0]
		last := f.sent[len(f.sent)-1]
		if len(last.cmds[0]) > maxVectorPayload {
			return
		}
		c := applyCase{Name: name, Code: out.Code, Text: out.Code.String(), Head: out.Head, Step: v.step(last), Size: f.l.Size()}
		for _, e := range f.sent[:len(f.sent)-1] {
			c.Before = append(c.Before, v.step(e))
		}
		view := f.l.View()
		defer view.Close()
		c.Root = view.Root()
		v.Cases = append(v.Cases, c)
	}
	empty := emptyFixture(t)
	add("record 0", empty, empty.didOp(empty.registry))
	f := newFixture(t)
	owner := f.agent("owner")
	a := f.agent("a", string(owner.id()))
	a.update(webvh.UpdateOptions{}, "inbox")
	add("update of a DID", f, f.didOp(a))
	c := a.sign(a.credential("s"))
	add("credential by content", f, f.credentialOp(c, true))
	add("the same credential again", f, must(t)(record.NewDigestOp(record.CredentialDigest(c), a.id(), proofOf(c))))
	other := a.sign(a.credential("t"))
	add("credential by digest", f, must(t)(record.NewDigestOp(record.CredentialDigest(other), a.id(), proofOf(other))))
	add("entries in the issuer's lists", f, f.credentialOp(a.revocable("u", 5), false))
	add("suspension of an entry by itself", f, f.changeOp(a, string(a.id())+"/status-lists/suspension/0#6", record.Suspended))
	add("status list of an issuer's own", f, f.listOp(a, a.statusList(elsewhere("1"), "suspension", 3)))
	add("the next one, which takes a suspension back", f, f.listOp(a, a.statusList(elsewhere("1"), "suspension", 5)))
	s := newStranger(t, "stranger")
	add("observation", f, f.observationOp(f.seen(s), s.jsonl()))
	add("credential of an observed issuer", f, f.credentialOp(s.sign(s.credential("x")), false))
	fork := newStranger(t, "stranger")
	s.grow("a")
	add("observation of an update", f, f.observationOp(f.seen(s), s.jsonl()))
	fork.grow("b")
	add("observation of a rewritten history", f, f.observationOp(f.seen(fork), fork.jsonl()))
	add("observation of a did:web DID", f, f.observationOp(f.seenWeb("did:web:elsewhere.example", "a"), nil))
	add("observation of its change", f, f.observationOp(f.seenWeb("did:web:elsewhere.example", "b"), nil))
	add("presentation that a DID is linked to", f, f.whoisOp(a, a.presentation("s")))
	over := a.overRDF(a.rdfCredential("v"), did.AssertionMethod, epoch)
	add("credential with a proof over RDF", f, f.credentialOp(over, false))
	add("the same credential written otherwise", f, f.credentialOp(rewritten(over), false))
	add("suspension by a controller", f, f.changeOp(owner, string(a.id()), record.Suspended))
	f = newFixture(t)
	a = f.agent("a")
	whole := a.revocable("s", 5)
	f.accept(digestOp(t, whole))
	f.change(a, record.CredentialDigest(whole).String(), record.Suspended)
	add("content of a credential that was registered and suspended by its digest", f, f.credentialOp(whole, false))
	add("content to be published of one that was registered", f, f.credentialOp(whole, true))
	plain := a.overRDF(a.rdfCredential("t").
		With("credentialStatus", inList(ownList(a.id(), "revocation", 0), "revocation", 6)), did.AssertionMethod, epoch)
	add("entry whose list is written as an array, by a proof over RDF", f, f.credentialOp(arrayed(plain), false))
	add("the same written as usual", f, f.credentialOp(plain, false))
	add("revocation by the one digest", f, f.changeOp(a, record.CredentialDigest(arrayed(plain)).String(), record.Revoked))
	for _, test := range allRefusals() {
		f := newFixture(t)
		add(test.name, f, test.op(f))
	}
	return v
}

func writeVectors(t *testing.T, name string, v any) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("../vectors/ledger", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("../vectors/ledger", name), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readVectors(t *testing.T, name string, v any) {
	t.Helper()
	data, err := vectors.FS.ReadFile("ledger/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

// large are the codes of operations that are too large for a vector.
var large = map[record.Code]bool{record.RecordTooLarge: true, record.EntryTooLarge: true, record.StagingFull: true}

func TestApplyVectors(t *testing.T) {
	if *update {
		writeVectors(t, "apply.json", makeApplyVectors(t))
		t.Skip("written; run again to check them")
	}
	var v applyVectors
	readVectors(t, "apply.json", &v)
	seen := make(map[record.Code]bool)
	for _, c := range v.Cases {
		seen[c.Code] = true
		t.Run(c.Name, func(t *testing.T) {
			l := open(t, vfs.NewMem())
			defer closing(t, l)
			var out record.Outcome
			for i, step := range append(slices.Clone(c.Before), c.Step) {
				payload, err := jcs.Transform(v.Payloads[step.Payload])
				if err != nil {
					t.Fatal(err)
				}
				results, err := l.Apply(uint64(i+1), step.Time, [][]byte{command(payload)})
				if err != nil {
					t.Fatal(err)
				}
				if out, err = record.DecodeOutcome(results[0]); err != nil {
					t.Fatal(err)
				}
				if i < len(c.Before) && out.Code != record.Accepted {
					t.Fatalf("step %d: %s", i, out.Code)
				}
			}
			view := l.View()
			defer view.Close()
			if out.Code != c.Code || out.Code.String() != c.Text || out.Head != c.Head || view.Size() != c.Size || view.Root() != c.Root {
				t.Errorf("outcome %d %s, head %q, %d records, root %s; want %+v", out.Code, out.Code, out.Head, view.Size(), view.Root(), c)
			}
		})
	}
	for _, code := range record.Codes() {
		if !seen[code] && code != record.NotAdmitted && !large[code] {
			t.Errorf("no vector has the outcome %s", code)
		}
	}
}

// goldenVectors are vectors/ledger/golden.json: encodings that never change.
type goldenVectors struct {
	Description string            `json:"description"`
	Source      string            `json:"source"`
	Records     []goldenRecord    `json:"records"`
	Commands    []goldenCommand   `json:"commands"`
	Outcomes    []goldenOutcome   `json:"outcomes"`
	Codes       map[string]uint16 `json:"codes"`
	// Snapshot is of version 1, which is not written any more.
	Snapshot  goldenSnapshot `json:"snapshot"`
	Snapshot2 goldenSnapshot `json:"snapshot2"`
}

type goldenRecord struct {
	Seq   record.Seq  `json:"seq"`
	Bytes string      `json:"bytes"`
	Leaf  record.Hash `json:"leaf"`
	Root  record.Hash `json:"root"`
}

type goldenCommand struct {
	Hex    string      `json:"hex"`
	Op     string      `json:"op"`
	Digest record.Hash `json:"idempotencyKey"`
}

type goldenOutcome struct {
	Hex   string      `json:"hex"`
	Code  record.Code `json:"code"`
	Seq   record.Seq  `json:"seq"`
	Count int         `json:"count"`
	Time  string      `json:"time"`
	Leaf  record.Hash `json:"leaf"`
	Head  string      `json:"head,omitempty"`
}

type goldenSnapshot struct {
	Header string `json:"headerHex"`
	SHA256 string `json:"sha256"`
	Size   int    `json:"bytes"`
}

func makeGoldenVectors(t *testing.T) *goldenVectors {
	v := &goldenVectors{
		Description: "Encodings that never change: the records of a small ledger with their leaf hashes and the Merkle root after each, the commands they came from, outcomes, the numbers of codes, and the beginning of a snapshot.",
		Source:      "made by go test ./ledger -update from fixed keys",
		Codes:       make(map[string]uint16),
	}
	f := populated(t)
	view := f.l.View()
	defer view.Close()
	for seq, data := range view.Records(0, int(view.Size())) {
		root, err := view.RootAt(seq + 1)
		if err != nil {
			t.Fatal(err)
		}
		v.Records = append(v.Records, goldenRecord{seq, string(data), record.LeafHash(data), root})
	}
	for _, e := range f.sent {
		for _, cmd := range e.cmds {
			op, err := record.DecodeOp(cmd)
			if err != nil {
				t.Fatal(err)
			}
			v.Commands = append(v.Commands, goldenCommand{hex.EncodeToString(cmd), string(op.Name), op.Digest()})
		}
	}
	for _, out := range []record.Outcome{
		{},
		{Code: record.Accepted, Seq: 1234567890123, Count: 3, Time: 1767323045678, Leaf: record.LeafHash([]byte("record"))},
		{Code: record.StalePredecessor, Head: "2-QmExample"},
	} {
		v.Outcomes = append(v.Outcomes, goldenOutcome{
			hex.EncodeToString(out.Encode()), out.Code, out.Seq, out.Count, out.Time.String(), out.Leaf, out.Head,
		})
	}
	for _, c := range record.Codes() {
		v.Codes[c.String()] = uint16(c)
	}
	forgetTimes(t, f.l)
	v.Snapshot2 = goldenSnapshotOf(t, f.l)
	return v
}

func goldenSnapshotOf(t *testing.T, l *Ledger) goldenSnapshot {
	snapshot := snapshotOf(t, l)
	sum := sha256.Sum256(snapshot)
	headerLen := 14 + int(snapshot[12])<<8 + int(snapshot[13]) + 32
	return goldenSnapshot{hex.EncodeToString(snapshot[:headerLen]), hex.EncodeToString(sum[:]), len(snapshot)}
}

// stagingVectors are vectors/ledger/staging.json: how witness proofs that wait for their
// entries stand in a snapshot.
type stagingVectors struct {
	Description string         `json:"description"`
	Source      string         `json:"source"`
	Snapshot    goldenSnapshot `json:"snapshot"` // of version 1
	Snapshot2   goldenSnapshot `json:"snapshot2"`
}

func TestStagingGoldenBytes(t *testing.T) {
	f := populated(t)
	a := witnessed(f, "awaits", 1, "w1", "w2")
	f.accept(f.didOp(a, witnessItem(f, a.state.VersionID, "w1")))
	a.update(webvh.UpdateOptions{})
	f.accept(f.awaitedOp(a, "w1", "w2"))
	made := stagingVectors{
		Description: "The snapshot of a small ledger in which witness proofs are set aside: since when, for any DID, and for one that names the witness.",
		Source:      "made by go test ./ledger -update from fixed keys",
		Snapshot2:   goldenSnapshotOf(t, f.l),
	}
	var v stagingVectors
	readVectors(t, "staging.json", &v)
	made.Snapshot = v.Snapshot
	if *update {
		writeVectors(t, "staging.json", made)
		t.Skip("written; run again to check them")
	}
	notRestored(t, v.Snapshot)
	if v != made {
		t.Errorf("an encoding has changed: %+v, want %+v", made.Snapshot2, v.Snapshot2)
	}
	restores(t, f.l)
}

// notRestored: what earlier versions sent each other is told by its version.
func notRestored(t *testing.T, s goldenSnapshot) {
	t.Helper()
	header, err := hex.DecodeString(s.Header)
	if err != nil {
		t.Fatal(err)
	}
	if err := newFixture(t).l.RestoreSnapshot(bytes.NewReader(header), nil); err == nil || !strings.Contains(err.Error(), "format version 1") {
		t.Errorf("a snapshot of version 1: %v", err)
	}
}

func TestGoldenBytes(t *testing.T) {
	made := makeGoldenVectors(t)
	var v goldenVectors
	readVectors(t, "golden.json", &v)
	made.Snapshot = v.Snapshot
	if *update {
		writeVectors(t, "golden.json", made)
		t.Skip("written; run again to check them")
	}
	notRestored(t, v.Snapshot)
	want, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("an encoding has changed:\n%s\n%s", got, want)
	}
	for _, c := range v.Commands {
		cmd, err := hex.DecodeString(c.Hex)
		if err != nil {
			t.Fatal(err)
		}
		op, err := record.DecodeOp(cmd)
		if err != nil || string(op.Name) != c.Op || op.Digest() != c.Digest || !bytes.Equal(op.Encode(), cmd) {
			t.Errorf("command %.20s: %v", c.Hex, err)
		}
	}
	for _, o := range v.Outcomes {
		b, err := hex.DecodeString(o.Hex)
		if err != nil {
			t.Fatal(err)
		}
		out, err := record.DecodeOutcome(b)
		if err != nil || out.Code != o.Code || out.Seq != o.Seq || out.Count != o.Count || out.Time.String() != o.Time || out.Leaf != o.Leaf || out.Head != o.Head {
			t.Errorf("outcome %s: %+v, %v", o.Hex, out, err)
		}
	}
	for _, r := range v.Records {
		if _, err := record.Decode([]byte(r.Bytes)); err != nil || record.LeafHash([]byte(r.Bytes)) != r.Leaf {
			t.Errorf("record %d: %v", r.Seq, err)
		}
	}
}

package httpapi

import (
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// witnessFile approves versions by one witness.
func witnessFile(t *testing.T, n *testNode, witness multikey.PrivateKey, versions ...string) []byte {
	t.Helper()
	var proofs []webvh.WitnessProof
	for _, version := range versions {
		p, err := webvh.WitnessSign(version, n.now, witness)
		if err != nil {
			t.Fatal(err)
		}
		proofs = append(proofs, p)
	}
	return webvh.FormatWitnessFile(proofs).Canonical()
}

func namedBy(witness multikey.PrivateKey) webvh.Witness {
	return webvh.Witness{Threshold: 1, Witnesses: []webvh.WitnessID{{ID: "did:key:" + witness.Public().String()}}}
}

// One address took all the room there was for witness proofs, and others' were forgotten.
func TestOneAddressCannotFillTheRoomForProofs(t *testing.T) {
	n := startNode(t)
	witness, stranger := newKey(t), newKey(t)
	a := n.draft(webvh.CreateOptions{Witness: namedBy(witness)}, "agents", "a")
	stage := func(path string, file []byte) answer {
		return n.post(path+"/did-witness.json", api.TypeJSON, file)
	}
	if got := stage("/agents/a", witnessFile(t, n, witness, a.entry.VersionID)); got.status != http.StatusAccepted {
		t.Fatalf("%d %s", got.status, got.body)
	}
	versions := make([]string, maxStagedPerAddress-1)
	for i := range versions {
		versions[i] = "1-QmX" + strconv.Itoa(i)
	}
	if got := stage("/agents/x", witnessFile(t, n, stranger, versions...)); got.status != http.StatusAccepted {
		t.Fatalf("%d %s", got.status, got.body)
	}
	stage("/agents/x", witnessFile(t, n, stranger, "1-QmOneMore")).refused(api.RateLimited)
	stage("/agents/x", witnessFile(t, n, witness, versions[0])) // of one that is counted already
	if got := n.post(a.logPath(), api.TypeJSONLines, a.entry.Value.Canonical()); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var err error
	if a.state, err = webvh.Genesis(a.entry, mustProofs(t, witnessFile(t, n, witness, a.entry.VersionID)), webvh.Context{Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	next := a.update(webvh.UpdateOptions{}) // whose witness the DID names
	if got := stage("/agents/a", witnessFile(t, n, witness, next.VersionID)); got.status != http.StatusAccepted {
		t.Fatalf("of a named witness: %d %s", got.status, got.body)
	}
	if got := n.post(a.logPath(), api.TypeJSONLines, next.Value.Canonical()); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

func mustProofs(t *testing.T, file []byte) []webvh.WitnessProof {
	t.Helper()
	v, err := jcs.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := webvh.ParseWitnessFile(v)
	if err != nil {
		t.Fatal(err)
	}
	return proofs
}

// Strangers' proofs passed an allow-list that let nothing else of theirs in.
func TestAllowListHoldsForWitnessProofs(t *testing.T) {
	witness, stranger := newKey(t), newKey(t)
	list, err := admission.New(admission.Config{Mode: admission.AllowList, Controllers: []did.ID{"did:key:" + did.ID(witness.Public().String())}})
	if err != nil {
		t.Fatal(err)
	}
	n := startNode(t, func(c *Config) { c.Admission = list })
	n.post("/agents/x/did-witness.json", api.TypeJSON, witnessFile(t, n, stranger, "1-QmX")).refused(api.NotAdmitted)
	if got := n.post("/agents/x/did-witness.json", api.TypeJSON, witnessFile(t, n, witness, "1-QmX")); got.status != http.StatusAccepted {
		t.Errorf("a listed witness: %d %s", got.status, got.body)
	}
	bulk := n.post("/v1/records", api.TypeNDJSON, bulkBody(jcs.Object(
		jcs.Member{Name: "op", Value: jcs.FromString("witness")},
		jcs.Member{Name: "path", Value: jcs.FromString("agents/x")},
		jcs.Member{Name: "file", Value: mustDecode(t, witnessFile(t, n, stranger, "1-QmY"))},
	))).outcomes()
	if len(bulk) != 1 || bulk[0].Problem == nil || bulk[0].Problem.Code != api.NotAdmitted {
		t.Errorf("in bulk: %+v", bulk)
	}
}

func mustDecode(t *testing.T, text []byte) jcs.Value {
	t.Helper()
	v, err := jcs.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHoldings(t *testing.T) {
	s, now := newHoldings(maxStagedPerAddress, record.StagedLife), time.Unix(0, 0)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	come := map[string]bool{}
	waits := func(version string) bool { return !come[version] }
	for i := range maxStagedPerAddress {
		done, ok := s.take(a, []string{strconv.Itoa(i)}, now, waits)
		if !ok {
			t.Fatalf("version %d was refused", i)
		}
		done(i > 0)
	}
	if _, ok := s.take(a, []string{"x"}, now, waits); !ok {
		t.Error("what was not kept counts")
	}
	if _, ok := s.take(a, []string{"y"}, now, waits); ok {
		t.Error("one more than there may be")
	}
	if _, ok := s.take(b, []string{"y"}, now, waits); !ok {
		t.Error("another address pays")
	}
	come["1"], come["2"] = true, true
	if _, ok := s.take(a, []string{"y"}, now.Add(settled/2), waits); ok {
		t.Error("a node that has not seen the proofs yet takes their entries for come")
	}
	if _, ok := s.take(a, []string{"y", "z"}, now.Add(settled), waits); !ok {
		t.Error("those whose entries have come still count")
	}
	if _, ok := s.take(a, []string{"u"}, now.Add(record.StagedLife+settled), waits); !ok {
		t.Error("those whose time is over still count")
	}
	for i := range maxHolders + 10 {
		s.take(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), []string{"v"}, now, waits)
	}
	if len(s.by) != maxHolders || s.used.Len() != maxHolders {
		t.Errorf("%d addresses are remembered", len(s.by))
	}
}

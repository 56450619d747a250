package main

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/tabard-id/tabard"

// layers states what of ours each part of the tree may import, first match first. A part may always
// import its own tree. Tests are exempt: they may look down from anywhere.
var layers = []struct {
	tree    string
	allowed []string
	reason  string
}{
	{"did", nil, "identifiers, proofs and verdicts are a pure library anyone can embed"},
	{"vectors", nil, "vectors are data for every language"},
	{"consensus", nil, "consensus moves opaque commands: it must not know what they mean"},
	{"ledger", []string{"did"}, "the state machine is deterministic: nothing of network, clock or Raft may reach it"},
	{"node/api", []string{"did", "ledger/record"}, "wire types are shared with clients, who must not pull in the server"},
	{"node/client", []string{"node/api", "did", "ledger/record", "ledger/checkpoint"}, "the SDK verifies what it is told with the pure parts only"},
	{"node", []string{"did", "ledger", "consensus", "node"}, "a node is composed of everything below it"},
	{"cmd", []string{"node", "did", "ledger/record", "ledger/fsck", "vectors"}, "the command line is thin: what it does offline it does with the pure parts"},
}

// bans are packages that must not be reached from a package through our own code. What a library
// imports for itself (the storage engine draws random numbers for its skip lists) does not count.
var bans = []struct {
	pkg, banned, reason string
}{
	{"node/client", "github.com/hashicorp/raft", "an agent that embeds the SDK must not carry a consensus engine"},
	{"node/client", "github.com/cockroachdb/pebble/v2", "an agent that embeds the SDK must not carry a storage engine"},
	{"node/client", "go.etcd.io/bbolt", "an agent that embeds the SDK must not carry a storage engine"},
	{"did/dereference", "net/http", "where a DID URL leads is said, and not followed"},
	{"did/webvh", "net/http", "verification takes bytes and a time; fetching is somebody else's decision"},
	{"did/jsonld", "net/http", "contexts come from a fixed set; fetching one is never an option"},
	{"did/credential", "net/http", "verification takes bytes and a time; fetching is somebody else's decision"},
	{"ledger", "net/http", "Apply must not be able to reach the network"},
	{"ledger", "math/rand", "Apply must not be able to draw a random number"},
	{"consensus", module + "/ledger", "commands are opaque"},
}

func TestImportsGoOneWay(t *testing.T) {
	for pkg, imports := range directImports(t, "./...") {
		tree := strings.TrimPrefix(strings.TrimPrefix(pkg, module), "/")
		for _, layer := range layers {
			if !within(tree, layer.tree) {
				continue
			}
			for _, imp := range imports {
				ours, ok := strings.CutPrefix(imp, module+"/")
				if ok && !within(ours, layer.tree) && !allowed(ours, layer.allowed) {
					t.Errorf("%s imports %s: %s", tree, ours, layer.reason)
				}
			}
			break
		}
	}
}

func TestBannedDependencies(t *testing.T) {
	imports := directImports(t, "./...")
	for _, ban := range bans {
		t.Run(ban.pkg+" without "+ban.banned, func(t *testing.T) {
			if chain := findOurs(imports, module+"/"+ban.pkg, ban.banned); chain != "" {
				t.Errorf("%s: %s", chain, ban.reason)
			}
		})
	}
}

// findOurs walks the imports of pkg through our own packages and returns how banned is reached.
func findOurs(imports map[string][]string, pkg, banned string) string {
	type step struct{ pkg, chain string }
	seen := map[string]bool{}
	for queue := []step{{pkg, pkg}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, imp := range imports[at.pkg] {
			chain := at.chain + " -> " + imp
			if within(imp, banned) {
				return chain
			}
			if within(imp, module) && !seen[imp] {
				seen[imp] = true
				queue = append(queue, step{imp, chain})
			}
		}
	}
	return ""
}

func within(pkg, tree string) bool { return pkg == tree || strings.HasPrefix(pkg, tree+"/") }

func allowed(pkg string, trees []string) bool {
	for _, tree := range trees {
		if within(pkg, tree) {
			return true
		}
	}
	return false
}

// directImports lists what each of our packages imports outside its tests.
func directImports(t *testing.T, pattern string) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", pattern)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	imports := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		imports[fields[0]] = fields[1:]
	}
	if len(imports) < 10 {
		t.Fatalf("go list found %d packages only: this test would prove nothing", len(imports))
	}
	return imports
}

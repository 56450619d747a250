package httpapi

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
)

// Each entry goes to another node than the one before it, and is read at once where it was written:
// no node refuses, or answers, by a state older than what it was told.
func TestAnyNodeTakesTheNextEntry(t *testing.T) {
	nodes := startCluster(t, 3)
	a := nodes[0].register("agents", "roaming")
	for i := range 12 {
		a.n = nodes[(i+1)%len(nodes)]
		receipt := a.post(a.update(webvh.UpdateOptions{}))
		var res resolved
		a.n.get(identifiers+string(a.id)).json(http.StatusOK, &res)
		if res.DIDDocumentMetadata["versionId"] != a.state.VersionID {
			t.Fatalf("entry %d: the node that confirmed it resolves %v", a.state.Number, res.DIDDocumentMetadata["versionId"])
		}
		other := nodes[(i+2)%len(nodes)]
		for _, query := range []string{"?consistency=linearizable", "?min-seq=" + strconv.FormatUint(uint64(receipt.Seq), 10)} {
			other.get(identifiers+string(a.id)+query).json(http.StatusOK, &res)
			if res.DIDDocumentMetadata["versionId"] != a.state.VersionID {
				t.Fatalf("entry %d: another node with %s resolves %v", a.state.Number, query, res.DIDDocumentMetadata["versionId"])
			}
		}
	}
	// What depends on something just written elsewhere is not refused for coming too early.
	vc := a.issue("x")
	var receipt api.Receipt
	nodes[0].post("/v1/credentials", "application/json", registerBody(vc, false)).json(http.StatusCreated, &receipt)
	nodes[1].post("/v1/status", "application/json", a.change(receipt.Digest, "revoked", 1).Canonical()).json(http.StatusCreated, &receipt)
	for i, n := range nodes {
		n.post("/v1/status?", "application/json", a.change(receipt.Target, "active", 2).Canonical()).refused("final-status")
		var c api.Cluster
		n.get("/v1/cluster?consistency=linearizable").json(http.StatusOK, &c)
		if c.Root != nodes[0].root() || c.Size != 16 {
			t.Errorf("node %d has %d records and the root %s", i, c.Size, c.Root)
		}
	}
}

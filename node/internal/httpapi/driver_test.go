package httpapi

import (
	"net/http"
	"testing"

	"github.com/tabard-id/tabard/node/api"
)

// TestDriver asks what a Universal Resolver asks of a driver: methods, properties, and identifiers of
// each method, every one of which resolves when sent as that resolver sends it.
func TestDriver(t *testing.T) {
	n := startNode(t)
	var methods []string
	n.get("/1.0/methods").json(http.StatusOK, &methods)
	var properties map[string]map[string]any
	n.get("/1.0/properties").json(http.StatusOK, &properties)
	var ids map[string][]string
	n.get("/1.0/testIdentifiers").json(http.StatusOK, &ids)
	if len(methods) == 0 || len(ids) != len(methods) || properties["tabard"]["ledger"] != n.id {
		t.Fatalf("%v, %v, %v", methods, ids, properties)
	}
	for _, method := range methods {
		if properties[method]["specification"] == "" || len(ids[method]) == 0 {
			t.Errorf("%s: %v, %v", method, properties[method], ids[method])
		}
		for _, id := range ids[method] {
			var res resolved
			got := n.get(identifiers+id, "Accept", "application/did-resolution,application/did")
			got.json(http.StatusOK, &res)
			if res.DIDDocument["id"] != id || got.header.Get("Content-Type") != api.TypeDIDResolution {
				t.Errorf("%s: %s", id, got.body)
			}
		}
	}
	for _, path := range []string{"/1.0/methods", "/1.0/properties", "/1.0/testIdentifiers"} {
		if got := n.do(http.MethodPost, path, nil); got.status != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, got.status)
		}
		if got := n.get(path, "Origin", "https://app.example"); got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s is closed to browsers", path)
		}
	}
	n.get("/1.0/testIdentifiers?method=web").refused(api.InvalidParameter)
}

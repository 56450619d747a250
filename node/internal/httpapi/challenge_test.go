package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/challenge"
)

// TestChallengeOncePerCluster: one presentation was accepted once by each of three nodes.
func TestChallengeOncePerCluster(t *testing.T) {
	nodes := startCluster(t, 3)
	issuer, holder := nodes[0].register("issuers", "one"), nodes[0].register("agents", "holder")
	for i, at := range nodes {
		c := nodes[0].challenge()
		body := presentationBody(holder.present(c, "", issuer.issue("a")), `{"challenge":"`+c+`"}`)
		target := presentationPath + "?consistency=linearizable"
		at.judgedAt(target, http.StatusOK, body)
		for _, again := range nodes {
			v := again.judgedAt(target, http.StatusBadRequest, body)
			if len(v.Checks) != 1 || v.Checks[0].Code != "challenge-spent" {
				t.Errorf("taken by node %d first, then by %s: %+v", i+1, again.server.URL, v.Checks)
			}
		}
	}
}

// TestChallengeOfANodeThatIsAway: nobody else knows whether it was used, and the verdict says whom to ask.
func TestChallengeOfANodeThatIsAway(t *testing.T) {
	nodes := startCluster(t, 3)
	issuer, holder := nodes[0].register("issuers", "one"), nodes[0].register("agents", "holder")
	c := nodes[2].challenge()
	body := presentationBody(holder.present(c, "", issuer.issue("a")), `{"challenge":"`+c+`"}`)
	if err := nodes[2].raft.Close(); err != nil {
		t.Fatal(err)
	}
	v := nodes[0].judgedAt(presentationPath+"?consistency=linearizable", http.StatusBadRequest, body)
	if len(v.Checks) != 1 || v.Checks[0].Code != "challenge-unconfirmed" || !strings.Contains(v.Checks[0].Detail, "node n3") {
		t.Errorf("%+v", v.Checks)
	}
}

// TestPresentationThatFailsSparesTheChallenge: whoever saw a challenge could use it up with a
// presentation of any kind, and fill the node's memory of used ones for nothing.
func TestPresentationThatFailsSparesTheChallenge(t *testing.T) {
	n := startNode(t)
	issuer, holder := n.register("issuers", "one"), n.register("agents", "holder")
	c := n.challenge()
	options := `{"challenge":"` + c + `"}`
	good := holder.present(c, "", issuer.issue("a"))
	n.judged(http.StatusBadRequest, presentationBody(good.With("verifiableCredential", jcs.Array(issuer.issue("b"))), options))
	n.judged(http.StatusOK, presentationBody(good, options))
	if v := n.judged(http.StatusBadRequest, presentationBody(good, options)); v.Checks[0].Code != "challenge-spent" {
		t.Errorf("%+v", v.Checks)
	}
}

func TestChallengeOfAnotherCluster(t *testing.T) {
	n := startNode(t)
	issuer, holder := n.register("issuers", "one"), n.register("agents", "holder")
	other, err := challenge.New(challenge.Config{Node: "n1", Secret: []byte("another secret")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := other.Issue()
	if err != nil {
		t.Fatal(err)
	}
	v := n.judged(http.StatusBadRequest, presentationBody(holder.present(c, "", issuer.issue("a")), `{"challenge":"`+c+`"}`))
	if v.Checks[0].Code != "challenge-unknown" {
		t.Errorf("%+v", v.Checks)
	}
}

func TestChallengesDiffer(t *testing.T) {
	n := startNode(t)
	seen := map[string]bool{}
	for range 50 {
		var c api.Challenge
		got := n.post("/challenges", "application/json", nil)
		got.json(http.StatusOK, &c)
		if seen[c.Challenge] || len(c.Challenge) < 32 || got.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%q %v", c.Challenge, got.header)
		}
		seen[c.Challenge] = true
	}
	n.do(http.MethodPost, "/challenges", nil).json(http.StatusOK, new(api.Challenge)) // without a body or a type
	n.get("/challenges").refused(api.MethodNotAllowed)
	n.do(http.MethodPost, "/challenges?count=2", nil).refused(api.InvalidParameter)
}

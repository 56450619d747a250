package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// Every outcome of the ledger travels with a status of its own choosing, never as a bare 500.
func TestEveryOutcomeCodeHasAProblem(t *testing.T) {
	for _, code := range record.Codes() {
		if code == record.Accepted {
			continue
		}
		c := api.Code(code.String())
		if !c.Listed() {
			t.Errorf("%s has no problem", c)
		} else if s := c.Status(); s < 400 || s > 499 {
			t.Errorf("%s travels with %d: a refusal is the requester's to mend", c, s)
		}
	}
}

func TestProblemDocument(t *testing.T) {
	p := api.NewProblem(api.StalePredecessor, "entry 3 follows 2-a").Refused()
	p.Head = "2-b"
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"type":"https://tabard.id/problems/stale-predecessor","title":"The entry does not follow the head",` +
		`"status":409,"detail":"entry 3 follows 2-a","code":"stale-predecessor","outcome":"not-applied","head":"2-b"}`
	if string(body) != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	back := api.ReadProblem(http.StatusConflict, body)
	if *back != *p {
		t.Errorf("read back as %+v", back)
	}
}

func TestOutcomes(t *testing.T) {
	if p := api.NewProblem(api.OutcomeUnknown, "").Refused(); p.Outcome != api.Unknown || !p.Retryable {
		t.Errorf("an unknown outcome became %q", p.Outcome)
	}
	if p := api.NewProblem(api.NoLeader, "").Refused(); p.Outcome != api.NotApplied || !p.Retryable || p.RetryAfter == 0 {
		t.Errorf("no leader: %+v", p)
	}
	if p := api.NewProblem("no-such-code", ""); p.Code != api.Internal || p.Status != http.StatusInternalServerError {
		t.Errorf("an unlisted code became %+v", p)
	}
}

func TestReadWhatIsNoProblem(t *testing.T) {
	for _, body := range []string{"", "<html>bad gateway</html>", `{"error":"x"}`, `[1]`} {
		if p := api.ReadProblem(http.StatusBadGateway, []byte(body)); p.Code != api.Unexpected || p.Status != http.StatusBadGateway {
			t.Errorf("%q became %+v", body, p)
		}
	}
}

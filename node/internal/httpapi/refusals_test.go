package httpapi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/vectors"
)

type refusalVector struct {
	Name    string
	Request struct {
		Method, Target string
		Headers        map[string]string
		Body           *string
		Repeat         *struct {
			Before, Middle, After string
			Times                 int
		}
	}
	Response struct {
		Status               int
		Code, Error, Outcome string
		Verdict              string // code of a row of the verdict
	}
}

func TestRefusalVectors(t *testing.T) {
	var file struct{ Cases []refusalVector }
	if err := json.Unmarshal(readVectors(t, "http/refusals.json"), &file); err != nil {
		t.Fatal(err)
	}
	n := startNode(t)
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			n := n.within(t)
			n.unchanged(func() { n.checkRefusal(c) })
		})
	}
}

func readVectors(t testing.TB, name string) []byte {
	t.Helper()
	data, err := vectors.FS.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (n *testNode) checkRefusal(c refusalVector) answer {
	n.t.Helper()
	var header []string
	for name, value := range c.Request.Headers {
		header = append(header, name, value)
	}
	body := ""
	if c.Request.Body != nil {
		body = *c.Request.Body
	} else if r := c.Request.Repeat; r != nil {
		body = strings.Repeat(r.Before, r.Times) + r.Middle + strings.Repeat(r.After, r.Times)
	}
	got := n.do(c.Request.Method, c.Request.Target, strings.NewReader(body), header...)
	if got.status != c.Response.Status {
		n.t.Errorf("status %d, want %d: %s", got.status, c.Response.Status, got.body)
	}
	if c.Response.Code != "" {
		if p := got.refused(api.Code(c.Response.Code)); p.Outcome != c.Response.Outcome {
			n.t.Errorf("outcome %q, want %q", p.Outcome, c.Response.Outcome)
		}
		return got
	}
	if c.Response.Verdict != "" {
		return got
	}
	var result struct {
		DIDDocument           json.RawMessage
		DIDResolutionMetadata struct{ Error struct{ Type string } }
	}
	got.json(c.Response.Status, &result)
	if result.DIDResolutionMetadata.Error.Type != c.Response.Error || string(result.DIDDocument) != "null" {
		n.t.Errorf("want %s, got %s", c.Response.Error, got.body)
	}
	return got
}

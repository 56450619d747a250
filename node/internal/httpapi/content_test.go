package httpapi

import (
	"net/http"
	"testing"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// issueAs issues what issue does, with other members.
func (a *agent) issueAs(members ...jcs.Member) jcs.Value {
	vc := a.issue("x").Without("proof")
	for _, m := range members {
		vc = vc.With(m.Name, m.Value)
	}
	return a.sign(vc)
}

func decoded(t *testing.T, text string) jcs.Value {
	t.Helper()
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSchemaFromTheLedger has a credential point to a schema that its issuer published here.
func TestSchemaFromTheLedger(t *testing.T) {
	n := startNode(t)
	issuer := n.register("issuers", "acme")
	holder := issuer.issueAs(
		jcs.Member{Name: "type", Value: decoded(t, `["VerifiableCredential","JsonSchemaCredential"]`)},
		jcs.Member{Name: "credentialSubject", Value: decoded(t, `{"type":"JsonSchema","jsonSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema",
			"type":"object","properties":{"name":{"const":"permit"}}}}`)},
		jcs.Member{Name: "credentialSchema", Value: decoded(t, `{"id":"https://www.w3.org/ns/credentials/json-schema/v2.json","type":"JsonSchema",
			"digestSRI":"sha384-S57yQDg1MTzF56Oi9DbSQ14u7jBy0RDdx0YbeV7shwhCS88G8SCXeFq82PafhCrW"}`)},
	)
	digest := record.CredentialDigest(holder).String()
	url := "https://" + testDomain + credentialsPath + digest
	of := func(name, schema string) jcs.Value {
		return issuer.issueAs(jcs.Member{Name: "name", Value: jcs.FromString(name)},
			jcs.Member{Name: "credentialSchema", Value: decoded(t, `{"id":"`+schema+`","type":"JsonSchemaCredential"}`)})
	}
	row := func(vc jcs.Value, status int) credential.Check {
		t.Helper()
		v := n.verdict(status, vc)
		row, _ := v.Check(credential.CheckSchema)
		return row
	}
	if got := row(of("permit", url), http.StatusBadRequest); got.Code != credential.CodeSchemaUnavailable {
		t.Errorf("before it is published: %+v", got)
	}
	n.get("/v1/credentials/"+digest, "Accept", api.TypeCredential).refused(api.NotFound)
	n.post("/v1/credentials", "application/json", registerBody(holder, true)).json(http.StatusCreated, &api.Receipt{})

	if got := row(of("permit", url), http.StatusOK); got.Outcome != credential.Passed {
		t.Errorf("fits: %+v", got)
	}
	if got := row(of("passport", url), http.StatusBadRequest); got.Outcome != credential.Failed {
		t.Errorf("does not fit: %+v", got)
	}
	for _, other := range []string{
		"https://elsewhere.example/v1/credentials/" + digest, url + "?a=b", "https://" + testDomain + "/v1/credentials/zz",
		"https://" + testDomain + "/v1/records/1",
	} {
		if got := row(of("permit", other), http.StatusBadRequest); got.Outcome != credential.Failed {
			t.Errorf("%s: %+v", other, got)
		}
	}

	for accept, want := range map[string]string{
		api.TypeCredential:                              api.TypeCredential,
		api.TypeCredential + ", */*;q=0.1":              api.TypeCredential,
		api.TypeCredential + ";q=0.5, application/json": api.TypeJSON,
		"*/*": api.TypeJSON,
	} {
		got := n.get("/v1/credentials/"+digest, "Accept", accept)
		if got.status != http.StatusOK || got.header.Get("Content-Type") != want {
			t.Errorf("Accept %s: %d %s", accept, got.status, got.header.Get("Content-Type"))
		}
		if want == api.TypeCredential && string(got.body) != string(holder.Canonical()) {
			t.Errorf("Accept %s: %s", accept, got.body)
		}
	}
}

package httpapi

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/node/api"
)

// token secures a document as a JWT of that type.
func (a *agent) token(typ, cty string, doc jcs.Value) string {
	a.n.t.Helper()
	text, err := jose.Sign(jcs.Object(
		jcs.Member{Name: "kid", Value: jcs.FromString(string(a.id) + "#key-1")},
		jcs.Member{Name: "typ", Value: jcs.FromString(typ)},
		jcs.Member{Name: "cty", Value: jcs.FromString(cty)},
	), doc.Canonical(), a.key)
	if err != nil {
		a.n.t.Fatal(err)
	}
	return text
}

func enveloped(kind, media, token string) jcs.Value {
	return jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.FromString(credential.ContextV2)},
		jcs.Member{Name: "id", Value: jcs.FromString("data:" + media + "," + token)},
		jcs.Member{Name: "type", Value: jcs.FromString(kind)},
	)
}

// TestEveryWayToSendAToken: a token means the same as a string, in an envelope and as a body of its own.
func TestEveryWayToSendAToken(t *testing.T) {
	n := startNode(t)
	issuer, holder := n.register("issuers", "one"), n.register("agents", "holder")
	vc := issuer.token("vc+jwt", "vc", issuer.issue("x").Without("proof"))
	inside := enveloped(credential.EnvelopedCredential, "application/vc+jwt", vc)
	vp := holder.token("vp+jwt", "vp", holder.unsigned(inside))
	broken := func(token string) string {
		dot := strings.LastIndexByte(token, '.')
		return token[:dot+1] + flip(token[dot+1:])
	}
	send := func(path, name string, value jcs.Value) answer {
		return n.post(path, "application/json", jcs.Object(jcs.Member{Name: name, Value: value}).Canonical())
	}
	for _, c := range []struct {
		name   string
		got    answer
		status int
	}{
		{"credential as a string", send(verifyPath, "verifiableCredential", jcs.FromString(vc)), http.StatusOK},
		{"credential in an envelope", send(verifyPath, "verifiableCredential", inside), http.StatusOK},
		{"credential as a body", n.post(verifyPath, "application/vc+jwt", []byte(vc)), http.StatusOK},
		{"credential as a body with a line end", n.post(verifyPath, "application/vc+jwt", []byte(vc+"\r\n")), http.StatusOK},
		{"presentation as a string", send(presentationPath, "verifiablePresentation", jcs.FromString(vp)), http.StatusOK},
		{"presentation as a body", n.post(presentationPath, "application/vp+jwt", []byte(vp)), http.StatusOK},
		{"broken credential as a string", send(verifyPath, "verifiableCredential", jcs.FromString(broken(vc))), http.StatusBadRequest},
		{"broken credential as a body", n.post(verifyPath, "application/vc+jwt", []byte(broken(vc))), http.StatusBadRequest},
		{"broken presentation as a body", n.post(presentationPath, "application/vp+jwt", []byte(broken(vp))), http.StatusBadRequest},
		{"presentation for a credential", n.post(verifyPath, "application/vp+jwt", []byte(vp)), http.StatusBadRequest},
		{"credential for a presentation", n.post(presentationPath, "application/vc+jwt", []byte(vc)), http.StatusBadRequest},
		{"presentation under a credential's type", n.post(verifyPath, "application/vc+jwt", []byte(vp)), http.StatusBadRequest},
		{"credential under a type of COSE", n.post(verifyPath, "application/vc+cose", []byte(vc)), http.StatusBadRequest},
		{"credential of somebody else", n.post(verifyPath, "application/vc+jwt", []byte(holder.token("vc+jwt", "vc", issuer.issue("x").Without("proof")))), http.StatusBadRequest},
		{"envelope that is not of data", send(verifyPath, "verifiableCredential", inside.With("id", jcs.FromString("https://vc.example/1"))), http.StatusBadRequest},
		{"envelope in base64 that says it is none", send(verifyPath, "verifiableCredential",
			inside.With("id", jcs.FromString("data:application/vc+jwt,"+base64.StdEncoding.EncodeToString([]byte(vc))))), http.StatusBadRequest},
	} {
		c.got.t = t
		var v api.Verification
		c.got.json(c.status, &v)
		if v.Verified != (c.status == http.StatusOK) {
			t.Errorf("%s: %s", c.name, c.got.body)
		}
	}
}

func flip(s string) string {
	if s[3] == 'A' {
		return s[:3] + "B" + s[4:]
	}
	return s[:3] + "A" + s[4:]
}

// TestUnsupportedMediaTypeListsWhatIsTaken: the forms of a credential as well as JSON.
func TestUnsupportedMediaTypeListsWhatIsTaken(t *testing.T) {
	n := startNode(t)
	for path, want := range map[string]string{
		verifyPath:       `content type "application/dc+sd-jwt": want ` + strings.Join(append(slices.Clone(jsonTypes), securedTypes...), ", "),
		presentationPath: `content type "application/dc+sd-jwt": want ` + strings.Join(append(slices.Clone(vpTypes), securedTypes...), ", "),
		credentialsPath:  `content type "application/dc+sd-jwt": want application/json, `,
	} {
		problem := n.post(strings.TrimSuffix(path, "/"), "application/dc+sd-jwt", []byte("a.b.c~")).refused(api.UnsupportedMediaType)
		if !strings.Contains(problem.Detail, want) {
			t.Errorf("%s: %s", path, problem.Detail)
		}
	}
}

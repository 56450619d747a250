package httpapi

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
)

// readSecured reads a body that is a token or COSE message, and puts it into the envelope that says of
// which type it is (VC Data Model 2.0, "Enveloped Verifiable Credentials").
func readSecured(w *reply, r *http.Request, media string) (jcs.Value, error) {
	if err := checkType(r, securedTypes); err != nil {
		return jcs.Value{}, err
	}
	body, err := readBody(w, r, api.MaxBody)
	if err != nil {
		return jcs.Value{}, err
	}
	kind := credential.EnvelopedCredential
	if strings.HasPrefix(media, "application/vp+") {
		kind = credential.EnvelopedPresentation
	}
	url := "data:" + media
	if strings.HasSuffix(media, "+cose") {
		url += ";base64," + base64.StdEncoding.EncodeToString(body)
	} else {
		text := strings.TrimRight(string(body), "\r\n")
		if strings.Trim(text, tokenCharacters) != "" {
			return jcs.Value{}, api.NewProblem(api.Malformed, "the body is not a compact token")
		}
		url += "," + text
	}
	return jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString(credential.ContextV2))},
		jcs.Member{Name: "id", Value: jcs.FromString(url)},
		jcs.Member{Name: "type", Value: jcs.Array(jcs.FromString(kind))},
	), nil
}

// tokenCharacters are those of compact JWS, with the tilde of SD-JWT.
const tokenCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"

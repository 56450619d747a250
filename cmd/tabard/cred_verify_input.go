package main

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
)

// secured is something to verify: an object, or a string that is a compact token.
type secured struct {
	value        jcs.Value
	presentation bool
}

// readSecured reads a file or standard input: JSON, a compact token, or a COSE message.
func readSecured(c *cli.Context, path string) (secured, error) {
	var data []byte
	var err error
	if path == "-" {
		data, err = readAll(c.App.Reader, "standard input", maxCredentialBytes)
	} else {
		data, err = readBounded(path, maxCredentialBytes)
	}
	if err != nil {
		return secured{}, usage("%w", err)
	}
	text := bytes.TrimSpace(data)
	switch {
	case len(text) > 0 && strings.Trim(string(text), tokenCharacters) == "":
		return secured{jcs.FromString(string(text)), tokenPresents(text)}, nil
	case len(data) > 0 && data[0]&0xe0 >= 0x80: // a CBOR array or tag, and no JSON
		return coseEnvelope(data, c.Bool("presentation")), nil
	}
	v, err := decodeInput(path, data)
	if err != nil {
		return secured{}, err
	}
	if v.IsString() {
		token, _ := v.Str()
		return secured{v, tokenPresents([]byte(token))}, nil
	}
	if !v.IsObject() {
		return secured{}, fail(exitInvalid, "%s: neither a JSON object nor a token", path)
	}
	return secured{v, hasType(v, "VerifiablePresentation") || hasType(v, credential.EnvelopedPresentation)}, nil
}

// tokenCharacters are those of compact JWS, with the tilde of SD-JWT.
const tokenCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"

// tokenPresents reports whether a token says that it is a presentation. One that cannot be read is
// left to the verdict.
func tokenPresents(text []byte) bool {
	issued, _, _ := bytes.Cut(text, []byte("~"))
	token, err := jose.Parse(issued)
	if err != nil {
		return false
	}
	payload, err := jcs.Decode(token.Payload)
	return err == nil && hasType(payload, "VerifiablePresentation")
}

// coseEnvelope puts a COSE message into JSON (VC Data Model 2.0, 4.12.2).
func coseEnvelope(data []byte, presentation bool) secured {
	kind, media := credential.EnvelopedCredential, "application/vc+cose"
	if presentation {
		kind, media = credential.EnvelopedPresentation, "application/vp+cose"
	}
	return secured{jcs.Object(
		jcs.Member{Name: "@context", Value: texts(credential.ContextV2)},
		jcs.Member{Name: "id", Value: jcs.FromString("data:" + media + ";base64," + base64.StdEncoding.EncodeToString(data))},
		jcs.Member{Name: "type", Value: texts(kind)},
	), presentation}
}

func hasType(v jcs.Value, want string) bool {
	types, _ := v.Get("type")
	if name, ok := types.Str(); ok {
		return name == want
	}
	for t := range types.Elems() {
		if name, _ := t.Str(); name == want {
			return true
		}
	}
	return false
}

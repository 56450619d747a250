package credential

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
)

// Media types of secured credentials and presentations (Securing Verifiable
// Credentials using JOSE and COSE 1.0, 6.1).
const (
	MediaCredentialJWT     = "application/vc+jwt"
	MediaCredentialSDJWT   = "application/vc+sd-jwt"
	MediaCredentialCOSE    = "application/vc+cose"
	MediaPresentationJWT   = "application/vp+jwt"
	MediaPresentationSDJWT = "application/vp+sd-jwt"
	MediaPresentationCOSE  = "application/vp+cose"
)

// kind is what a token is to hold.
type kind string

const (
	credentialKind   kind = "vc"
	presentationKind kind = "vp"
	anyKind          kind = ""
)

// openEnvelope takes the credential or presentation out of its envelope: an object
// with a data: URL, or a string that is a compact token.
func openEnvelope(doc jcs.Value) (jcs.Value, securing, error) {
	if text, isString := doc.Str(); isString {
		return opened(openText(anyKind, []byte(text)))
	}
	wanted, k := EnvelopedCredential, credentialKind
	if types, err := typesOf(doc, "type"); err == nil && types[0] == EnvelopedPresentation {
		wanted, k = EnvelopedPresentation, presentationKind
	}
	if err := checkEnvelope(doc, wanted, ""); err != nil {
		return jcs.Value{}, nil, err
	}
	for name := range doc.Members() {
		if name != "@context" && name != "id" && name != "type" {
			return jcs.Value{}, nil, malformed(name, "an envelope says nothing of its own")
		}
	}
	id, _ := doc.GetString("id")
	media, data, err := readDataURL(id)
	if err != nil {
		return jcs.Value{}, nil, err
	}
	if !strings.HasPrefix(media, "application/"+string(k)+"+") {
		return jcs.Value{}, nil, malformed("id", media+" in an "+wanted)
	}
	return opened(openMedia(media, data))
}

// openText tells the two compact serialisations apart.
func openText(k kind, text []byte) (*sealed, error) {
	for _, c := range text {
		if c == '~' {
			return openSDJWT(k, text)
		}
	}
	return openJWT(k, text)
}

// openMedia opens a token of that media type, which is in lower case and without
// parameters.
func openMedia(media string, data []byte) (*sealed, error) {
	switch media {
	case MediaCredentialJWT:
		return openJWT(credentialKind, data)
	case MediaPresentationJWT:
		return openJWT(presentationKind, data)
	case "application/jwt":
		return openJWT(anyKind, data)
	case MediaCredentialSDJWT:
		return openSDJWT(credentialKind, data)
	case MediaPresentationSDJWT:
		return openSDJWT(presentationKind, data)
	case "application/sd-jwt":
		return openSDJWT(anyKind, data)
	case MediaCredentialCOSE:
		return openCOSE(credentialKind, data)
	case MediaPresentationCOSE:
		return openCOSE(presentationKind, data)
	case "application/cose":
		return openCOSE(anyKind, data)
	default:
		return nil, &checkError{code: CodeProofUnsupported, typ: ParsingError, detail: "media type " + cut(media)}
	}
}

// opened is what open returns of a token.
func opened(s *sealed, err error) (jcs.Value, securing, error) {
	if err != nil {
		return jcs.Value{}, nil, err
	}
	return s.document, s, nil
}

// readDataURL reads a data: URL (RFC 2397), whose media type it returns in lower
// case and without parameters.
func readDataURL(u string) (media string, data []byte, err error) {
	if len(u) > jose.MaxToken*2 {
		return "", nil, malformed("id", "too large")
	}
	_, rest, _ := strings.Cut(u, ":")
	head, body, _ := strings.Cut(rest, ",")
	media, parameters, _ := strings.Cut(head, ";")
	text, unescapeErr := url.PathUnescape(body)
	if unescapeErr != nil {
		return "", nil, malformed("id", "not a data: URL")
	}
	media = strings.ToLower(strings.TrimSpace(media))
	inBase64 := strings.EqualFold(parameters[strings.LastIndexByte(parameters, ';')+1:], "base64")
	switch {
	case inBase64:
		data, err = decodeBase64(text)
	case strings.HasSuffix(media, "+cose"):
		err = malformed("id", "COSE without base64")
	default:
		data = []byte(text)
	}
	return media, data, err
}

// decodeBase64 reads base64 with its padding or without, but in no other spelling.
func decodeBase64(text string) ([]byte, error) {
	encoding := base64.StdEncoding
	if len(text)%4 != 0 {
		encoding = base64.RawStdEncoding
	}
	data, err := encoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, malformed("id", "not base64")
	}
	return data, nil
}

// cut shortens what a stranger has written to what a detail can show: most of a media
// type, all of most DID URLs.
func cut(s string) string {
	if len(s) > 256 {
		return strings.ToValidUTF8(s[:256], "") + "…"
	}
	return s
}

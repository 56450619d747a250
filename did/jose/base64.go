package jose

import "encoding/base64"

var strict64 = base64.RawURLEncoding.Strict()

// Encode64 returns base64url without padding (RFC 7515, 2).
func Encode64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// Decode64 reads base64url as Encode64 writes it: no padding, no line breaks, no
// bit that does not count. Every other spelling is refused.
func Decode64(text []byte) ([]byte, bool) {
	for _, c := range text {
		if !isBase64URL(c) {
			return nil, false
		}
	}
	data := make([]byte, strict64.DecodedLen(len(text)))
	n, err := strict64.Decode(data, text)
	return data[:n], err == nil
}

func isBase64URL(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

package agent

import (
	"mime"
	"strconv"
	"strings"
)

// listMedia is the media type that a list goes out as: application/vc, or the JSON that
// it is under the name that an Accept header prefers. A client that takes neither gets
// the list all the same.
func listMedia(accept []string) string {
	best, weight := "application/vc", 0.0
	for item := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		media, attrs, err := mime.ParseMediaType(item)
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := attrs["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil || !(q >= 0 && q <= 1) {
				continue
			}
		}
		switch media {
		case "*/*", "application/*":
			media = "application/vc"
		case "application/vc", "application/json", "application/ld+json", "application/vc+ld+json":
		default:
			continue
		}
		if q > weight {
			best, weight = media, q
		}
	}
	return best
}

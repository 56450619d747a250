package httpapi

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/tabard-id/tabard/node/api"
)

// Bodies are compressed from minCompressed bytes on, below which they cost no more round trips than compressed ones
// (RFC 6928 lets a new connection send 14,600 bytes at once), and up to maxCompressed, which takes a few milliseconds.
const (
	minCompressed = 4 << 10
	maxCompressed = 1 << 20
)

// compressing holds half of the processors' number of places. Who finds none free sends the body as it is: what
// clients ask to have compressed takes no more time from others than that.
var compressing = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))

var compressors = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

// compressible reports whether a body of that type is compressed for who asks for it, and says so in Vary. JSON that
// is whole is; streams, pages of lines and logs go out as they are.
func compressible(h http.Header, contentType string, body []byte) bool {
	if len(body) < minCompressed || len(body) > maxCompressed || !isJSON(contentType) {
		return false
	}
	if vary := h[keyVary]; len(vary) == 0 {
		h[keyVary] = valueAcceptEncoding
	} else {
		h[keyVary] = []string{vary[0] + ", Accept-Encoding"}
	}
	return true
}

// encode returns the body to send, compressed if the client asks for it, and sets the header fields that tell:
// Content-Encoding, Content-Length, and a weak entity tag, for other bytes that mean the same.
func encode(h http.Header, r *http.Request, body []byte) []byte {
	if !acceptsGzip(r.Header["Accept-Encoding"]) {
		return body
	}
	select {
	case compressing <- struct{}{}:
		defer func() { <-compressing }()
	default:
		return body
	}
	packed := compressed(body)
	if len(packed) >= len(body) {
		return body
	}
	h[keyEncoding] = valueGzip
	if tag := h[keyETag]; len(tag) == 1 && !strings.HasPrefix(tag[0], "W/") {
		h[keyETag] = []string{"W/" + tag[0]}
	}
	h[keyLength] = []string{strconv.Itoa(len(packed))}
	return packed
}

// wholeJSON are the types of JSON whose names do not say so.
var wholeJSON = map[string]bool{
	api.TypeJSON: true, api.TypeDID: true, api.TypeDIDResolution: true, api.TypeDIDDereference: true, api.TypeCredential: true,
	"application/vp": true,
}

func compressed(body []byte) []byte {
	var b bytes.Buffer
	w := compressors.Get().(*gzip.Writer)
	defer compressors.Put(w)
	w.Reset(&b)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// isJSON reports whether a content type is of JSON in one piece.
func isJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.TrimSpace(media)
	return strings.HasSuffix(media, "+json") || wholeJSON[media]
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3). Gzip has to be named, or be meant by "*", with a weight above
// zero and not below that of identity.
func acceptsGzip(headers []string) bool {
	named, identity, others := -1.0, -1.0, -1.0
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			coding, parameters, _ := strings.Cut(item, ";")
			weight, ok := weightOf(parameters)
			if !ok {
				continue
			}
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				named = max(named, weight)
			case "identity":
				identity = max(identity, weight)
			case "*":
				others = max(others, weight)
			}
		}
	}
	if named < 0 {
		named = others
	}
	return named > 0 && named >= identity
}

// weightOf reads the weight of an item of a list, q=0 to q=1 (RFC 9110, 12.4.2); it is 1 where none is given.
func weightOf(parameters string) (weight float64, ok bool) {
	text := strings.TrimSpace(parameters)
	if text == "" {
		return 1, true
	}
	name, value, found := strings.Cut(text, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 0, false
	}
	value = strings.TrimSpace(value)
	if value == "" || len(value) > 5 || strings.Trim(value, "0123456789.") != "" {
		return 0, false
	}
	weight, err := strconv.ParseFloat(value, 64)
	return weight, err == nil && weight <= 1
}

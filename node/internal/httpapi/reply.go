package httpapi

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// reply is a ResponseWriter that remembers what it sent. It lives for one request.
type reply struct {
	http.ResponseWriter
	status  int
	written int64
	code    api.Code // of the problem it carried, if any

	held     holding       // of the request's body
	patience time.Duration // with its sender
	cut      bool          // it began, and cannot be completed
}

var replies = sync.Pool{New: func() any { return new(reply) }}

func newReply(w http.ResponseWriter) *reply {
	rep := replies.Get().(*reply)
	*rep = reply{ResponseWriter: w}
	return rep
}

func (w *reply) release() {
	*w = reply{}
	replies.Put(w)
}

func (w *reply) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *reply) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.written += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *reply) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Header values that are the same on many replies, shared so that setting them costs no allocation.
// net/http only reads them.
var (
	valueAnyOrigin      = []string{"*"}
	valueExposed        = []string{"ETag, Location, Retry-After, " + api.HeaderSeq + ", " + api.HeaderAge + ", " + api.HeaderCursor}
	valueAccept         = []string{"Accept"}
	valueGzip           = []string{"gzip"}
	valueNoCache        = []string{"no-cache"}
	valueNoStore        = []string{"no-store"}
	valueAcceptEncoding = []string{"Accept-Encoding"}
	valueImmutable      = []string{"public, max-age=31536000, immutable"}
)

// Header keys in canonical form.
const (
	keyAnyOrigin    = "Access-Control-Allow-Origin"
	keyExposed      = "Access-Control-Expose-Headers"
	keyCacheControl = "Cache-Control"
	keyType         = "Content-Type"
	keyLength       = "Content-Length"
	keyEncoding     = "Content-Encoding"
	keyETag         = "Etag"
	keyLocation     = "Location"
	keyAge          = "Age"
	keyVary         = "Vary"
	keyRetryAfter   = "Retry-After"
)

// send writes a whole body. HEAD gets its headers and nothing else.
func (w *reply) send(r *http.Request, status int, contentType string, body []byte) error {
	h := w.Header()
	h[keyType] = []string{contentType}
	h[keyLength] = []string{strconv.Itoa(len(body))}
	if compressible(h, contentType, body) {
		body = encode(h, r, body)
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return sent(err)
}

// allowAnyOrigin lets scripts of any origin read the reply: nothing here depends on who asks.
func allowAnyOrigin(h http.Header, r *http.Request) {
	h[keyAnyOrigin] = valueAnyOrigin
	if r.Header["Origin"] != nil {
		h[keyExposed] = valueExposed
	}
}

// preflight answers OPTIONS. Browsers get what is read; on a route that writes, or that is closed to
// them, they are not granted the content type that a write needs.
func preflight(w *reply, rt route) {
	h := w.Header()
	if rt.cors {
		h[keyAnyOrigin] = valueAnyOrigin
		h.Set("Access-Control-Max-Age", "86400")
		methods, headers := rt.methods.allow(), "Accept, Content-Type, If-None-Match"
		if rt.methods.posts == admission.Write {
			methods, headers = "GET, HEAD", "Accept, If-None-Match"
		}
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", headers)
	}
	w.WriteHeader(http.StatusNoContent)
}

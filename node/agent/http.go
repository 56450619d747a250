package agent

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

// maxBody bounds a request.
const maxBody = 1 << 20

// handler answers a request with a status and a body to be encoded as JSON.
type handler func(a *Agent, r *http.Request) (status int, body any, err error)

// document is a body that has a media type of its own.
type document struct {
	mediaType string
	content   []byte
}

// maxRequests bounds the requests of either kind under way, each of which may hold a body,
// a core for a second, or wait for another host.
const maxRequests = 64

// places bound how many requests are under way at once.
type places chan struct{}

// take takes a place; ok is false if there is none.
func (p places) take() (leave func(), ok bool) {
	if p == nil {
		return func() {}, true
	}
	select {
	case p <- struct{}{}:
		return func() { <-p }, true
	default:
		return nil, false
	}
}

// serve answers with what handle says, in one of those places and in bounded time.
func (a *Agent) serve(handle handler, in places) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave, ok := in.take()
		if !ok {
			p := api.NewProblem(api.Overloaded, "too many requests are under way")
			a.reply(w, r, p.Status, p)
			return
		}
		defer leave()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		ctx, stop := context.WithTimeout(withSession(r.Context()), a.Timeout)
		defer stop()
		r = r.WithContext(ctx)
		status, body, err := handle(a, r)
		if err != nil {
			status, body = a.refusal(r, err)
		}
		a.reply(w, r, status, body)
	})
}

func (a *Agent) reply(w http.ResponseWriter, r *http.Request, status int, body any) {
	doc, ok := body.(document)
	if !ok {
		text, err := json.Marshal(body)
		if err != nil { // cannot be: what is encoded here was decoded before
			a.Logger.Error("encoding a reply", "error", err)
			status, text = http.StatusInternalServerError, []byte(`{}`)
		}
		doc = document{"application/json", append(text, '\n')}
		if _, isProblem := body.(*api.Problem); isProblem {
			doc.mediaType = api.TypeProblem
		}
	}
	h := w.Header()
	h.Set("Content-Type", doc.mediaType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if _, err := w.Write(doc.content); err != nil {
		a.Logger.Debug("reply cut short", "path", r.URL.Path, "error", err)
	}
}

// refusal maps errors to problems. What is not the caller's to mend is logged and
// not told.
func (a *Agent) refusal(r *http.Request, err error) (int, *api.Problem) {
	var p *api.Problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &tooLarge):
		p = api.Problemf(api.BodyTooLarge, "at most %d bytes", tooLarge.Limit)
	case errors.Is(err, errNoKey):
		p = api.NewProblem(api.NotFound, err.Error())
	case errors.Is(err, client.ErrMismatch):
		p = api.NewProblem(api.ForeignInvalid, err.Error())
		p.Status = http.StatusBadGateway
	case errors.Is(err, client.ErrUnreachable), errors.Is(err, context.DeadlineExceeded):
		p = api.NewProblem(api.NoLeader, "the registry does not answer: "+err.Error())
	case errors.Is(err, errJournal): // how, is for those who run the agent
		a.Logger.Error("request failed", "path", r.URL.Path, "error", err)
		p = api.NewProblem(api.Internal, errJournal.Error())
	default:
		a.Logger.Error("request failed", "path", r.URL.Path, "error", err)
		p = api.NewProblem(api.Internal, "")
	}
	return p.Status, p
}

func malformed(format string, args ...any) error { return api.Problemf(api.Malformed, format, args...) }

// readObject reads the JSON object that every POST has.
func readObject(r *http.Request) (jcs.Value, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return jcs.Value{}, err
	}
	v, err := jcs.Decode(body)
	if err != nil {
		return jcs.Value{}, malformed("%v", err)
	}
	if !v.IsObject() {
		return jcs.Value{}, malformed("want a JSON object")
	}
	return v, nil
}

// guard lets through whom the agent serves. A web page that has its visitor's
// browser send requests to the agent fails three times: it names another origin,
// cannot set a JSON content type without asking first, and has no token; one whose
// host name was made to point here (DNS rebinding) fails at the name.
func (a *Agent) guard(next http.Handler) http.Handler {
	hosts := allowedHosts(append([]string{a.BaseURL}, a.Hosts...))
	want := sha256.Sum256([]byte(a.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p *api.Problem
		switch {
		case !slices.Contains(hosts, hostOnly(r.Host)):
			p = api.Problemf(denied, "this agent does not go by the name of %.100q", r.Host)
		case r.Header.Get("Origin") != "" && !a.public(r):
			p = api.NewProblem(denied, "this agent serves no web pages")
		case !a.public(r) && a.Token != "" && !bearer(r, want):
			p = api.NewProblem(denied, "show the agent's token: Authorization: Bearer …")
			p.Status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", "Bearer")
		case r.Method == http.MethodPost && !isJSON(r.Header.Get("Content-Type")):
			p = api.Problemf(api.UnsupportedMediaType, "content type %.64q: want application/json, or another that ends in +json", r.Header.Get("Content-Type"))
		}
		if p != nil {
			a.reply(w, r, p.Status, p)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// denied is the code of callers the agent does not serve.
const denied = api.NotAdmitted

// public are the routes that whoever verifies a credential must reach.
func (a *Agent) public(r *http.Request) bool {
	return r.Method == http.MethodGet && (strings.HasPrefix(r.URL.Path, "/status-lists/") || r.URL.Path == "/healthz")
}

func bearer(r *http.Request, want [sha256.Size]byte) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	got := sha256.Sum256([]byte(token))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func isJSON(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == "application/json" || strings.HasSuffix(mediaType, "+json"))
}

// allowedHosts are the names of base URLs and of loopback.
func allowedHosts(names []string) []string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	for _, name := range names {
		if u, err := url.Parse(name); err == nil && u.Hostname() != "" {
			name = u.Hostname()
		}
		hosts = append(hosts, strings.ToLower(name))
	}
	return hosts
}

func hostOnly(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	return strings.ToLower(host)
}

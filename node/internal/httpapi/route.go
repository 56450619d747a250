package httpapi

import (
	"net/http"
	"strings"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/internal/admission"
)

type handler func(s *server, w *reply, r *http.Request, rt route) error

// route is what a path leads to. rest is the part of the path that varies, as it was sent.
type route struct {
	name    string // of the metrics and the log: few and constant
	rest    string
	methods *methods
	cors    bool // browsers of any origin may use it
	always  bool // it answers whatever is wrong with the ledger, of which it says nothing
}

// methods are the handlers of a route. Whoever serves GET serves HEAD. posts is the class of POST:
// on a route of class Write it is an operation on the ledger, whose refusal states that nothing was
// applied.
type methods struct {
	get, post handler
	posts     admission.Class
}

func (m *methods) class(method string) admission.Class {
	if method == http.MethodPost {
		return m.posts
	}
	return admission.Read
}

// operates reports whether a request on rt is an operation on the ledger.
func (rt route) operates(r *http.Request) bool {
	return rt.methods != nil && r.Method == http.MethodPost && rt.methods.posts == admission.Write
}

func (m *methods) handler(method string) handler {
	switch method {
	case http.MethodGet, http.MethodHead:
		return m.get
	case http.MethodPost:
		return m.post
	}
	return nil
}

func (m *methods) allow() string {
	switch {
	case m.post == nil:
		return "GET, HEAD, OPTIONS"
	case m.get == nil:
		return "POST, OPTIONS"
	}
	return "GET, HEAD, POST, OPTIONS"
}

// rawPath is the path as it stands in the request line.
func rawPath(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		path, _, _ := strings.Cut(r.RequestURI, "?")
		return path
	}
	return r.URL.EscapedPath() // absolute form, or a request that no server read
}

const (
	identifiersPrefix = "/1.0/identifiers/"
	verifyPath        = "/credentials/verify"
	presentationPath  = "/presentations/verify"
	readyRoute        = "/readyz"
)

var (
	identifierMethods = &methods{get: (*server).getIdentifier, post: (*server).postIdentifier}
	credentialMethods = &methods{get: (*server).getCredential}
	recordMethods     = &methods{get: (*server).getRecord}
	statusMethods     = &methods{get: (*server).getStatus}
	listMethods       = &methods{get: (*server).getStatusList}
	logMethods        = &methods{get: (*server).getLog, post: (*server).postLog, posts: admission.Write}
	webMethods        = &methods{get: (*server).getWeb}
	whoisMethods      = &methods{get: (*server).getWhois, post: (*server).postWhois, posts: admission.Write}
	observedMethods   = &methods{get: (*server).getObservations}
	forgetMethods     = &methods{post: (*server).postWatchedDelete, posts: admission.Verify}
	witnessMethods    = &methods{get: (*server).getWitness, post: (*server).postWitness, posts: admission.Write}
)

// fixed are the routes without a part that varies.
var fixed = map[string]route{
	"/1.0/methods":         {methods: &methods{get: (*server).getMethods}, cors: true},
	"/1.0/properties":      {methods: &methods{get: (*server).getProperties}, cors: true},
	"/1.0/testIdentifiers": {methods: &methods{get: (*server).getTestIdentifiers}, cors: true},
	"/v1/credentials":      {methods: &methods{post: (*server).postCredential, posts: admission.Write}},
	"/v1/status-lists":     {methods: &methods{get: (*server).getIssuedList, post: (*server).postStatusList, posts: admission.Write}, cors: true},
	"/v1/status":           {methods: &methods{post: (*server).postStatus, posts: admission.Write}},
	"/v1/records":          {methods: &methods{get: (*server).getRecords, post: (*server).postRecords, posts: admission.Write}, cors: true},
	"/v1/observations":     {methods: &methods{post: (*server).postObservation, posts: admission.Write}},
	"/v1/witness":          {methods: &methods{get: (*server).getWitnessing, post: (*server).postWitnessing, posts: admission.Verify}},

	watcherPath + "/log":             {methods: &methods{get: (*server).getWatchedLog, post: (*server).postWatchedLog, posts: admission.Write}, cors: true},
	watcherPath + "/log/delete":      {methods: forgetMethods},
	watcherPath + "/witness":         {methods: &methods{get: (*server).getWatchedWitness}, cors: true},
	watcherPath + "/resource":        {methods: &methods{get: (*server).getWatchedResource, post: (*server).postWatchedResource, posts: admission.Verify}, cors: true},
	watcherPath + "/resource/delete": {methods: forgetMethods},

	"/v1/cluster":    {methods: &methods{get: (*server).getCluster}, cors: true, always: true},
	"/v1/stream":     {methods: &methods{get: (*server).getStream}},
	verifyPath:       {methods: &methods{post: (*server).postVerify, posts: admission.Verify}, cors: true},
	presentationPath: {methods: &methods{post: (*server).postVerifyPresentation, posts: admission.Verify}, cors: true},
	"/challenges":    {methods: &methods{post: (*server).postChallenge, posts: admission.Verify}, cors: true},
	"/healthz":       {methods: &methods{get: (*server).getHealth}, always: true},
	readyRoute:       {methods: &methods{get: (*server).getReady}, always: true},
	"/metrics":       {methods: &methods{get: (*server).getMetrics}, always: true},
}

// prefixed are the routes that end in something that varies, without a slash in it but for
// identifiers and status lists.
var prefixed = []struct {
	prefix string
	route  route
}{
	{identifiersPrefix, route{name: identifiersPrefix + "{did}", methods: identifierMethods, cors: true}},
	{"/v1/credentials/", route{name: "/v1/credentials/{digest}", methods: credentialMethods, cors: true}},
	{record.ListPath, route{name: record.ListPath + "{issuer}/{purpose}/{n}", methods: listMethods, cors: true}},
	{"/v1/status/", route{name: "/v1/status/{target}", methods: statusMethods, cors: true}},
	{"/v1/observations/", route{name: "/v1/observations/{did}", methods: observedMethods, cors: true}},
	{"/v1/records/", route{name: "/v1/records/{seq}", methods: recordMethods, cors: true}},
}

// hosted are the files of a DID's folder.
var hosted = map[string]route{
	"did.jsonl":        {name: "/{path}/did.jsonl", methods: logMethods, cors: true},
	"did.json":         {name: "/{path}/did.json", methods: webMethods, cors: true},
	"whois.vp":         {name: "/{path}/whois.vp", methods: whoisMethods, cors: true},
	"did-witness.json": {name: "/{path}/did-witness.json", methods: witnessMethods, cors: true},
}

// route finds what a path leads to; a route without methods is none.
func (s *server) route(path string) route {
	for i := range prefixed {
		rest, ok := strings.CutPrefix(path, prefixed[i].prefix)
		if ok && (rest != "" || i == 0) { // no identifier is an invalid one
			rt := prefixed[i].route
			rt.rest = rest
			return rt
		}
	}
	if rt, ok := fixed[path]; ok {
		rt.name = path
		if path == "/v1/stream" && s.Stream == nil {
			return route{name: "none"}
		}
		return rt
	}
	slash := strings.LastIndexByte(path, '/')
	if rt, ok := hosted[path[slash+1:]]; ok {
		rt.rest = path[:slash]
		return rt
	}
	return route{name: "none"}
}

package dereference

import (
	"net/url"
	"strings"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/web"
)

// methodWebVH is the method whose documents have services that nobody wrote.
const methodWebVH = "webvh"

// endpoints are the URLs of services: endpoints that are strings, alone or in a
// list; maps are skipped. Each is followed by the relativeRef (RFC 3986, 5), and
// inherits the DID URL's fragment.
func (r *Request) endpoints(services []did.Service) ([]string, error) {
	var urls []string
	for _, service := range services {
		for _, text := range texts(service.Endpoint) {
			target, ok, err := r.endpoint(text)
			if err != nil {
				return nil, err
			}
			if ok {
				urls = append(urls, target)
			}
		}
	}
	if len(urls) == 0 {
		return nil, notFound("no selected service has an endpoint that is a URL")
	}
	return urls, nil
}

// endpoint is what one endpoint leads to; false if it is no URL, or nothing can be
// relative to it.
func (r *Request) endpoint(text string) (string, bool, error) {
	base := split(text)
	if base.scheme == "" || !validURI(text) {
		return "", false, nil
	}
	if r.RelativeRef != "" {
		if !base.hasAuthority || base.authority == "" {
			return "", false, nil
		}
		base = resolve(base, split(r.RelativeRef))
	}
	if r.URL.Fragment != "" {
		if base.hasFragment {
			return "", false, invalidURL("the service's endpoint has a fragment already")
		}
		base.fragment, base.hasFragment = r.URL.Fragment, true
	}
	return base.String(), true, nil
}

// texts are the strings of an endpoint.
func texts(endpoint jcs.Value) []string {
	if s, ok := endpoint.Str(); ok {
		return []string{s}
	}
	var list []string
	for item := range endpoint.Elems() {
		if s, ok := item.Str(); ok {
			list = append(list, s)
		}
	}
	return list
}

// path gives a DID URL's path the meaning it has in did:webvh ("DID URL Resolution"),
// and in a did:web document that has the same services: /whois is the endpoint of the
// service #whois, any other path is appended to that of #files.
func (r *Request) path(doc *did.Document) (Result, error) {
	if err := checkPath(r.URL.Path); err != nil {
		return Result{}, err
	}
	method := doc.ID().Method()
	if method != methodWebVH && method != web.Method {
		return Result{}, notFound("did:" + method + " gives paths no meaning")
	}
	full, err := implicit(doc)
	if err != nil {
		return Result{}, err
	}
	name := "files"
	if r.URL.Path == "/whois" {
		name = "whois"
	}
	for _, service := range full.Services() {
		if service.ID == string(doc.ID())+"#"+name {
			return r.below(service, name == "files")
		}
	}
	return Result{}, notFound("the document has no service #" + name)
}

// below is where a path leads at a service.
func (r *Request) below(service did.Service, appended bool) (Result, error) {
	var urls []string
	for _, text := range texts(service.Endpoint) {
		base := split(text)
		if !validURI(text) || !isWeb(base) {
			return Result{}, &did.Error{Code: did.InvalidDID, Detail: "the service's endpoint is not of the web"}
		}
		if appended {
			if base.hasQuery || base.hasFragment {
				return Result{}, invalidURL("a path cannot be appended to the service's endpoint")
			}
			base.path = strings.TrimSuffix(base.path, "/") + r.URL.Path
		}
		if r.URL.Fragment != "" {
			if base.hasFragment {
				return Result{}, invalidURL("the service's endpoint has a fragment already")
			}
			base.fragment, base.hasFragment = r.URL.Fragment, true
		}
		urls = append(urls, base.String())
	}
	if len(urls) == 0 {
		return Result{}, notFound("the service has no endpoint that is a URL")
	}
	return Result{URLs: urls}, nil
}

func isWeb(r reference) bool {
	return (strings.EqualFold(r.scheme, "https") || strings.EqualFold(r.scheme, "http")) && r.authority != ""
}

// checkPath refuses a path that would leave the folder of its DID, in whatever
// disguise a server may undo.
func checkPath(path string) error {
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return invalidURL("the path is not percent-encoded well")
	}
	if strings.ContainsAny(decoded, "\\\x00") || strings.Contains(decoded, "//") {
		return invalidURL("the path has a segment that is empty, or a backslash")
	}
	for segment := range strings.SplitSeq(decoded, "/") {
		if again, err := url.PathUnescape(segment); err == nil {
			segment = again // encoded twice
		}
		if name, _, _ := strings.Cut(segment, ";"); name == "." || name == ".." {
			return invalidURL("the path leaves the folder of its DID")
		}
	}
	return nil
}

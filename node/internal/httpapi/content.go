package httpapi

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

// credentialsPath is where registered credentials are.
const credentialsPath = "/v1/credentials/"

// prefersCredential reports whether an Accept header gives the credential itself more weight than
// what the registry says of it.
func prefersCredential(headers []string) bool {
	var itself, other float64
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			media, attrs, err := mime.ParseMediaType(item)
			weight, valid := 1.0, true
			if q, ok := attrs["q"]; ok {
				weight, valid = qvalue(q)
			}
			switch {
			case err != nil || !valid:
			case media == api.TypeCredential:
				itself = max(itself, weight)
			case media == api.TypeJSON || media == "application/*" || media == "*/*":
				other = max(other, weight)
			}
		}
	}
	return itself > 0 && itself >= other
}

// sendContent answers with the credential alone, so that its URL can stand where others fetch it: as
// the id of a credentialSchema, for one. What a digest names never changes.
func (s *server) sendContent(w *reply, r *http.Request, info ledger.CredentialInfo) error {
	if info.Content == nil {
		return api.NewProblem(api.NotFound, "the credential is registered, but its content is not published")
	}
	val := &cached{status: http.StatusOK, media: api.TypeCredential, body: info.Content, vary: valueAccept}
	val.finish(valueNoCache)
	return s.sendValue(w, r, val)
}

// schemas finds JSON Schemas: in the ledger, where their URL is that of a credential published there,
// else elsewhere, if other hosts are asked.
type schemas struct {
	view      *ledger.View
	elsewhere credential.Schemas
}

var (
	errNotPublished = errors.New("the registry holds no credential of that digest whose content is published")
	errNotAsked     = errors.New("other hosts are not asked for schemas here")
)

// Schema implements credential.Schemas.
func (s schemas) Schema(ctx context.Context, address string) ([]byte, error) {
	digest, ours, err := ownCredential(address, s.view.Domain())
	switch {
	case err != nil:
		return nil, err
	case ours:
		info, ok, err := s.view.Credential(digest)
		if err != nil {
			return nil, err
		}
		if !ok || info.Content == nil {
			return nil, errNotPublished
		}
		return info.Content, nil
	case s.elsewhere == nil:
		return nil, errNotAsked
	}
	return s.elsewhere.Schema(ctx, address)
}

// ownCredential reads the URL of a credential of this registry; ours is false for other URLs.
func ownCredential(address, domain string) (digest record.Hash, ours bool, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return digest, false, fmt.Errorf("schema: %w", err)
	}
	text, ok := strings.CutPrefix(u.EscapedPath(), credentialsPath)
	if !ok || domain == "" || u.Host != domain || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
		return digest, false, nil
	}
	digest, err = record.ParseHash(text)
	return digest, true, err
}

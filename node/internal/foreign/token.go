package foreign

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

var (
	tokenTypes = []string{statuslist.MediaJWT, statuslist.MediaCWT}
	// otherTokenTypes are what servers say of JWTs, CWTs and plain files.
	otherTokenTypes = []string{"application/jwt", "application/cwt", "application/cose", "application/jose", "text/plain",
		"application/octet-stream", "binary/octet-stream", ""}
)

var tokenForm = listForm{"token", tokenTypes, otherTokenTypes, readToken, (*Resolver).keepToken}

// TokenStatusList implements credential.TokenLists. A past time is asked for with the
// parameter time (IETF Token Status List, 8.4). As with other lists, whether the token
// is what it should be is for the verifier to judge.
func (r *Resolver) TokenStatusList(ctx context.Context, uri string, at time.Time) (credential.ListDocument, error) {
	asked, err := timedURL(uri, at, "time", strconv.FormatInt(at.Unix(), 10))
	if err != nil {
		return credential.ListDocument{}, err
	}
	return r.list(ctx, asked, tokenForm)
}

// readToken makes sure that it is a token of one form or the other, whatever its host
// calls it.
func readToken(body []byte) (credential.ListDocument, error) {
	if _, err := statuslist.OpenToken(body); err != nil {
		body = bytes.TrimSpace(body)
		if _, err := statuslist.OpenToken(body); err != nil {
			return credential.ListDocument{}, fmt.Errorf("neither a JWT nor a CWT of a status list: %w", err)
		}
	}
	return credential.ListDocument{Token: string(body)}, nil
}

// keepToken is how long a token is reused: as its ttl says, or else HTTP, but not beyond
// its expiry (8.2).
func (r *Resolver) keepToken(list credential.ListDocument, resp *fetch.Response) time.Duration {
	var claims statuslist.Claims
	opened, err := statuslist.OpenToken([]byte(list.Token))
	if err == nil {
		claims, err = opened.Times()
	}
	if err != nil {
		return r.cfg.MinAge
	}
	keep := r.keep(r.stated(resp), r.cfg.ListAge)
	if claims.TTL > 0 {
		keep = r.keepTTL(claims.TTL)
	}
	if !claims.ExpiresAt.IsZero() {
		keep = min(keep, max(0, claims.ExpiresAt.Sub(resp.Fetched)))
	}
	return keep
}

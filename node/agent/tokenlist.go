package agent

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did/credential"
)

// errNoTokens: neither the agent nor whom it was given to ask has any.
var errNoTokens = errors.New("this agent knows no such status list token")

var _ credential.TokenLists = ownLists{}

// TokenStatusList implements credential.TokenLists. The agent's own lists are no tokens.
func (o ownLists) TokenStatusList(ctx context.Context, uri string, at time.Time) (credential.ListDocument, error) {
	tokens, ok := o.a.Lists.(credential.TokenLists)
	if !ok || strings.HasPrefix(uri, o.a.BaseURL+"/") {
		return credential.ListDocument{}, errNoTokens
	}
	return tokens.TokenStatusList(ctx, uri, at)
}

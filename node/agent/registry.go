package agent

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

// Registry is what the agent asks of a registry; *client.Client is one.
type Registry interface {
	RegisterCredential(ctx context.Context, vc jcs.Value, publish bool) (api.Receipt, error)
	ChangeStatus(ctx context.Context, change jcs.Value) (api.Receipt, error)
	Cluster(ctx context.Context) (api.Cluster, error)
	StatusList(ctx context.Context, listURL string, opts ...client.ReadOption) (*statuslist.List, error)
}

// home is what never changes of a registry, once it has said so.
type home struct {
	mu           sync.Mutex
	ledger, base string
}

// registryHome returns the registry's ledger and the URL below which its status
// lists live.
func (a *Agent) registryHome(ctx context.Context) (ledger, base string, err error) {
	a.home.mu.Lock()
	defer a.home.mu.Unlock()
	if a.home.ledger != "" {
		return a.home.ledger, a.home.base, nil
	}
	cluster, err := a.Registry.Cluster(ctx)
	if err != nil {
		return "", "", fmt.Errorf("ask the registry: %w", err)
	}
	if cluster.Ledger == "" || cluster.Domain == "" {
		return "", "", api.NewProblem(api.NoLeader, "the registry has no ledger yet")
	}
	a.home.ledger, a.home.base = cluster.Ledger, a.RegistryScheme+"://"+cluster.Domain+"/v1/status-lists/"
	return a.home.ledger, a.home.base, nil
}

// registryList asks the registry for a list that it makes itself; ok is false for
// any other URL. That the registry's node signed it has been checked, and that the
// list is the registry's is checked here: whoever trusts the registry trusts its bits.
func (a *Agent) registryList(ctx context.Context, url string) (doc credential.ListDocument, ok bool, err error) {
	if a.Registry == nil {
		return doc, false, nil
	}
	ledger, base, err := a.registryHome(ctx)
	if err != nil || !strings.HasPrefix(url, base) {
		return doc, err != nil, err
	}
	list, err := a.Registry.StatusList(ctx, url)
	if err != nil {
		return doc, true, err
	}
	if !strings.HasPrefix(list.Issuer, "did:webvh:"+ledger+":") {
		return doc, false, nil
	}
	return credential.ListDocument{Own: true, List: list, FetchedAt: a.Now()}, true, nil
}

// askTimeout bounds one question to the registry during a verification.
const askTimeout = 5 * time.Second

// registryStatus asks a registry for statuses, one question each.
type registryStatus struct{ client *client.Client }

// RegistryStatus makes a registry's answers a verifier's source of status. A
// registry that cannot be reached is an error, which fails the check.
func RegistryStatus(c *client.Client) credential.StatusSource { return registryStatus{c} }

func (s registryStatus) CredentialStatus(digest [32]byte, issuer did.ID) (credential.StatusInfo, bool, error) {
	ctx, stop := context.WithTimeout(context.Background(), askTimeout)
	defer stop()
	return statusInfo(s.client.CredentialStatus(ctx, hex.EncodeToString(digest[:]), issuer))
}

// CredentialByGraph implements credential.GraphSource.
func (s registryStatus) CredentialByGraph(graph [32]byte, issuer did.ID) (digest [32]byte, ok bool, err error) {
	ctx, stop := context.WithTimeout(context.Background(), askTimeout)
	defer stop()
	got, err := s.client.StatusByGraph(ctx, hex.EncodeToString(graph[:]), issuer)
	if _, known, err := statusInfo(got, err); err != nil || !known {
		return digest, false, err
	}
	text, err := hex.DecodeString(got.Digest)
	if err != nil || len(text) != len(digest) {
		return digest, false, errors.New("the registry names a credential by what is no digest")
	}
	return [32]byte(text), true, nil
}

var _ credential.GraphSource = registryStatus{}

// DIDStatus asks only about DIDs that a registry can have a status of.
func (s registryStatus) DIDStatus(id did.ID) (credential.StatusInfo, bool, error) {
	ctx, stop := context.WithTimeout(context.Background(), askTimeout)
	defer stop()
	return statusInfo(s.client.Status(ctx, string(id)))
}

func statusInfo(got api.Status, err error) (credential.StatusInfo, bool, error) {
	var p *client.Problem
	if errors.As(err, &p) && p.Code == "unknown-target" {
		return credential.StatusInfo{}, false, nil
	}
	if err != nil {
		return credential.StatusInfo{}, false, err
	}
	info := credential.StatusInfo{Status: got.Status, Reason: got.Reason}
	for text, field := range map[string]*time.Time{got.Since: &info.Since, got.InvalidFrom: &info.InvalidFrom} {
		if text == "" {
			continue
		}
		if *field, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return credential.StatusInfo{}, false, err
		}
	}
	return info, true, nil
}

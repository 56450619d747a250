package agent

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

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

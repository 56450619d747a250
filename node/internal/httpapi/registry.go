package httpapi

import (
	"context"
	"errors"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/internal/admission"
)

// registry answers what admission asks, from one state.
type registry struct {
	*ledger.View
	now time.Time
}

var _ admission.Registry = registry{}

// Keys implements admission.Registry.
func (g registry) Keys(ctx context.Context, id did.ID) ([]string, error) {
	res, err := g.Resolve(ctx, id, did.Options{})
	if did.CodeOf(err) == did.InternalError {
		return nil, err
	}
	if err != nil || res.Document == nil {
		return nil, nil
	}
	if active, err := g.active(id); err != nil || !active {
		return nil, err
	}
	var keys []string
	for _, vm := range res.Document.VerificationMethods() {
		if vm.KeyErr == nil {
			keys = append(keys, vm.Key.String())
		}
	}
	update, err := g.updateKeys(id)
	return append(keys, update...), err
}

// updateKeys are those that may sign the next entry of a log; none if only their hashes are known: the
// keys that the log names then are spent.
func (g registry) updateKeys(id did.ID) ([]string, error) {
	parsed, err := webvh.ParseID(id)
	if err != nil {
		return nil, nil // of a method without update keys
	}
	state, _, err := g.Head(parsed.SCID)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil
	}
	if err != nil || state.DID != id || len(state.NextKeyHashes) > 0 {
		return nil, err
	}
	return state.UpdateKeys, nil
}

// Registered implements admission.Registry.
func (g registry) Registered(ctx context.Context, digest record.Hash) (did.ID, []string, bool, error) {
	info, found, err := g.Credential(digest)
	if err != nil || !found {
		return "", nil, false, err
	}
	body, err := record.ParseCredentialBody(info.Body)
	if err != nil {
		return "", nil, false, err
	}
	if !body.Confirms() || !inPeriod(body, g.now) {
		return "", nil, false, nil
	}
	entry, known, err := g.CredentialStatusEntry(digest, body.Issuer)
	if err != nil || !known || entry.Status != credential.Active {
		return "", nil, false, err
	}
	keys, err := g.Keys(ctx, body.Issuer)
	return body.Issuer, body.Subjects, err == nil && len(keys) > 0, err
}

func (g registry) active(id did.ID) (bool, error) {
	entry, known, err := g.DIDStatusEntry(id)
	return err == nil && (!known || entry.Status == credential.Active), err
}

// inPeriod reports whether a credential is valid now, or will be in a moment: its issuer's clock is
// another. A time that cannot be read is not in its favour.
func inPeriod(body record.CredentialBody, now time.Time) bool {
	const skew = time.Minute
	from, err := timeOr(body.ValidFrom, now)
	if err != nil {
		return false
	}
	until, err := timeOr(body.ValidUntil, now.Add(skew))
	return err == nil && !from.After(now.Add(skew)) && until.After(now)
}

func timeOr(text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	return time.Parse(time.RFC3339, text)
}

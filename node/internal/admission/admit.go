package admission

import (
	"context"
	"slices"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/ledger/record"
)

// A Claim names whom a write speaks for. Its proofs have been checked, or will be before it counts.
type Claim struct {
	// Subject is the DID that is created or changed, the issuer of a credential, or the signer of a
	// status change.
	Subject did.ID

	// What follows is of DIDs only.

	// Keys are the update keys that signed, as Multikeys.
	Keys []string
	// Controllers are those that the DID's document names: a claim, until Registration confirms one.
	Controllers []did.ID
	// Registration is the digest of a registered AgentRegistrationCredential, nil if none is named.
	Registration *record.Hash
}

// Registry is what a policy asks of the ledger.
type Registry interface {
	// Resolve speaks for what is registered, and for self-certifying DIDs.
	did.Resolver
	// Keys are the Multikeys that speak for a registered DID: those in its document, and those that may
	// sign the next entry of its log, if that is known. None if the DID is not registered, deactivated,
	// suspended or revoked.
	Keys(ctx context.Context, id did.ID) ([]string, error)
	// Registered returns who issued a registered AgentRegistrationCredential, and about whom. ok is false
	// unless the registry has seen its content and both it and its issuer are in force.
	Registered(ctx context.Context, digest record.Hash) (issuer did.ID, subjects []string, ok bool, err error)
}

// AdmitsContent reports whether the registry may be asked to keep and serve a credential's content.
func (p *Policy) AdmitsContent() bool { return !p.cfg.NoContent }

// Admits reports whether the policy lets a write through: in open mode always; with an allow-list if
// its subject is listed or registered here, if a key of a listed controller signed it, or if a listed
// controller has confirmed that the DID is of an agent of its own.
func (p *Policy) Admits(ctx context.Context, registry Registry, c Claim) (bool, error) {
	if p.cfg.Mode == Open || p.listed[c.Subject] {
		return true, nil
	}
	if p.listsKey(c.Keys) {
		return true, nil
	}
	if selfCertifying(c.Subject) {
		return false, nil
	}
	if _, err := registry.Resolve(ctx, c.Subject, did.Options{}); err == nil || did.CodeOf(err) == did.InternalError {
		return err == nil, err
	}
	if len(c.Keys) == 0 {
		return false, nil
	}
	if ok, err := p.keyOfListed(ctx, registry, c.Keys); ok || err != nil {
		return ok, err
	}
	return p.confirmed(ctx, registry, c)
}

// selfCertifying DIDs resolve without anybody having registered them.
func selfCertifying(id did.ID) bool { return id.Method() == "key" || id.Method() == "jwk" }

// listsKey reports whether the did:key DID of one of the keys is listed.
func (p *Policy) listsKey(keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return p.listed[did.ID("did:key:"+key)] })
}

// keyOfListed reports whether one of the keys is a listed controller's.
func (p *Policy) keyOfListed(ctx context.Context, registry Registry, keys []string) (bool, error) {
	for _, id := range p.cfg.Controllers {
		if id.Method() == "key" {
			continue // compared as a string already
		}
		own, err := registry.Keys(ctx, id)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(own, func(key string) bool { return slices.Contains(keys, key) }) {
			return true, nil
		}
	}
	return false, nil
}

// confirmed reports whether a listed controller that the document names has confirmed it, by a
// credential about this very DID. Whoever was admitted so confirms nobody else.
func (p *Policy) confirmed(ctx context.Context, registry Registry, c Claim) (bool, error) {
	if c.Registration == nil {
		return false, nil
	}
	issuer, subjects, ok, err := registry.Registered(ctx, *c.Registration)
	return err == nil && ok && p.listed[issuer] && slices.Contains(c.Controllers, issuer) &&
		slices.Contains(subjects, string(c.Subject)), err
}

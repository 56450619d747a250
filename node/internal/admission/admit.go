package admission

import (
	"context"

	"github.com/tabard-id/tabard/did"
)

// A Claim names whom a write speaks for. Its proofs have been checked, or will be before it counts.
type Claim struct {
	// Subject is the DID that is created or changed, the issuer of a credential, or the signer of a
	// status change.
	Subject did.ID
	// Keys are the update keys that signed, as Multikeys; for DIDs only.
	Keys []string
}

// AdmitsContent reports whether the registry may be asked to keep and serve a credential's content.
func (p *Policy) AdmitsContent() bool { return !p.cfg.NoContent }

// Admits reports whether the policy lets a write through: in open mode always; with an allow-list if
// its subject is listed or registered here, or a key of a listed controller signed it. The resolver
// speaks for what is registered.
func (p *Policy) Admits(ctx context.Context, registered did.Resolver, c Claim) bool {
	if p.cfg.Mode == Open || p.listed[c.Subject] {
		return true
	}
	for _, key := range c.Keys {
		if p.listed[did.ID("did:key:"+key)] {
			return true
		}
	}
	if selfCertifying(c.Subject) {
		return false
	}
	if _, err := registered.Resolve(ctx, c.Subject, did.Options{}); err == nil {
		return true
	}
	return len(c.Keys) > 0 && p.keyOfListed(ctx, registered, c.Keys)
}

// selfCertifying DIDs resolve without anybody having registered them.
func selfCertifying(id did.ID) bool { return id.Method() == "key" || id.Method() == "jwk" }

// keyOfListed reports whether one of the keys stands in the document of a listed controller.
func (p *Policy) keyOfListed(ctx context.Context, registered did.Resolver, keys []string) bool {
	for _, id := range p.cfg.Controllers {
		if id.Method() == "key" {
			continue // compared as a string already
		}
		res, err := registered.Resolve(ctx, id, did.Options{})
		if err != nil || res.Document == nil {
			continue // not registered (yet), or deactivated: it vouches for nobody
		}
		for _, vm := range res.Document.VerificationMethods() {
			for _, key := range keys {
				if vm.KeyErr == nil && vm.Key.String() == key {
					return true
				}
			}
		}
	}
	return false
}

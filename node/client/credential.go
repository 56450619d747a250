package client

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/node/api"
)

// RegisterCredential records a secured credential: its digest, its proof and what the registry may
// say of it. With publish the registry also keeps and serves the content. Changes of its status name
// its own Digest from then on, also where the registry has it by another: of a credential that is
// signed as RDF, what somebody registered before, written otherwise. A receipt for anything else is
// ErrMismatch.
func (c *Client) RegisterCredential(ctx context.Context, vc jcs.Value, publish bool) (Receipt, error) {
	receipt, err := c.postJSON(ctx, "/v1/credentials", jcs.Object(
		jcs.Member{Name: "credential", Value: vc}, jcs.Member{Name: "publish", Value: jcs.FromBool(publish)},
	))
	if err != nil {
		return receipt, err
	}
	return receipt, sameDigest(receipt, Digest(vc))
}

// RegisteredAs returns the digest that a credential is registered by: its own, or, of one that is
// signed as RDF and was registered in other words, that one's. If it is not registered, it is its own.
// That is for reading: another one's than its own is the registry's word, and not to be signed. What to
// sign is Target.
func (c *Client) RegisteredAs(ctx context.Context, vc jcs.Value, opts ...ReadOption) (string, error) {
	own := Digest(vc)
	secured, err := proof.Open(vc)
	parsed, invalid := credential.Parse(vc)
	if err != nil || invalid != nil || !signsRDF(vc) {
		return own, nil
	}
	issuer := did.ID(parsed.Issuer)
	if _, err := c.CredentialStatus(ctx, own, issuer, opts...); !unknownTarget(err) {
		return own, err
	}
	graph, err := secured.RDFDigest(proof.Options{})
	if err != nil {
		return own, nil //nolint:nilerr // what cannot be read as RDF here cannot be there, and is not registered
	}
	got, err := c.StatusByGraph(ctx, hex.EncodeToString(graph[:]), issuer, opts...)
	if unknownTarget(err) {
		return own, nil
	}
	return got.Digest, err
}

// Target returns what a change of a credential's status names, to be signed by its issuer: its own
// digest, and never one that a registry names. Where the registry has the credential in other words
// only, as one that is signed as RDF can be, Target registers it as it is first.
func (c *Client) Target(ctx context.Context, vc jcs.Value, opts ...ReadOption) (string, error) {
	own := Digest(vc)
	as, err := c.RegisteredAs(ctx, vc, opts...)
	if err != nil || as == own {
		return own, err
	}
	if _, err := c.RegisterCredential(ctx, vc, false); err != nil {
		return "", fmt.Errorf("the registry has the credential in other words only, as %s, and does not take it as it is: %w", as, err)
	}
	return own, nil
}

func unknownTarget(err error) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == "unknown-target"
}

// signsRDF reports whether a proof of a credential holds for every way of writing it.
func signsRDF(vc jcs.Value) bool {
	proofs, err := proof.All(vc)
	return err == nil && slices.ContainsFunc(proofs, func(p proof.Proof) bool { return p.SignsRDF() })
}

// RegisterDigest records a credential whose content stays with its issuer: digest, issuer and proof
// are taken from vc, nothing else of it is sent.
func (c *Client) RegisterDigest(ctx context.Context, vc jcs.Value) (Receipt, error) {
	if err := exact(vc); err != nil {
		return Receipt{}, err
	}
	parsed, err := credential.Parse(vc)
	if err != nil {
		return Receipt{}, err
	}
	proof, _ := vc.Get("proof")
	receipt, err := c.postJSON(ctx, "/v1/credentials", jcs.Object(
		jcs.Member{Name: "digest", Value: jcs.FromString(Digest(vc))},
		jcs.Member{Name: "issuer", Value: jcs.FromString(string(parsed.Issuer))},
		jcs.Member{Name: "proof", Value: proof},
	))
	if err != nil {
		return receipt, err
	}
	return receipt, sameDigest(receipt, Digest(vc))
}

// Digest is the name of a credential in the ledger: hex SHA-256 of its canonical form without proof.
func Digest(vc jcs.Value) string {
	sum := credential.Digest(vc)
	return hex.EncodeToString(sum[:])
}

func sameDigest(r Receipt, digest string) error {
	if r.Digest != digest {
		return fmt.Errorf("%w: receipt for credential %q, not %q", ErrMismatch, r.Digest, digest)
	}
	return nil
}

// Credential returns what the registry holds of the credential with that digest. Content it returns
// is checked against the digest.
func (c *Client) Credential(ctx context.Context, digest string, opts ...ReadOption) (api.Credential, error) {
	a, err := c.do(ctx, request{method: http.MethodGet, path: "/v1/credentials/" + pathEscape(digest), query: c.query(opts)})
	if err != nil {
		return api.Credential{}, err
	}
	got, err := decode[api.Credential](a)
	if err != nil {
		return got, err
	}
	if got.Digest != digest {
		return got, fmt.Errorf("%w: asked for credential %s, got %s", ErrMismatch, digest, got.Digest)
	}
	if len(got.Credential) == 0 {
		return got, nil
	}
	content, err := jcs.Decode(got.Credential)
	if err != nil {
		return got, fmt.Errorf("%w: content of %s: %w", ErrMismatch, digest, err)
	}
	if Digest(content) != digest {
		return got, fmt.Errorf("%w: the content served for %s is another credential", ErrMismatch, digest)
	}
	return got, nil
}

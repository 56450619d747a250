package bench

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// Verify measures the whole verdict on a 1.5 kB eddsa-jcs-2022 credential, from bytes, on one core,
// beside the one Ed25519 check inside it. As on a node, the issuer's document is remembered; no
// signature is.
func Verify(ctx context.Context, rounds int) (Row, error) {
	row := Row{Name: "eddsa-jcs-2022 verification, 1.5 kB", Unit: "/s", Peer: "crypto/ed25519 verify", Aim: "≥ 0.7"}
	text, err := signedCredential()
	if err != nil {
		return row, err
	}
	row.Notes = map[string]string{"credential": fmt.Sprintf("%d bytes", len(text))}
	const n = 2000
	signature := make([]byte, ed25519.SignatureSize)
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return row, err
	}
	message := make([]byte, 64) // two SHA-256 digests: what the suite signs
	copy(signature, ed25519.Sign(private, message))
	raw := private.Public().(ed25519.PublicKey)
	now, issuers := time.Now(), key.NewCache(16)
	return alternate(row, rounds, func() (float64, error) {
		return perSecond(n, func() error {
			doc, err := jcs.Decode(text)
			if err != nil {
				return err
			}
			v := credential.Verifier{Resolver: issuers, Now: now}
			if verdict := v.Verify(ctx, doc); !verdict.Verified {
				return fmt.Errorf("not verified: %+v", verdict.Checks)
			}
			return ctx.Err()
		})
	}, func() (float64, error) {
		return perSecond(n, func() error {
			if !ed25519.Verify(raw, message, signature) {
				return errors.New("not verified")
			}
			return nil
		})
	})
}

func signedCredential() ([]byte, error) {
	private, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		return nil, err
	}
	issuer := string(key.FromPublic(private.Public()))
	fragment := strings.TrimPrefix(issuer, "did:key:")
	doc, err := jcs.Decode(fmt.Appendf(nil, `{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"urn:uuid:0c07c1ce-57cb-41af-bef2-1b932b986873",
		"type":["VerifiableCredential"],"issuer":%q,"validFrom":"2026-01-01T00:00:00Z","validUntil":"2099-01-01T00:00:00Z",
		"credentialSubject":{"id":"did:example:agent","role":"purchasing","limits":[1,20,300,4000],"scopes":[%s]}}`,
		issuer, strings.TrimSuffix(strings.Repeat(`"https://shop.example/orders:write",`, 20), ",")))
	if err != nil {
		return nil, err
	}
	signed, err := proof.Sign(doc, private, proof.SignOptions{VerificationMethod: issuer + "#" + fragment, Purpose: did.AssertionMethod, Created: time.Now()})
	return signed.Canonical(), err
}

// perSecond runs f n times on this goroutine.
func perSecond(n int, f func() error) (float64, error) {
	start := time.Now()
	for range n {
		if err := f(); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

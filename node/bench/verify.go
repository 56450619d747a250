package bench

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// VerifyOptions say what is verified, and beside what.
type VerifyOptions struct {
	Rounds int
	// Suite is a cryptosuite for Ed25519; "" is eddsa-jcs-2022.
	Suite string
	// Peer is a shell command that verifies the same credential: see startPeer. "" is
	// the bare Ed25519 check inside.
	Peer string
}

// verifications is how many are timed in a round.
const verifications = 2000

// Verify measures the whole verdict on a 1.5 kB credential, from bytes, on one core. As on a node, the
// issuer's document and the JSON-LD contexts are remembered; no signature is.
func Verify(ctx context.Context, opt VerifyOptions) (row Row, err error) {
	if opt.Suite == "" {
		opt.Suite = proof.EdDSAJCS2022
	}
	row = Row{Name: opt.Suite + " verification, one core", Unit: "/s", Peer: "crypto/ed25519 verify", Aim: "≥ 0.7"}
	if opt.Suite != proof.EdDSAJCS2022 {
		row.Aim = "reported"
	}
	signed, err := signedCredential(opt.Suite)
	if err != nil {
		return row, err
	}
	text := signed.Canonical()
	row.Notes = map[string]string{"credential": fmt.Sprintf("%d bytes", len(text))}
	beside := bareVerify
	if opt.Peer != "" {
		p, err := startPeer(ctx, opt.Peer, signed)
		if err != nil {
			return row, err
		}
		defer func() { err = errors.Join(err, p.close()) }()
		row.Peer, row.Aim = opt.Peer, "≥ 3"
		beside = func() (float64, error) { return p.measure(verifications / 4) }
	}
	now, issuers := time.Now(), key.NewCache(16)
	return alternate(row, opt.Rounds, func() (float64, error) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		return perSecond(verifications, func() error {
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
	}, beside)
}

// bareVerify is the one Ed25519 check inside a verification.
func bareVerify() (float64, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return 0, err
	}
	message := make([]byte, 64) // two SHA-256 digests: what the suite signs
	signature := ed25519.Sign(private, message)
	return perSecond(verifications, func() error {
		if !ed25519.Verify(public, message, signature) {
			return errors.New("not verified")
		}
		return nil
	})
}

// Present measures the verdict on a presentation of four credentials by four issuers whose signatures
// have been checked before: what is left is parsing, dates, states and the presentation's own proof.
func Present(ctx context.Context, opt VerifyOptions) (Row, error) {
	if opt.Suite == "" {
		opt.Suite = proof.EdDSARDFC2022
	}
	row := Row{Name: "presentation of four " + opt.Suite + " credentials, warm", Unit: "/s", Peer: "crypto/ed25519 verify", Aim: "reported"}
	text, err := signedPresentation(opt.Suite)
	if err != nil {
		return row, err
	}
	row.Notes = map[string]string{"presentation": fmt.Sprintf("%d bytes", len(text))}
	now, issuers, proofs, signatures := time.Now(), key.NewCache(16), proof.NewCache(64), multikey.NewCache(64)
	return alternate(row, opt.Rounds, func() (float64, error) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		return perSecond(verifications, func() error {
			doc, err := jcs.Decode(text)
			if err != nil {
				return err
			}
			v := credential.Verifier{Resolver: issuers, Now: now, Proofs: proofs, Signature: signatures.Verify}
			verdict := v.VerifyPresentation(ctx, doc, credential.PresentationOptions{Challenge: "c", Domain: []string{"https://shop.example"}})
			if !verdict.Verified || len(verdict.Credentials) != 4 {
				return fmt.Errorf("not verified: %+v", verdict)
			}
			return ctx.Err()
		})
	}, bareVerify)
}

func signedPresentation(suite string) ([]byte, error) {
	holder, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		return nil, err
	}
	vp := jcs.Object(
		jcs.Member{Name: "@context", Value: jcs.Array(jcs.FromString(credential.ContextV2))},
		jcs.Member{Name: "type", Value: jcs.Array(jcs.FromString(credential.PresentationType))},
		jcs.Member{Name: "holder", Value: jcs.FromString(string(key.FromPublic(holder.Public())))},
	)
	var credentials []jcs.Value
	for range 4 {
		vc, err := signedCredential(suite)
		if err != nil {
			return nil, err
		}
		credentials = append(credentials, vc)
	}
	signed, err := signAs(vp.With("verifiableCredential", jcs.Array(credentials...)), holder, proof.SignOptions{
		Cryptosuite: suite, Purpose: did.Authentication, Challenge: "c", Domain: []string{"https://shop.example"},
	})
	return signed.Canonical(), err
}

func signedCredential(suite string) (jcs.Value, error) {
	private, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		return jcs.Value{}, err
	}
	doc, err := jcs.Decode(fmt.Appendf(nil, `{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"],
		"id":"urn:uuid:0c07c1ce-57cb-41af-bef2-1b932b986873",
		"type":["VerifiableCredential"],"issuer":%q,"validFrom":"2026-01-01T00:00:00Z","validUntil":"2099-01-01T00:00:00Z",
		"credentialSubject":{"id":"did:example:agent","role":"purchasing","limits":[1,20,300,4000],"scopes":[%s]}}`,
		key.FromPublic(private.Public()), scopes(20)))
	if err != nil {
		return doc, err
	}
	return signAs(doc, private, proof.SignOptions{Cryptosuite: suite, Purpose: did.AssertionMethod})
}

// scopes are n different URLs: equal ones would be one statement only.
func scopes(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"https://shop.example/orders/%02d:write"`, i)
	}
	return strings.Join(list, ",")
}

// signAs signs as the key's did:key.
func signAs(doc jcs.Value, private multikey.PrivateKey, opt proof.SignOptions) (jcs.Value, error) {
	id := string(key.FromPublic(private.Public()))
	opt.VerificationMethod = id + "#" + strings.TrimPrefix(id, "did:key:")
	opt.Created = time.Now()
	return proof.Sign(doc, private, opt)
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

package bench

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
)

// lists are status lists and schemas of one's own making: what a credential points to is as hostile as
// the credential.
type lists map[string]func() (jcs.Value, error)

func (l lists) StatusList(_ context.Context, url string, _ time.Time) (credential.ListDocument, error) {
	list, ok := l[url]
	if !ok {
		return credential.ListDocument{}, fmt.Errorf("no list at %s", url)
	}
	v, err := list()
	return credential.ListDocument{Value: v, FetchedAt: time.Now()}, err
}

// size makes all lists that were not made yet, and is how many bytes they have.
func (l lists) size() (total int, err error) {
	for _, list := range l {
		v, err := list()
		if err != nil {
			return 0, err
		}
		total += len(v.Canonical())
	}
	return total, nil
}

// frugal is the key of a context in which lists are made only when they are asked for: signing those that
// a verifier never gets to takes much longer than refusing the others.
type frugal struct{}

func isFrugal(ctx context.Context) bool { return ctx.Value(frugal{}) != nil }

// pointing is a credential with so many entries, each in a list of its own from list.
func (f forger) pointing(to lists, entries int, list func(url string) (jcs.Value, error)) (jcs.Value, error) {
	var status []string
	for range entries {
		url := fmt.Sprint("https://elsewhere.example/", forged.Add(1))
		status = append(status, fmt.Sprintf(`{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"1","statusListCredential":%q}`, url))
		to[url] = sync.OnceValues(func() (jcs.Value, error) { return list(url) })
	}
	doc, err := f.unsigned("", `{"id":"urn:x"}`)
	if err != nil {
		return doc, err
	}
	entry, err := jcs.Decode([]byte("[" + strings.Join(status, ",") + "]"))
	if err != nil {
		return doc, err
	}
	return f.chained(doc.With("credentialStatus", entry), "", 1, false)
}

// list is a signed status list of so many bytes, with more in its subject.
func (f forger) list(size int, suite, contexts, more string, proofs int) func(url string) (jcs.Value, error) {
	return func(url string) (jcs.Value, error) {
		l, err := statuslist.OfBits(statuslist.List{ID: url, Issuer: f.id(), Purposes: []string{statuslist.Revocation}, ValidFrom: time.Now().Add(-time.Hour)}, make([]byte, size))
		if err != nil {
			return jcs.Value{}, err
		}
		doc, err := l.Credential()
		if err != nil {
			return doc, err
		}
		members, err := jcs.Decode([]byte("[" + credentialsV2 + contexts + "]"))
		if err != nil {
			return doc, err
		}
		extra, err := jcs.Decode([]byte(more))
		if err != nil {
			return doc, err
		}
		subject, _ := doc.Get("credentialSubject")
		doc = doc.With("@context", members).With("credentialSubject", subject.With("k", extra))
		if suite == proof.ECDSASD2023 {
			return f.disclosed(doc, proofs)
		}
		return f.chained(doc, suite, proofs, true)
	}
}

func listAttacks() ([]attack, error) {
	ed, err := newForger(multikey.Ed25519)
	if err != nil {
		return nil, err
	}
	p256, err := newForger(multikey.P256)
	if err != nil {
		return nil, err
	}
	attackBy := func(name string, refused bool, f forger, list func(string) (jcs.Value, error)) attack {
		return attack{"status lists", name, refused, func(ctx context.Context) (int, func() error, error) {
			to := lists{}
			doc, err := presentationOf(func() (jcs.Value, error) { return f.pointing(to, 2, list) })
			size := len(doc.Canonical())
			if err == nil && !isFrugal(ctx) {
				var pointedTo int
				pointedTo, err = to.size()
				size += pointedTo
			}
			return size, func() error {
				v := credential.Verifier{Resolver: key.NewCache(16), Now: time.Now(), Lists: to}
				return unverified(v.VerifyPresentation(context.Background(), doc, credential.PresentationOptions{AllowUnsecured: true}))
			}, err
		}}
	}
	ring := strings.TrimSuffix(strings.TrimPrefix(ringSubject(110), `{"id":"urn:x","k":`), "}")
	return []attack{
		attackBy("32 of 16 MiB", true, ed, ed.list(statuslist.MaxBytes, "", undefinedTerms, "[]", 1)),
		attackBy("32 of 16 KiB with rings of 110, 9 proofs", true, ed, ed.list(1<<14, proof.EdDSARDFC2022, cliqueContext, ring, 9)),
		attackBy("32 of 16 KiB, 1,000 statements disclosed", true, p256, p256.list(1<<14, proof.ECDSASD2023, undefinedTerms, "["+each(1000, `"#"`)+"]", 1)),
		attackBy("32 of 16 KiB in 500 KiB", true, ed, ed.list(1<<14, "", undefinedTerms, "["+each(60000, `"#"`)+"]", 1)),
	}, nil
}

package proof_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

var blank = regexp.MustCompile(`_:c14n[0-9]+`)

// said returns the statements of a document, blank nodes without their labels.
func said(doc jcs.Value) []string {
	text, err := jsonld.Default().Canonicalize(doc.Without("proof"), jsonld.SHA256)
	if err != nil {
		return []string{err.Error()}
	}
	return strings.SplitAfter(blank.ReplaceAllString(string(text), "_:b"), "\n")
}

// FuzzVerifyRDF: a document that verifies says nothing that was not signed.
func FuzzVerifyRDF(f *testing.F) {
	m := newMaker(f)
	signed := map[string]bool{"": true}
	for _, file := range []vectorFile{m.rdfVectors(), m.discloseVectors()} {
		for _, v := range file.Cases {
			f.Add(v.Input.Canonical())
			if v.Code == valid {
				for _, statement := range said(v.Input) {
					signed[statement] = true
				}
			}
		}
	}
	for _, statement := range said(m.sailing()) {
		signed[statement] = true
	}
	keys := proof.ResolverKeys(key.NewCache(64))
	cache := proof.NewCache(256)
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := jcs.Decode(data)
		if err != nil {
			return
		}
		for range 2 {
			verified, err := proof.Verify(context.Background(), doc, keys, proof.Options{Now: now, Cache: cache})
			if err != nil {
				if typeOf(err) == "" {
					t.Errorf("%v has no type", err)
				}
				return
			}
			if len(verified) == 0 {
				t.Error("valid without a proof")
			}
			if verified[0].Proof.Cryptosuite == proof.EdDSAJCS2022 {
				return // FuzzVerify has these
			}
			for _, statement := range said(doc) {
				if !signed[statement] {
					t.Errorf("says %s", statement)
				}
			}
		}
	})
}

// FuzzDerive: whatever is selected of whatever has a base proof, the result is
// refused with a type or verifies, and says nothing that the document did not.
func FuzzDerive(f *testing.F) {
	m := newMaker(f)
	for _, v := range m.derivations() {
		f.Add(v.Input.Canonical(), strings.Join(v.Pointers, "\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte, pointers string) {
		doc, err := jcs.Decode(data)
		if err != nil {
			return
		}
		derived, err := proof.Derive(doc, strings.Split(pointers, "\n"), proof.DeriveOptions{})
		if err != nil {
			if typeOf(err) == "" {
				t.Errorf("%v has no type", err)
			}
			return
		}
		all := make(map[string]bool)
		for _, statement := range said(doc) {
			all[statement] = true
		}
		for _, statement := range said(derived) {
			if !all[statement] {
				t.Errorf("says %s", statement)
			}
		}
	})
}

// TestDeriveEverySelection: every value that a document has can be shown, alone and
// with its neighbours, and what is shown verifies.
func TestDeriveEverySelection(t *testing.T) {
	m := newMaker(t)
	keys := proof.ResolverKeys(key.NewCache(64))
	list := m.strict().With("credentialSubject", m.decode(`[{"id":"_:x","alumniOf":"A","member":[{"id":"_:y","alumniOf":"B"},{"id":"urn:z","member":{"id":"_:x"}}]},{"id":"_:y","name":"a/b"}]`))
	for _, doc := range []jcs.Value{m.sailing(), m.document, m.blanks(), list} {
		base := m.disclosable(doc, m.p256, "/issuer")
		var pointers []string
		walk(doc, "", func(p string) { pointers = append(pointers, p) })
		for i, p := range pointers {
			for _, q := range pointers[i:min(i+4, len(pointers))] {
				derived, err := proof.Derive(base, []string{p, q}, proof.DeriveOptions{})
				if err != nil {
					t.Errorf("%s and %s: %v", p, q, err)
					continue
				}
				if _, err := proof.Verify(context.Background(), derived, keys, proof.Options{Now: now, Verify: cached.Verify}); err != nil {
					t.Errorf("%s and %s: %v", p, q, err)
				}
			}
		}
	}
}

var cached = multikey.NewCache(1 << 12)

// walk visits every value by its pointer.
func walk(v jcs.Value, at string, visit func(string)) {
	visit(at)
	for name, member := range v.Members() {
		if name != "@context" {
			walk(member, at+"/"+strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1"), visit)
		}
	}
	for i := range v.Len() {
		if v.IsArray() {
			walk(v.At(i), at+"/"+string(rune('0'+i)), visit)
		}
	}
}

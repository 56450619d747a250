package proof_test

import (
	"errors"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
)

// TestRDFVectors runs vectors/proof/rdf.json and vectors/proof/disclose.json, which
// it also writes with -update; with a cache as without.
func TestRDFVectors(t *testing.T) {
	m := newMaker(t)
	for name, made := range map[string]vectorFile{"rdf.json": m.rdfVectors(), "disclose.json": m.discloseVectors()} {
		var file vectorFile
		vectorsInto(t, name, made, &file)
		keys := proof.ResolverKeys(documents(file.Documents))
		cache := proof.NewCache(1)
		for _, v := range file.Cases {
			t.Run(v.Name, func(t *testing.T) {
				for _, c := range []*proof.Cache{nil, cache, cache} {
					if got := code(t, v, keys, c); got != v.Code {
						t.Errorf("code %q, want %q", got, v.Code)
					}
				}
			})
		}
	}
}

// deriveFile is vectors/proof/derive.json.
type deriveFile struct {
	Description string         `json:"description"`
	Source      string         `json:"source"`
	Cases       []deriveVector `json:"cases"`
}

// deriveVector is a document with a base proof, what the holder wants to show, and
// the document he shows, or the last part of the error's type.
type deriveVector struct {
	Name     string     `json:"name"`
	Source   string     `json:"source"`
	Input    jcs.Value  `json:"input"`
	Pointers []string   `json:"pointers"`
	ProofID  string     `json:"proofId,omitempty"`
	Code     string     `json:"code"`
	Derived  *jcs.Value `json:"derived,omitempty"`
}

func TestDeriveVectors(t *testing.T) {
	made := deriveFile{
		Description: "Documents with base proofs of ecdsa-sd-2023, JSON Pointers to what is shown of them beyond what is mandatory, and the derived " +
			"document, or the error type without https://w3id.org/security#.",
		Source: "made by go test ./did/proof -update from fixed keys; each case names the clause it is about",
		Cases:  newMaker(t).derivations(),
	}
	for i, v := range made.Cases {
		if v.Code == valid {
			derived, err := proof.Derive(v.Input, v.Pointers, proof.DeriveOptions{ProofID: v.ProofID})
			if err != nil {
				t.Fatalf("%s: %v", v.Name, err)
			}
			made.Cases[i].Derived = &derived
		}
	}
	var file deriveFile
	vectorsInto(t, "derive.json", made, &file)
	for _, v := range file.Cases {
		t.Run(v.Name, func(t *testing.T) {
			derived, err := proof.Derive(v.Input, v.Pointers, proof.DeriveOptions{ProofID: v.ProofID})
			if v.Code == valid {
				if err != nil || !derived.Equal(*v.Derived) {
					t.Errorf("%s, %v", derived.Canonical(), err)
				}
				return
			}
			var e *proof.Error
			if !errors.As(err, &e) || e.Title() != v.Code {
				t.Errorf("%v, want %s", err, v.Code)
			}
			t.Log(err)
		})
	}
}

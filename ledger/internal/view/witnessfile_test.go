package view

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
)

// drawnProofs are by a few witnesses, of a few versions.
func drawnProofs(t *rapid.T) []webvh.WitnessProof {
	return rapid.SliceOf(rapid.Custom(func(t *rapid.T) webvh.WitnessProof {
		method := fmt.Sprint("did:key:z", rapid.IntRange(0, 4).Draw(t, "witness"))
		items := make([]jcs.Value, rapid.IntRange(0, 3).Draw(t, "items"))
		for i := range items {
			items[i] = jcs.FromString(rapid.StringN(0, 9, -1).Draw(t, "item"))
		}
		return webvh.WitnessProof{
			VersionID: fmt.Sprint(rapid.IntRange(1, 12).Draw(t, "version"), "-Qm"),
			Proof: proof.Proof{VerificationMethod: method, Value: jcs.Object(
				jcs.Member{Name: "type", Value: jcs.FromString(proof.Type)},
				jcs.Member{Name: "cryptosuite", Value: jcs.FromString("eddsa-jcs-2022")},
				jcs.Member{Name: "proofPurpose", Value: jcs.FromString("assertionMethod")},
				jcs.Member{Name: "proofValue", Value: jcs.FromString("z1")},
				jcs.Member{Name: "verificationMethod", Value: jcs.FromString(method)},
				jcs.Member{Name: "items", Value: jcs.Array(items...)},
			)},
		}
	})).Draw(t, "proofs")
}

// TestWitnessFileIsOneHoweverItGrew: added at once, or in parts with the file written
// and read in between.
func TestWitnessFileIsOneHoweverItGrew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		proofs := drawnProofs(t)
		at := rapid.IntRange(0, len(proofs)).Draw(t, "at")
		once, parts := memory{}, memory{}
		file := NewWitnessFile(proofs)
		PutFile(once, "s", file)
		PutFile(parts, "s", NewWitnessFile(proofs[:at]))
		known, err := GetFile(parts, "s")
		if err != nil {
			t.Fatal(err)
		}
		f := NewWitnessFile(known)
		f.Add(proofs[at:])
		PutFile(parts, "s", f)
		whole, grown := once[string(key(famFile, "s"))], parts[string(key(famFile, "s"))]
		if !bytes.Equal(whole, grown) {
			t.Fatalf("at once %s, in parts %s", whole, grown)
		}
		if file.size() != len(whole) || f.size() != len(whole) {
			t.Fatalf("taken for %d and %d bytes: %s", file.size(), f.size(), whole)
		}
		v, err := jcs.Decode(whole)
		if err != nil || v.Values() != file.values+1 || file.values != f.values {
			t.Fatalf("taken for %d and %d values, has %d, %v", file.values+1, f.values+1, v.Values(), err)
		}
	})
}

// TestWitnessFileInAnotherOrderIsReadAsOne, as is one written by earlier versions.
func TestWitnessFileInAnotherOrderIsReadAsOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		proofs := NewWitnessFile(drawnProofs(t)).Proofs()
		want := webvh.FormatWitnessFile(proofs).Canonical()
		shuffled := rapid.Permutation(proofs).Draw(t, "order")
		old := webvh.FormatWitnessFile(shuffled).Canonical()
		k := key(famFile, "s")
		if got := Canonical(k, old); !bytes.Equal(got, want) {
			t.Fatalf("%s is written as %s, want %s", old, got, want)
		}
		for _, other := range [][]byte{[]byte("{}"), append(bytes.Clone(want), ' ')} {
			if got := Canonical(k, other); !bytes.Equal(got, other) {
				t.Fatalf("%s, which is no such file, is written as %s", other, got)
			}
		}
		if got := Canonical(key(famHead, "s"), old); !bytes.Equal(got, old) {
			t.Fatalf("another value is written as %s", got)
		}
	})
}

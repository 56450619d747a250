package proof_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
)

var update = flag.Bool("update", false, "write the vectors anew")

const folder = "../../vectors/proof"

// vectorFile is vectors/proof/verify.json.
type vectorFile struct {
	Description string               `json:"description"`
	Source      string               `json:"source"`
	Documents   map[string]jcs.Value `json:"documents"`
	Cases       []vector             `json:"cases"`
}

// vector is one secured document, what the verifier expects, and the outcome:
// "valid" or the last part of the error's type.
type vector struct {
	Name    string    `json:"name"`
	Source  string    `json:"source"`
	Options expect    `json:"options"`
	Input   jcs.Value `json:"input"`
	Code    string    `json:"code"`
}

type expect struct {
	Purpose   string   `json:"purpose,omitempty"`
	Domain    []string `json:"domain,omitempty"`
	Challenge string   `json:"challenge,omitempty"`
	Now       string   `json:"now"`
}

func (e expect) options(t *testing.T) proof.Options {
	at, err := time.Parse(time.RFC3339, e.Now)
	if err != nil {
		t.Fatal(err)
	}
	return proof.Options{Purpose: did.Relationship(e.Purpose), Domain: e.Domain, Challenge: e.Challenge, Now: at}
}

// TestVectors runs vectors/proof/verify.json, which it also writes with -update.
func TestVectors(t *testing.T) {
	var file vectorFile
	vectorsInto(t, "verify.json", newMaker(t).vectors(), &file)
	keys := proof.ResolverKeys(documents(file.Documents))
	valid := 0
	for _, v := range file.Cases {
		t.Run(v.Name, func(t *testing.T) {
			if got := code(t, v, keys, nil); got != v.Code {
				t.Errorf("code %q, want %q", got, v.Code)
			}
		})
		if v.Code == "valid" {
			valid++
		}
	}
	if valid == 0 || valid*2 > len(file.Cases) {
		t.Errorf("%d of %d vectors are positive", valid, len(file.Cases))
	}
}

func code(t *testing.T, v vector, keys proof.Keys, cache *proof.Cache) string {
	opt := v.Options.options(t)
	opt.Cache = cache
	verified, err := proof.Verify(context.Background(), v.Input, keys, opt)
	if err == nil {
		if len(verified) == 0 {
			t.Error("valid without a proof")
		}
		return "valid"
	}
	var e *proof.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *proof.Error", err)
	}
	t.Log(err)
	return e.Title()
}

// vectorsInto makes sure that the file holds what was made, and reads it.
func vectorsInto(t *testing.T, name string, made, into any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(made); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, name)
	if *update {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, b.Bytes()) {
		t.Errorf("%s is not what its makers make", file)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

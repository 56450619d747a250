package jose_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
)

var update = flag.Bool("update", false, "write the vectors anew")

const folder = "../../vectors/jose"

// jwsFile is vectors/jose/jws.json.
type jwsFile struct {
	Description string      `json:"description"`
	Source      string      `json:"source"`
	Cases       []jwsVector `json:"cases"`
}

// jwsVector is one token, the key that it is checked with, and the outcome:
// "valid" and the payload, or the code of the error.
type jwsVector struct {
	Name    string `json:"name"`
	Source  string `json:"source"`
	Key     string `json:"key"`
	Token   string `json:"token"`
	Code    string `json:"code"`
	Payload string `json:"payload,omitempty"`
}

func TestVectors(t *testing.T) {
	var file jwsFile
	vectorsInto(t, "jws.json", jwsFile{
		Description: "Compact JWS and the key (Multikey) that each is checked with. code is valid, or why the token is refused; payload is that of a valid one.",
		Source:      "made by go test ./did/jose -update from fixed keys",
		Cases:       newMaker(t).vectors(),
	}, &file)
	valid := 0
	for _, v := range file.Cases {
		t.Run(v.Name, func(t *testing.T) {
			code, payload := outcome(t, v)
			if code != v.Code || payload != v.Payload {
				t.Errorf("%q with %q, want %q with %q", code, payload, v.Code, v.Payload)
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

func outcome(t *testing.T, v jwsVector) (code, payload string) {
	key, err := multikey.ParsePublic(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jose.Parse([]byte(v.Token))
	if err == nil {
		err = token.Verify(key, nil)
	}
	if err == nil {
		return "valid", string(token.Payload)
	}
	var e *jose.Error
	if !errors.As(err, &e) || !errors.Is(err, e.Code) {
		t.Fatalf("%v is no *jose.Error of its code", err)
	}
	return string(e.Code), ""
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

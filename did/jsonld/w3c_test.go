package jsonld_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// shared holds the official vectors beside the repository.
const shared = "../../../shared/vectors"

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(shared, path))
	if os.IsNotExist(err) {
		t.Skipf("official vectors are not here: %s", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t testing.TB, data []byte) jcs.Value {
	t.Helper()
	v, err := jcs.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestW3CCryptosuites compares with every canonical form that the specifications
// of the RDFC cryptosuites print.
func TestW3CCryptosuites(t *testing.T) {
	const eddsa, ecdsa = "w3c-eddsa/eddsa-rdfc-2022", "w3c-ecdsa/ecdsa-rdfc-2019-p384"
	for _, test := range []struct {
		dir, doc, proof, canonDoc, canonProof string
		hash                                  jsonld.Hash
	}{
		{eddsa, "../unsigned.json", "proofConfigDataInt.json", "canonDocDataInt.txt", "proofCanonDataInt.txt", jsonld.SHA256},
		{eddsa + "/employ", "../../employmentAuth.json", "proofConfigDataInt.json", "canonDocDataInt.txt", "proofCanonDataInt.txt", jsonld.SHA256},
		{ecdsa, "../unsigned.json", "proofConfigECDSAP384.json", "canonDocECDSAP384.txt", "proofCanonECDSAP384.txt", jsonld.SHA384},
		{ecdsa + "/employ", "../../employmentAuth.json", "proofConfigECDSAP384.json", "canonDocECDSAP384.txt", "proofCanonECDSAP384.txt", jsonld.SHA384},
	} {
		t.Run(test.dir, func(t *testing.T) {
			for in, out := range map[string]string{test.doc: test.canonDoc, test.proof: test.canonProof} {
				v := decode(t, read(t, test.dir+"/"+in))
				got, err := jsonld.Default().Canonicalize(v, test.hash)
				if err != nil {
					t.Fatalf("%s: %v", in, err)
				}
				if want := string(read(t, test.dir+"/"+out)); strings.TrimSpace(string(got)) != strings.TrimSpace(want) {
					t.Errorf("%s:\n%s\nwant\n%s", in, got, want)
				}
			}
		})
	}
}

package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/multikey"
)

// signer is a key and the name under which it signs.
type signer struct {
	did    did.ID
	method string // DID URL
	key    multikey.PrivateKey
}

func signerFlags() []cli.Flag {
	return []cli.Flag{
		didDirFlag(),
		common(&cli.StringFlag{Name: "key", Aliases: []string{"k"}, Usage: "key `FILE` to sign with; alone, it signs as its did:key"}),
		common(&cli.StringFlag{Name: "method", Usage: "`DID-URL` of the key in the signer's document, with --key"}),
	}
}

// signerFromFlags is signerFor what credentials and status changes are signed for.
func signerFromFlags(c *cli.Context) (signer, error) { return signerFor(c, did.AssertionMethod) }

// signerFor finds out who signs: a key of a DID directory that the DID's document lists under purpose,
// or the key in a file.
func signerFor(c *cli.Context, purpose did.Relationship) (signer, error) {
	dir, path, method := c.String("did-dir"), c.String("key"), c.String("method")
	switch {
	case dir != "" && path == "" && method == "":
		d, err := openDIDDir(dir)
		if err != nil {
			return signer{}, err
		}
		key, method, err := d.signingKey(purpose)
		return signer{d.id(), method, key}, err
	case path != "" && dir == "":
		file, err := readKeyFile(path)
		if err != nil {
			return signer{}, err
		}
		if method == "" {
			method = "did:key:" + file.key.Public().String() + "#" + file.key.Public().String()
		}
		id, fragment, _ := strings.Cut(method, "#")
		parsed, err := did.Parse(id)
		if err != nil || fragment == "" {
			return signer{}, usage("--method %q: want a DID URL with a fragment", method)
		}
		return signer{parsed, method, file.key}, nil
	}
	return signer{}, usage("want either --did-dir, or --key and perhaps --method, to sign with")
}

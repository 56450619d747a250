package bench

import (
	"crypto/sha256"
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/ledger/record"
)

// batch signs n registrations, on all cores.
func (f *filler) batch(n int) ([][]byte, error) {
	cmds := make([][]byte, n)
	err := onAllCores(n, func(i int) (err error) {
		cmds[i], err = f.registration(f.written + i)
		return err
	})
	f.written += n
	return cmds, err
}

// registration is the digest of the i-th credential, with the issuer's proof of it.
func (f *filler) registration(i int) ([]byte, error) {
	credential := jcs.Object(jcs.Member{Name: "i", Value: jcs.FromInt(int64(i))})
	signed, err := proof.Sign(credential, f.key, proof.SignOptions{
		VerificationMethod: f.issuer + "#" + f.key.Public().String(), Purpose: did.AssertionMethod})
	if err != nil {
		return nil, err
	}
	secured, ok := signed.Get("proof")
	if !ok {
		return nil, fmt.Errorf("credential %d has no proof", i)
	}
	op, err := record.NewDigestOp(record.Hash(sha256.Sum256(credential.Canonical())), did.ID(f.issuer), secured)
	if err != nil {
		return nil, err
	}
	return op.Encode(), nil
}

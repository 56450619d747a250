package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
)

// hostileLedger is a ledger whose operations take what every node has to bear.
type hostileLedger struct {
	dir      string
	ledger   *ledger.Ledger
	index    uint64
	registry *hostileLog
}

const registryDomain = "registry.localhost:8700"

func newHostileLedger() (*hostileLedger, error) {
	dir, err := os.MkdirTemp("", "tabard-bench-hostile-")
	if err != nil {
		return nil, err
	}
	l := &hostileLedger{dir: dir}
	if l.ledger, err = ledger.Open(ledger.Config{Dir: dir}); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if l.registry, err = newLog(registryDomain, func(o *webvh.CreateOptions) { o.Path = nil }); err == nil {
		err = l.did(l.registry)
	}
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *hostileLedger) close() error { return errors.Join(l.ledger.Close(), os.RemoveAll(l.dir)) }

// apply is what every node does with an operation.
func (l *hostileLedger) apply(commands ...[]byte) error {
	l.index++
	results, err := l.ledger.Apply(l.index, time.Now().UnixMilli(), commands)
	if err != nil {
		return err
	}
	return accepted(results)
}

func (l *hostileLedger) did(log *hostileLog) error {
	op, err := record.NewDIDOp(log.list, nil)
	if err != nil {
		return err
	}
	return l.apply(op.Encode())
}

// operation is an attack by one operation.
func (l *hostileLedger) operation(name string, refused bool, make func() (record.Op, error)) attack {
	return attack{"ledger", name, refused, func(context.Context) (int, func() error, error) {
		op, err := make()
		if err != nil {
			return 0, nil, err
		}
		command := op.Encode()
		return len(command), func() error { return l.apply(command) }, nil
	}}
}

func (l *hostileLedger) attacks() ([]attack, error) {
	f, err := newForger(multikey.Ed25519)
	if err != nil {
		return nil, err
	}
	forge := func(contexts, subject string, proofs int, chain bool) func() (record.Op, error) {
		return func() (record.Op, error) {
			doc, err := f.unsigned(contexts, subject)
			if err == nil {
				doc, err = f.forged(doc, proof.EdDSARDFC2022, proofs, chain)
			}
			if err != nil {
				return record.Op{}, err
			}
			return record.NewCredentialOp(doc, true)
		}
	}
	literals := func(n int) string { return `{"id":"urn:x","a":[` + each(n, `"v#"`) + `]}` }
	return []attack{
		l.operation("clique of 12", true, forge(cliqueContext, cliqueSubject(12), 1, false)),
		l.operation("clique of 5, 16 proofs", true, forge(cliqueContext, cliqueSubject(5), 16, true)),
		l.operation("4,000 statements, 8 proofs", true, forge(undefinedTerms, literals(4000), 8, true)),
		l.operation("6,000 statements", true, forge(undefinedTerms, literals(6000), 1, false)),
		l.operation("800 log entries", false, func() (record.Op, error) {
			log, err := newLog(registryDomain, func(o *webvh.CreateOptions) { o.Path = aPath() })
			for i := 1; i < 800 && err == nil; i++ {
				err = log.grow(log.with(0), 1)
			}
			if err != nil {
				return record.Op{}, err
			}
			return record.NewDIDOp(log.list, nil)
		}),
		l.operation("1,000,000 bytes of entries with 16 proofs", true, func() (record.Op, error) {
			log, err := newLog(registryDomain, func(o *webvh.CreateOptions) { o.Path = aPath() })
			if err == nil {
				err = log.until(1000000, 16, log.with(0))
			}
			if err != nil {
				return record.Op{}, err
			}
			return record.NewDIDOp(log.list, nil)
		}),
		l.operation("as many signatures as there may be", false, func() (record.Op, error) {
			log, err := newLog(registryDomain, func(o *webvh.CreateOptions) { o.Path = aPath() })
			for n := 16; err == nil && n < record.MaxSignatures; n += 16 {
				err = log.grow(log.with(0), 16)
			}
			if err != nil {
				return record.Op{}, err
			}
			return record.NewDIDOp(log.list, nil)
		}),
		l.operation("status list of 1 MiB, all set", false, l.list(1)),
		l.operation("status list of 16 MiB", true, l.list(16)),
		l.observation("observed log of 256 KiB", false, record.MaxObservedFile, 1, 0),
		l.observation("observed log of 256 KiB, 16 proofs", false, record.MaxObservedFile, 16, 0),
		l.observation("observed log of 120,000 zeros", false, record.MaxObservedFile, 1, 20000),
	}, nil
}

// aPath has not been used before.
func aPath() []string { return []string{"agents", fmt.Sprint(forged.Add(1))} }

// list is a status list that the registry signs for itself.
func (l *hostileLedger) list(size int) func() (record.Op, error) {
	return func() (record.Op, error) {
		id := string(l.registry.state.DID)
		made, err := statuslist.OfBits(statuslist.List{
			ID: fmt.Sprint("https://elsewhere.example/list/", forged.Add(1)), Issuer: id, Purposes: []string{statuslist.Revocation}, ValidFrom: time.Now().Add(-time.Hour),
		}, bytes.Repeat([]byte{0xff}, size<<20))
		if err != nil {
			return record.Op{}, err
		}
		doc, err := made.Credential()
		if err == nil {
			doc, err = l.sign(doc)
		}
		if err != nil {
			return record.Op{}, err
		}
		return record.NewStatusListOp(doc)
	}
}

// sign signs as the registry.
func (l *hostileLedger) sign(doc jcs.Value) (jcs.Value, error) {
	return proof.Sign(doc, l.registry.key, proof.SignOptions{
		VerificationMethod: string(l.registry.state.DID) + "#key-1", Purpose: did.AssertionMethod, Created: time.Now(),
	})
}

// observation is that of a log elsewhere.
func (l *hostileLedger) observation(name string, refused bool, size, proofs, zeros int) attack {
	return l.operation(name, refused, func() (record.Op, error) {
		text, _, err := grown(size, proofs, zeros)()
		if err != nil {
			return record.Op{}, err
		}
		log, err := webvh.VerifyLog(text, nil, time.Now())
		if err != nil {
			return record.Op{}, err
		}
		last := log.Versions[len(log.Versions)-1].State
		res, err := log.Resolve(last.DID, did.Options{})
		if err != nil {
			return record.Op{}, err
		}
		digest := record.FileDigest(text)
		o := record.Observation{
			Ledger: l.registry.state.SCID, DID: last.DID, Fetched: time.Now().Add(-time.Second).Truncate(time.Second),
			VersionID: last.VersionID, Log: &digest, Document: res.Document.Value(),
		}
		signed, err := l.sign(o.Value())
		if err != nil {
			return record.Op{}, err
		}
		return record.NewObservationOp(signed, text, nil)
	})
}

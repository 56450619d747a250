package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
)

// The files of a DID directory. Nothing in them but the keys is secret, and nothing but the keys
// cannot be had from the registry again. Which key is for what follows from the log.
const (
	logFile     = "did.jsonl"
	witnessFile = "did-witness.json"
	pendingFile = "pending.jsonl" // an entry that still lacks proofs of witnesses
	keysDir     = "keys"
)

// didDir is the controller's side of one did:webvh DID: its log as last known, and its keys.
type didDir struct {
	path         string
	log, witness []byte
	verified     *webvh.Log // nil while the first entry is pending
	published    int        // how many versions the registry is known to have
	registration string     // digest of the credential by which the controller has confirmed it, if any
}

// createDIDDir makes an empty directory for a DID to be.
func createDIDDir(path string) (*didDir, error) {
	if _, err := os.Stat(filepath.Join(path, logFile)); err == nil {
		return nil, fail(exitConflict, "%s already holds a DID", path)
	}
	if err := os.MkdirAll(filepath.Join(path, keysDir), 0o700); err != nil {
		return nil, err
	}
	return &didDir{path: path}, nil
}

// openDIDDir reads a directory and verifies the log in it.
func openDIDDir(path string) (*didDir, error) {
	if path == "" {
		return nil, usage("--did-dir names no directory")
	}
	log, err := readBounded(filepath.Join(path, logFile), webvh.MaxLogBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage("%s is no DID directory: it has no %s", path, logFile)
	}
	if err != nil {
		return nil, err
	}
	witness, err := readBounded(filepath.Join(path, witnessFile), webvh.MaxWitnessFileBytes)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	d := &didDir{path: path}
	return d, d.set(log, witness)
}

// set takes over a log, in memory only, if it holds and continues the one at hand.
func (d *didDir) set(log, witness []byte) error {
	verified, err := webvh.VerifyLog(log, witness, time.Now())
	if err != nil {
		return fmt.Errorf("log of %s: %w", d.path, err)
	}
	if d.verified != nil && !continues(d.verified, verified) {
		return fail(exitConflict, "the registry's log is not a continuation of %s", filepath.Join(d.path, logFile))
	}
	d.log, d.witness, d.verified = log, witness, verified
	return nil
}

func continues(old, log *webvh.Log) bool {
	n := len(old.Versions)
	return len(log.Versions) >= n && log.Versions[n-1].State.VersionID == old.Versions[n-1].State.VersionID
}

func (d *didDir) head() webvh.Version { return d.verified.Versions[len(d.verified.Versions)-1] }

// id is the DID as of the newest version.
func (d *didDir) id() did.ID { return d.head().State.DID }

// extend adds an entry and writes everything to disk.
func (d *didDir) extend(e webvh.Entry, proofs []webvh.WitnessProof) error {
	log := append(bytes.Clone(d.log), append(e.Value.Canonical(), '\n')...)
	witness := d.witness
	if len(proofs) > 0 {
		all, err := mergeProofs(d.witness, proofs)
		if err != nil {
			return err
		}
		witness = all
	}
	if err := d.set(log, witness); err != nil {
		return err
	}
	return d.save()
}

// save writes the log and the proofs of witnesses, proofs first: a log is never there without them.
func (d *didDir) save() error {
	if len(d.witness) > 0 {
		if err := replaceFile(filepath.Join(d.path, witnessFile), d.witness); err != nil {
			return err
		}
	}
	return replaceFile(filepath.Join(d.path, logFile), d.log)
}

// proofs are those of the witnesses so far.
func (d *didDir) proofs() ([]webvh.WitnessProof, error) { return parseProofs(d.witness) }

func parseProofs(file []byte) ([]webvh.WitnessProof, error) {
	if len(file) == 0 {
		return nil, nil
	}
	v, err := jcs.Decode(file)
	if err != nil {
		return nil, err
	}
	return webvh.ParseWitnessFile(v)
}

// mergeProofs adds proofs to the content of a did-witness.json.
func mergeProofs(file []byte, proofs []webvh.WitnessProof) ([]byte, error) {
	all, err := parseProofs(file)
	if err != nil {
		return nil, err
	}
	for _, p := range proofs {
		if !slices.ContainsFunc(all, func(q webvh.WitnessProof) bool {
			return q.VersionID == p.VersionID && q.Proof.ProofValue == p.Proof.ProofValue
		}) {
			all = append(all, p)
		}
	}
	return encodeIndented(webvh.FormatWitnessFile(all))
}

// newKey makes a key and stores it in the directory.
func (d *didDir) newKey(typeName string) (multikey.PrivateKey, error) {
	key, err := newKey(typeName)
	if err != nil {
		return key, err
	}
	return key, d.addKey(key)
}

// addKey stores a key in the directory, unless it is there.
func (d *didDir) addKey(key multikey.PrivateKey) error {
	path := filepath.Join(d.path, keysDir, key.Public().String()+".json")
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return writeKeyFile(path, key)
}

// findKey returns the key of the directory that ok accepts.
func (d *didDir) findKey(ok func(multikey.PublicKey) bool) (multikey.PrivateKey, bool, error) {
	keys, err := listKeyFiles(filepath.Join(d.path, keysDir))
	if err != nil {
		return multikey.PrivateKey{}, false, err
	}
	for _, file := range keys {
		if ok(file.key.Public()) {
			return file.key, true, nil
		}
	}
	return multikey.PrivateKey{}, false, nil
}

// updateKey is the key that may sign the next entry: one of the update keys, or, under pre-rotation,
// one that the previous entry committed to.
func (d *didDir) updateKey() (multikey.PrivateKey, error) {
	s := d.head().State
	if s.Deactivated {
		return multikey.PrivateKey{}, fail(exitGone, "%s is deactivated", s.DID)
	}
	key, found, err := d.findKey(func(k multikey.PublicKey) bool {
		if len(s.NextKeyHashes) > 0 {
			return slices.Contains(s.NextKeyHashes, webvh.KeyHash(k.String()))
		}
		return slices.Contains(s.UpdateKeys, k.String())
	})
	if err == nil && !found {
		err = fail(exitDenied, "%s holds none of the update keys of %s", filepath.Join(d.path, keysDir), s.DID)
	}
	return key, err
}

// signingKey is a key of the directory that the DID document lists under rel, and its DID URL.
func (d *didDir) signingKey(rel did.Relationship) (multikey.PrivateKey, string, error) {
	doc, err := did.ParseDocument(d.head().Entry.State)
	if err != nil {
		return multikey.PrivateKey{}, "", err
	}
	for _, id := range doc.Related(rel) {
		method, err := doc.Method(id, rel)
		if err != nil || method.KeyErr != nil {
			continue // of another document, or of a kind we cannot sign with
		}
		key, found, err := d.findKey(func(k multikey.PublicKey) bool { return k == method.Key })
		if err != nil {
			return multikey.PrivateKey{}, "", err
		}
		if found {
			return key, method.ID, nil
		}
	}
	return multikey.PrivateKey{}, "", fail(exitDenied, "%s holds no key that %s lists under %s", filepath.Join(d.path, keysDir), d.id(), rel)
}

// replaceFile writes a file as a whole: a crash leaves the old content or the new.
func replaceFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

package main

import (
	"bytes"
	"context"
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
	"github.com/tabard-id/tabard/node/durable"
	"github.com/tabard-id/tabard/node/private"
)

// The files of a DID directory. Nothing in them but the keys is secret, and nothing but the keys
// cannot be had from the registry again. Which key is for what follows from the log.
const (
	logFile     = "did.jsonl"
	witnessFile = "did-witness.json"
	pendingFile = "pending.jsonl" // an entry that is not known to be in the registry
	keysDir     = "keys"
	lockFile    = ".lock" // whoever changes the directory has it
)

// didDir is the controller's side of one did:webvh DID: its log as last known, and its keys.
type didDir struct {
	path         string
	log, witness []byte
	verified     *webvh.Log // nil while the first entry is pending
	published    int        // how many versions the registry is known to have
	registration string     // digest of the credential by which the controller has confirmed it, if any
	lock         *durable.Lock
}

// createDIDDir makes a directory for a DID to be, or takes one that holds none, and locks it.
func createDIDDir(ctx context.Context, path string) (*didDir, error) {
	if err := os.MkdirAll(filepath.Join(path, keysDir), 0o700); err != nil {
		return nil, err
	}
	d := &didDir{path: path}
	if err := d.await(ctx); err != nil {
		return nil, err
	}
	var err error
	switch {
	case exists(filepath.Join(path, logFile)):
		err = fail(exitConflict, "%s already holds a DID", path)
	case d.hasPending():
		err = fail(exitConflict, "%s holds a DID that was begun, and the registry may have it: `tabard did publish -d %s` goes on with it; who wants another one deletes %s",
			path, path, filepath.Join(path, pendingFile))
	}
	if err != nil {
		return nil, errors.Join(err, d.unlock())
	}
	return d, nil
}

// lockDIDDir opens a directory to change it: it is locked before it is read, so that commands at the
// same time come one after the other, and each sees what the one before has made. Of a DID whose first
// entry is pending there is no log yet.
func lockDIDDir(ctx context.Context, path string) (*didDir, error) {
	begun := path != "" && exists(filepath.Join(path, pendingFile))
	if !begun && (path == "" || !exists(filepath.Join(path, logFile))) {
		if _, err := openDIDDir(path); err != nil { // which says what is wrong with it
			return nil, err
		}
	}
	d := &didDir{path: path}
	if err := d.await(ctx); err != nil {
		return nil, err
	}
	opened, err := openDIDDir(path)
	switch {
	case err == nil:
		opened.lock = d.lock
		return opened, nil
	case begun && !exists(filepath.Join(path, logFile)):
		return d, nil
	}
	return nil, errors.Join(err, d.unlock())
}

// contains reports whether the log has an entry.
func (d *didDir) contains(e webvh.Entry) bool {
	return d.verified != nil && slices.ContainsFunc(d.verified.Versions, func(v webvh.Version) bool {
		return v.State.VersionID == e.VersionID
	})
}

func (d *didDir) await(ctx context.Context) error {
	var err error
	d.lock, err = durable.AwaitLock(ctx, filepath.Join(d.path, lockFile))
	if errors.Is(err, durable.ErrLocked) {
		return fail(exitConflict, "another command is changing %s", d.path)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(durable.Sweep(d.path), durable.Sweep(filepath.Join(d.path, keysDir))); err != nil {
		return errors.Join(err, d.unlock())
	}
	return nil
}

func (d *didDir) unlock() error { return d.lock.Unlock() }

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
		if err := durable.Replace(filepath.Join(d.path, witnessFile), d.witness, 0o644); err != nil {
			return err
		}
	}
	return durable.Replace(filepath.Join(d.path, logFile), d.log, 0o644)
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

// addKey stores a key in the directory, unless it is there. A file of its name that does not hold it,
// as one is left where a disk was full, is replaced.
func (d *didDir) addKey(key multikey.PrivateKey) error {
	path := filepath.Join(d.path, keysDir, key.Public().String()+".json")
	data, err := private.Read(path, maxKeyFileBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return writeKeyFile(path, key)
	}
	if err != nil {
		return usage("key file: %w", err)
	}
	if there, err := parseKeyFile(data); err == nil && there.Public() == key.Public() {
		return nil
	}
	text, err := encodeIndented(keyDocument(key))
	if err != nil {
		return err
	}
	return durable.Replace(path, text, 0o600)
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

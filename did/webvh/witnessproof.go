package webvh

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// WitnessProof is one witness's approval of one version, and of those before it.
type WitnessProof struct {
	VersionID string
	Proof     proof.Proof
}

// ParseWitnessFile reads a did-witness.json ("The Witness Proofs File"): a list of
// objects, each of a versionId and a list of proofs. Errors are *Error with
// WitnessProofs. Whether the proofs verify is checked where they are used.
func ParseWitnessFile(v jcs.Value) ([]WitnessProof, error) {
	proofs, bad, err := parseWitnessFile(v)
	if err != nil {
		return nil, err
	}
	if bad != nil {
		return nil, bad
	}
	return proofs, nil
}

// parseWitnessFile also reports the first proof that it had to leave out: in a
// published file, one is no reason to disregard the others.
func parseWitnessFile(v jcs.Value) (proofs []WitnessProof, bad, err *Error) {
	if !v.IsArray() {
		return nil, nil, refuse(WitnessProofs, "not a list")
	}
	for item := range v.Elems() {
		id, ok := item.GetString("versionId")
		if !ok {
			return nil, nil, refuse(WitnessProofs, "an item has no versionId")
		}
		list, present := item.Get("proof")
		if present && !list.IsArray() {
			return nil, nil, refuse(WitnessProofs, "proof is not a list")
		}
		for member := range list.Elems() {
			p, err := proof.Parse(member)
			if err != nil {
				bad = because(WitnessProofs, fmt.Sprintf("of version %.64q", id), err)
				continue
			}
			proofs = append(proofs, WitnessProof{VersionID: id, Proof: p})
		}
	}
	return proofs, bad, nil
}

// FormatWitnessFile writes a did-witness.json: an item per version, in the order
// in which versions and proofs first occur.
func FormatWitnessFile(proofs []WitnessProof) jcs.Value {
	var ids []string
	lists := make(map[string][]jcs.Value)
	for _, p := range proofs {
		if _, seen := lists[p.VersionID]; !seen {
			ids = append(ids, p.VersionID)
		}
		lists[p.VersionID] = append(lists[p.VersionID], p.Proof.Value)
	}
	items := make([]jcs.Value, len(ids))
	for i, id := range ids {
		items[i] = jcs.Object(
			jcs.Member{Name: "versionId", Value: jcs.FromString(id)},
			jcs.Member{Name: "proof", Value: jcs.Array(lists[id]...)},
		)
	}
	return jcs.Array(items...)
}

// checkWitnesses checks that a threshold of the witnesses that each entry needs
// has approved it or a later one of these entries ("Verifying Witness Proofs
// During Resolution"). It returns the index of the first entry that fails.
func checkWitnesses(entries []Entry, needed []Witness, proofs []WitnessProof, c Context) (int, *Error) {
	if !slices.ContainsFunc(needed, Witness.Active) {
		return 0, nil
	}
	t := newTally(entries, proofs)
	failed, failure := 0, (*Error)(nil)
	// From the last: what approves an entry approves all before it.
	for i := len(entries) - 1; i >= 0; i-- {
		if w := needed[i]; w.Active() {
			if n, cause := t.approvals(i, w, c); n < w.Threshold {
				failed = i
				failure = refuse(WitnessThreshold, "%d of %d witnesses approve, %d must", n, len(w.Witnesses), w.Threshold)
				if cause != nil {
					failure.Err = cause
				}
			}
		}
	}
	return failed, failure
}

// tally holds the proofs of a file by the entry they are of. It verifies each at
// most once, and none that no threshold waits for.
type tally struct {
	// byEntry are proofs of published versions alone.
	byEntry [][]WitnessProof
	// next is the first of byEntry whose proofs have been sorted into pending.
	next int
	// pending are, by key, proofs not verified yet, of entries from next on.
	pending map[string][]WitnessProof
	// approved are the keys of which some such proof has verified.
	approved map[string]bool
}

func newTally(entries []Entry, proofs []WitnessProof) *tally {
	index := make(map[string]int, len(entries))
	for i := range entries {
		index[entries[i].VersionID] = i
	}
	t := &tally{
		byEntry: make([][]WitnessProof, len(entries)), next: len(entries),
		pending: make(map[string][]WitnessProof), approved: make(map[string]bool),
	}
	for _, p := range proofs {
		if i, published := index[p.VersionID]; published {
			t.byEntry[i] = append(t.byEntry[i], p)
		}
	}
	return t
}

// approvals counts the distinct witnesses among w that approve entry i, up to the
// threshold, and returns why the last proof that did not count did not.
func (t *tally) approvals(i int, w Witness, c Context) (n int, cause error) {
	for t.next > i {
		t.next--
		for _, p := range t.byEntry[t.next] {
			if key, ok := keyOf(p.Proof.VerificationMethod); ok {
				t.pending[key] = append(t.pending[key], p)
			}
		}
	}
	for _, id := range w.Witnesses {
		if n == w.Threshold {
			break
		}
		approves, err := t.approves(id.ID[len(keyPrefix):], c)
		if approves {
			n++
		} else if err != nil {
			cause = err
		}
	}
	return n, cause
}

// approves reports whether any proof by that key, of the entries looked at, holds.
func (t *tally) approves(key string, c Context) (bool, error) {
	var cause error
	for !t.approved[key] && len(t.pending[key]) > 0 {
		p := t.pending[key][0]
		t.pending[key] = t.pending[key][1:]
		if err := checkWitnessProof(&p, key, c); err != nil {
			cause = err
			continue
		}
		t.approved[key] = true
	}
	return t.approved[key], cause
}

// checkWitnessProof verifies a proof with the key that its verificationMethod
// spells out, and with no other.
func checkWitnessProof(p *WitnessProof, name string, c Context) error {
	if _, err := checkShape(&p.Proof, c); err != nil {
		return err
	}
	key, err := multikey.ParsePublic(name)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(witnessed(p.VersionID).Canonical())
	if err := verify(digest[:], &p.Proof, key, c); err != nil {
		return err
	}
	return nil
}

// witnessed is the document that a witness signs.
func witnessed(versionID string) jcs.Value {
	return jcs.Object(jcs.Member{Name: "versionId", Value: jcs.FromString(versionID)})
}

// Witness returns the DID of the witness whose proof it is, and false if its
// verificationMethod is not of the form did:key:K#K.
func (p WitnessProof) Witness() (did.ID, bool) {
	key, ok := keyOf(p.Proof.VerificationMethod)
	if !ok {
		return "", false
	}
	return did.ID(keyPrefix + key), true
}

// Verify checks the approval by itself: its shape, and the signature by the key
// that its verificationMethod spells out. Whether anyone asked for it is not part
// of that. Errors are *Error with WitnessProofs.
func (p WitnessProof) Verify(c Context) error {
	key, ok := keyOf(p.Proof.VerificationMethod)
	if !ok {
		return refuse(WitnessProofs, "verificationMethod is not of the form did:key:K#K")
	}
	if err := checkWitnessProof(&p, key, c); err != nil {
		return because(WitnessProofs, "", err)
	}
	return nil
}

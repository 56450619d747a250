package view

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

// WitnessFile is the did-witness.json of a log in the making: of each witness the
// first proof for the newest version that it has approved, which covers the versions
// before. What it comes to is a function of the proofs in the log's records, in the
// order of the records, however many are added at a time; and it is written in one
// order: by version, then by witness.
type WitnessFile struct {
	proofs map[string]webvh.WitnessProof
	// versions counts the proofs of each version.
	versions map[string]int
	// bytes and values are those of the proofs and of what stands around those of a version.
	bytes, values int
}

// NewWitnessFile returns a file of those proofs.
func NewWitnessFile(proofs []webvh.WitnessProof) *WitnessFile {
	f := &WitnessFile{proofs: make(map[string]webvh.WitnessProof), versions: make(map[string]int)}
	f.Add(proofs)
	return f
}

// Add takes proofs in, in their order.
func (f *WitnessFile) Add(proofs []webvh.WitnessProof) {
	for _, p := range proofs {
		known, ok := f.proofs[p.Proof.VerificationMethod]
		if ok && number(p.VersionID) <= number(known.VersionID) {
			continue
		}
		if ok {
			f.weigh(known, -1)
		}
		f.weigh(p, 1)
		f.proofs[p.Proof.VerificationMethod] = p
	}
}

// weigh counts a proof with a comma, and, if it is the only one of its version, what
// stands around the proofs of one; or takes them from the count.
func (f *WitnessFile) weigh(p webvh.WitnessProof, sign int) {
	before := f.versions[p.VersionID]
	f.versions[p.VersionID] = before + sign
	f.bytes += sign * (len(p.Proof.Value.Canonical()) + len(","))
	f.values += sign * p.Proof.Value.Values()
	if before != 0 && before+sign != 0 {
		return
	}
	around := jcs.Object(
		jcs.Member{Name: "versionId", Value: jcs.FromString(p.VersionID)},
		jcs.Member{Name: "proof", Value: jcs.Array()},
	)
	f.bytes += sign * len(around.Canonical())
	f.values += sign * around.Values()
	if before+sign == 0 {
		delete(f.versions, p.VersionID)
	}
}

// Fits reports whether those who resolve the DID would read the file.
func (f *WitnessFile) Fits() bool {
	return f.size() <= webvh.MaxWitnessFileBytes && f.values+1 <= jcs.DefaultLimits.Values
}

// size is that of the file's canonical form. There is a comma between two proofs of a
// version and between two versions: altogether one less than proofs.
func (f *WitnessFile) size() int { return len("[]") + f.bytes - min(1, len(f.proofs)) }

// Proofs returns the proofs in the order in which they are written.
func (f *WitnessFile) Proofs() []webvh.WitnessProof {
	list := make([]webvh.WitnessProof, 0, len(f.proofs))
	for _, p := range f.proofs {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b webvh.WitnessProof) int {
		return cmp.Or(cmp.Compare(number(a.VersionID), number(b.VersionID)), cmp.Compare(a.VersionID, b.VersionID),
			cmp.Compare(a.Proof.VerificationMethod, b.Proof.VerificationMethod))
	})
	return list
}

// GetFile returns the proofs of a log's did-witness.json, in the order in which they
// are written now: what earlier versions wrote may be in another one.
func GetFile(r Reader, scid string) ([]webvh.WitnessProof, error) {
	proofs, err := getProofs(r, key(famFile, scid))
	if err != nil || proofs == nil {
		return nil, err
	}
	return NewWitnessFile(proofs).Proofs(), nil
}

// PutFile writes a log's did-witness.json.
func PutFile(w Writer, scid string, f *WitnessFile) {
	w.Set(key(famFile, scid), webvh.FormatWitnessFile(f.Proofs()).Canonical())
}

// Canonical returns the value of a key as it is written now. A did-witness.json that an
// earlier version wrote may be in another order, which depended on how its proofs came;
// everything else is as it was.
func Canonical(key, value []byte) []byte {
	if len(key) == 0 || key[0] != famFile {
		return value
	}
	v, err := proofLimits.Decode(value)
	if err != nil {
		return value
	}
	proofs, err := webvh.ParseWitnessFile(v)
	if err != nil || !bytes.Equal(webvh.FormatWitnessFile(proofs).Canonical(), value) {
		return value
	}
	f := NewWitnessFile(proofs)
	if len(f.proofs) != len(proofs) {
		return value
	}
	return webvh.FormatWitnessFile(f.Proofs()).Canonical()
}

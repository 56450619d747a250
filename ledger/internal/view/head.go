package view

import (
	"encoding/binary"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// Head is what a did:webvh log has come to.
type Head struct {
	// Seq is the record of the newest entry.
	Seq record.Seq
	webvh.State
}

// GetHead returns nil if no log has that SCID.
func GetHead(r Reader, scid string) (*Head, error) {
	k := key(famHead, scid)
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return nil, err
	}
	if len(value) < seqSize {
		return nil, corrupt("head", k)
	}
	v, err := jcs.Decode(value[seqSize:])
	if err != nil {
		return nil, corrupt("head", k)
	}
	return &Head{Seq: seqOf(value), State: decodeState(v)}, nil
}

// PutHead makes the operation's record rec the head of a log.
func PutHead(w Writer, s *webvh.State, rec int) {
	w.SetSeq(key(famHead, s.SCID), withSeq(encodeState(s).Canonical()), 0, rec)
}

// encodeState writes a State as encoding/json does, with sorted names.
func encodeState(s *webvh.State) jcs.Value {
	members := append(make([]jcs.Member, 0, 16),
		text("did", string(s.DID)), text("scid", s.SCID), text("method", s.Method),
		text("versionId", s.VersionID), text("versionTime", s.VersionTime), text("created", s.Created),
		jcs.Member{Name: "versionNumber", Value: jcs.FromInt(int64(s.Number))},
		jcs.Member{Name: "witness", Value: s.Witness.Value()},
		jcs.Member{Name: "ttl", Value: jcs.FromInt(int64(s.TTL))},
	)
	list := func(name string, items []string) {
		if len(items) > 0 {
			members = append(members, jcs.Member{Name: name, Value: textArray(items)})
		}
	}
	list("updateKeys", s.UpdateKeys)
	list("nextKeyHashes", s.NextKeyHashes)
	list("watchers", s.Watchers)
	if s.Portable {
		members = append(members, jcs.Member{Name: "portable", Value: jcs.FromBool(true)})
	}
	if s.Deactivated {
		members = append(members, jcs.Member{Name: "deactivated", Value: jcs.FromBool(true)})
	}
	return jcs.Object(members...)
}

func textArray[S ~string](items []S) jcs.Value {
	list := make([]jcs.Value, len(items))
	for i, s := range items {
		list[i] = jcs.FromString(string(s))
	}
	return jcs.Array(list...)
}

func decodeState(v jcs.Value) webvh.State {
	str := func(name string) string { s, _ := v.GetString(name); return s }
	num := func(name string) int { m, _ := v.Get(name); n, _ := m.Int(); return int(n) }
	list := func(name string) []string { m, _ := v.Get(name); return texts[string](m) }
	flag := func(name string) bool { m, _ := v.Get(name); b, _ := m.Bool(); return b }
	return webvh.State{
		DID: did.ID(str("did")), SCID: str("scid"), Method: str("method"),
		VersionID: str("versionId"), VersionTime: str("versionTime"), Created: str("created"),
		Number: num("versionNumber"), UpdateKeys: list("updateKeys"), NextKeyHashes: list("nextKeyHashes"),
		Witness: decodeWitness(v), Watchers: list("watchers"),
		Portable: flag("portable"), Deactivated: flag("deactivated"), TTL: num("ttl"),
	}
}

func decodeWitness(v jcs.Value) webvh.Witness {
	m, _ := v.Get("witness")
	threshold, _ := m.Get("threshold")
	n, _ := threshold.Int()
	w := webvh.Witness{Threshold: int(n)}
	list, _ := m.Get("witnesses")
	for item := range list.Elems() {
		id, _ := item.GetString("id")
		w.Witnesses = append(w.Witnesses, webvh.WitnessID{ID: id})
	}
	return w
}

func texts[S ~string](v jcs.Value) []S {
	var list []S
	for item := range v.Elems() {
		s, _ := item.Str()
		list = append(list, S(s))
	}
	return list
}

// Entry is where one version of a log is.
type Entry struct {
	Seq  record.Seq
	Time time.Time
}

func entryKey(scid string, number int) []byte {
	return binary.BigEndian.AppendUint32(key(famEntry, scid), uint32(number))
}

// GetEntry returns false if the log has no version of that number.
func GetEntry(r Reader, scid string, number int) (Entry, bool, error) {
	k := entryKey(scid, number)
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return Entry{}, false, err
	}
	if len(value) != seqSize+8 {
		return Entry{}, false, corrupt("log entry", k)
	}
	nanos := binary.BigEndian.Uint64(value[seqSize:])
	return Entry{Seq: seqOf(value), Time: time.Unix(0, int64(nanos)).UTC()}, true, nil
}

// PutEntry makes the operation's record rec a version of a log.
func PutEntry(w Writer, scid string, number int, t time.Time, rec int) {
	value := binary.BigEndian.AppendUint64(make([]byte, seqSize, seqSize+8), uint64(t.UnixNano()))
	w.SetSeq(entryKey(scid, number), value, 0, rec)
}

// GetPath returns the SCID of the DID that a path was given to, "" if to none.
func GetPath(r Reader, path string) (string, error) {
	value, err := lookup(r, key(famPath, path))
	return string(value), err
}

// PutPath gives a path to a DID. It is not given to another one later.
func PutPath(w Writer, path, scid string) { w.Set(key(famPath, path), []byte(scid)) }

// GetOutcome returns the outcome of an operation that was accepted, by its digest.
func GetOutcome(r Reader, op record.Hash) (record.Outcome, bool, error) {
	k := key(famOutcome, string(op[:]))
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return record.Outcome{}, false, err
	}
	o, err := record.DecodeOutcome(value)
	if err != nil {
		return record.Outcome{}, false, corrupt("outcome", k)
	}
	return o, true, nil
}

// PutOutcome keeps the outcome of an operation whose last record is number rec.
func PutOutcome(w Writer, op record.Hash, o record.Outcome, rec int) {
	w.SetSeq(key(famOutcome, string(op[:])), o.Encode(), record.OutcomeSeqOffset, rec)
}

// HadDID reports whether a log had that DID in a version before it moved.
func HadDID(r Reader, scid string, id did.ID) (bool, error) {
	value, err := lookup(r, key(famAlias, scid, string(id)))
	return value != nil, err
}

// PutFormerDID records that a log had that DID before it moved.
func PutFormerDID(w Writer, scid string, id did.ID) {
	w.Set(key(famAlias, scid, string(id)), []byte{1})
}

package view

import (
	"encoding/binary"
	"strconv"
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
	return decodeHead(k, value)
}

func decodeHead(k, value []byte) (*Head, error) {
	if len(value) < seqSize {
		return nil, corrupt("head", k)
	}
	v, err := jcs.Decode(value[seqSize:])
	if err != nil {
		return nil, corrupt("head", k)
	}
	return &Head{Seq: seqOf(value), State: decodeState(v)}, nil
}

// GetHeadBefore returns what a log that has come to head now had come to in the
// records before a position; nil if there was no log then. It costs as many look-ups
// as the number of versions has binary digits.
func GetHeadBefore(r Reader, head *Head, before record.Seq) (*Head, error) {
	if head.Seq < before {
		return head, nil
	}
	low, high := 1, head.Number // the first version that is not before is in [low, high]
	for low < high {
		mid := low + (high-low)/2
		entry, ok, err := GetEntry(r, head.SCID, mid)
		if err == nil && !ok {
			err = corrupt("missing log entry", entryKey(head.SCID, mid))
		}
		if err != nil {
			return nil, err
		}
		if entry.Seq < before {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 1 {
		return nil, nil
	}
	k := pastHeadKey(head.SCID, low-1)
	value, err := lookup(r, k)
	if err != nil {
		return nil, err
	}
	return decodeHead(k, value)
}

func pastHeadKey(scid string, number int) []byte {
	return binary.BigEndian.AppendUint32(key(famPastHead, scid), uint32(number))
}

// PutHead makes the operation's record rec the head of a log.
func PutHead(w Writer, s *webvh.State, rec int) {
	value := make([]byte, seqSize, 1<<10)
	w.SetSeq(key(famHead, s.SCID), appendState(value, s), 0, rec)
}

// PutPastHead keeps a head that another one follows.
func PutPastHead(w Writer, h *Head) {
	value := binary.BigEndian.AppendUint64(make([]byte, 0, 1<<10), uint64(h.Seq))
	w.Set(pastHeadKey(h.SCID, h.Number), appendState(value, &h.State))
}

// PutPassed is PutPastHead for a state in the operation's record rec that a later
// record of the operation follows.
func PutPassed(w Writer, s *webvh.State, rec int) {
	value := make([]byte, seqSize, 1<<10)
	w.SetSeq(pastHeadKey(s.SCID, s.Number), appendState(value, s), 0, rec)
}

// appendState writes a State in RFC 8785 form, as its encoding by encoding/json has
// it but for the order of names.
func appendState(b []byte, s *webvh.State) []byte {
	b = append(b, `{"created":`...)
	b = appendText(b, s.Created)
	if s.Deactivated {
		b = append(b, `,"deactivated":true`...)
	}
	b = appendText(append(b, `,"did":`...), string(s.DID))
	b = appendText(append(b, `,"method":`...), s.Method)
	b = appendTexts(b, `,"nextKeyHashes":`, s.NextKeyHashes)
	if s.Portable {
		b = append(b, `,"portable":true`...)
	}
	b = appendText(append(b, `,"scid":`...), s.SCID)
	b = strconv.AppendInt(append(b, `,"ttl":`...), int64(s.TTL), 10)
	b = appendTexts(b, `,"updateKeys":`, s.UpdateKeys)
	b = appendText(append(b, `,"versionId":`...), s.VersionID)
	b = strconv.AppendInt(append(b, `,"versionNumber":`...), int64(s.Number), 10)
	b = appendText(append(b, `,"versionTime":`...), s.VersionTime)
	b = appendTexts(b, `,"watchers":`, s.Watchers)
	b = s.Witness.Value().Append(append(b, `,"witness":`...))
	return append(b, '}')
}

func appendText(b []byte, s string) []byte { return jcs.FromString(s).Append(b) }

// appendTexts writes a member unless its list is empty.
func appendTexts(b []byte, name string, list []string) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(append(b, name...), '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s)
	}
	return append(b, ']')
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
	if len(value) != seqSize+timeSize {
		return Entry{}, false, corrupt("log entry", k)
	}
	return Entry{Seq: seqOf(value), Time: decodeTime(value[seqSize:])}, true, nil
}

// timeSize is the size of a time of any year, seconds and nanoseconds: nanoseconds
// since 1970 would not do.
const timeSize = 8 + 4

func appendTime(b []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(b, uint64(t.Unix())), uint32(t.Nanosecond()))
}

func decodeTime(b []byte) time.Time {
	return time.Unix(int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint32(b[8:]))).UTC()
}

// PutEntry makes the operation's record rec a version of a log. t is of any year, as
// logs are.
func PutEntry(w Writer, scid string, number int, t time.Time, rec int) {
	w.SetSeq(entryKey(scid, number), appendTime(make([]byte, seqSize, seqSize+timeSize), t), 0, rec)
}

// GetPath returns the SCID of the DID that a path was given to, "" if to none.
func GetPath(r Reader, path string) (string, error) {
	value, err := lookup(r, key(famPath, path))
	return string(value), err
}

// PutPath gives a path to a DID. It is not given to another one later.
func PutPath(w Writer, path, scid string) { w.Set(key(famPath, path), []byte(scid)) }

// GetOutcome returns the outcome of an operation that was accepted, by its digest and
// the Subject of who signed it.
func GetOutcome(r Reader, op record.Hash, signer string) (record.Outcome, bool, error) {
	k := key(famOutcome, string(op[:]), signer)
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
func PutOutcome(w Writer, op record.Hash, signer string, o record.Outcome, rec int) {
	w.SetSeq(key(famOutcome, string(op[:]), signer), o.Encode(), record.OutcomeSeqOffset, rec)
}

// HadDID reports whether a log had that DID in a version before it moved, and which
// record first moved it from there.
func HadDID(r Reader, scid string, id did.ID) (since record.Seq, had bool, err error) {
	k := key(famAlias, scid, string(id))
	value, err := lookup(r, k)
	if err != nil || value == nil {
		return 0, false, err
	}
	if len(value) != seqSize {
		return 0, false, corrupt("former DID", k)
	}
	return seqOf(value), true, nil
}

// PutFormerDID records that a log had that DID before the operation's record rec
// moved it, for the first time.
func PutFormerDID(w Writer, scid string, id did.ID, rec int) {
	w.SetSeq(key(famAlias, scid, string(id)), make([]byte, seqSize), 0, rec)
}

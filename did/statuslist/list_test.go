package statuslist_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
)

// listVector is a list credential (its proof left out) and an entry that refers to
// it. Value and message are those of the entry; code is "" if they can be told at
// the time now, else the kind of the defect.
type listVector struct {
	Name    string    `json:"name"`
	Source  string    `json:"source"`
	Now     string    `json:"now"`
	Entry   jcs.Value `json:"entry"`
	List    jcs.Value `json:"list"`
	Code    string    `json:"code,omitempty"`
	Path    string    `json:"path,omitempty"`
	Value   uint64    `json:"value"`
	Message string    `json:"message,omitempty"`
}

const now = "2026-06-01T00:00:00Z"

func TestListVectors(t *testing.T) {
	cases := vectors(t, "lists.json", vectorFile[listVector]{
		Description: "Status list credentials without their proof, an entry of each and the time: value and message of the entry; or code, one of malformed, range, verification and length (MALFORMED_VALUE_ERROR, RANGE_ERROR, STATUS_VERIFICATION_ERROR, STATUS_LIST_LENGTH_ERROR), with the property at fault.",
		Source:      "made by go test ./did/statuslist -update; each case names the clause of Bitstring Status List 1.0 it is about",
		Cases:       slices.Concat(goodLists(t), badLists(t), badEncodings(t), badMatches(t)),
	}, func(v listVector) string { return v.Name })
	for _, v := range cases {
		t.Run(v.Name, func(t *testing.T) {
			got, err := statusOf(t, v)
			code, path := codeOf(t, err)
			if code != v.Code || path != v.Path {
				t.Fatalf("%s at %q, want %s at %q: %v", code, path, v.Code, v.Path, err)
			}
			if err == nil && (got.Value != v.Value || got.Message != v.Message || got.Set != (v.Value != 0)) {
				t.Errorf("got %+v, want %d %q", got, v.Value, v.Message)
			}
		})
	}
}

// statusOf is how a verifier uses the package.
func statusOf(t *testing.T, v listVector) (statuslist.Result, error) {
	at, err := time.Parse(time.RFC3339, v.Now)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := statuslist.ParseEntry(v.Entry)
	if err != nil {
		return statuslist.Result{}, err
	}
	list, err := statuslist.ParseList(v.List)
	if err != nil {
		return statuslist.Result{}, err
	}
	if err := list.InForce(at); err != nil {
		return statuslist.Result{}, err
	}
	return list.Status(entry)
}

func listOf(tb testing.TB, encoded jcs.Value) jcs.Value {
	v := decode(tb, `{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"`+listURL+`",
		"type":["VerifiableCredential","BitstringStatusListCredential"],"issuer":"did:example:issuer",
		"validFrom":"2026-05-01T00:00:00Z","validUntil":"2026-07-01T00:00:00Z",
		"credentialSubject":{"id":"`+listURL+`#list","type":"BitstringStatusList","statusPurpose":"revocation"}}`)
	return with(v, "credentialSubject.encodedList", encoded)
}

// at is the simple entry with another index.
func at(tb testing.TB, index string) jcs.Value {
	return simpleEntry(tb).With("statusListIndex", text(index))
}

func good(tb testing.TB, name, source, index string, list jcs.Value, value uint64, message string) listVector {
	return listVector{Name: name, Source: source, Now: now, Entry: at(tb, index), List: list, Value: value, Message: message}
}

func goodLists(tb testing.TB) []listVector {
	v := listOf(tb, multibase(gzipped(tb, bitstring(16384, 0, 7, 94567, 131071))))
	larger := listOf(tb, multibase(gzipped(tb, bitstring(1<<20, 8<<20-1))))
	two := listOf(tb, multibase(gzipped(tb, bitstring(32768, 984, 986, 987))))
	messages := with(two, "credentialSubject.statusPurpose", text("message"))
	entry := messageEntry(tb)
	cases := []listVector{
		good(tb, "set", "3.2", "94567", v, 1, "set"),
		good(tb, "unset", "3.2", "94568", v, 0, "unset"),
		good(tb, "first-entry-is-the-left-most-bit", "2.2, encodedList", "0", v, 1, "set"),
		good(tb, "second-entry", "2.2, encodedList", "1", v, 0, "unset"),
		good(tb, "eighth-entry-is-the-right-most-bit-of-the-first-byte", "2.2, encodedList", "7", v, 1, "set"),
		good(tb, "last-entry", "2.2, encodedList", "131071", v, 1, "set"),
		good(tb, "list-of-a-mebibyte", "2.2, encodedList", "8388607", larger, 1, "set"),
		good(tb, "without-id", "2.2, id", "0", v.Without("id"), 1, "set"),
		good(tb, "without-validity", "2.2, validFrom", "0", v.Without("validFrom", "validUntil"), 1, "set"),
		good(tb, "issuer-object", "VC Data Model 2.0, 4.7", "0", v.With("issuer", decode(tb, `{"id":"did:example:issuer","name":"x"}`)), 1, "set"),
		good(tb, "subject-array-of-one", "VC Data Model 2.0, 4.8", "0", func() jcs.Value { s, _ := v.Get("credentialSubject"); return v.With("credentialSubject", jcs.Array(s)) }(), 1, "set"),
		good(tb, "several-purposes", "2.2, statusPurpose", "0", with(v, "credentialSubject.statusPurpose", decode(tb, `["suspension","revocation"]`)), 1, "set"),
		good(tb, "ttl-passed-but-valid", "2.2, ttl", "0", with(v, "credentialSubject.ttl", jcs.FromInt(1)), 1, "set"),
		good(tb, "gzip-with-file-name", "2.2, encodedList", "0", with(v, "credentialSubject.encodedList", multibase(named(gzipped(tb, bitstring(16384, 0))))), 1, "set"),
		good(tb, "gzip-stored", "2.2, encodedList", "0", with(v, "credentialSubject.encodedList", multibase(stored(tb, bitstring(16384, 0)))), 1, "set"),
		good(tb, "version-1-1", "VC Data Model 1.1", "0", decode(tb, strings.NewReplacer("validFrom", "issuanceDate", "validUntil", "expirationDate", "https://www.w3.org/ns/credentials/v2", "https://www.w3.org/2018/credentials/v1").Replace(string(v.Canonical()))), 1, "set"),
		{"two-bits", "3.2, statusSize", now, entry, messages, "", "", 2, "rejected"},
		{"two-bits-all-set", "3.2, statusSize", now, entry.With("statusListIndex", text("493")), messages, "", "", 3, "undefined"},
		{"two-bits-unset", "3.2, statusSize", now, entry.With("statusListIndex", text("491")), messages, "", "", 0, "pending_review"},
		{"list-with-size-and-messages", "2.2, statusPurpose", now, entry, withMessages(tb, messages), "", "", 2, "rejected"},
	}
	// Bits 984 and 986, 987 are the first of entry 492 and both of entry 493.
	return cases
}

func withMessages(tb testing.TB, list jcs.Value) jcs.Value {
	messages, _ := messageEntry(tb).Get("statusMessage")
	return with(with(list, "credentialSubject.statusSize", jcs.FromInt(2)), "credentialSubject.statusMessages", messages)
}

// named gives a gzip member a file name (RFC 1952, 2.3.1.1).
func named(packed []byte) []byte {
	out := slices.Clone(packed[:10])
	out[3] |= 8
	return append(append(out, "list\x00"...), packed[10:]...)
}

// stored is gzip without compression: larger than what it holds.
func stored(tb testing.TB, data []byte) []byte {
	packed := gzipped(tb, data)
	out := slices.Clone(packed[:10])
	for chunk := range slices.Chunk(data, 1<<15) {
		final := byte(0)
		if &chunk[len(chunk)-1] == &data[len(data)-1] {
			final = 1
		}
		out = append(out, final)
		out = binary.LittleEndian.AppendUint16(out, uint16(len(chunk)))
		out = binary.LittleEndian.AppendUint16(out, ^uint16(len(chunk)))
		out = append(out, chunk...)
	}
	return append(out, packed[len(packed)-8:]...)
}

func bad(tb testing.TB, name, source string, list jcs.Value, code, path string) listVector {
	return listVector{Name: name, Source: source, Now: now, Entry: simpleEntry(tb), List: list, Code: code, Path: path}
}

// badLists are credentials that are no status lists.
func badLists(tb testing.TB) []listVector {
	v := listOf(tb, multibase(gzipped(tb, bitstring(16384, 94567))))
	const s = "credentialSubject"
	subject, _ := v.Get(s)
	put := func(path string, x jcs.Value) jcs.Value { return with(v, path, x) }
	return []listVector{
		bad(tb, "not-an-object", "2.2", jcs.Array(v), "malformed", "type"),
		bad(tb, "type-missing", "2.2, type", v.Without("type"), "malformed", "type"),
		bad(tb, "type-an-ordinary-credential", "2.2, type", v.With("type", decode(tb, `["VerifiableCredential"]`)), "malformed", "type"),
		bad(tb, "type-without-verifiable-credential", "2.2, type", v.With("type", text("BitstringStatusListCredential")), "malformed", "type"),
		bad(tb, "type-of-the-older-draft", "2.2, type", v.With("type", decode(tb, `["VerifiableCredential","StatusList2021Credential"]`)), "malformed", "type"),
		bad(tb, "id-not-a-url", "2.2, id", v.With("id", text("3")), "malformed", "id"),
		bad(tb, "issuer-missing", "VC Data Model 2.0, 4.7", v.Without("issuer"), "malformed", "issuer"),
		bad(tb, "issuer-not-a-url", "VC Data Model 2.0, 4.7", v.With("issuer", text("issuer")), "malformed", "issuer"),
		bad(tb, "valid-from-not-a-time", "2.2, validFrom", v.With("validFrom", text("2026-05-01")), "malformed", "validFrom"),
		bad(tb, "valid-until-a-number", "2.2, validUntil", v.With("validUntil", jcs.FromInt(1)), "malformed", "validUntil"),
		bad(tb, "valid-until-before-valid-from", "2.2, validUntil", v.With("validUntil", text("2026-04-01T00:00:00Z")), "malformed", "validUntil"),
		bad(tb, "subject-missing", "2.2", v.Without(s), "malformed", s),
		bad(tb, "subjects-two", "2.2", v.With(s, jcs.Array(subject, subject)), "malformed", s),
		bad(tb, "subject-type-missing", "2.2, credentialSubject.type", without(v, s+".type"), "malformed", s+".type"),
		bad(tb, "subject-type-of-the-older-draft", "2.2, credentialSubject.type", put(s+".type", text("StatusList2021")), "malformed", s+".type"),
		bad(tb, "subject-type-of-the-credential", "2.2, credentialSubject.type", put(s+".type", text("BitstringStatusListCredential")), "malformed", s+".type"),
		bad(tb, "list-purpose-missing", "2.2, statusPurpose", without(v, s+".statusPurpose"), "malformed", s+".statusPurpose"),
		bad(tb, "list-purpose-empty", "2.2, statusPurpose", put(s+".statusPurpose", text("")), "malformed", s+".statusPurpose"),
		bad(tb, "list-purposes-none", "2.2, statusPurpose", put(s+".statusPurpose", jcs.Array()), "malformed", s+".statusPurpose"),
		bad(tb, "list-purposes-not-strings", "2.2, statusPurpose", put(s+".statusPurpose", decode(tb, `["revocation",1]`)), "malformed", s+".statusPurpose"),
		bad(tb, "ttl-string", "2.2, ttl", put(s+".ttl", text("3600000")), "malformed", s+".ttl"),
		bad(tb, "ttl-negative", "2.2, ttl", put(s+".ttl", jcs.FromInt(-1)), "malformed", s+".ttl"),
		bad(tb, "ttl-beyond-a-century", "2.2, ttl", put(s+".ttl", jcs.FromInt(1<<52)), "malformed", s+".ttl"),
		bad(tb, "list-size-zero", "2.2, statusSize", put(s+".statusSize", jcs.FromInt(0)), "malformed", s+".statusSize"),
		bad(tb, "list-messages-too-few", "2.2, statusMessages", put(s+".statusMessages", decode(tb, `[{"status":"0x0","message":"a"}]`)), "malformed", s+".statusMessages"),
		bad(tb, "list-size-without-messages", "2.2, statusMessages", put(s+".statusSize", jcs.FromInt(2)), "malformed", s+".statusMessages"),
	}
}

// badEncodings have something wrong with their bits.
func badEncodings(tb testing.TB) []listVector {
	const path = "credentialSubject.encodedList"
	bits := bitstring(16384, 94567)
	packed := gzipped(tb, bits)
	encoded := func(name, source string, x jcs.Value, code string) listVector {
		return bad(tb, name, source, listOf(tb, x), code, path)
	}
	flipped := slices.Clone(packed)
	flipped[len(flipped)/2] ^= 1
	crc := slices.Clone(packed)
	crc[len(crc)-8] ^= 1
	length := slices.Clone(packed)
	length[len(length)-4] ^= 1
	bomb := gzipped(tb, make([]byte, statuslist.MaxBytes+1))
	lying := slices.Clone(bomb)
	binary.LittleEndian.PutUint32(lying[len(lying)-4:], 16384)
	standard := base64.RawStdEncoding.EncodeToString(gzipped(tb, bytes.Repeat([]byte("?>~\xff\xfb"), 4096)))
	return []listVector{
		encoded("encoded-list-a-number", "2.2, encodedList", jcs.FromInt(1), "malformed"),
		bad(tb, "encoded-list-missing", "2.2, encodedList", without(listOf(tb, text("")), path), "malformed", path),
		encoded("encoded-list-empty", "2.2, encodedList", text(""), "malformed"),
		encoded("header-alone", "2.2, encodedList", text("u"), "malformed"),
		encoded("header-u-missing", "2.2, encodedList", text(base64url(packed)), "malformed"),
		encoded("header-of-base58", "2.2, encodedList", text("z"+base64url(packed)), "malformed"),
		encoded("header-of-padded-base64url", "2.2, encodedList", text("U"+base64.URLEncoding.EncodeToString(packed)), "malformed"),
		encoded("padding", "2.2, encodedList", text("u"+base64url(packed[:len(packed)/3*3])+"="), "malformed"),
		encoded("alphabet-of-plain-base64", "2.2, encodedList", text("u"+standard), "malformed"),
		encoded("line-end-within", "2.2, encodedList", text("u"+base64url(packed)[:40]+"\n"+base64url(packed)[40:]), "malformed"),
		encoded("bits-left-over-in-base64url", "RFC 4648, 3.5", text("u"+leftover(packed)), "malformed"),
		encoded("not-compressed", "2.2, encodedList", multibase(bits), "malformed"),
		encoded("compressed-with-zlib", "2.2, encodedList", multibase(zlibbed(tb, bits)), "malformed"),
		encoded("gzip-cut-short", "RFC 1952", multibase(packed[:len(packed)-9]), "malformed"),
		encoded("gzip-bit-flipped", "RFC 1952", multibase(flipped), "malformed"),
		encoded("gzip-checksum-wrong", "RFC 1952, 2.3.1", multibase(crc), "malformed"),
		encoded("gzip-length-wrong", "RFC 1952, 2.3.1", multibase(length), "malformed"),
		encoded("gzip-second-member", "2.2, encodedList", multibase(slices.Concat(packed, packed)), "malformed"),
		encoded("gzip-member-behind-a-short-one", "2.2, encodedList", multibase(slices.Concat(gzipped(tb, []byte{0}), packed)), "malformed"),
		encoded("gzip-garbage-behind", "2.2, encodedList", multibase(append(slices.Clone(packed), 0)), "malformed"),
		encoded("gzip-bomb", "DESIGN 7: at most 16 MiB", multibase(bomb), "malformed"),
		encoded("gzip-bomb-with-a-lying-trailer", "DESIGN 7: at most 16 MiB", multibase(lying), "malformed"),
		encoded("list-one-byte-too-short", "3.2, STATUS_LIST_LENGTH_ERROR", multibase(gzipped(tb, make([]byte, 16383))), "length"),
		encoded("list-empty", "3.2, STATUS_LIST_LENGTH_ERROR", multibase(gzipped(tb, nil)), "length"),
	}
}

// leftover sets bits of the last character that belong to no byte.
func leftover(packed []byte) string {
	for len(packed)%3 != 1 {
		packed = append(slices.Clone(packed), 0)
	}
	s := base64url(packed)
	return s[:len(s)-1] + "B"
}

// badMatches are a list and an entry that do not belong together, or not now.
func badMatches(tb testing.TB) []listVector {
	v := listOf(tb, multibase(gzipped(tb, bitstring(16384, 94567))))
	entry, two := simpleEntry(tb), messageEntry(tb)
	messages := with(v, "credentialSubject.statusPurpose", text("message"))
	match := func(name, source string, entry, list jcs.Value, code, path string) listVector {
		return listVector{Name: name, Source: source, Now: now, Entry: entry, List: list, Code: code, Path: path}
	}
	later := func(name, when string, list jcs.Value, path string) listVector {
		return listVector{Name: name, Source: "2.2, " + path, Now: when, Entry: entry, List: list, Code: "verification", Path: path}
	}
	return []listVector{
		match("purpose-of-another-list", "3.2", entry.With("statusPurpose", text("suspension")), v, "verification", "statusPurpose"),
		match("purpose-in-other-letters", "3.2", entry.With("statusPurpose", text("Revocation")), v, "verification", "statusPurpose"),
		match("purpose-not-among-several", "3.2", entry.With("statusPurpose", text("refresh")), with(v, "credentialSubject.statusPurpose", decode(tb, `["revocation","suspension"]`)), "verification", "statusPurpose"),
		match("list-of-another-url", "2.2, id", entry, v.With("id", text("https://issuer.example/status/4")), "verification", "statusListCredential"),
		match("list-url-differs-in-case", "2.2, id", entry.With("statusListCredential", text("https://issuer.example/STATUS/3")), v, "verification", "statusListCredential"),
		match("index-one-beyond-the-end", "3.2, RANGE_ERROR", at(tb, "131072"), v, "range", "statusListIndex"),
		match("two-bits-in-a-list-of-too-few-entries", "3.2, STATUS_LIST_LENGTH_ERROR", two, messages, "length", "credentialSubject.encodedList"),
		match("two-bits-index-beyond-the-end", "3.2, RANGE_ERROR", two.With("statusListIndex", text("131072")), with(messages, "credentialSubject.encodedList", multibase(gzipped(tb, make([]byte, 32768)))), "range", "statusListIndex"),
		match("size-is-not-the-list's", "2.2, statusSize", entry.With("statusPurpose", text("message")), withMessages(tb, with(messages, "credentialSubject.encodedList", multibase(gzipped(tb, make([]byte, 32768))))), "verification", "statusSize"),
		match("list-of-two-bits-too-few-entries", "3.2, STATUS_LIST_LENGTH_ERROR", two, withMessages(tb, messages), "length", "credentialSubject.encodedList"),
		later("list-not-yet-valid", "2026-04-30T23:59:59Z", v, "validFrom"),
		later("list-expired", "2026-07-01T00:00:01Z", v, "validUntil"),
		later("list-expired-within-its-ttl", "2026-07-01T00:00:01Z", with(v, "credentialSubject.ttl", jcs.FromInt(1<<40)), "validUntil"),
	}
}

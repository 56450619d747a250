package statuslist

import (
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
)

// Types of Bitstring Status List 1.0.
const (
	EntryType      = "BitstringStatusListEntry"
	ListType       = "BitstringStatusList"
	CredentialType = "BitstringStatusListCredential"
)

// Purposes with a meaning that the specification fixes. Revocation and refresh
// cannot be undone; refresh and message leave the credential valid.
const (
	Revocation = "revocation"
	Suspension = "suspension"
	Refresh    = "refresh"
	Message    = "message"
)

// Limits on what an entry or list may carry beside its bits.
const (
	maxText       = 2048
	maxReferences = 16
	maxPurposes   = 16
)

// Entry is a credentialStatus of type BitstringStatusListEntry.
type Entry struct {
	// ID is a URL or "".
	ID      string
	Purpose string
	// ListURL is statusListCredential, Index statusListIndex.
	ListURL string
	Index   uint64
	// Size is how many bits the entry has, 1 if it does not say.
	Size int
	// Messages has what each of the 2^Size values means to developers; nil if the
	// entry does not say, which it must unless Size is 1.
	Messages map[uint64]string
	// Reference are URLs about the meaning of the status.
	Reference []string
}

// IsEntry reports whether v claims to be of EntryType.
func IsEntry(v jcs.Value) bool { return hasType(v, EntryType) }

// ParseEntry reads one credentialStatus (Bitstring Status List 1.0, 2.1). An index
// too large for any list is a RangeError, everything else that is wrong a
// MalformedValueError.
func ParseEntry(v jcs.Value) (Entry, error) {
	e := Entry{Size: 1}
	if !IsEntry(v) {
		return Entry{}, malformed("type", "not "+EntryType)
	}
	var ok bool
	if id, present := v.Get("id"); present {
		if e.ID, ok = id.Str(); !ok || !lexical.IsURL(e.ID) {
			return Entry{}, malformed("id", "not a URL")
		}
	}
	if e.Purpose, _ = v.GetString("statusPurpose"); e.Purpose == "" || len(e.Purpose) > maxText {
		return Entry{}, malformed("statusPurpose", "not a string")
	}
	if e.ListURL, _ = v.GetString("statusListCredential"); !lexical.IsURL(e.ListURL) {
		return Entry{}, malformed("statusListCredential", "not a URL")
	}
	if e.ID == e.ListURL {
		return Entry{}, malformed("id", "the URL of the list")
	}
	var err error
	if e.Index, err = readIndex(v); err != nil {
		return Entry{}, err
	}
	size, sized, err := readSize(v, "statusSize")
	if err != nil {
		return Entry{}, err
	}
	if sized {
		e.Size = size
	}
	if e.Messages, err = readMessages(v, "statusMessage", "statusMessage", e.Size); err != nil {
		return Entry{}, err
	}
	if e.Size > 1 && e.Messages == nil {
		return Entry{}, malformed("statusMessage", "missing, with a statusSize above 1")
	}
	e.Reference, err = readReferences(v)
	return e, err
}

// readIndex reads an integer in base 10, without sign or leading zeros: a string,
// so that no reader rounds it.
func readIndex(v jcs.Value) (uint64, error) {
	const path = "statusListIndex"
	s, _ := v.GetString(path)
	if s == "" || len(s) > maxText || len(s) > 1 && s[0] == '0' {
		return 0, malformed(path, "not a string of decimal digits without leading zeros")
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, malformed(path, "not a string of decimal digits without leading zeros")
		}
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n >= MaxBytes*8 {
		return 0, &Error{Type: RangeError, Path: path, Detail: "beyond the end of any list"}
	}
	return n, nil
}

// readSize reads an optional statusSize.
func readSize(v jcs.Value, path string) (size int, present bool, err error) {
	member, present := v.Get("statusSize")
	if !present {
		return 0, false, nil
	}
	n, ok := member.Int()
	switch {
	case !ok || n < 1:
		return 0, false, malformed(path, "not an integer above 0")
	case n > MaxSize:
		return 0, false, malformed(path, "more than 8 bits are not supported")
	}
	return int(n), true, nil
}

// readMessages reads an optional array with one message for each value of size bits.
func readMessages(v jcs.Value, name, path string, size int) (map[uint64]string, error) {
	member, present := v.Get(name)
	if !present {
		return nil, nil
	}
	if !member.IsArray() || member.Len() != 1<<size {
		return nil, malformed(path, "not an array of "+strconv.Itoa(1<<size)+" messages, one for each value")
	}
	messages := make(map[uint64]string, member.Len())
	for item := range member.Elems() {
		status, _ := item.GetString("status")
		value, ok := parseHex(status)
		if !ok || value >= 1<<size {
			return nil, malformed(path+".status", "not a value of the status in hexadecimal, after 0x")
		}
		text, isString := item.GetString("message")
		if !isString || len(text) > maxText {
			return nil, malformed(path+".message", "not a string")
		}
		if _, twice := messages[value]; twice {
			return nil, malformed(path+".status", "a value has two messages")
		}
		messages[value] = text
	}
	return messages, nil
}

// parseHex reads hexadecimal digits after 0x.
func parseHex(s string) (uint64, bool) {
	digits, prefixed := strings.CutPrefix(s, "0x")
	if !prefixed {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 64)
	return n, err == nil
}

// readReferences reads statusReference: a URL or several.
func readReferences(v jcs.Value) ([]string, error) {
	const path = "statusReference"
	member, present := v.Get(path)
	if !present {
		return nil, nil
	}
	urls, ok := stringsOf(member, maxReferences)
	for _, s := range urls {
		ok = ok && lexical.IsURL(s)
	}
	if !ok {
		return nil, malformed(path, "not a URL or an array of URLs")
	}
	return urls, nil
}

// stringsOf reads a non-empty string or an array of up to limit of them.
func stringsOf(v jcs.Value, limit int) ([]string, bool) {
	if s, ok := v.Str(); ok {
		return []string{s}, s != ""
	}
	if !v.IsArray() || v.Len() == 0 || v.Len() > limit {
		return nil, false
	}
	list := make([]string, 0, v.Len())
	for item := range v.Elems() {
		s, _ := item.Str()
		if s == "" || len(s) > maxText {
			return nil, false
		}
		list = append(list, s)
	}
	return list, true
}

// hasType reports whether v has that type, alone or among others.
func hasType(v jcs.Value, name string) bool {
	member, _ := v.Get("type")
	if s, ok := member.Str(); ok {
		return s == name
	}
	for item := range member.Elems() {
		if s, _ := item.Str(); s == name {
			return true
		}
	}
	return false
}

// Value returns the entry as a credentialStatus.
func (e Entry) Value() jcs.Value {
	v := jcs.Object(
		jcs.Member{Name: "type", Value: jcs.FromString(EntryType)},
		jcs.Member{Name: "statusPurpose", Value: jcs.FromString(e.Purpose)},
		jcs.Member{Name: "statusListIndex", Value: jcs.FromString(strconv.FormatUint(e.Index, 10))},
		jcs.Member{Name: "statusListCredential", Value: jcs.FromString(e.ListURL)},
	)
	if e.ID != "" {
		v = v.With("id", jcs.FromString(e.ID))
	}
	if e.Size > 1 {
		v = v.With("statusSize", jcs.FromInt(int64(e.Size)))
	}
	if e.Messages != nil {
		v = v.With("statusMessage", messagesValue(e.Messages, max(e.Size, 1)))
	}
	if len(e.Reference) == 1 {
		v = v.With("statusReference", jcs.FromString(e.Reference[0]))
	} else if len(e.Reference) > 1 {
		v = v.With("statusReference", textsValue(e.Reference))
	}
	return v
}

func messagesValue(messages map[uint64]string, size int) jcs.Value {
	items := make([]jcs.Value, 0, 1<<size)
	for value := range uint64(1) << size {
		items = append(items, jcs.Object(
			jcs.Member{Name: "status", Value: jcs.FromString("0x" + strconv.FormatUint(value, 16))},
			jcs.Member{Name: "message", Value: jcs.FromString(messages[value])},
		))
	}
	return jcs.Array(items...)
}

func textsValue(list []string) jcs.Value {
	items := make([]jcs.Value, len(list))
	for i, s := range list {
		items[i] = jcs.FromString(s)
	}
	return jcs.Array(items...)
}

package statuslist_test

import (
	"strings"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
)

const listURL = "https://issuer.example/status/3"

// entryVector is a credentialStatus. Code is "" for one that can be read, else the
// kind of its defect, and Path the property at fault.
type entryVector struct {
	Name   string    `json:"name"`
	Source string    `json:"source"`
	Input  jcs.Value `json:"input"`
	Code   string    `json:"code,omitempty"`
	Path   string    `json:"path,omitempty"`
}

func TestEntryVectors(t *testing.T) {
	cases := vectors(t, "entries.json", vectorFile[entryVector]{
		Description: "credentialStatus entries without the list: code is absent for one that can be read, else malformed or range (MALFORMED_VALUE_ERROR, RANGE_ERROR), with the property at fault.",
		Source:      "made by go test ./did/statuslist -update; each case names the clause of Bitstring Status List 1.0 it is about",
		Cases:       append(goodEntries(t), badEntries(t)...),
	}, func(v entryVector) string { return v.Name })
	for _, v := range cases {
		t.Run(v.Name, func(t *testing.T) {
			e, err := statuslist.ParseEntry(v.Input)
			if code, path := codeOf(t, err); code != v.Code || path != v.Path {
				t.Fatalf("%s at %q, want %s at %q: %v", code, path, v.Code, v.Path, err)
			}
			if err != nil {
				return
			}
			again, err := statuslist.ParseEntry(e.Value())
			if err != nil || again.Index != e.Index || again.Size != e.Size || len(again.Messages) != len(e.Messages) {
				t.Errorf("%+v is written as %s: %v", e, e.Value().Canonical(), err)
			}
		})
	}
}

func simpleEntry(tb testing.TB) jcs.Value {
	return decode(tb, `{"id":"`+listURL+`#94567","type":"BitstringStatusListEntry","statusPurpose":"revocation",
		"statusListIndex":"94567","statusListCredential":"`+listURL+`"}`)
}

func messageEntry(tb testing.TB) jcs.Value {
	return decode(tb, `{"type":"BitstringStatusListEntry","statusPurpose":"message","statusListIndex":"492","statusSize":2,
		"statusListCredential":"`+listURL+`","statusReference":"https://example.org/status-dictionary/","statusMessage":[
		{"status":"0x0","message":"pending_review"},{"status":"0x1","message":"accepted"},
		{"status":"0x2","message":"rejected"},{"status":"0x3","message":"undefined"}]}`)
}

func goodEntries(tb testing.TB) []entryVector {
	v, m := simpleEntry(tb), messageEntry(tb)
	messages, _ := m.Get("statusMessage")
	return []entryVector{
		{"simple", "2.1", v, "", ""},
		{"index-zero", "2.1, statusListIndex", v.With("statusListIndex", text("0")), "", ""},
		{"without-id", "2.1, id", v.Without("id"), "", ""},
		{"type-among-others", "2.1, type", v.With("type", jcs.Array(text("BitstringStatusListEntry"), text("ExampleEntry"))), "", ""},
		{"purpose-of-its-own", "2.1, statusPurpose", v.With("statusPurpose", text("https://example.org/purposes#lost")), "", ""},
		{"size-one-stated", "2.1, statusSize", v.With("statusSize", jcs.FromInt(1)), "", ""},
		{"size-one-with-messages", "2.1, statusMessage", v.With("statusMessage", jcs.Array(messages.At(0), messages.At(1))), "", ""},
		{"messages", "2.1, statusMessage", m, "", ""},
		{"messages-in-another-order", "2.1, statusMessage", m.With("statusMessage", jcs.Array(messages.At(3), messages.At(1), messages.At(0), messages.At(2))), "", ""},
		{"message-with-more-to-say", "2.1, statusMessage", m.With("statusMessage", jcs.Array(messages.At(0).With("severity", jcs.FromInt(1)), messages.At(1), messages.At(2), messages.At(3))), "", ""},
		{"status-in-upper-case-digits", "2.1, statusMessage", largeEntry(tb, "0xFF"), "", ""},
		{"references", "2.1, statusReference", m.With("statusReference", jcs.Array(text("https://example.org/a"), text("urn:example:b"))), "", ""},
	}
}

// largeEntry has a statusSize of 8, whose last message is for that status.
func largeEntry(tb testing.TB, last string) jcs.Value {
	items := make([]jcs.Value, 256)
	const digits = "0123456789abcdef"
	for i := range items {
		status := "0x" + digits[i/16:i/16+1] + digits[i%16:i%16+1]
		if i == 255 {
			status = last
		}
		items[i] = jcs.Object(jcs.Member{Name: "status", Value: text(status)}, jcs.Member{Name: "message", Value: text("m")})
	}
	return messageEntry(tb).With("statusSize", jcs.FromInt(8)).With("statusMessage", jcs.Array(items...))
}

func badEntries(tb testing.TB) []entryVector {
	v, m := simpleEntry(tb), messageEntry(tb)
	messages, _ := m.Get("statusMessage")
	message := func(i int, change func(jcs.Value) jcs.Value) jcs.Value {
		items := []jcs.Value{messages.At(0), messages.At(1), messages.At(2), messages.At(3)}
		items[i] = change(items[i])
		return m.With("statusMessage", jcs.Array(items...))
	}
	index := func(s string) jcs.Value { return v.With("statusListIndex", text(s)) }
	const at = "statusListIndex"
	return []entryVector{
		{"not-an-object", "2.1", text("BitstringStatusListEntry"), "malformed", "type"},
		{"type-missing", "2.1, type", v.Without("type"), "malformed", "type"},
		{"type-of-the-older-draft", "2.1, type", v.With("type", text("StatusList2021Entry")), "malformed", "type"},
		{"type-of-the-list", "2.1, type", v.With("type", text("BitstringStatusList")), "malformed", "type"},
		{"id-not-a-url", "2.1, id", v.With("id", text("94567")), "malformed", "id"},
		{"id-a-number", "2.1, id", v.With("id", jcs.FromInt(94567)), "malformed", "id"},
		{"id-of-the-list", "2.1, id", v.With("id", text(listURL)), "malformed", "id"},
		{"purpose-missing", "2.1, statusPurpose", v.Without("statusPurpose"), "malformed", "statusPurpose"},
		{"purpose-empty", "2.1, statusPurpose", v.With("statusPurpose", text("")), "malformed", "statusPurpose"},
		{"purpose-array", "2.1, statusPurpose", v.With("statusPurpose", jcs.Array(text("revocation"))), "malformed", "statusPurpose"},
		{"index-missing", "2.1, statusListIndex", v.Without(at), "malformed", at},
		{"index-numeric", "2.1, statusListIndex", v.With(at, jcs.FromInt(94567)), "malformed", at},
		{"index-empty", "2.1, statusListIndex", index(""), "malformed", at},
		{"index-negative", "2.1, statusListIndex", index("-1"), "malformed", at},
		{"index-minus-zero", "2.1, statusListIndex", index("-0"), "malformed", at},
		{"index-with-plus", "2.1, statusListIndex", index("+94567"), "malformed", at},
		{"index-fraction", "2.1, statusListIndex", index("94567.0"), "malformed", at},
		{"index-exponent", "2.1, statusListIndex", index("9e4"), "malformed", at},
		{"index-hexadecimal", "2.1, statusListIndex", index("0x10"), "malformed", at},
		{"index-leading-zero", "2.1, statusListIndex", index("094567"), "malformed", at},
		{"index-with-space", "2.1, statusListIndex", index(" 94567"), "malformed", at},
		{"index-with-garbage-behind", "2.1, statusListIndex", index("94567abc"), "malformed", at},
		{"index-in-arabic-digits", "2.1, statusListIndex", index("٩٤"), "malformed", at},
		{"index-wraps-to-zero", "3.2, RANGE_ERROR", index("18446744073709551616"), "range", at},
		{"index-of-forty-digits", "3.2, RANGE_ERROR", index(strings.Repeat("9", 40)), "range", at},
		{"index-beyond-every-list", "3.2, RANGE_ERROR", index("134217728"), "range", at},
		{"list-missing", "2.1, statusListCredential", v.Without("statusListCredential"), "malformed", "statusListCredential"},
		{"list-not-a-url", "2.1, statusListCredential", v.With("statusListCredential", text("/status/3")), "malformed", "statusListCredential"},
		{"list-embedded", "2.1, statusListCredential", v.With("statusListCredential", jcs.Object()), "malformed", "statusListCredential"},
		{"size-zero", "2.1, statusSize", v.With("statusSize", jcs.FromInt(0)), "malformed", "statusSize"},
		{"size-negative", "2.1, statusSize", v.With("statusSize", jcs.FromInt(-1)), "malformed", "statusSize"},
		{"size-string", "2.1, statusSize", v.With("statusSize", text("1")), "malformed", "statusSize"},
		{"size-fraction", "2.1, statusSize", decode(tb, strings.Replace(string(v.Canonical()), "{", `{"statusSize":1.5,`, 1)), "malformed", "statusSize"},
		{"size-beyond-support", "2.1, statusSize", m.With("statusSize", jcs.FromInt(9)), "malformed", "statusSize"},
		{"messages-missing", "2.1, statusSize", m.Without("statusMessage"), "malformed", "statusMessage"},
		{"messages-too-few", "2.1, statusMessage", m.With("statusMessage", jcs.Array(messages.At(0), messages.At(1), messages.At(2))), "malformed", "statusMessage"},
		{"messages-too-many", "2.1, statusMessage", m.With("statusSize", jcs.FromInt(1)), "malformed", "statusMessage"},
		{"messages-not-an-array", "2.1, statusMessage", m.With("statusMessage", messages.At(0)), "malformed", "statusMessage"},
		{"messages-of-strings", "2.1, statusMessage", v.With("statusMessage", jcs.Array(text("unset"), text("set"))), "malformed", "statusMessage.status"},
		{"message-without-status", "2.1, statusMessage", message(1, func(v jcs.Value) jcs.Value { return v.Without("status") }), "malformed", "statusMessage.status"},
		{"message-status-a-number", "2.1, statusMessage", message(1, func(v jcs.Value) jcs.Value { return v.With("status", jcs.FromInt(1)) }), "malformed", "statusMessage.status"},
		{"message-status-without-prefix", "2.1, statusMessage", message(1, func(v jcs.Value) jcs.Value { return v.With("status", text("1")) }), "malformed", "statusMessage.status"},
		{"message-status-without-digits", "2.1, statusMessage", message(1, func(v jcs.Value) jcs.Value { return v.With("status", text("0x")) }), "malformed", "statusMessage.status"},
		{"message-status-signed", "2.1, statusMessage", message(1, func(v jcs.Value) jcs.Value { return v.With("status", text("0x-1")) }), "malformed", "statusMessage.status"},
		{"message-status-too-large", "2.1, statusMessage", message(3, func(v jcs.Value) jcs.Value { return v.With("status", text("0x4")) }), "malformed", "statusMessage.status"},
		{"message-status-twice", "2.1, statusMessage", message(3, func(v jcs.Value) jcs.Value { return v.With("status", text("0x02")) }), "malformed", "statusMessage.status"},
		{"message-without-text", "2.1, statusMessage", message(2, func(v jcs.Value) jcs.Value { return v.Without("message") }), "malformed", "statusMessage.message"},
		{"message-text-a-number", "2.1, statusMessage", message(2, func(v jcs.Value) jcs.Value { return v.With("message", jcs.FromInt(1)) }), "malformed", "statusMessage.message"},
		{"reference-not-a-url", "2.1, statusReference", m.With("statusReference", text("dictionary")), "malformed", "statusReference"},
		{"reference-among-others-not-a-url", "2.1, statusReference", m.With("statusReference", jcs.Array(text("https://example.org/a"), text("b"))), "malformed", "statusReference"},
		{"references-empty", "2.1, statusReference", m.With("statusReference", jcs.Array()), "malformed", "statusReference"},
	}
}

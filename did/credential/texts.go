package credential

import (
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// checkTexts checks name and description of the credential and of its issuer (VC
// Data Model 2.0, 4.6): a string, a language value object, or an array of those
// objects (11.1). Version 1 leaves them to the contexts of the credential, and
// everything else of version 2 does so too.
func (c *Credential) checkTexts() error {
	if c.Version == 1 {
		return nil
	}
	issuer, _ := c.Value.Get("issuer")
	if err := texts(issuer, "issuer."); err != nil {
		return err
	}
	return texts(c.Value, "")
}

func texts(v jcs.Value, prefix string) error {
	for _, name := range []string{"name", "description"} {
		member, present := v.Get(name)
		if member.IsArray() && member.Len() > MaxItems {
			return tooMany(prefix+name, member.Len(), MaxItems, "language value objects")
		}
		if present && !isText(member) {
			return malformed(prefix+name, "neither a string nor a language value object")
		}
	}
	return nil
}

func isText(v jcs.Value) bool {
	if !v.IsArray() {
		return v.IsString() || isLanguageValue(v)
	}
	for item := range v.Elems() {
		if !isLanguageValue(item) {
			return false
		}
	}
	return v.Len() > 0
}

// isLanguageValue: an object of a text and, if given, its language and direction,
// and nothing else.
func isLanguageValue(v jcs.Value) bool {
	if _, ok := v.GetString("@value"); !ok {
		return false
	}
	for name, member := range v.Members() {
		s, isString := member.Str()
		ok := isString
		switch name {
		case "@value":
		case "@language":
			ok = ok && isLanguageTag(s)
		case "@direction":
			ok = s == "ltr" || s == "rtl"
		default:
			return false
		}
		if !ok {
			return false
		}
	}
	return true
}

// isLanguageTag checks the form that all of BCP 47 has: subtags of one to eight
// letters and digits, the first of letters.
func isLanguageTag(s string) bool {
	if len(s) > 255 {
		return false
	}
	first := true
	for subtag := range strings.SplitSeq(s, "-") {
		if len(subtag) < 1 || len(subtag) > 8 {
			return false
		}
		for _, c := range []byte(subtag) {
			letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
			if !letter && (first || c < '0' || c > '9') {
				return false
			}
		}
		first = false
	}
	return true
}

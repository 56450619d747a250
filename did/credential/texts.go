package credential

import "github.com/tabard-id/tabard/did/jcs"

// checkTexts checks name and description (VC Data Model 2.0, 4.6): a string, a
// language value object, or an array of those objects (11.1). Version 1 leaves
// them to the contexts of the credential.
func (c *Credential) checkTexts() error {
	if c.Version == 1 {
		return nil
	}
	for _, name := range []string{"name", "description"} {
		if v, present := c.Value.Get(name); present && !isText(v) {
			return malformed(name, "neither a string nor a language value object")
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
	return v.Len() > 0 && v.Len() <= MaxItems
}

// isLanguageValue: an object of a text and, if given, its language and direction,
// and nothing else.
func isLanguageValue(v jcs.Value) bool {
	if _, ok := v.GetString("@value"); !ok {
		return false
	}
	for name, member := range v.Members() {
		switch name {
		case "@value", "@language", "@direction":
			if !member.IsString() {
				return false
			}
		default:
			return false
		}
	}
	return true
}

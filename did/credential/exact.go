package credential

import "github.com/tabard-id/tabard/did/jcs"

// CodeNumberInexact: structure; a number that no binary64 holds, such as an integer
// beyond 2^53. In the canonical form, which is signed or is what others read, it is
// another (RFC 8785, 3.2.2.3; RFC 7493, 2.2).
const CodeNumberInexact Code = "number-inexact"

// exact refuses documents with a number that would be read as another.
func exact(docs ...jcs.Value) error {
	for _, doc := range docs {
		pointer, text, found := doc.Inexact()
		if !found {
			continue
		}
		return &checkError{
			code: CodeNumberInexact, typ: MalformedValueError,
			detail: cut(pointer) + ": " + cut(text) + " is a number that readers take for another: write it as a string",
		}
	}
	return nil
}

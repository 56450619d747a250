package sd

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did/jsonld"
)

// labels are the HMACs of canonical labels under one key (3.4.4).
func labelOf(key []byte, canonical string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(canonical)) // a hash never fails
	return mac.Sum(nil)
}

// written is a label as it stands in statements, behind "_:".
func written(label []byte) string { return "u" + base64.RawURLEncoding.EncodeToString(label) }

// relabelled returns the lines of a canonical dataset with other names for its
// blank nodes, names[c14n‹i›] for _:c14n‹i›, in the order of their bytes.
func relabelled(c *jsonld.Canonical, names map[string]string) ([]string, error) {
	lines := make([]string, len(c.Lines))
	for i, line := range c.Lines {
		var err error
		if lines[i], err = relabel(line, names); err != nil {
			return nil, err
		}
	}
	slices.Sort(lines)
	return lines, nil
}

// relabel renames the blank nodes of one canonical N-Quad.
func relabel(line string, names map[string]string) (string, error) {
	if !strings.Contains(line, "_:") {
		return line, nil
	}
	var b strings.Builder
	b.Grow(len(line) + 2*base64.RawURLEncoding.EncodedLen(LabelSize))
	for rest := line; rest != ""; {
		term := rest[:termLen(rest)]
		rest = rest[len(term):]
		if label, blank := strings.CutPrefix(term, "_:"); blank {
			name, ok := names[label]
			if !ok {
				return "", fmt.Errorf("%w: no name for the blank node %s", ErrStatements, term)
			}
			b.WriteString("_:")
			b.WriteString(name)
		} else {
			b.WriteString(term)
		}
		// The blank after the term, or the end: " ." and the line feed.
		if rest != "" {
			b.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	return b.String(), nil
}

// termLen returns how long the term is that s begins with: up to the next blank
// that is not in quotes. IRIs have no blanks; quotes are escaped within literals.
func termLen(s string) int {
	i := 0
	if s[0] == '"' {
		for i = 1; i < len(s) && s[i] != '"'; i++ {
			if s[i] == '\\' {
				i++
			}
		}
	}
	for i < len(s) && s[i] != ' ' {
		i++
	}
	return min(i, len(s))
}

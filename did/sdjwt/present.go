package sdjwt

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
)

// Binding says how a key binding JWT is made.
type Binding struct {
	// Key is the holder's.
	Key             jose.Signer
	Audience, Nonce string
	// IssuedAt is iat, in seconds since 1970.
	IssuedAt int64
}

// Present returns the SD-JWT with the disclosures needed to show what the JSON
// Pointers lead to, wholly, in the payload that Process gives with all of them; and
// with a key binding if bind is not nil (RFC 9901, 7.2). Errors are those of Parse
// and Process, or *Error with ErrIssue.
func Present(text []byte, reveal []string, bind *Binding) (string, error) {
	t, err := Parse(text)
	if err != nil {
		return "", err
	}
	if t.KeyBinding != nil {
		return "", refuse(ErrIssue, "the token is presented already")
	}
	p := newProcessor(t)
	p.place = make([]string, len(t.Disclosures))
	payload, err := p.run()
	if err != nil {
		return "", err
	}
	for _, pointer := range reveal {
		if err := leads(payload, pointer); err != nil {
			return "", err
		}
	}
	jwt, _, _ := bytes.Cut(text, []byte{'~'})
	chosen := string(jwt) + "~"
	for i, d := range t.Disclosures {
		if slices.ContainsFunc(reveal, func(pointer string) bool { return within(pointer, p.place[i]) || within(p.place[i], pointer) }) {
			chosen += d.Text + "~"
		}
	}
	if bind == nil {
		return chosen, nil
	}
	return t.bind(chosen, *bind)
}

// within reports whether the pointer inner is outer or leads into it.
func within(inner, outer string) bool {
	return inner == outer || strings.HasPrefix(inner, outer+"/")
}

// leads makes sure that a pointer leads somewhere.
func leads(v jcs.Value, pointer string) error {
	steps, err := split(pointer)
	if err != nil {
		return err
	}
	for _, step := range steps {
		next, found := v.Get(step)
		for i := 0; v.IsArray() && i < v.Len() && !found; i++ {
			if fmt.Sprint(i) == step {
				next, found = v.At(i), true
			}
		}
		if !found {
			return refuse(ErrIssue, fmt.Sprintf("%.64q leads to nothing", pointer))
		}
		v = next
	}
	return nil
}

// bind signs what is presented.
func (t *Token) bind(chosen string, b Binding) (string, error) {
	header := jcs.Object(jcs.Member{Name: "typ", Value: jcs.FromString(KeyBindingType)})
	claims := jcs.Object(
		jcs.Member{Name: "aud", Value: jcs.FromString(b.Audience)},
		jcs.Member{Name: "iat", Value: jcs.FromInt(b.IssuedAt)},
		jcs.Member{Name: "nonce", Value: jcs.FromString(b.Nonce)},
		jcs.Member{Name: "sd_hash", Value: jcs.FromString(t.digest([]byte(chosen)))},
	)
	if b.Key == nil || b.Nonce == "" || b.Audience == "" {
		return "", refuse(ErrIssue, "a key binding needs a key, a nonce and an audience")
	}
	jwt, err := jose.Sign(header, claims.Canonical(), b.Key)
	if err != nil {
		return "", &Error{Code: ErrIssue, Err: err}
	}
	return chosen + jwt, nil
}

// split takes a JSON Pointer that is not empty apart.
func split(pointer string) ([]string, error) {
	if !strings.HasPrefix(pointer, "/") || len(pointer) > 1<<12 {
		return nil, refuse(ErrIssue, fmt.Sprintf("%.64q is not a JSON Pointer to a part", pointer))
	}
	steps := strings.Split(pointer[1:], "/")
	for n, step := range steps {
		plain := strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		if escape(plain) != step {
			return nil, refuse(ErrIssue, fmt.Sprintf("%.64q is not a JSON Pointer", pointer))
		}
		steps[n] = plain
	}
	return steps, nil
}

func escape(step string) string {
	return strings.ReplaceAll(strings.ReplaceAll(step, "~", "~0"), "/", "~1")
}

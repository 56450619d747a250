package sdjwt

import (
	"crypto"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
)

// saltSize is 128 bits (RFC 9901, 4.2.1).
const saltSize = 16

// IssueOptions say how an SD-JWT is made.
type IssueOptions struct {
	// Header has what the header says beside alg, such as kid and typ; null: nothing.
	Header jcs.Value
	// Disclosable are JSON Pointers (RFC 6901) to the members and array elements of the
	// payload that the holder may disclose one by one. One inside of another makes
	// disclosures that build on each other.
	Disclosable []string
	// Hash is sha-256 (also ""), sha-384 or sha-512.
	Hash string
	// Decoys is how many digests of nothing are added to every object that hides
	// something.
	Decoys int
	// Random is where salts come from; nil is crypto/rand.
	Random io.Reader
}

// issuer makes disclosures.
type issuer struct {
	opt         IssueOptions
	hash        crypto.Hash
	disclosures []string
}

// branch is where pointers lead: which parts of a value to hide.
type branch struct {
	hide bool
	next map[string]*branch
	used int
}

// Issue signs payload as an SD-JWT with all of its disclosures (RFC 9901, 4). The
// payload may not use the reserved names. Errors are *Error with ErrIssue.
func Issue(payload jcs.Value, key jose.Signer, opt IssueOptions) (string, error) {
	if opt.Random == nil {
		opt.Random = rand.Reader
	}
	if opt.Hash == "" {
		opt.Hash = "sha-256"
	}
	i := &issuer{opt: opt, hash: hashes[opt.Hash]}
	switch {
	case !payload.IsObject():
		return "", refuse(ErrIssue, "the payload is not an object")
	case i.hash == 0:
		return "", refuse(ErrIssue, "the hash is not known")
	case len(opt.Disclosable) > MaxDisclosures || opt.Decoys < 0 || opt.Decoys > MaxDisclosures:
		return "", refuse(ErrIssue, "too much to disclose")
	}
	root, err := branches(opt.Disclosable)
	if err != nil {
		return "", err
	}
	signed, err := i.hide(payload, root)
	if err != nil {
		return "", err
	}
	if len(opt.Disclosable) > 0 {
		signed = signed.With(nameHash, jcs.FromString(opt.Hash))
	}
	jwt, err := jose.Sign(opt.Header, signed.Canonical(), key)
	if err != nil {
		return "", &Error{Code: ErrIssue, Err: err}
	}
	text := jwt + "~"
	if len(i.disclosures) > 0 {
		text += strings.Join(i.disclosures, "~") + "~"
	}
	return text, proveMade(text, payload)
}

// proveMade makes sure that what was made says what it should.
func proveMade(text string, payload jcs.Value) error {
	t, err := Parse([]byte(text))
	if err != nil {
		return &Error{Code: ErrIssue, Err: err}
	}
	processed, err := t.Process()
	if err != nil {
		return &Error{Code: ErrIssue, Err: err}
	}
	if !processed.Equal(payload) {
		return refuse(ErrIssue, "the payload uses a reserved name")
	}
	return nil
}

// branches makes a tree of JSON Pointers.
func branches(pointers []string) (*branch, error) {
	root := &branch{}
	for _, pointer := range pointers {
		steps, err := split(pointer)
		if err != nil {
			return nil, err
		}
		at := root
		for _, step := range steps {
			if at.next == nil {
				at.next = map[string]*branch{}
			}
			if at.next[step] == nil {
				at.next[step] = &branch{}
			}
			at = at.next[step]
		}
		if at.hide {
			return nil, refuse(ErrIssue, fmt.Sprintf("%.64q is given twice", pointer))
		}
		at.hide = true
	}
	return root, nil
}

// hide returns v with digests for the parts that b leads to, innermost first.
func (i *issuer) hide(v jcs.Value, b *branch) (jcs.Value, error) {
	if b == nil || len(b.next) == 0 {
		return v, nil
	}
	var hidden jcs.Value
	var err error
	switch {
	case v.IsObject():
		hidden, err = i.hideMembers(v, b)
	case v.IsArray():
		hidden, err = i.hideElements(v, b)
	}
	if err == nil && b.used != len(b.next) {
		err = refuse(ErrIssue, "a pointer leads to nothing")
	}
	return hidden, err
}

func (i *issuer) hideMembers(v jcs.Value, b *branch) (jcs.Value, error) {
	if _, reserved := v.Get(nameDigests); reserved {
		return jcs.Value{}, refuse(ErrIssue, "the payload uses a reserved name")
	}
	members := make([]jcs.Member, 0, v.Len()+1)
	var digests []string
	for name, member := range v.Members() {
		next := b.next[name]
		hidden, err := i.hide(member, next)
		if err != nil {
			return jcs.Value{}, err
		}
		if next != nil {
			b.used++
		}
		if next == nil || !next.hide {
			members = append(members, jcs.Member{Name: name, Value: hidden})
			continue
		}
		digest, err := i.disclose(jcs.FromString(name), hidden)
		if err != nil {
			return jcs.Value{}, err
		}
		digests = append(digests, digest)
	}
	if len(digests) > 0 {
		decoys, err := i.decoys()
		if err != nil {
			return jcs.Value{}, err
		}
		members = append(members, jcs.Member{Name: nameDigests, Value: sorted(append(digests, decoys...))})
	}
	return jcs.Object(members...), nil
}

func (i *issuer) hideElements(v jcs.Value, b *branch) (jcs.Value, error) {
	elems := make([]jcs.Value, 0, v.Len())
	for item := range v.Elems() {
		next := b.next[fmt.Sprint(len(elems))]
		hidden, err := i.hide(item, next)
		if err != nil {
			return jcs.Value{}, err
		}
		if next != nil {
			b.used++
		}
		if next != nil && next.hide {
			digest, err := i.disclose(hidden)
			if err != nil {
				return jcs.Value{}, err
			}
			hidden = jcs.Object(jcs.Member{Name: nameElement, Value: jcs.FromString(digest)})
		}
		elems = append(elems, hidden)
	}
	return jcs.Array(elems...), nil
}

// disclose makes one disclosure of (name and) value and returns its digest.
func (i *issuer) disclose(parts ...jcs.Value) (string, error) {
	salt, err := i.random()
	if err != nil {
		return "", err
	}
	text := jose.Encode64(jcs.Array(append([]jcs.Value{jcs.FromString(salt)}, parts...)...).Canonical())
	i.disclosures = append(i.disclosures, text)
	return i.digest(text), nil
}

func (i *issuer) decoys() ([]string, error) {
	decoys := make([]string, i.opt.Decoys)
	for n := range decoys {
		nothing, err := i.random()
		if err != nil {
			return nil, err
		}
		decoys[n] = i.digest(nothing)
	}
	return decoys, nil
}

func (i *issuer) random() (string, error) {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(i.opt.Random, salt); err != nil {
		return "", &Error{Code: ErrIssue, Detail: "random", Err: err}
	}
	return jose.Encode64(salt), nil
}

func (i *issuer) digest(text string) string {
	h := i.hash.New()
	h.Write([]byte(text))
	return jose.Encode64(h.Sum(nil))
}

// sorted hides the order of the claims (RFC 9901, 4.2.4.1).
func sorted(digests []string) jcs.Value {
	slices.Sort(digests)
	values := make([]jcs.Value, len(digests))
	for n, digest := range digests {
		values[n] = jcs.FromString(digest)
	}
	return jcs.Array(values...)
}

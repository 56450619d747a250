package credential

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"mime"
	"strings"

	"github.com/multiformats/go-multibase"

	"github.com/tabard-id/tabard/did/jcs"
)

// readResources reads relatedResource (VC Data Model 2.0, 5.3): objects with
// different ids, each with a digest.
func (c *Credential) readResources() error {
	const path = "relatedResource"
	if c.Version == 1 {
		return nil
	}
	values, err := objects(c.Value, path, MaxItems)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		r := Resource{}
		if r.ID, err = optionalURL(v, "id"); err != nil || r.ID == "" {
			return malformed(path+".id", "not a URL")
		}
		if seen[r.ID] {
			return malformed(path+".id", "names a resource twice")
		}
		seen[r.ID] = true
		if media, present := v.Get("mediaType"); present {
			if r.MediaType, _ = media.Str(); !isMediaType(r.MediaType) {
				return malformed(path+".mediaType", "not a media type")
			}
		}
		if r.digests, err = readDigests(v, path); err != nil {
			return err
		}
		if !r.digests.any() {
			return malformed(path, "has neither digestSRI nor digestMultibase")
		}
		c.Resources = append(c.Resources, r)
	}
	return nil
}

func isMediaType(s string) bool {
	media, _, err := mime.ParseMediaType(s)
	kind, sub, ok := strings.Cut(media, "/")
	return err == nil && ok && kind != "" && sub != ""
}

// digests are what a resource must be. Any of integrity will do, of the strongest
// algorithm there is (Subresource Integrity, 3.3.3); all of multihashes must fit.
type digests struct {
	integrity, multihashes []digest
}

// digest is a hash value; of an algorithm that is not known here if newHash is nil.
type digest struct {
	sum  func([]byte) []byte
	want []byte
}

func (d digests) any() bool { return len(d.integrity)+len(d.multihashes) > 0 }

// match compares data with the digests; known is false if one of them can not be
// computed here.
func (d digests) match(data []byte) (matches, known bool) {
	matches, known = true, true
	for _, digest := range d.multihashes {
		if digest.sum == nil {
			known = false
		} else if !bytes.Equal(digest.sum(data), digest.want) {
			matches = false
		}
	}
	found := len(d.integrity) == 0
	for _, digest := range strongest(d.integrity) {
		found = found || bytes.Equal(digest.sum(data), digest.want)
	}
	return matches && found, known
}

func strongest(list []digest) []digest {
	size := 0
	for _, d := range list {
		size = max(size, len(d.want))
	}
	var best []digest
	for _, d := range list {
		if len(d.want) == size {
			best = append(best, d)
		}
	}
	return best
}

// maxDigest bounds the text of a digest; maxDigests how many there are.
const (
	maxDigest  = 256
	maxDigests = 8
)

// readDigests reads digestSRI and digestMultibase.
func readDigests(v jcs.Value, path string) (d digests, err error) {
	list, ok := digestTexts(v, "digestSRI")
	for _, s := range list {
		// A string of Subresource Integrity may hold several.
		for word := range strings.FieldsSeq(s) {
			one, valid := parseSRI(word)
			ok = ok && valid && len(d.integrity) < maxDigests
			d.integrity = append(d.integrity, one)
		}
	}
	if !ok || len(list) > 0 && len(d.integrity) == 0 {
		return digests{}, malformed(path+".digestSRI", "not one to eight digests of Subresource Integrity")
	}
	list, ok = digestTexts(v, "digestMultibase")
	for _, s := range list {
		one, valid := parseMultibaseDigest(s)
		ok = ok && valid
		d.multihashes = append(d.multihashes, one)
	}
	if !ok {
		return digests{}, malformed(path+".digestMultibase", "not one to eight multibase-encoded multihashes")
	}
	return d, nil
}

// digestTexts reads a string or an array of strings; ok is false for what is
// neither.
func digestTexts(v jcs.Value, name string) (list []string, ok bool) {
	member, present := v.Get(name)
	if !present {
		return nil, true
	}
	if s, isString := member.Str(); isString {
		return []string{s}, len(s) <= maxDigest*maxDigests
	}
	if !member.IsArray() || member.Len() == 0 || member.Len() > maxDigests {
		return nil, false
	}
	for item := range member.Elems() {
		s, isString := item.Str()
		if !isString || len(s) > maxDigest {
			return nil, false
		}
		list = append(list, s)
	}
	return list, true
}

func sum256(data []byte) []byte { s := sha256.Sum256(data); return s[:] }
func sum384(data []byte) []byte { s := sha512.Sum384(data); return s[:] }
func sum512(data []byte) []byte { s := sha512.Sum512(data); return s[:] }

// parseSRI reads one hash-expression (Subresource Integrity, 3.5), whose options
// after a question mark have no meaning. Base64 comes in either alphabet, as the
// grammar has it.
func parseSRI(s string) (digest, bool) {
	expression, _, _ := strings.Cut(s, "?")
	algorithm, value, _ := strings.Cut(expression, "-")
	var d digest
	size := 0
	switch algorithm {
	case "sha256":
		d.sum, size = sum256, sha256.Size
	case "sha384":
		d.sum, size = sum384, sha512.Size384
	case "sha512":
		d.sum, size = sum512, sha512.Size
	default:
		return digest{}, false
	}
	value = strings.NewReplacer("-", "+", "_", "/").Replace(value)
	if len(value)%4 == 0 {
		value = strings.TrimSuffix(strings.TrimSuffix(value, "="), "=")
	}
	want, err := base64.RawStdEncoding.Strict().DecodeString(value)
	if err != nil || len(want) != size {
		return digest{}, false
	}
	d.want = want
	return d, true
}

// Codes of multihash.
const (
	codeSHA256 = 0x12
	codeSHA512 = 0x13
	codeSHA384 = 0x20
)

// parseMultibaseDigest reads a multihash in multibase (Data Integrity 1.0, 2.6). The
// examples of VC Data Model 2.0 have digests without the header of a multihash;
// by their length they are taken for SHA-2.
func parseMultibaseDigest(s string) (digest, bool) {
	if len(s) > maxDigest {
		return digest{}, false
	}
	_, data, err := multibase.Decode(s)
	if err != nil {
		return digest{}, false
	}
	switch len(data) {
	case sha256.Size:
		return digest{sum256, data}, true
	case sha512.Size384:
		return digest{sum384, data}, true
	case sha512.Size:
		return digest{sum512, data}, true
	}
	code, n := binary.Uvarint(data)
	if n <= 0 {
		return digest{}, false
	}
	length, m := binary.Uvarint(data[n:])
	want := data[n+max(m, 0):]
	if m <= 0 || length == 0 || length != uint64(len(want)) {
		return digest{}, false
	}
	switch {
	case code == codeSHA256 && length == sha256.Size:
		return digest{sum256, want}, true
	case code == codeSHA384 && length == sha512.Size384:
		return digest{sum384, want}, true
	case code == codeSHA512 && length == sha512.Size:
		return digest{sum512, want}, true
	case code == codeSHA256 || code == codeSHA384 || code == codeSHA512:
		return digest{}, false
	}
	return digest{want: want}, true
}

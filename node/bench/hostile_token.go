package bench

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"github.com/tabard-id/tabard/did/cose"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/sdjwt"
	"github.com/tabard-id/tabard/did/statuslist"
)

func jsonAttacks() []attack {
	decode := func(b []byte) error {
		v, err := jcs.Decode(b)
		if err != nil {
			return err
		}
		v.Canonical()
		return nil
	}
	const name = "jcs"
	return []attack{
		text(name, "65,000 numbers of 15 characters", false, func() string { return "[" + each(65000, `1.234567e-#`) + "]" }, decode),
		text(name, "65,000 objects", false, func() string { return "[" + each(65000, `{}`) + "]" }, decode),
		text(name, "60,000 members in reverse", false, func() string {
			var b strings.Builder
			for i := range 60000 {
				fmt.Fprintf(&b, `"%05d":1,`, 60000-i)
			}
			return "{" + b.String() + `"z":1}`
		}, decode),
		text(name, "60,000 members in UTF-16 order", false, func() string { return "{" + each(45000, `"\ud800\udc00#":1`) + "}" }, decode),
		text(name, "170,000 escapes", false, func() string { return `"` + strings.Repeat(`\u0001`, 170000) + `"` }, decode),
		text(name, "21,000 objects in objects", false, func() string { return "[" + each(20000, `{"a":{"b":{}}}`) + "]" }, decode),
		text(name, "a number of 1 MiB", true, func() string { return strings.Repeat("9", 1<<20) }, decode),
		text(name, "1 MiB of open arrays", true, func() string { return strings.Repeat("[", 1<<20) }, decode),
		text(name, "a member twice among 60,000", true, func() string { return "{" + each(60000, `"#":1`) + `,"0":1}` }, decode),
	}
}

// compact is a JWS over payload.
func compact(f forger, payload []byte) (string, error) {
	return jose.Sign(jcs.Object(jcs.Member{Name: "typ", Value: jcs.FromString("vc+sd-jwt")}), payload, f.key)
}

// disclosures builds an SD-JWT by hand, since no issuer would make it: a disclosure holds the digests
// of fan others, so many levels down.
type disclosures struct {
	parts []string
}

func (d *disclosures) add(value string) string {
	text := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `["salt%d","m%d",%s]`, len(d.parts), len(d.parts), value))
	d.parts = append(d.parts, text)
	h := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// tree adds a member that holds fan others, and so on; it returns its digest.
func (d *disclosures) tree(levels, fan int, leaf string) string {
	if levels == 0 {
		return d.add(leaf)
	}
	digests := make([]string, fan)
	for i := range digests {
		digests[i] = `"` + d.tree(levels-1, fan, leaf) + `"`
	}
	return d.add(`{"_sd":[` + strings.Join(digests, ",") + `]}`)
}

func sdjwtAttack(f forger, name string, refused bool, levels, fan, trees int, leaf string, decoys int) attack {
	return attack{"sd-jwt", name, refused, func(context.Context) (int, func() error, error) {
		d := &disclosures{}
		var digests []string
		for range trees {
			digests = append(digests, `"`+d.tree(levels, fan, leaf)+`"`)
		}
		for i := range decoys {
			h := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
			digests = append(digests, `"`+base64.RawURLEncoding.EncodeToString(h[:])+`"`)
		}
		jwt, err := compact(f, []byte(`{"_sd_alg":"sha-256","_sd":[`+strings.Join(digests, ",")+`]}`))
		text := []byte(jwt + "~" + strings.Join(d.parts, "~") + "~")
		return len(text), func() error {
			t, err := sdjwt.Parse(text)
			if err != nil {
				return err
			}
			if err := t.Verify(f.key.Public(), nil); err != nil {
				return err
			}
			_, err = t.Process()
			return err
		}, err
	}}
}

func tokenAttacks() ([]attack, error) {
	f, err := newForger(multikey.P256)
	if err != nil {
		return nil, err
	}
	list := []attack{
		sdjwtAttack(f, "1,023 disclosures, two in each", false, 9, 2, 1, `1`, 0),
		sdjwtAttack(f, "30 levels, 32 times", false, 29, 1, 32, `{"x":1}`, 0),
		sdjwtAttack(f, "40 levels", true, 40, 1, 1, `1`, 0),
		sdjwtAttack(f, "1,024 disclosures, 7,000 decoys", false, 0, 0, 1024, `["a",1]`, 7000),
		sdjwtAttack(f, "1,024 disclosures of 600 bytes", false, 0, 0, 1024, `"`+strings.Repeat("x", 560)+`"`, 0),
		sdjwtAttack(f, "8,000 disclosures", true, 0, 0, 8000, `1`, 0),
	}
	parse := func(b []byte) error { _, err := jose.Parse(b); return err }
	list = append(list,
		text("jose", "header of 1 MiB", true, func() string { return strings.Repeat("e", 1<<20-4) + ".e30.AAAA" }, parse),
		text("jose", "1 MiB of stops", true, func() string { return strings.Repeat(".", 1<<20) }, parse),
		text("jose", "payload of 750 KiB", false, func() string {
			jwt, err := compact(f, bytes.Repeat([]byte("x"), 750<<10))
			if err != nil {
				return err.Error()
			}
			return jwt
		}, parse),
	)
	return append(list, coseAttacks(f)...), nil
}

// cborHead is the head of a CBOR item of a major type.
func cborHead(major byte, n int) []byte {
	return []byte{major<<5 | 26, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

func coseAttacks(f forger) []attack {
	parse := func(b []byte) error {
		m, err := cose.Parse(b)
		if err == nil {
			_, err = cose.ParseClaims(m.Payload)
		}
		return err
	}
	claims := func(b []byte) error { _, err := cose.ParseClaims(b); return err }
	signed := func(payload []byte) func() string {
		return func() string {
			m, err := cose.Sign(cose.Header{}, payload, f.key)
			if err != nil {
				return err.Error()
			}
			return string(m)
		}
	}
	many := append(cborHead(5, 200), bytes.Repeat([]byte{0}, 400)...)
	for i := range 200 {
		many[5+2*i] = byte(i % 24)
	}
	wide := append([]byte{0xa1, 0x18, 0x64}, append(cborHead(4, 1000), bytes.Repeat(append(cborHead(4, 1000), bytes.Repeat([]byte{0xf6}, 1000)...), 1000)...)...)
	return []attack{
		text("cose", "claims of a million items", false, func() string { return string(wide) }, claims),
		text("cose", "claims that say 4 GiB", true, func() string { return "\xa1\x01\x7b\x00\x00\x00\x01\x00\x00\x00\x00" }, claims),
		text("cose", "array that says 4 G items", true, func() string { return "\xd2\x9a\xff\xff\xff\xff" }, parse),
		text("cose", "a million levels", true, func() string { return strings.Repeat("\x81", 1<<20) }, parse),
		text("cose", "a million tags", true, func() string { return strings.Repeat("\xd2", 1<<20) }, parse),
		text("cose", "labels that repeat", true, func() string { return string(many) }, claims),
		text("cose", "message of 1 MiB", true, signed(bytes.Repeat([]byte{0x81}, 1<<20-200)), parse),
	}
}

func packed(size int, with func(io.Writer) io.WriteCloser) ([]byte, error) {
	var b bytes.Buffer
	w := with(&b)
	if _, err := w.Write(make([]byte, size)); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}

func gzipped(size int) ([]byte, error) {
	return packed(size, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

func zlibbed(size int) ([]byte, error) {
	return packed(size, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
}

// pack is an attack whose input is compressed.
func pack(name string, refused bool, size int, with func(int) ([]byte, error), run func(encoded string) error) attack {
	return attack{"status list", name, refused, func(context.Context) (int, func() error, error) {
		b, err := with(size)
		encoded := base64.RawURLEncoding.EncodeToString(b)
		return len(encoded), func() error { return run(encoded) }, err
	}}
}

func statusAttacks() []attack {
	bits := func(encoded string) error { _, err := statuslist.Decode("u" + encoded); return err }
	token := func(encoded string) error {
		_, err := statuslist.ParseTokenList(jcs.Object(jcs.Member{Name: "bits", Value: jcs.FromInt(8)}, jcs.Member{Name: "lst", Value: jcs.FromString(encoded)}))
		return err
	}
	credential := func(encoded string) error {
		v, err := jcs.Decode(fmt.Appendf(nil, `{"@context":[%s],"type":["VerifiableCredential","BitstringStatusListCredential"],"issuer":"urn:i",
			"credentialSubject":{"type":"BitstringStatusList","statusPurpose":"message","statusSize":8,"statusMessages":[%s],"encodedList":"u%s"}}`,
			credentialsV2, messages(), encoded))
		if err != nil {
			return err
		}
		_, err = statuslist.ParseList(v)
		return err
	}
	members := func(size int) ([]byte, error) {
		one, err := gzipped(size / 1000)
		return bytes.Repeat(one, 1000), err
	}
	empty := func(n int) ([]byte, error) {
		one, err := gzipped(0)
		return bytes.Repeat(one, n), err
	}
	const most = statuslist.MaxBytes
	return []attack{
		pack("16 MiB of bits", false, most, gzipped, bits),
		pack("bomb of 100 MiB", true, 100<<20, gzipped, bits),
		pack("1,000 members of gzip", true, most, members, bits),
		pack("40,000 empty members of gzip", true, 40000, empty, bits),
		pack("16 MiB and 256 messages", false, most, gzipped, credential),
		pack("token of 16 MiB", false, most, zlibbed, token),
		pack("token, bomb of 100 MiB", true, 100<<20, zlibbed, token),
		{"status list", "1 MiB of flips", false, func(context.Context) (int, func() error, error) {
			old, next := make([]byte, 1<<20), bytes.Repeat([]byte{0xff}, 1<<20)
			return 2 << 20, func() error { statuslist.Diff(old, next, 1, 1024); return nil }, nil
		}},
		{"status list", "16 MiB as a token", false, func(context.Context) (int, func() error, error) {
			bits := make([]byte, most)
			return most, func() error { _, err := statuslist.TokenView(bits, statuslist.Revocation).JSON(); return err }, nil
		}},
	}
}

func messages() string {
	parts := make([]string, 256)
	for i := range parts {
		parts[i] = fmt.Sprintf(`{"status":"0x%x","message":"%s"}`, i, strings.Repeat("m", 60))
	}
	return strings.Join(parts, ",")
}

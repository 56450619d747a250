package bench

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/dereference"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/key"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/webvh"
)

// foreignLog is the longest did.jsonl that a node fetches.
const foreignLog = 5 << 20

// A hostileLog is a DID's log in the making.
type hostileLog struct {
	key   multikey.PrivateKey
	state webvh.State
	at    time.Time
	text  bytes.Buffer
	list  []jcs.Value
}

func newLog(domain string, change func(*webvh.CreateOptions)) (*hostileLog, error) {
	k, err := multikey.Generate(multikey.Ed25519)
	if err != nil {
		return nil, err
	}
	l := &hostileLog{key: k, at: time.Now().Add(-300 * time.Hour)}
	o := webvh.CreateOptions{
		Domain: domain, Path: []string{"agents", "h"}, Time: l.at,
		Document: func(id did.ID) jcs.Value { return document(id, k.Public().String()) },
	}
	if change != nil {
		change(&o)
	}
	e, err := webvh.Create(o, k)
	if err != nil {
		return nil, err
	}
	return l, l.add(nil, e)
}

// add appends an entry that may still need witnesses.
func (l *hostileLog) add(prev *webvh.State, e webvh.Entry) error {
	states, err := webvh.Candidates(prev, []webvh.Entry{e}, webvh.Context{Now: l.at})
	if err != nil {
		return err
	}
	l.state = states[0]
	l.text.Write(e.Value.Canonical())
	l.text.WriteByte('\n')
	l.list = append(l.list, e.Value)
	return nil
}

// grow appends an entry with so many proofs.
func (l *hostileLog) grow(o webvh.UpdateOptions, proofs int) error {
	l.at = l.at.Add(time.Second)
	o.Time = l.at
	e, err := webvh.Update(l.state, o, l.key)
	if err != nil {
		return err
	}
	if proofs > 1 {
		if e, err = l.prove(e, proofs); err != nil {
			return err
		}
	}
	prev := l.state
	return l.add(&prev, e)
}

// prove gives an entry other proofs, each of which is valid.
func (l *hostileLog) prove(e webvh.Entry, n int) (webvh.Entry, error) {
	name := l.key.Public().String()
	unsecured := e.Value.Without("proof")
	proofs := make([]jcs.Value, n)
	for i := range proofs {
		v, err := proof.Sign(unsecured, l.key, proof.SignOptions{VerificationMethod: "did:key:" + name + "#" + name, Purpose: did.AssertionMethod, Nonce: fmt.Sprint(i)})
		if err != nil {
			return e, err
		}
		proofs[i], _ = v.Get("proof")
		if proofs[i].IsArray() {
			proofs[i] = proofs[i].At(0)
		}
	}
	return webvh.ParseEntry(unsecured.With("proof", jcs.Array(proofs...)))
}

// until grows the log to a size, with what each entry changes.
func (l *hostileLog) until(size, proofs int, o webvh.UpdateOptions) error {
	for {
		before := l.text.Len()
		if err := l.grow(o, proofs); err != nil {
			return err
		}
		if 2*l.text.Len()-before > size {
			return nil
		}
	}
}

// with is an update to a document that has n of the smallest values.
func (l *hostileLog) with(n int) webvh.UpdateOptions {
	doc := document(l.state.DID, l.key.Public().String())
	if n > 0 {
		zeros := make([]jcs.Value, n)
		for i := range zeros {
			zeros[i] = jcs.FromInt(0)
		}
		doc = doc.With("zeros", jcs.Array(zeros...))
	}
	return webvh.UpdateOptions{Document: doc}
}

// witnesses are n keys, all of whom have to approve.
func witnesses(n int) (webvh.Witness, []multikey.PrivateKey, error) {
	w := webvh.Witness{Threshold: n}
	var keys []multikey.PrivateKey
	for range n {
		k, err := multikey.Generate(multikey.Ed25519)
		if err != nil {
			return w, nil, err
		}
		keys = append(keys, k)
		w.Witnesses = append(w.Witnesses, webvh.WitnessID{ID: string(key.FromPublic(k.Public()))})
	}
	return w, keys, nil
}

// approvals is a did-witness.json in which every witness approves each entry, or another one.
func (l *hostileLog) approvals(keys []multikey.PrivateKey, right bool) ([]byte, error) {
	var proofs []webvh.WitnessProof
	for _, e := range l.list {
		version, _ := e.GetString("versionId")
		for _, k := range keys {
			p, err := webvh.WitnessSign(version, time.Now().Add(-time.Hour), k)
			if err != nil {
				return nil, err
			}
			proofs = append(proofs, p)
		}
	}
	file := webvh.FormatWitnessFile(proofs).Canonical()
	if right {
		return file, nil
	}
	// Every proof is of the signature that the first one has.
	const mark = `"proofValue":"`
	first := bytes.Index(file, []byte(mark)) + len(mark)
	value := file[first : first+bytes.IndexByte(file[first:], '"')]
	parts := bytes.Split(file, []byte(mark))
	for i := 1; i < len(parts); i++ {
		parts[i] = append(bytes.Clone(value), parts[i][bytes.IndexByte(parts[i], '"'):]...)
	}
	return bytes.Join(parts, []byte(mark)), nil
}

// verifyLog is an attack on the verification of a log.
func verifyLog(name string, refused bool, make func() (log, witness []byte, err error)) attack {
	return attack{"did:webvh", name, refused, func(context.Context) (int, func() error, error) {
		log, witness, err := make()
		return len(log) + len(witness), func() error {
			_, err := webvh.VerifyLog(log, witness, time.Now())
			return err
		}, err
	}}
}

// grown is a log of that size, of entries with so many proofs and zeros.
func grown(size, proofs, zeros int) func() (log, witness []byte, err error) {
	return func() (_, _ []byte, err error) {
		l, err := newLog("elsewhere.example", nil)
		if err != nil {
			return nil, nil, err
		}
		err = l.until(size, proofs, l.with(zeros))
		return l.text.Bytes(), nil, err
	}
}

func witnessed(entries, n int, right bool) func() (log, witness []byte, err error) {
	return func() (_, _ []byte, err error) {
		w, keys, err := witnesses(n)
		if err != nil {
			return nil, nil, err
		}
		l, err := newLog("elsewhere.example", func(o *webvh.CreateOptions) { o.Witness = w })
		for i := 1; i < entries && err == nil; i++ {
			err = l.grow(l.with(0), 1)
		}
		if err != nil {
			return nil, nil, err
		}
		file, err := l.approvals(keys, right)
		return l.text.Bytes(), file, err
	}
}

func logAttacks() []attack {
	return []attack{
		verifyLog("5 MiB of small entries", false, grown(foreignLog, 1, 0)),
		verifyLog("5 MiB of entries with 16 proofs", false, grown(foreignLog, 16, 0)),
		verifyLog("5 MiB of zeros", true, grown(foreignLog, 1, 60000)),
		verifyLog("40 entries, 64 witnesses, all approve", false, witnessed(40, 64, true)),
		verifyLog("40 entries, 64 witnesses, none approves", true, witnessed(40, 64, false)),
		verifyLog("800 entries, 3 witnesses, none approves", true, witnessed(800, 3, false)),
		text("did:webvh", "16 MiB of line ends", true, func() string { return strings.Repeat("\n", webvh.MaxLogBytes-1) + "{" }, func(b []byte) error {
			_, err := webvh.VerifyLog(b, nil, time.Now())
			return err
		}),
		text("did:webvh", "1 MiB of witnesses that are none", true, func() string { return "[" + each(40000, `{"versionId":"#"}`) + "]" }, func(b []byte) error {
			v, err := jcs.Decode(b)
			if err == nil {
				_, err = webvh.ParseWitnessFile(v)
			}
			return err
		}),
	}
}

// documentAttacks are DID documents and DID URLs.
func documentAttacks() []attack {
	const id = "did:web:elsewhere.example"
	read := func(b []byte) (*did.Document, error) {
		v, err := jcs.Decode(b)
		if err != nil {
			return nil, err
		}
		return did.ParseDocument(v)
	}
	parse := func(b []byte) error { _, err := read(b); return err }
	find := func(query string) func([]byte) error {
		return func(b []byte) error {
			doc, err := read(b)
			if err != nil {
				return err
			}
			u, err := did.ParseURL(id + query)
			if err != nil {
				return err
			}
			r, err := dereference.New(u, nil)
			if err == nil {
				r.ExpandRelativeURLs = true
				_, err = r.Dereference(doc, true)
			}
			return err
		}
	}
	with := func(members string) func() string {
		return func() string { return `{"@context":"https://www.w3.org/ns/did/v1","id":"` + id + `",` + members + `}` }
	}
	method := `{"id":"#k#","type":"JsonWebKey","controller":"` + id + `","publicKeyJwk":{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}}`
	services := func(n int) string {
		return `"service":[` + strings.ReplaceAll(each(n, `{"id":"`+id+`!s#","type":"T","serviceEndpoint":["https://a.example/#"]}`), "!", "#") + `]`
	}
	return []attack{
		text("did document", "4,000 verification methods", true, with(`"verificationMethod":[`+each(4000, method)+`]`), parse),
		text("did document", "64 verification methods", false, with(`"verificationMethod":[`+strings.ReplaceAll(each(64, strings.ReplaceAll(method, "#k#", "!k#")), "!", "#")+`]`), parse),
		text("did document", "256 services", false, with(services(256)), parse),
		text("did document", "60,000 aliases", true, with(`"alsoKnownAs":[`+each(60000, `"urn:#"`)+`]`), parse),
		text("dereference", "one of 256 services", false, with(services(256)), find("?service=s255&relativeRef=%2Fx")),
		text("dereference", "type of 256 services", false, with(services(256)), find("?serviceType=T")),
		text("dereference", "fragment nowhere in 1 MiB", true, with(`"x":[`+each(16000, `{"id":"#x"}`)+`]`), find("#nowhere")),
		text("did url", "1 MiB of path", true, func() string { return id + strings.Repeat("/a", 1<<19) }, func(b []byte) error { _, err := did.ParseURL(string(b)); return err }),
		text("did url", "4 KiB of escapes", false, func() string { return id + "/" + strings.Repeat("%41", 1300) }, func(b []byte) error { _, err := did.ParseURL(string(b)); return err }),
	}
}

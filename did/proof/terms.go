package proof

import (
	"bytes"
	"strings"
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// What is signed as RDF can be written as JSON in many ways, which all verify: a
// holder could give validUntil or credentialStatus another name by way of a
// context, or write them where nobody looks, and who then reads the JSON would
// miss them. Data Integrity 1.0, 4.6 therefore has contexts validated; here, the
// terms that decide about a credential must stand under their names and in their
// places: in the document itself, those of status lists in its status entries or,
// if it is such a list, in its subject.

// kind tells where terms have their place.
type kind uint8

const (
	ofCredential kind = iota
	ofStatus
	kinds
)

// reserved are the vocabularies of those terms. In the published contexts, terms
// have the names that their IRIs end with, and others have other IRIs.
var reserved = [...]struct {
	vocabulary string
	kind       kind
}{
	{"https://www.w3.org/2018/credentials#", ofCredential},
	{"https://www.w3.org/ns/credentials/status#", ofStatus},
	{"https://w3id.org/vc/status-list#", ofStatus},
}

// decisive are the terms, of which a node has all its values in one place.
var decisive = func() (terms [kinds]map[string]bool) {
	for k, names := range [kinds]string{
		ofCredential: `issuer validFrom validUntil issuanceDate expirationDate credentialStatus credentialSchema credentialSubject
			holder evidence refreshService termsOfUse relatedResource confidenceMethod renderMethod verifiableCredential`,
		ofStatus: `statusPurpose statusListIndex statusListCredential statusSize statusMessage statusReference encodedList`,
	} {
		terms[k] = make(map[string]bool)
		for _, name := range strings.Fields(names) {
			terms[k][name] = true
		}
	}
	return terms
}()

// reader looks through the JSON of a document that was signed as RDF.
type reader struct {
	// owners has the ids of objects with decisive members.
	owners [kinds]map[string]bool
	// terms are the names that the document's own contexts define.
	terms map[string]bool
	// unusual: names alone do not tell what members mean.
	unusual bool
	// hidden is what cannot be read; "" if nothing.
	hidden string
}

// Readable refuses a document whose JSON hides what it says as RDF, as a
// VerificationError with ErrHidden. Verify asks by itself, of the document that has the
// proofs; it is for what that proves without having proofs of its own, as credentials
// that a holder asserts in a presentation. A nil ld is jsonld.Default.
func Readable(ld *jsonld.Processor, doc jcs.Value) error {
	if ld == nil {
		ld = jsonld.Default()
	}
	return readable(ld, doc)
}

// readable refuses a document whose JSON hides what it says as RDF, as ErrHidden.
func readable(ld *jsonld.Processor, doc jcs.Value) error {
	var r reader
	r.contexts(doc)
	for name := range doc.Members() {
		if strings.HasPrefix(name, "@") && name != "@context" {
			r.hidden = name
		}
	}
	r.object(doc)
	r.subjects(doc)
	if r.hidden == "" && r.unusual {
		set, err := ld.ToRDF(doc)
		if err != nil {
			return untransformed(err)
		}
		r.compare(doc, set)
		r.spelled(doc, set)
	}
	if r.hidden != "" {
		return unverified(r.hidden, ErrHidden)
	}
	return nil
}

// embedded has the URLs of contexts that are known not to rename anything.
var embedded = sync.OnceValue(func() map[string]bool {
	urls := make(map[string]bool)
	for _, url := range jsonld.Embedded().URLs() {
		urls[url] = true
	}
	return urls
})

func (r *reader) contexts(doc jcs.Value) {
	own, _ := doc.Get("@context")
	for i := range contexts(own) {
		c := contextAt(own, i)
		url, ok := c.Str()
		if !ok {
			r.inline(c)
		}
		if !ok || !embedded()[url] {
			r.unusual = true
		}
	}
}

// schemes are those of the names of everybody and everything: as a term of a context,
// one would have did:web:a.example stand for another DID, that ends like it.
var schemes = map[string]bool{"did": true, "http": true, "https": true, "urn": true, "data": true}

// inline refuses contexts that give other names to keywords which change what
// belongs to what.
func (r *reader) inline(v jcs.Value) {
	for e := range v.Elems() {
		r.inline(e)
	}
	for name, member := range v.Members() {
		r.inline(member)
		if strings.HasPrefix(name, "@") {
			continue
		}
		if r.terms == nil {
			r.terms = make(map[string]bool)
		}
		if r.terms[name] = true; schemes[name] {
			r.hidden = name + ":"
		}
		keyword, ok := member.Str()
		if !ok {
			keyword, _ = member.GetString("@id")
		}
		_, reverse := member.Get("@reverse")
		_, nest := member.Get("@nest")
		switch keyword {
		case "@id", "@type":
			if name != keyword[1:] {
				r.hidden = name
			}
		case "@graph", "@included", "@nest", "@reverse":
			r.hidden = name
		}
		if reverse || nest {
			r.hidden = name
		}
	}
}

// object looks through one object and all in it, but for proofs, and credentials
// in a presentation, which have proofs of their own.
func (r *reader) object(v jcs.Value) {
	var decides [kinds]bool
	for name, member := range v.Members() {
		switch {
		case name == "proof", name == "@context":
			continue
		case name == "@graph", name == "@included", name == "@reverse", name == "@nest":
			r.hidden = name
		case strings.Contains(name, ":"):
			r.unusual = true
		}
		for k := range kinds {
			decides[k] = decides[k] || decisive[k][name]
		}
		if name != "verifiableCredential" {
			r.value(member)
		}
	}
	for k := range kinds {
		if decides[k] {
			r.own(k, identifier(v))
		}
	}
}

// subjects refuses subjects that are named or typed by keywords, under which nobody who
// reads the JSON of a credential looks: a credential about somebody would seem to be about
// whoever bears it.
func (r *reader) subjects(doc jcs.Value) {
	subjects, _ := doc.Get("credentialSubject")
	for _, s := range items(subjects) {
		for _, keyword := range []string{"@id", "@type"} {
			if _, present := s.Get(keyword); present {
				r.hidden = keyword + " of the credentialSubject"
			}
		}
	}
}

// own notes that the object called id has decisive members.
func (r *reader) own(k kind, id string) {
	if id == "" {
		return
	}
	if r.owners[k] == nil {
		r.owners[k] = make(map[string]bool)
	}
	if r.owners[k][id] {
		r.hidden = "members of " + id + " in several places"
	}
	r.owners[k][id] = true
}

func identifier(v jcs.Value) string {
	id, ok := v.GetString("id")
	if !ok {
		id, _ = v.GetString("@id")
	}
	return id
}

// value looks through a value of a member. A context inside the document may give
// any name any meaning.
func (r *reader) value(v jcs.Value) {
	if v.IsObject() {
		if context, present := v.Get("@context"); present {
			r.unusual = true
			r.inline(context)
		}
		r.object(v)
	}
	for e := range v.Elems() {
		r.value(e)
	}
}

// spelled refuses the ids of who and what a document is about, and where its status is,
// unless they stand there as they were signed: a prefix or a base of the document's own
// contexts would have them read as something else.
func (r *reader) spelled(doc jcs.Value, set *jsonld.Dataset) {
	said, literals := make(map[string]bool), make(map[string]bool)
	for i := range set.Quads {
		for _, t := range [...]jsonld.Term{set.Quads[i].S, set.Quads[i].O} {
			if t.Kind == jsonld.IRI {
				said[t.Value] = true
			} else {
				literals[t.Value] = true
			}
		}
	}
	check := func(v jcs.Value, literal bool) {
		text, ok := v.Str()
		if !ok || strings.HasPrefix(text, "_:") {
			return
		}
		prefix, _, _ := strings.Cut(text, ":")
		if r.terms[prefix] || !said[text] && !(literal && literals[text]) {
			r.hidden = text
		}
	}
	for _, name := range [...]string{"id", "issuer", "holder", "credentialSubject", "credentialStatus", "credentialSchema"} {
		member, _ := doc.Get(name)
		for _, v := range items(member) {
			check(v, false)
			for _, part := range [...]string{"id", "statusListCredential"} {
				inner, _ := v.Get(part)
				for _, e := range items(inner) {
					check(e, part != "id") // in some vocabularies it is text
				}
			}
		}
	}
}

// compare counts what was said with decisive terms against what stands under their
// names in their places, where published contexts protect their meaning.
func (r *reader) compare(doc jcs.Value, set *jsonld.Dataset) {
	var said [kinds]map[string]int
	for i := range set.Quads {
		q := &set.Quads[i]
		for _, v := range reserved {
			term, ok := strings.CutPrefix(q.P.Value, v.vocabulary)
			if !ok || !decisive[v.kind][term] || q.G.Kind == jsonld.Blank {
				continue
			}
			if said[v.kind] == nil {
				said[v.kind] = make(map[string]int)
			}
			said[v.kind][term]++
		}
	}
	for k, terms := range said {
		for term, n := range terms {
			for _, place := range places(kind(k), doc) {
				n -= count(place, term)
			}
			if n > 0 {
				r.hidden = term
			}
		}
	}
}

// places returns the objects in which terms of a kind have their place.
func places(k kind, doc jcs.Value) []jcs.Value {
	if k == ofCredential {
		return []jcs.Value{doc}
	}
	status, _ := doc.Get("credentialStatus")
	found := items(status)
	subjects, _ := doc.Get("credentialSubject")
	for _, s := range items(subjects) {
		types, _ := s.Get("type")
		for _, t := range items(types) {
			if name, _ := t.Str(); name == "BitstringStatusList" || name == "StatusList2021" {
				found = append(found, s)
			}
		}
	}
	return found
}

// items returns the elements of an array, and of anything else that itself.
func items(v jcs.Value) []jcs.Value {
	if !v.IsArray() {
		return []jcs.Value{v}
	}
	elems := make([]jcs.Value, 0, v.Len())
	for e := range v.Elems() {
		elems = append(elems, e)
	}
	return elems
}

// count returns how many values an object has under a name.
func count(v jcs.Value, name string) int {
	member, present := v.Get(name)
	if !present {
		return 0
	}
	if member.IsArray() {
		return member.Len()
	}
	return 1
}

// proofTerms are the members of proofs, by the properties that they are in RDF.
var proofTerms = map[string]string{
	"http://purl.org/dc/terms/created":             "created",
	"https://w3id.org/security#expiration":         "expires",
	"https://w3id.org/security#cryptosuite":        "cryptosuite",
	"https://w3id.org/security#verificationMethod": "verificationMethod",
	"https://w3id.org/security#proofPurpose":       "proofPurpose",
	"https://w3id.org/security#domain":             "domain",
	"https://w3id.org/security#challenge":          "challenge",
	"https://w3id.org/security#nonce":              "nonce",
	"https://w3id.org/security#previousProof":      "previousProof",
	"https://w3id.org/security#proofValue":         "proofValue",
}

// usualContexts are those by which the members of proofs are known.
var usualContexts = [...]string{
	"https://w3id.org/security/data-integrity/v2", "https://w3id.org/security/data-integrity/v1",
	"https://w3id.org/security/suites/ed25519-2020/v1",
}

// usual refuses a proof whose own members say something else in the document's
// context than they are known to say, as ErrHidden: an inline context could have
// assertionMethod stand for authentication, or a nonce for the challenge.
func (p *Proof) usual(ld *jsonld.Processor, config jcs.Value) error {
	own := config
	for name := range config.Members() {
		if p.field(name) == nil && name != "domain" && name != "previousProof" && name != "@context" {
			own = own.Without(name)
		}
	}
	said, err := ld.Canonicalize(own, jsonld.SHA256)
	if err != nil {
		return untransformed(err)
	}
	for _, url := range usualContexts {
		known, err := ld.Canonicalize(own.With("@context", jcs.FromString(url)), jsonld.SHA256)
		if err == nil && bytes.Equal(known, said) {
			return nil
		}
	}
	return unverified("members of the proof that say something else", ErrHidden)
}

// plain refuses a proof that hides what it says as RDF, as ErrHidden: an
// expires under another name, say.
func (p *Proof) plain(ld *jsonld.Processor, doc jcs.Value) error {
	config := p.Value.Without("proofValue")
	if context, present := doc.Get("@context"); present {
		config = config.With("@context", context)
	}
	var r reader
	r.contexts(config)
	if r.hidden == "" && r.unusual {
		if err := p.usual(ld, config); err != nil {
			return err
		}
	}
	for name := range config.Members() {
		switch {
		case name == "@context":
		case strings.HasPrefix(name, "@"):
			r.hidden = name
		case p.field(name) == nil && name != "domain" && name != "previousProof":
			r.unusual = true
		}
	}
	if r.hidden == "" && r.unusual {
		set, err := ld.ToRDF(config)
		if err != nil {
			return untransformed(err)
		}
		said := make(map[string]int)
		for i := range set.Quads {
			said[proofTerms[set.Quads[i].P.Value]]++
		}
		delete(said, "")
		for term, n := range said {
			if n > count(config, term) {
				r.hidden = term
			}
		}
	}
	if r.hidden != "" {
		return unverified(r.hidden+" of the proof", ErrHidden)
	}
	return nil
}

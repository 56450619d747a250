package proof

import (
	"strings"
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
)

// What is signed as RDF can be written as JSON in many ways, which all verify: a
// holder could give validUntil or credentialStatus another name by way of a
// context, or write them where nobody looks, and who then reads the JSON would
// miss them. Data Integrity 1.0, 4.6 therefore has contexts validated; here, the
// terms of credentials must stand under their names and in their places.

// reserved are the vocabularies whose terms decide about a credential. In the
// embedded contexts, their terms have the names that their IRIs end with.
var reserved = [...]string{
	"https://www.w3.org/2018/credentials#",
	"https://www.w3.org/ns/credentials/status#",
}

// decisive are terms of which one node has all its values in one place, by the
// number of the vocabulary and one.
var decisive = func() map[string]int {
	numbers := make(map[string]int)
	for i, names := range [len(reserved)]string{
		`issuer validFrom validUntil issuanceDate expirationDate credentialStatus credentialSchema credentialSubject holder
		evidence refreshService termsOfUse relatedResource confidenceMethod renderMethod verifiableCredential`,
		`statusPurpose statusListIndex statusListCredential statusSize statusMessage statusReference encodedList`,
	} {
		for _, name := range strings.Fields(names) {
			numbers[name] = i + 1
		}
	}
	return numbers
}()

// reader looks through the JSON of a document that was signed as RDF.
type reader struct {
	// terms counts the values under each name.
	terms map[string]int
	// owners has the ids of objects with decisive members, per vocabulary.
	owners [len(reserved) + 1]map[string]bool
	// unusual: names alone do not tell what members mean.
	unusual bool
	// hidden is what cannot be read; "" if nothing.
	hidden string
}

// readable refuses a document whose JSON hides what it says as RDF.
func readable(ld *jsonld.Processor, doc jcs.Value) error {
	r := reader{terms: make(map[string]int)}
	r.contexts(doc)
	for name := range doc.Members() {
		if strings.HasPrefix(name, "@") && name != "@context" {
			r.hidden = name
		}
	}
	r.object(doc)
	if r.hidden == "" && r.unusual {
		set, err := ld.ToRDF(doc)
		if err != nil {
			return untransformed(err)
		}
		r.compare(set)
	}
	if r.hidden != "" {
		return unverified(r.hidden, ErrHidden)
	}
	return nil
}

// ofProofs are the members that a proof has (Data Integrity 1.0, 2.1).
var ofProofs = map[string]bool{
	"@context": true, "id": true, "type": true, "cryptosuite": true, "verificationMethod": true, "proofPurpose": true,
	"created": true, "expires": true, "domain": true, "challenge": true, "nonce": true, "previousProof": true, "proofValue": true,
}

// readable refuses members that a proof over statements has beside its own: each
// may be expires under another name, which nobody would see to have passed.
func (p *Proof) readable() error {
	for name := range p.Value.Members() {
		if !ofProofs[name] {
			return unverified("the proof's "+name, ErrHidden)
		}
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

// inline refuses contexts that give keywords other names.
func (r *reader) inline(v jcs.Value) {
	for e := range v.Elems() {
		r.inline(e)
	}
	for name, member := range v.Members() {
		keyword, _ := member.Str()
		if !member.IsString() {
			keyword, _ = member.GetString("@id")
		}
		_, reverse := member.Get("@reverse")
		_, nest := member.Get("@nest")
		switch {
		case !strings.HasPrefix(name, "@") && (reverse || nest):
			r.hidden = name
		case strings.HasPrefix(keyword, "@") && !strings.HasPrefix(name, "@") && !(name == "id" && keyword == "@id") && !(name == "type" && keyword == "@type"):
			r.hidden = name
		}
		r.inline(member)
	}
}

// object looks through one object and all in it, but for proofs, and credentials
// in a presentation, which have proofs of their own.
func (r *reader) object(v jcs.Value) {
	var decides [len(reserved) + 1]bool
	for name, member := range v.Members() {
		switch {
		case name == "proof", name == "@context":
			continue
		case name == "@graph", name == "@included", name == "@reverse", name == "@nest":
			r.hidden = name
		case strings.Contains(name, ":"):
			r.unusual = true
		}
		n := 1
		if member.IsArray() {
			n = member.Len()
		}
		r.terms[name] += n
		decides[decisive[name]] = true
		if name != "verifiableCredential" {
			r.value(member)
		}
	}
	for i := 1; i < len(decides); i++ {
		if decides[i] {
			r.own(i, identifier(v))
		}
	}
}

// own notes that the object called id has decisive members.
func (r *reader) own(vocabulary int, id string) {
	if id == "" {
		return
	}
	if r.owners[vocabulary] == nil {
		r.owners[vocabulary] = make(map[string]bool)
	}
	if r.owners[vocabulary][id] {
		r.hidden = "members of " + id + " in several places"
	}
	r.owners[vocabulary][id] = true
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

// compare counts what was said in the reserved vocabularies against what stands
// under the names of their terms.
func (r *reader) compare(set *jsonld.Dataset) {
	said := make(map[string]int)
	for i := range set.Quads {
		q := &set.Quads[i]
		for _, vocabulary := range reserved {
			if term, ok := strings.CutPrefix(q.P.Value, vocabulary); ok && q.G.Kind != jsonld.Blank {
				said[term]++
			}
		}
	}
	for term, n := range said {
		if n > r.terms[term] {
			r.hidden = term
		}
	}
}

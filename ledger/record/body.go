package record

import (
	"bytes"
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// DIDBody is the body of a did record: {"entry":{…},"witness":[…]?}.
type DIDBody struct {
	// Entry is a did:webvh 1.0 log entry.
	Entry jcs.Value
	// Witness are the proofs that approve it, {"versionId":…,"proof":{…}} each;
	// a proof of a later version approves the earlier ones.
	Witness []jcs.Value
}

// Value returns the body's JSON.
func (b DIDBody) Value() jcs.Value {
	if len(b.Witness) == 0 {
		return jcs.Object(member("entry", b.Entry))
	}
	return jcs.Object(member("entry", b.Entry), member("witness", jcs.Array(b.Witness...)))
}

// ParseDIDBody reads the body of a did record.
func ParseDIDBody(v jcs.Value) (DIDBody, error) {
	entry, ok := v.Get("entry")
	if !ok || !entry.IsObject() {
		return DIDBody{}, fmt.Errorf("%w: a did body without entry", ErrRecord)
	}
	b := DIDBody{Entry: entry}
	if _, ok := v.Get("witness"); ok {
		var err error
		if b.Witness, err = objects(v, "witness", MaxWitnessProofs); err != nil {
			return DIDBody{}, fmt.Errorf("%w: %w", ErrRecord, err)
		}
	}
	if v.Len() != 1 && (v.Len() != 2 || b.Witness == nil) {
		return DIDBody{}, fmt.Errorf("%w: a did body with unknown members", ErrRecord)
	}
	return b, nil
}

// Bytes of a did record around its entry, where no witness proofs follow.
const (
	beforeEntry = `{"body":{"entry":`
	afterEntry  = `},"kind":"did","time":"`
)

// EntryText returns the log entry in the bytes of a did record, in RFC 8785 form, without reading it. ok is
// false where that takes decoding the record: it has witness proofs, or is of another kind.
func EntryText(data []byte) (entry []byte, ok bool) {
	rest, found := bytes.CutPrefix(data, []byte(beforeEntry))
	end := bytes.LastIndex(rest, []byte(afterEntry))
	if !found || end < 1 || rest[end-1] != '}' {
		return nil, false
	}
	return rest[:end], true
}

// CredentialBody is the body of a credential record. Content is whether the
// registry saw the content: then Digest, Issuer and the members below are known
// to be the credential's; else the issuer has said so of a digest.
type CredentialBody struct {
	Digest  Hash
	Issuer  did.ID
	Proof   jcs.Value
	Content bool

	// Completes is the record of the registration that this one adds to: the credential's
	// content where only its digest was registered, its content to be published, or
	// another digest of what the issuer signed as RDF; 0 if this is the first.
	Completes Seq

	// Graph is the SHA-256 of the credential's canonical N-Quads (RDFC-1.0), without its
	// proof, if one of its proofs is over RDF: other digests may be of the same graph.
	Graph *Hash

	// What follows is of the content, and "" or null where it has none.

	ID                    string
	Subjects              []string
	Types                 []string
	ValidFrom, ValidUntil string
	// Status is the credentialStatus member; where that is written otherwise than what the
	// issuer signed as RDF says of entries in bitstring status lists, those entries.
	Status jcs.Value
}

// Value returns the body's JSON. "types" is there if and only if Content is true.
func (b CredentialBody) Value() jcs.Value {
	members := []jcs.Member{
		member("digest", jcs.FromString(b.Digest.String())),
		member("issuer", jcs.FromString(string(b.Issuer))),
		member("proof", b.Proof),
	}
	if b.Completes != 0 {
		members = append(members, member("completes", jcs.FromInt(int64(b.Completes))))
	}
	if !b.Content {
		return jcs.Object(members...)
	}
	members = append(members, member("types", stringArray(b.Types)))
	if b.Graph != nil {
		members = append(members, member("graph", jcs.FromString(b.Graph.String())))
	}
	if len(b.Subjects) > 0 {
		members = append(members, member("subjects", stringArray(b.Subjects)))
	}
	for _, text := range []struct{ name, value string }{
		{"id", b.ID}, {"validFrom", b.ValidFrom}, {"validUntil", b.ValidUntil},
	} {
		if text.value != "" {
			members = append(members, member(text.name, jcs.FromString(text.value)))
		}
	}
	if b.Status.Kind() != jcs.KindNull {
		members = append(members, member("status", b.Status))
	}
	return jcs.Object(members...)
}

// ParseCredentialBody reads the body of a credential record.
func ParseCredentialBody(v jcs.Value) (CredentialBody, error) {
	text, _ := v.GetString("digest")
	digest, err := ParseHash(text)
	if err != nil {
		return CredentialBody{}, fmt.Errorf("%w: digest: %w", ErrRecord, err)
	}
	b := CredentialBody{Digest: digest}
	issuer, ok := v.GetString("issuer")
	b.Issuer = did.ID(issuer)
	b.Proof, _ = v.Get("proof")
	if !ok || !b.Proof.IsObject() && !b.Proof.IsArray() {
		return CredentialBody{}, fmt.Errorf("%w: a credential body without issuer or proof", ErrRecord)
	}
	if completes, ok := v.Get("completes"); ok {
		seq, whole := completes.Int()
		if !whole || seq < 1 {
			return CredentialBody{}, fmt.Errorf("%w: completes is not the position of a record", ErrRecord)
		}
		b.Completes = Seq(seq)
	}
	if text, ok := v.GetString("graph"); ok {
		graph, err := ParseHash(text)
		if err != nil {
			return CredentialBody{}, fmt.Errorf("%w: graph: %w", ErrRecord, err)
		}
		b.Graph = &graph
	}
	types, content := v.Get("types")
	subjects, _ := v.Get("subjects")
	b.Content, b.Types, b.Subjects = content, texts(types), texts(subjects)
	b.ID, _ = v.GetString("id")
	b.ValidFrom, _ = v.GetString("validFrom")
	b.ValidUntil, _ = v.GetString("validUntil")
	b.Status, _ = v.Get("status")
	return b, nil
}

func stringArray(list []string) jcs.Value {
	items := make([]jcs.Value, len(list))
	for i, s := range list {
		items[i] = jcs.FromString(s)
	}
	return jcs.Array(items...)
}

func texts(v jcs.Value) []string {
	var list []string
	for item := range v.Elems() {
		if s, ok := item.Str(); ok {
			list = append(list, s)
		}
	}
	return list
}

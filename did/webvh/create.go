package webvh

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/internal/domain"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// CreateOptions describe a first entry.
type CreateOptions struct {
	// Domain is host or host:port, in Unicode or ASCII.
	Domain string
	// Path holds decoded segments, in which Placeholder stands for the SCID.
	Path []string
	// Document makes the DID document. The id it is given has Placeholder for the
	// SCID, as must every mention of the DID in the document. Nil is a document of
	// @context and id.
	Document func(id did.ID) jcs.Value
	// UpdateKeys are Multikeys; nil is the signer's.
	UpdateKeys []string
	// NextKeyHashes are made by KeyHash; with any, pre-rotation is active.
	NextKeyHashes []string
	Witness       Witness
	Watchers      []string
	Portable      bool
	// TTL is in seconds; nil leaves it to the default.
	TTL *int
	// Time is the versionTime; it must be set, and is cut to seconds.
	Time time.Time
}

// Create makes the first entry of a log, signed by one of its update keys. It has
// been through the checks of Genesis, but for those of witnesses: where there
// are any, their proofs (WitnessSign) are the caller's to collect.
func Create(o CreateOptions, signer multikey.PrivateKey) (Entry, error) {
	id, err := o.id()
	if err != nil {
		return Entry{}, fmt.Errorf("create did:webvh DID: %w", err)
	}
	state := jcs.Object(
		jcs.Member{Name: "@context", Value: stringArray([]string{"https://www.w3.org/ns/did/v1"})},
		jcs.Member{Name: "id", Value: jcs.FromString(string(id))},
	)
	if o.Document != nil {
		state = o.Document(id)
	}
	draft := draftEntry(Placeholder, o.Time, o.parameters(signer), state)
	text := draft.Canonical()
	text = bytes.ReplaceAll(text, []byte(Placeholder), []byte(multihash(text)))
	v, err := jcs.Decode(text)
	if err != nil {
		return Entry{}, fmt.Errorf("create did:webvh DID: %w", err)
	}
	scid, _ := v.GetString("versionId")
	return finish(nil, v, scid, o.Time, signer)
}

// id returns the DID with Placeholder for its SCID.
func (o *CreateOptions) id() (did.ID, error) {
	name, port, hasPort := strings.Cut(o.Domain, ":")
	host, err := domain.Host(name)
	if err == nil && !domain.IsQualified(host) {
		err = errNotQualified
	}
	if err != nil {
		return "", fmt.Errorf("domain: %w", err)
	}
	var b strings.Builder
	b.WriteString(idPrefix + Placeholder + ":" + host)
	if hasPort {
		n, err := domain.Port(port)
		if err != nil {
			return "", err
		}
		b.WriteString("%3A" + strconv.Itoa(n))
	}
	for _, segment := range o.Path {
		if err := checkSegment(segment); err != nil {
			return "", fmt.Errorf("path: %w", err)
		}
		b.WriteByte(':')
		for i, part := range strings.Split(segment, Placeholder) {
			if i > 0 {
				b.WriteString(Placeholder)
			}
			b.WriteString(percentEncode(part, ""))
		}
	}
	return did.ID(b.String()), nil
}

func (o *CreateOptions) parameters(signer multikey.PrivateKey) jcs.Value {
	keys := o.UpdateKeys
	if keys == nil {
		keys = []string{signer.Public().String()}
	}
	p := jcs.Object(
		jcs.Member{Name: "method", Value: jcs.FromString(Method)},
		jcs.Member{Name: "scid", Value: jcs.FromString(Placeholder)},
		jcs.Member{Name: "updateKeys", Value: stringArray(keys)},
		jcs.Member{Name: "portable", Value: jcs.FromBool(o.Portable)},
	)
	if len(o.NextKeyHashes) > 0 {
		p = p.With("nextKeyHashes", stringArray(o.NextKeyHashes))
	}
	if o.Witness.Active() {
		p = p.With("witness", o.Witness.Value())
	}
	if len(o.Watchers) > 0 {
		p = p.With("watchers", stringArray(o.Watchers))
	}
	if o.TTL != nil {
		p = p.With("ttl", jcs.FromInt(int64(*o.TTL)))
	}
	return p
}

func stringArray(list []string) jcs.Value {
	elems := make([]jcs.Value, len(list))
	for i, s := range list {
		elems[i] = jcs.FromString(s)
	}
	return jcs.Array(elems...)
}

func draftEntry(versionID string, t time.Time, parameters, state jcs.Value) jcs.Value {
	return jcs.Object(
		jcs.Member{Name: "versionId", Value: jcs.FromString(versionID)},
		jcs.Member{Name: "versionTime", Value: jcs.FromString(t.UTC().Format("2006-01-02T15:04:05Z"))},
		jcs.Member{Name: "parameters", Value: parameters},
		jcs.Member{Name: "state", Value: state},
	)
}

// finish gives a draft, whose versionId is its predecessor's or the SCID, its own
// versionId and proof, and judges the result.
func finish(prev *State, draft jcs.Value, predecessor string, t time.Time, signer multikey.PrivateKey) (Entry, error) {
	if t.IsZero() {
		return Entry{}, errors.New("no time given for the entry")
	}
	number := 1
	if prev != nil {
		number = prev.Number + 1
	}
	hash := multihash(draft.With("versionId", jcs.FromString(predecessor)).Canonical())
	draft = draft.With("versionId", jcs.FromString(strconv.Itoa(number)+"-"+hash))
	p, err := sign(draft, t, signer)
	if err != nil {
		return Entry{}, err
	}
	e, refused := parseEntry(draft.With("proof", jcs.Array(p)))
	if refused != nil {
		return Entry{}, refused.at(number)
	}
	if _, refused := judge(prev, &e, Context{Now: t}); refused != nil {
		return Entry{}, refused.at(number)
	}
	return e, nil
}

// sign returns a proof over the document by that key, as its did:key DID.
func sign(document jcs.Value, created time.Time, key multikey.PrivateKey) (jcs.Value, error) {
	name := key.Public().String()
	secured, err := proof.Sign(document, key, proof.SignOptions{
		VerificationMethod: keyPrefix + name + "#" + name,
		Purpose:            purpose,
		Created:            created,
	})
	if err != nil {
		return jcs.Value{}, fmt.Errorf("sign: %w", err)
	}
	p, _ := secured.Get("proof")
	if p.IsArray() {
		p = p.At(0)
	}
	return p, nil
}

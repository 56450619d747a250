package proof

import (
	"bytes"
	"errors"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/multikey"
)

// rdfHash is the hash that RDFC-1.0 uses for keys of type t: that of the suite.
func rdfHash(t multikey.Type) jsonld.Hash {
	if t == multikey.P384 {
		return jsonld.SHA384
	}
	return jsonld.SHA256
}

// appendRDF appends to dst the hash that keys of type t sign over the canonical
// N-Quads of v. Errors are TransformationErrors and DataLoss.
func appendRDF(dst []byte, ld *jsonld.Processor, t multikey.Type, v jcs.Value) ([]byte, error) {
	buf := buffers.Get().(*[]byte)
	text, err := ld.Append((*buf)[:0], v, rdfHash(t))
	if err != nil {
		return nil, untransformed(err)
	}
	dst = appendSum(dst, t, text)
	release(buf, text)
	return dst, nil
}

// appendConfig appends the hash of a proof's configuration: the proof without
// proofValue, with the @context of the document it is for (Data Integrity EdDSA
// and ECDSA Cryptosuites 1.0, "Proof Configuration"). There are implementations
// that keep a proof's own @context where it has one, others replace it; a proof
// whose configurations differ between the two is refused with ErrContext.
func appendConfig(dst []byte, ld *jsonld.Processor, t multikey.Type, proof, doc jcs.Value) ([]byte, error) {
	config := proof.Without("proofValue")
	own, hasOwn := config.Get("@context")
	context, present := doc.Get("@context")
	if hasOwn && (!present || !own.Equal(context)) {
		if err := sameMeaning(ld, t, config, context); err != nil {
			return nil, err
		}
	}
	if present {
		config = config.With("@context", context)
	}
	dst, err := appendRDF(dst, ld, t, config)
	return dst, ofProof(err)
}

// ofProof says of a loss of data that it is one of the proof. The contexts, which other
// errors are about, are those of the document.
func ofProof(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Type != DataLoss {
		return err
	}
	return &Error{Type: e.Type, Detail: "of the proof, not of the document", Err: e.Err}
}

// sameMeaning checks that a configuration says the same with another @context.
func sameMeaning(ld *jsonld.Processor, t multikey.Type, config, context jcs.Value) error {
	one, err := ld.Canonicalize(config, rdfHash(t))
	if err != nil {
		return unverified("", errors.Join(ErrContext, err))
	}
	other, err := ld.Canonicalize(config.With("@context", context), rdfHash(t))
	if err != nil {
		return ofProof(untransformed(err))
	}
	if !bytes.Equal(one, other) {
		return unverified("the proof has an @context of its own", ErrContext)
	}
	return nil
}

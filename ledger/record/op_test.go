package record

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
)

func decode(t testing.TB, text string) jcs.Value {
	t.Helper()
	v, err := jcs.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// ops has one operation of each form.
func ops(t testing.TB) map[string]Op {
	t.Helper()
	list := make(map[string]Op)
	add := func(name string, op Op, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		list[name] = op
	}
	entry := decode(t, `{"versionId":"1-QmX","proof":[{"proofValue":"z1"}],"state":{"id":"did:webvh:x"}}`)
	op, err := NewDIDOp([]jcs.Value{entry}, nil)
	add("did", op, err)
	op, err = NewDIDOp([]jcs.Value{entry, entry}, []jcs.Value{decode(t, `{"versionId":"1-QmX","proof":[]}`)})
	add("did with witnesses", op, err)
	credential := decode(t, `{"issuer":{"id":"did:example:i","name":"é"},"proof":{"proofValue":"z1"},"type":["VerifiableCredential"]}`)
	op, err = NewCredentialOp(credential, true)
	add("credential", op, err)
	op, err = NewDigestOp(CredentialDigest(credential), "did:example:i", decode(t, `{"proofValue":"z1"}`))
	add("credential digest", op, err)
	op, err = NewStatusOp(decode(t, `{"type":"StatusChange","proof":{"proofValue":"z1"}}`))
	add("status", op, err)
	op, err = NewWitnessOp([]jcs.Value{decode(t, `{"versionId":"1-QmX","proof":[{"proofValue":"z1"}]}`)})
	add("witness", op, err)
	op, err = NewStatusListOp(decode(t, `{"id":"https://x.example/1","issuer":"did:example:i","proof":{"created":"2026-01-02T03:04:05Z"}}`))
	add("status list", op, err)
	op, err = NewObservationOp(decode(t, `{"type":"Observation","did":"did:web:x.example","proof":{"proofValue":"z1"}}`), nil, nil)
	add("observation", op, err)
	op, err = NewObservationOp(decode(t, `{"type":"Observation","did":"did:webvh:x","proof":{}}`), []byte("{\"a\":\"é\"}\n"), []byte("[]"))
	add("observation with files", op, err)
	op, err = NewWhoisOp(decode(t, `{"holder":{"id":"did:example:h"},"proof":[{"created":"2026-01-02T03:04:05Z"}]}`))
	add("whois", op, err)
	op, err = NewWhoisOp(decode(t, `{"proof":[{"verificationMethod":"did:example:s#key"}]}`))
	add("whois without holder", op, err)
	return list
}

func TestOpsRoundTrip(t *testing.T) {
	for name, op := range ops(t) {
		again, err := DecodeOp(op.Encode())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(again.Encode(), op.Encode()) || again.Digest() != op.Digest() || again.Name != op.Name {
			t.Errorf("%s: read back as another operation", name)
		}
		if again.Size() != len(op.Encode()) {
			t.Errorf("%s: size %d", name, again.Size())
		}
	}
}

func TestEveryFlippedBitOfACommandIsFound(t *testing.T) {
	for name, op := range ops(t) {
		command := op.Encode()
		for i := range len(command) * 8 {
			flipped := bytes.Clone(command)
			flipped[i/8] ^= 1 << (i % 8)
			if _, err := DecodeOp(flipped); !errors.Is(err, ErrCommandDigest) && !errors.Is(err, ErrCommandVersion) {
				t.Fatalf("%s, bit %d: %v", name, i, err)
			}
		}
	}
}

// The idempotency key is of what is said, not of how it is proved.
func TestDigestIgnoresProofs(t *testing.T) {
	list := ops(t)
	if list["credential"].Digest() != list["credential digest"].Digest() {
		t.Error("a credential and its digest are two operations")
	}
	for name, pair := range map[string][2]string{
		"did":         {`{"entries":[{"a":1,"proof":[{}]}],"op":"did"}`, `{"entries":[{"a":1,"proof":[]}],"op":"did","witness":[{}]}`},
		"status":      {`{"change":{"a":1,"proof":{}},"op":"status"}`, `{"change":{"a":1,"proof":{"x":1}},"op":"status"}`},
		"status list": {`{"list":{"a":1,"proof":{"created":"c"}},"op":"status-list"}`, `{"list":{"a":1,"proof":[{"created":"c","x":1}]},"op":"status-list"}`},
		"observation": {`{"observation":{"a":1,"proof":{}},"op":"observation"}`, `{"log":"x","observation":{"a":1,"proof":{"x":1}},"op":"observation"}`},
		"whois":       {`{"presentation":{"holder":"did:example:h","proof":{"created":"c"}},"op":"whois"}`, `{"presentation":{"holder":"did:example:h","proof":{"created":"c","x":1}},"op":"whois"}`},
	} {
		var digests [2]Hash
		for i, text := range pair {
			op, err := parseOp(decode(t, text))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			digests[i] = op.Digest()
		}
		if digests[0] != digests[1] {
			t.Errorf("%s: another proof makes another operation", name)
		}
	}
	seen := make(map[Hash]string)
	for name, op := range list {
		if name == "credential digest" {
			continue
		}
		if other, ok := seen[op.Digest()]; ok {
			t.Errorf("%s and %s are one operation", name, other)
		}
		seen[op.Digest()] = name
	}
}

func TestStatusChanges(t *testing.T) {
	const good = `{"type":"StatusChange","ledger":"Qm","target":"did:key:z6Mk","status":"suspended",
		"issued":"2026-01-02T03:04:05Z","reason":"r","invalidFrom":"2026-01-01T00:00:00Z","cascade":true,
		"@context":["https://example.com"],"proof":{}}`
	c, err := ParseStatusChange(decode(t, good))
	if err != nil || c.Target() != "did:key:z6Mk" || !c.Cascade || c.InvalidFrom.IsZero() {
		t.Fatalf("%+v, %v", c, err)
	}
	for name, edit := range map[string]func(v jcs.Value) jcs.Value{
		"no type":               func(v jcs.Value) jcs.Value { return v.Without("type") },
		"unknown member":        func(v jcs.Value) jcs.Value { return v.With("more", jcs.FromInt(1)) },
		"a member of payloads":  func(v jcs.Value) jcs.Value { return v.With("op", jcs.FromInt(1)) },
		"no proof":              func(v jcs.Value) jcs.Value { return v.Without("proof") },
		"a set of proofs":       func(v jcs.Value) jcs.Value { return v.With("proof", jcs.Array()) },
		"target not a DID":      func(v jcs.Value) jcs.Value { return v.With("target", jcs.FromString("x")) },
		"target upper case":     func(v jcs.Value) jcs.Value { return v.With("target", jcs.FromString("AB")) },
		"status unknown":        func(v jcs.Value) jcs.Value { return v.With("status", jcs.FromString("lost")) },
		"issued not UTC":        func(v jcs.Value) jcs.Value { return v.With("issued", jcs.FromString("2026-01-02T03:04:05+01:00")) },
		"issued missing":        func(v jcs.Value) jcs.Value { return v.Without("issued") },
		"invalidFrom later":     func(v jcs.Value) jcs.Value { return v.With("invalidFrom", jcs.FromString("2026-01-03T00:00:00Z")) },
		"invalidFrom of active": func(v jcs.Value) jcs.Value { return v.With("status", jcs.FromString("active")) },
		"reason a number":       func(v jcs.Value) jcs.Value { return v.With("reason", jcs.FromInt(1)) },
		"cascade a string":      func(v jcs.Value) jcs.Value { return v.With("cascade", jcs.FromString("yes")) },
	} {
		if _, err := ParseStatusChange(edit(decode(t, good))); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBodiesRoundTrip(t *testing.T) {
	for _, text := range []string{
		`{"digest":"` + Hash{1}.String() + `","issuer":"did:example:i","proof":{"a":1}}`,
		`{"digest":"` + Hash{1}.String() + `","issuer":"did:example:i","proof":[{"a":1}],"types":["T"],"id":"urn:x","subjects":["urn:s"],"validFrom":"f","validUntil":"u","status":{"type":"S"}}`,
	} {
		v := decode(t, text)
		b, err := ParseCredentialBody(v)
		if err != nil || !b.Value().Equal(v) {
			t.Errorf("%s read as %s, %v", text, b.Value().Canonical(), err)
		}
	}
	for _, text := range []string{`{"entry":{"a":1}}`, `{"entry":{"a":1},"witness":[{"versionId":"1-x","proof":{}}]}`} {
		v := decode(t, text)
		b, err := ParseDIDBody(v)
		if err != nil || !b.Value().Equal(v) {
			t.Errorf("%s read as %s, %v", text, b.Value().Canonical(), err)
		}
	}
	for _, text := range []string{`{}`, `{"entry":1}`, `{"entry":{},"more":1}`, `{"entry":{},"witness":[]}`, `{"entry":{},"witness":[1]}`} {
		if _, err := ParseDIDBody(decode(t, text)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{`{}`, `{"digest":"x"}`, `{"digest":"` + Hash{1}.String() + `"}`} {
		if _, err := ParseCredentialBody(decode(t, text)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzDecodeOp(f *testing.F) {
	for _, op := range ops(f) {
		f.Add(op.payload.Canonical())
	}
	f.Add([]byte(`{"op":"sing"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		op, err := parsePayload(payload)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnknownOp) {
				t.Fatalf("unexpected error %v", err)
			}
			return
		}
		again, err := DecodeOp(op.Encode())
		if err != nil || again.Digest() != op.Digest() {
			t.Fatalf("read back as another operation: %v", err)
		}
	})
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add([]byte(`{"body":{"a":1},"kind":"status","time":"2026-01-02T03:04:05.678Z"}`))
	for kind, body := range map[Kind]string{KindStatusList: listBody, KindWhois: whoisBody, KindObservation: `{"observation":` + observed + `}`} {
		data, err := Record{Kind: kind, Time: 1, Body: decode(f, body)}.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Decode(data)
		if err != nil {
			return
		}
		again, err := r.Encode()
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%q is read, and written as %q (%v)", data, again, err)
		}
		if _, err := ParseDIDBody(r.Body); err != nil && !errors.Is(err, ErrRecord) {
			t.Fatal(err)
		}
		if _, err := ParseCredentialBody(r.Body); err != nil && !errors.Is(err, ErrRecord) {
			t.Fatal(err)
		}
		if b, err := ParseListBody(r.Body); err != nil && !errors.Is(err, ErrRecord) || err == nil && b.List == "" {
			t.Fatal(err)
		}
		if b, err := ParseWhoisBody(r.Body); err != nil && !errors.Is(err, ErrRecord) || err == nil && !b.Value().Equal(r.Body) {
			t.Fatal(err)
		}
		if b, err := ParseObservationBody(r.Body); err != nil && !errors.Is(err, ErrRecord) || err == nil && !b.Value().Equal(r.Body) {
			t.Fatal(err)
		}
		if _, err := ParseStatusChange(r.Body); err != nil && !errors.Is(err, ErrMalformed) {
			t.Fatal(err)
		}
	})
}

package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node"
)

// target is what hostile input is sent to beside the parsers: a node, and a ledger of its own.
type target struct {
	dev    *node.Dev
	ledger *hostileLedger
}

func newTarget(ctx context.Context) (*target, error) {
	dev, err := startCluster(ctx, 1)
	if err != nil {
		return nil, err
	}
	l, err := newHostileLedger()
	if err != nil {
		return nil, errors.Join(err, dev.Close())
	}
	return &target{dev, l}, nil
}

func (t *target) close() error { return errors.Join(t.dev.Close(), t.ledger.close()) }

// attacks are all there are.
func (t *target) attacks() ([]attack, error) {
	list := append(jsonAttacks(), rdfAttacks()...)
	list = append(list, ldAttacks()...)
	for _, more := range []func() ([]attack, error){proofAttacks, listAttacks, tokenAttacks, t.requests, t.ledger.attacks} {
		some, err := more()
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	for _, more := range []func() []attack{statusAttacks, schemaAttacks, logAttacks, documentAttacks} {
		list = append(list, more()...)
	}
	return list, nil
}

// post is an attack by one request; any answer but 200 is a refusal.
func (t *target) post(name string, refused bool, path, media string, body func() ([]byte, error)) attack {
	return attack{"http", name, refused, func(ctx context.Context) (int, func() error, error) {
		text, err := body()
		return len(text), func() error { return t.send(ctx, path, media, text) }, err
	}}
}

func (t *target) send(ctx context.Context, path, media string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.dev.URLs[0]+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", media)
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	said, err := io.ReadAll(io.LimitReader(reply.Body, 8<<20))
	if err == nil && reply.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.80s", reply.Status, said)
	}
	return err
}

// requests send to a node what was given to the library, and what only a node is given.
func (t *target) requests() ([]attack, error) {
	documents, err := hostileDocuments()
	if err != nil {
		return nil, err
	}
	const jsonType = "application/json"
	var list []attack
	for _, d := range documents {
		path, member := "/credentials/verify", "verifiableCredential"
		if strings.HasPrefix(d.name, "presentation") {
			path, member = "/presentations/verify", "presentation"
		}
		list = append(list, t.post(d.name, d.refused, path, jsonType, func() ([]byte, error) {
			doc, err := d.make()
			return jcs.Object(jcs.Member{Name: member, Value: doc}).Canonical(), err
		}))
	}
	fixed := func(text string) func() ([]byte, error) { return func() ([]byte, error) { return []byte(text), nil } }
	zeros := `[` + strings.Repeat("0,", 65000) + `0]`
	return append(list,
		t.post("65,000 zeros for a presentation", true, "/presentations/verify", jsonType, fixed(`{"verifiablePresentation":`+zeros+`}`)),
		t.post("64 MiB to a verifier", true, "/presentations/verify", jsonType, fixed(strings.Repeat(" ", 64<<20))),
		t.post("1 MiB of options for a DID", true, "/1.0/identifiers/did:web:elsewhere.example", jsonType, fixed(`{"a":`+zeros+`}`)),
		t.post("1 MiB for a token", true, "/credentials/verify", "application/vc+sd-jwt", fixed(strings.Repeat("a.", 1<<19))),
		t.post("1 MiB of CBOR arrays", true, "/credentials/verify", "application/vc+cose", fixed(strings.Repeat("\x81", 1<<20))),
		t.post("16 MiB of operations that are none", false, "/v1/records", "application/x-ndjson", fixed(strings.Repeat("{}\n", 60000))),
		t.post("16 operations of 1 MiB", false, "/v1/records", "application/x-ndjson", fixed(strings.Repeat(`{"a":`+zeros[:len(zeros)-1]+strings.Repeat(" ", 900000)+"]}\n", 16))),
	), nil
}

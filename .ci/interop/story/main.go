// Story is an agent written from the README alone: it uses the documented HTTP surface, the Go
// standard library and a WebSocket client, and nothing of Tabard's code. It creates a did:webvh DID,
// resolves it on every node, issues and registers a credential, watches the stream, revokes, and
// checks that every node then refuses. It exits 1 at the first thing that is not as documented.
//
// Usage: go run ./.ci/interop/story URL...   (the base URLs of the nodes)
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

type object = map[string]any

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: story URL...")
	}
	if err := run(os.Args[1:]); err != nil {
		log.Fatalf("story: %v", err)
	}
	fmt.Println("the whole story holds")
}

// An agent is a DID with its one key, and the registry it lives in.
type agent struct {
	nodes   []string
	ledger  string
	did     string
	private ed25519.PrivateKey
}

func run(nodes []string) error {
	a := &agent{nodes: nodes}
	if err := a.create(); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	credential := a.secure(object{
		"@context": []any{"https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"}, "type": []any{"VerifiableCredential"},
		"issuer": a.did, "validFrom": "2026-01-01T00:00:00Z",
		"credentialSubject": object{"id": "did:example:helper", "mayBook": "flights"},
	})
	var receipt receipt
	if err := expect(http.StatusCreated, "POST", nodes[0]+"/v1/credentials", credential, &receipt); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	for _, node := range nodes {
		if err := verdict(node, receipt.Seq, credential, true); err != nil {
			return err
		}
	}
	revoked, err := a.revoke(receipt.Digest)
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	for _, node := range nodes {
		if err := verdict(node, revoked, credential, false); err != nil {
			return err
		}
	}
	return nil
}

type receipt struct {
	Seq    int64
	Digest string
}

// create registers a DID at the first node and resolves it at each.
func (a *agent) create() error {
	var cluster struct{ Ledger, Domain string }
	if err := expect(http.StatusOK, "GET", a.nodes[0]+"/v1/cluster", nil, &cluster); err != nil {
		return err
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	key := "z" + base58(append([]byte{0xed, 0x01}, public...))
	path := fmt.Sprintf("agents/story-%d", time.Now().UnixNano())
	id, entry := genesis(cluster.Domain, path, key, private)
	a.ledger, a.did, a.private = cluster.Ledger, id, private

	var receipt receipt
	if err := expect(http.StatusCreated, "POST", a.nodes[0]+"/"+path+"/did.jsonl", entry, &receipt); err != nil {
		return err
	}
	fmt.Printf("created %s at seq %d\n", id, receipt.Seq)
	for _, node := range a.nodes {
		var got struct{ DIDDocument object }
		target := fmt.Sprintf("%s/1.0/identifiers/%s?min-seq=%d", node, url.QueryEscape(id), receipt.Seq)
		if err := expect(http.StatusOK, "GET", target, nil, &got); err != nil {
			return err
		}
		if got.DIDDocument["id"] != id {
			return fmt.Errorf("%s resolved %v, want %s", node, got.DIDDocument["id"], id)
		}
	}
	return nil
}

// revoke tells the first node, hears of it at the last, and returns the record's position.
func (a *agent) revoke(digest string) (int64, error) {
	last := a.nodes[len(a.nodes)-1]
	stream, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(last, "http")+"/v1/stream?kinds=status", nil)
	if err != nil {
		return 0, fmt.Errorf("subscribe: %w", err)
	}
	defer stream.Close()
	if err := stream.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return 0, err
	}
	change := a.secure(object{
		"type": "StatusChange", "ledger": a.ledger, "target": digest, "status": "revoked",
		"issued": time.Now().UTC().Format(time.RFC3339), "reason": "the story ends",
	})
	var receipt receipt
	sent := time.Now()
	if err := expect(http.StatusCreated, "POST", a.nodes[0]+"/v1/status", change, &receipt); err != nil {
		return 0, err
	}
	for frame := (object{}); frame["target"] != digest; {
		frame = object{}
		if err := stream.ReadJSON(&frame); err != nil {
			return 0, fmt.Errorf("waiting for the frame: %w", err)
		}
	}
	fmt.Printf("revocation heard on %s after %s\n", last, time.Since(sent).Round(100*time.Microsecond))
	return receipt.Seq, nil
}

// secure signs with the key of the agent's document.
func (a *agent) secure(document object) object { return secure(document, a.did+"#key-1", a.private) }

// genesis makes the first log entry of a did:webvh 1.0 DID: SCID, entry hash, proof.
func genesis(domain, path, key string, private ed25519.PrivateKey) (string, object) {
	id := "did:webvh:{SCID}:" + strings.ReplaceAll(domain, ":", "%3A") + ":" + strings.ReplaceAll(path, "/", ":")
	skeleton := object{
		"versionId":   "{SCID}",
		"versionTime": time.Now().UTC().Format(time.RFC3339),
		"parameters":  object{"method": "did:webvh:1.0", "scid": "{SCID}", "updateKeys": []any{key}},
		"state": object{
			"@context":           []any{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"},
			"id":                 id,
			"verificationMethod": []any{object{"id": id + "#key-1", "type": "Multikey", "controller": id, "publicKeyMultibase": key}},
			"assertionMethod":    []any{id + "#key-1"},
		},
	}
	scid := hash(skeleton)
	var entry object
	must(json.Unmarshal(bytes.ReplaceAll(canonical(skeleton), []byte("{SCID}"), []byte(scid)), &entry))
	entry["versionId"] = "1-" + hash(entry)
	return strings.ReplaceAll(id, "{SCID}", scid), secure(entry, "did:key:"+key+"#"+key, private)
}

// secure adds an eddsa-jcs-2022 proof: the hash of the proof's options, then that of the document.
func secure(document object, method string, private ed25519.PrivateKey) object {
	proof := object{
		"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "verificationMethod": method,
		"proofPurpose": "assertionMethod", "created": time.Now().UTC().Format(time.RFC3339),
	}
	if context, ok := document["@context"]; ok {
		proof["@context"] = context
	}
	options, body := sha256.Sum256(canonical(proof)), sha256.Sum256(canonical(document))
	proof["proofValue"] = "z" + base58(ed25519.Sign(private, slices.Concat(options[:], body[:])))
	document["proof"] = proof
	return document
}

func verdict(node string, minSeq int64, credential object, want bool) error {
	status := map[bool]int{true: http.StatusOK, false: http.StatusBadRequest}[want]
	var got struct{ Verified bool }
	err := expect(status, "POST", fmt.Sprintf("%s/credentials/verify?min-seq=%d", node, minSeq), object{"verifiableCredential": credential}, &got)
	if err == nil && got.Verified != want {
		err = fmt.Errorf("verified %v, want %v", got.Verified, want)
	}
	if err != nil {
		return fmt.Errorf("verify on %s: %w", node, err)
	}
	return nil
}

// expect sends body as JSON and decodes the reply, which must have the status given.
func expect(status int, method, target string, body, into any) error {
	var payload io.Reader
	if body != nil {
		payload = bytes.NewReader(canonical(body))
	}
	request, err := http.NewRequest(method, target, payload)
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(io.LimitReader(reply.Body, 1<<20))
	if err != nil {
		return err
	}
	if reply.StatusCode != status {
		return fmt.Errorf("%s %s: %s, want %d: %s", method, target, reply.Status, status, text)
	}
	return json.Unmarshal(text, into)
}

// canonical is RFC 8785 for the ASCII names and integer-free values used here.
func canonical(v any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	must(encoder.Encode(v))
	return bytes.TrimSpace(out.Bytes())
}

// hash is the base58btc SHA-256 multihash that did:webvh uses for SCIDs and entries.
func hash(v any) string {
	sum := sha256.Sum256(canonical(v))
	return base58(append([]byte{0x12, 0x20}, sum[:]...))
}

func base58(data []byte) string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	var out []byte
	n, base, digit := new(big.Int).SetBytes(data), big.NewInt(58), new(big.Int)
	for n.Sign() > 0 {
		n.DivMod(n, base, digit)
		out = append(out, alphabet[digit.Int64()])
	}
	for _, b := range data {
		if b != 0 {
			break
		}
		out = append(out, alphabet[0])
	}
	slices.Reverse(out)
	return string(out)
}

func must(err error) {
	if err != nil {
		panic(err) // encoding a literal of this file
	}
}

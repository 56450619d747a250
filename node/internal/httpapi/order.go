package httpapi

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/ledger/record"
)

// keys are what an operation changes and what it depends on, each a DID or a credential's digest.
type keys struct{ writes, reads []string }

// keysOf names what an operation touches, so that a credential in a bulk request follows the creation
// of its issuer, and a revocation what it revokes. DIDs go by their SCID where they have one: a DID
// that moves keeps it.
func keysOf(op record.Op) keys {
	var k keys
	switch op.Name {
	case record.OpDID:
		for _, entry := range op.Entries {
			if key := subjectKey(stateID(entry)); !slices.Contains(k.writes, key) {
				k.writes = append(k.writes, key)
			}
		}
		k.reads = []string{witnessKey}
	case record.OpCredential:
		entries, lists := entryKeys(op.Credential)
		k.writes = append([]string{op.CredentialDigest.String()}, entries...)
		k.reads = append([]string{subjectKey(string(op.Issuer))}, lists...)
	case record.OpStatus:
		target, _ := op.Change.GetString("target")
		proof, _ := op.Change.Get("proof")
		k.writes = []string{subjectKey(target)}
		if e, ok := record.ParseListEntry(target); ok {
			k.writes[0] = entryKey(e)
			k.reads = []string{subjectKey(string(e.List.Issuer)), listName(e.List)}
		}
		if by := subjectKey(string(signer(proof))); by != k.writes[0] && !slices.Contains(k.reads, by) {
			k.reads = append(k.reads, by)
		}
	case record.OpWitness:
		k.writes = []string{witnessKey}
	case record.OpStatusList:
		url, _ := op.Credential.GetString("id")
		k.writes = []string{url}
		if id, ok := listOf(url); ok {
			k.writes = []string{listName(id)}
		}
		k.reads = []string{subjectKey(string(op.Issuer))}
	case record.OpObservation:
		of, _ := op.Observation.GetString("did")
		proof, _ := op.Observation.Get("proof")
		k.writes = []string{subjectKey(of)}
		k.reads = []string{subjectKey(string(signer(proof)))}
	case record.OpUnpin:
		of, _ := op.Unpin.GetString("did")
		proof, _ := op.Unpin.Get("proof")
		k.writes = []string{subjectKey(of)}
		k.reads = []string{subjectKey(string(signer(proof)))}
	case record.OpWhois:
		k.writes = []string{"whois " + subjectKey(string(op.Issuer))}
		k.reads = []string{subjectKey(string(op.Issuer))}
	}
	return k
}

// witnessKey stands for all proofs set aside: the entries of later lines may need them.
const witnessKey = "witness"

// entryKeys are the entries in status lists that a credential may have, of which the first of two
// credentials has one, and the lists that they are of, which their issuer may sign itself.
func entryKeys(credential jcs.Value) (entries, lists []string) {
	status, _ := credential.Get("credentialStatus")
	if status.IsObject() {
		status = jcs.Array(status)
	}
	for v := range status.Elems() {
		url, _ := v.GetString("statusListCredential")
		id, ok := listOf(url)
		if !ok {
			continue
		}
		index, _ := v.GetString("statusListIndex")
		if key := listName(id) + "#" + index; !slices.Contains(entries, key) {
			entries = append(entries, key)
		}
		if key := listName(id); !slices.Contains(lists, key) {
			lists = append(lists, key)
		}
	}
	return entries, lists
}

// listOf reads the URL of a list as a registry makes one, on whatever host.
func listOf(url string) (record.ListID, bool) {
	_, rest, _ := strings.Cut(url, "://")
	domain, _, _ := strings.Cut(rest, "/")
	return record.ParseListURL(url, domain)
}

func listName(id record.ListID) string {
	return fmt.Sprintf("%s %s list %d", subjectKey(string(id.Issuer)), id.Purpose, id.Number)
}

func entryKey(e record.ListEntry) string { return fmt.Sprintf("%s#%d", listName(e.List), e.Index) }

func subjectKey(id string) string {
	if rest, ok := strings.CutPrefix(id, "did:webvh:"); ok {
		scid, _, _ := strings.Cut(rest, ":")
		return scid
	}
	return id
}

// order lets operations that share no key run together and makes those that do wait for each other
// in the order in which they entered: a change for all before it, a dependence for the changes
// before it.
type order struct {
	mu   sync.Mutex
	last map[string]*keyQueue
}

// keyQueue is the tail of one key: the last change, and the dependences since.
type keyQueue struct {
	change  *turn
	readers []*turn
	inside  int // turns that entered and have not left
}

func newOrder() *order { return &order{last: map[string]*keyQueue{}} }

// turn is one operation's place.
type turn struct {
	order  *order
	keys   keys
	before []*turn
	done   chan struct{}
}

func (o *order) enter(k keys) *turn {
	t := &turn{order: o, keys: k, done: make(chan struct{})}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, key := range k.writes {
		q := o.queue(key)
		if q.change != nil {
			t.before = append(t.before, q.change)
		}
		t.before = append(t.before, q.readers...)
		q.change, q.readers = t, nil
	}
	for _, key := range k.reads {
		q := o.queue(key)
		if q.change != nil && q.change != t { // an operation does not wait for itself
			t.before = append(t.before, q.change)
		}
		q.readers = append(q.readers, t)
	}
	return t
}

func (o *order) queue(key string) *keyQueue {
	q := o.last[key]
	if q == nil {
		q = &keyQueue{}
		o.last[key] = q
	}
	q.inside++
	return q
}

// wait returns when all that must come before has left.
func (t *turn) wait() {
	for _, before := range t.before {
		<-before.done
	}
	t.before = nil
}

func (t *turn) leave() {
	close(t.done)
	o := t.order
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, key := range t.keys.writes {
		o.forget(key)
	}
	for _, key := range t.keys.reads {
		q := o.last[key]
		if i := slices.Index(q.readers, t); i >= 0 {
			q.readers = slices.Delete(q.readers, i, i+1)
		}
		o.forget(key)
	}
}

func (o *order) forget(key string) {
	if q := o.last[key]; q.inside == 1 {
		delete(o.last, key)
	} else {
		q.inside--
	}
}

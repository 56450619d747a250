package agent

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
)

// documentAge is how old the agent's knowledge of its own documents may be when it signs.
const documentAge = 5 * time.Second

// wanted is what a key is to be: of these types and this name, of a document that lists
// it for that purpose. Zero values are for any.
type wanted struct {
	types      []multikey.Type
	controller did.ID
	method     string
	purpose    did.Relationship
}

func (w wanted) fits(k Key) bool {
	t := k.Signer.Public().Type()
	return proof.SuiteFor(t) != "" && (len(w.types) == 0 || contains(w.types, t)) &&
		(w.controller == "" || w.controller == k.DID()) && (w.method == "" || w.method == k.Method)
}

// documents are those of the DIDs that the agent has keys of.
type documents struct {
	mu    sync.Mutex
	known map[did.ID]*question[*did.Document]
}

func (d *documents) of(id did.ID) *question[*did.Document] {
	d.mu.Lock()
	defer d.mu.Unlock()
	q := d.known[id]
	if q == nil {
		if d.known == nil {
			d.known = map[did.ID]*question[*did.Document]{}
		}
		q = &question[*did.Document]{}
		d.known[id] = q
	}
	return q
}

// key finds the key for a request: the first that fits and that its DID's document lists.
// A key that the document lists no longer signs nothing, whatever it is asked for by.
func (a *Agent) key(ctx context.Context, want wanted) (Key, error) {
	refused := fmt.Errorf("%w: none that fits the cryptosuite", errNoKey)
	switch {
	case want.method != "":
		refused = fmt.Errorf("%w: %s", errNoKey, want.method)
	case want.controller != "":
		refused = fmt.Errorf("%w: none of %s that fits the cryptosuite", errNoKey, want.controller)
	}
	for _, k := range a.Keys.Keys() {
		if !want.fits(k) {
			continue
		}
		listed, err := a.listed(ctx, k, want.purpose)
		if err != nil {
			return Key{}, err
		}
		if listed {
			return k, nil
		}
		refused = fmt.Errorf("%w: the document of %s does not list %s under %s", errNoKey, k.DID(), k.Method, want.purpose)
	}
	return Key{}, refused
}

// listed reports whether the document of a key's DID lists it for that purpose, under its
// name. Of a DID that nobody resolves here nothing is known, and its keys are as they were
// stored.
func (a *Agent) listed(ctx context.Context, k Key, purpose did.Relationship) (bool, error) {
	doc, err := a.ownDocument(ctx, k.DID())
	switch code := did.CodeOf(err); {
	case code == did.NotFound || code == did.MethodNotSupported:
		return true, nil
	case err != nil:
		return false, fmt.Errorf("which keys %s has: %w", k.DID(), err)
	case doc == nil:
		return false, nil
	}
	method, err := doc.Method(k.Method, purpose)
	return err == nil && method.KeyErr == nil && method.Key == k.Signer.Public(), nil
}

// ownDocument is a document as it was some seconds ago at most, or as it last was where
// nobody tells; nil if the DID is deactivated.
func (a *Agent) ownDocument(ctx context.Context, id did.ID) (*did.Document, error) {
	q := a.documents.of(id)
	young := func(last answer[*did.Document]) bool { return a.Now().Sub(last.at) < documentAge }
	doc, err := q.ask(ctx, a.Now, young, func() (*did.Document, error) {
		ctx, stop := a.asking(a.running)
		defer stop()
		res, err := resolver{a.Resolver}.Resolve(ctx, id, did.Options{})
		return res.Document, err
	})
	if err != nil {
		if last, ok := q.before(); ok {
			return last, nil
		}
	}
	return doc, err
}

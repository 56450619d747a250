package main

import (
	"context"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/client"
)

// actor is somebody in the story: a DID and the keys behind it, which never leave this process.
type actor struct {
	name    string
	update  multikey.PrivateKey // may change the DID
	signing multikey.PrivateKey // signs credentials and status changes
	last    webvh.Entry
	state   webvh.State
}

func (a *actor) did() did.ID { return a.state.DID }

// method is the DID URL of the signing key.
func (a *actor) method() string { return string(a.did()) + "#" + a.signing.Public().String() }

func newKeys() (update, signing multikey.PrivateKey, err error) {
	if update, err = multikey.Generate(multikey.Ed25519); err != nil {
		return update, signing, err
	}
	signing, err = multikey.Generate(multikey.Ed25519)
	return update, signing, err
}

// newActor makes keys and a first log entry. Nothing is sent.
func newActor(name, domain string, path []string, owner did.ID) (*actor, error) {
	a := &actor{name: name}
	var err error
	if a.update, a.signing, err = newKeys(); err != nil {
		return nil, err
	}
	e, err := webvh.Create(webvh.CreateOptions{
		Domain: domain, Path: path, Time: time.Now(),
		Document: func(id did.ID) jcs.Value { return actorDocument(id, a.signing.Public(), owner) },
	}, a.update)
	if err != nil {
		return nil, err
	}
	state, err := webvh.Genesis(e, nil, webvh.Context{Now: time.Now()})
	if err != nil {
		return nil, err
	}
	a.last, a.state = e, state
	return a, nil
}

func actorDocument(id did.ID, key multikey.PublicKey, owner did.ID) jcs.Value {
	doc := jcs.Object(
		jcs.Member{Name: "@context", Value: texts("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")},
		jcs.Member{Name: "id", Value: jcs.FromString(string(id))},
	)
	if owner != "" {
		doc = doc.With("controller", texts(string(owner)))
	}
	return withKey(doc, key)
}

// take makes e the newest entry of the actor's log.
func (a *actor) take(e webvh.Entry) error {
	state, err := a.state.Next(e, nil, webvh.Context{Now: time.Now()})
	if err != nil {
		return err
	}
	a.last, a.state = e, state
	return nil
}

// rotate replaces both keys.
func (a *actor) rotate(ctx context.Context, cl *client.Client) (client.Receipt, error) {
	update, signing, err := newKeys()
	if err != nil {
		return client.Receipt{}, err
	}
	at, err := a.nextTime(ctx)
	if err != nil {
		return client.Receipt{}, err
	}
	document, _ := withoutMethod(a.last.State, a.method())
	e, err := webvh.Update(a.state, webvh.UpdateOptions{
		Document: withKey(document, signing.Public()), UpdateKeys: []string{update.Public().String()},
		Time: at,
	}, a.update)
	if err != nil {
		return client.Receipt{}, err
	}
	receipt, err := cl.Append(ctx, a.did(), []webvh.Entry{e}, nil)
	if err != nil {
		return receipt, err
	}
	a.update, a.signing = update, signing
	return receipt, a.take(e)
}

// nextTime is that of the next version.
func (a *actor) nextTime(ctx context.Context) (time.Time, error) {
	return nextTime(ctx, a.state, func(time.Time) {})
}

// deactivate ends the DID.
func (a *actor) deactivate(ctx context.Context, cl *client.Client) (client.Receipt, error) {
	at, err := a.nextTime(ctx)
	if err != nil {
		return client.Receipt{}, err
	}
	e, err := webvh.Deactivate(a.state, a.last.State, at, a.update)
	if err != nil {
		return client.Receipt{}, err
	}
	receipt, err := cl.Append(ctx, a.did(), []webvh.Entry{e}, nil)
	if err != nil {
		return receipt, err
	}
	return receipt, a.take(e)
}

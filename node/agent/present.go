package agent

import (
	"net/http"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
)

// proved is the reply to a request for a presentation.
type proved struct {
	Presentation jcs.Value `json:"verifiablePresentation"`
}

// prove adds an authentication proof to a presentation (VC API, Prove
// Presentation). The holder is the controller of the key; a presentation that
// names another is refused.
func (a *Agent) prove(r *http.Request) (int, any, error) {
	body, err := readObject(r)
	if err != nil {
		return 0, nil, err
	}
	how, err := readSigning(r, body, "presentation", did.Authentication)
	if err != nil {
		return 0, nil, err
	}
	if err := how.options.Rest(); err != nil {
		return 0, nil, err
	}
	vp, ok := body.Get("presentation")
	if !ok || !vp.IsObject() {
		return 0, nil, malformed(`want {"presentation": {…}, "options": {…}}`)
	}
	if how.controller, err = holderOf(vp); err != nil {
		return 0, nil, err
	}
	key, err := a.key(r.Context(), wanted{how.types, how.controller, how.method, did.Authentication})
	if err != nil {
		return 0, nil, err
	}
	if _, ok := vp.Get("holder"); !ok {
		vp = vp.With("holder", jcs.FromString(string(key.DID())))
	}
	vp = a.inject(vp, how)
	if err := a.honest(vp, key, how); err != nil {
		return 0, nil, err
	}
	secured, err := a.sign(vp, key, how)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, proved{secured}, nil
}

// holderOf is the DID that the presentation names; "" if it names nobody.
func holderOf(vp jcs.Value) (did.ID, error) {
	holder, ok := vp.Get("holder")
	if !ok {
		return "", nil
	}
	if holder.IsObject() {
		holder, _ = holder.Get("id")
	}
	s, _ := holder.Str()
	id, err := did.Parse(s)
	if err != nil {
		return "", malformed("the holder is not a DID of this agent")
	}
	return id, nil
}

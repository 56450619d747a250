package webvh

import (
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
)

const keyPrefix = "did:key:"

// Witness is the witness parameter. The zero Witness says that there are none,
// and is written {}.
type Witness struct {
	// Threshold is how many distinct witnesses have to approve, from 1 to all.
	Threshold int `json:"threshold,omitempty"`
	// Witnesses are distinct.
	Witnesses []WitnessID `json:"witnesses,omitempty"`
}

// WitnessID is one item of the list.
type WitnessID struct {
	// ID is a did:key DID of an Ed25519 key.
	ID string `json:"id"`
}

// Active reports whether entries have to be witnessed.
func (w Witness) Active() bool { return len(w.Witnesses) > 0 }

// Value returns the parameter as it stands in a log.
func (w Witness) Value() jcs.Value {
	return w.value(jcs.FromInt(int64(w.Threshold)))
}

func (w Witness) value(threshold jcs.Value) jcs.Value {
	if !w.Active() {
		return jcs.Object()
	}
	list := make([]jcs.Value, len(w.Witnesses))
	for i, id := range w.Witnesses {
		list[i] = jcs.Object(jcs.Member{Name: "id", Value: jcs.FromString(id.ID)})
	}
	return jcs.Object(
		jcs.Member{Name: "threshold", Value: threshold},
		jcs.Member{Name: "witnesses", Value: jcs.Array(list...)},
	)
}

// parseWitness reads the parameter ("The witness Parameter"). A malformed one is
// never taken for none.
func parseWitness(v jcs.Value) (Witness, *Error) {
	if v.Kind() == jcs.KindNull || v.IsObject() && v.Len() == 0 {
		return Witness{}, nil
	}
	threshold, _ := v.Get("threshold")
	list, _ := v.Get("witnesses")
	if !v.IsObject() || v.Len() != 2 || !list.IsArray() {
		return Witness{}, refuse(WitnessParameter, "not {} nor an object of threshold and witnesses")
	}
	if list.Len() == 0 || list.Len() > MaxListItems {
		return Witness{}, refuse(WitnessParameter, "not 1 to %d witnesses", MaxListItems)
	}
	n, ok := threshold.Int()
	if !ok || n < 1 || n > int64(list.Len()) {
		return Witness{}, refuse(WitnessParameter, "threshold is not an integer from 1 to the number of witnesses")
	}
	w := Witness{Threshold: int(n), Witnesses: make([]WitnessID, 0, list.Len())}
	for item := range list.Elems() {
		id, err := parseWitnessID(item)
		if err != nil {
			return Witness{}, err
		}
		if slices.Contains(w.Witnesses, id) {
			return Witness{}, refuse(WitnessParameter, "%s is listed twice", id.ID)
		}
		w.Witnesses = append(w.Witnesses, id)
	}
	return w, nil
}

func parseWitnessID(v jcs.Value) (WitnessID, *Error) {
	id, ok := v.GetString("id")
	if !ok || v.Len() != 1 {
		return WitnessID{}, refuse(WitnessParameter, "a witness is not an object of an id")
	}
	key, ok := strings.CutPrefix(id, keyPrefix)
	if !ok {
		return WitnessID{}, refuse(WitnessParameter, "witness %.128q is not a did:key DID", id)
	}
	k, err := multikey.ParsePublic(key)
	if err != nil {
		return WitnessID{}, because(WitnessParameter, "witness key", err)
	}
	if k.Type() != multikey.Ed25519 {
		return WitnessID{}, refuse(WitnessParameter, "a witness key of type %s cannot make %s proofs", k.Type(), suite)
	}
	return WitnessID{ID: strings.Clone(id)}, nil
}

package webvh

import (
	"slices"
	"strings"

	"github.com/tabard-id/tabard/did"
)

// State is what a log has come to after one of its entries: all that the next
// entry is judged by. It is a function of the entries alone, is not modified once
// returned, and survives encoding/json.
type State struct {
	// DID is state.id of this version's entry.
	DID         did.ID `json:"did"`
	SCID        string `json:"scid"`
	Method      string `json:"method"`
	VersionID   string `json:"versionId"`
	VersionTime string `json:"versionTime"`
	// Created is the versionTime of the first entry.
	Created string `json:"created"`
	Number  int    `json:"versionNumber"`
	// UpdateKeys are Multikeys. Under pre-rotation they are spent.
	UpdateKeys []string `json:"updateKeys,omitempty"`
	// NextKeyHashes commit to the next entry's updateKeys, unless empty.
	NextKeyHashes []string `json:"nextKeyHashes,omitempty"`
	// Witness is the list that the next entry needs approved by, if active.
	Witness     Witness  `json:"witness"`
	Watchers    []string `json:"watchers,omitempty"`
	Portable    bool     `json:"portable,omitempty"`
	Deactivated bool     `json:"deactivated,omitempty"`
	// TTL is in seconds.
	TTL int `json:"ttl"`
}

// apply returns the state after an entry with the parameters p, as far as
// parameters decide it, and refuses those that may not follow prev, which is nil
// for a first entry.
func (p *parameters) apply(prev *State) (State, *Error) {
	if prev == nil {
		return p.first()
	}
	if prev.Deactivated {
		return State{}, refuse(AlreadyDeactivated, "version %s deactivated the DID", prev.VersionID)
	}
	if p.hasSCID {
		return State{}, refuse(ParametersInvalid, "scid in an entry after the first")
	}
	if p.portable {
		return State{}, refuse(Portability, "portable set to true after the first entry")
	}
	if err := p.checkPreRotation(prev); err != nil {
		return State{}, err
	}
	s := *prev
	p.override(&s)
	return s, nil
}

// first returns the state that a first entry's parameters and the defaults make.
func (p *parameters) first() (State, *Error) {
	switch {
	case !p.hasMethod:
		return State{}, refuse(ParametersInvalid, "no method in the first entry")
	case !p.hasSCID:
		return State{}, refuse(ParametersInvalid, "no scid in the first entry")
	case !p.hasUpdateKeys:
		return State{}, refuse(ParametersInvalid, "no updateKeys in the first entry")
	}
	s := State{SCID: strings.Clone(p.scid), TTL: DefaultTTL}
	p.override(&s)
	return s, nil
}

func (p *parameters) override(s *State) {
	s.Method = Method
	if p.hasUpdateKeys {
		s.UpdateKeys = p.updateKeys
	}
	if p.hasNextKeyHashes {
		s.NextKeyHashes = p.nextKeyHashes
	}
	if p.hasWitness {
		s.Witness = p.witness
	}
	if p.hasWatchers {
		s.Watchers = p.watchers
	}
	if p.hasPortable {
		s.Portable = p.portable
	}
	if p.hasDeactivated {
		s.Deactivated = p.deactivated
	}
	if p.hasTTL {
		s.TTL = p.ttl
	}
}

// checkPreRotation holds an entry to the commitment of its predecessor, if there
// is one ("Read (Resolve)", step 7, and nextKeyHashes).
func (p *parameters) checkPreRotation(prev *State) *Error {
	if len(prev.NextKeyHashes) == 0 {
		return nil
	}
	if !p.hasUpdateKeys || !p.hasNextKeyHashes {
		return refuse(PreRotation, "updateKeys and nextKeyHashes must both be given while pre-rotation is active")
	}
	if len(p.updateKeys) == 0 {
		return refuse(PreRotation, "none of the committed keys is in updateKeys")
	}
	for _, key := range p.updateKeys {
		if !slices.Contains(prev.NextKeyHashes, KeyHash(key)) {
			return refuse(PreRotation, "%.128q is not a committed key", key)
		}
	}
	return nil
}

// authorised returns the keys that may sign the entry whose parameters p lead
// from prev to next ("Authorized Keys").
func authorised(prev, next *State) []string {
	if prev == nil || len(prev.NextKeyHashes) > 0 {
		return next.UpdateKeys
	}
	return prev.UpdateKeys
}

// approvers returns the witnesses whose approval the entry between prev and next
// needs: those that were active before it, or, if there were none, its own.
func approvers(prev, next *State) Witness {
	if prev != nil && prev.Witness.Active() {
		return prev.Witness
	}
	return next.Witness
}

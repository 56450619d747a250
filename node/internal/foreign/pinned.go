package foreign

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/internal/fetch"
)

// Observations are what a registry recorded of foreign DIDs, as of some position;
// *ledger.View and *ledger.Past are such.
type Observations interface {
	Observation(id did.ID) (ledger.Observation, bool, error)
	Observations(id did.ID, after, n int) ([]ledger.Observation, error)
}

// Pinned resolves foreign DIDs by asking their hosts, and those that the registry has
// observed also by its records: when the host gives no answer, when it serves a log
// that contradicts what was observed, and for times before the host's own history. A
// did:web DID whose host says that it has no document is gone, observed or not. What
// comes from a record says so in Resolution.Source.
type Pinned struct {
	// Hosts asks other hosts; nil: they are not asked.
	Hosts *Resolver
	// View returns the present state of the ledger, which Close gives back.
	View func() *ledger.View
	// Changed is called, if set, with a DID whose host contradicts what was observed.
	Changed func(id did.ID)
	// Now is time.Now if nil.
	Now func() time.Time
}

// Resolve implements did.Resolver. Errors are those of Resolver.Resolve.
func (p *Pinned) Resolve(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, error) {
	if err := opt.Check(); err != nil {
		return did.Resolution{}, err
	}
	if !Handles(id.Method()) {
		return did.Resolution{}, &did.Error{Code: did.MethodNotSupported, Detail: "the method " + id.Method() + " has no host to ask"}
	}
	last, observed, err := p.last(id)
	if err != nil {
		return did.Resolution{}, err
	}
	res, log, err := p.ask(ctx, id, opt)
	if !observed {
		return res, err
	}
	reason := ""
	switch {
	case err != nil:
		reason = "its host gives no answer that holds"
		if definite(err) || withdrawn(id, opt, err) {
			return did.Resolution{}, err
		}
	case id.Method() == "webvh" && !continues(log, last):
		reason = "its host serves a log that contradicts what was observed"
		if p.Changed != nil {
			p.Changed(id)
		}
	default:
		return res, nil
	}
	v := p.View() // not held while a stranger takes his time
	defer v.Close()
	return p.fromRecord(v, id, opt, reason, err)
}

func (p *Pinned) last(id did.ID) (ledger.Observation, bool, error) {
	v := p.View()
	defer v.Close()
	return v.Observation(id)
}

func (p *Pinned) ask(ctx context.Context, id did.ID, opt did.Options) (did.Resolution, *webvh.Log, error) {
	if p.Hosts == nil {
		return did.Resolution{}, nil, &did.Error{Code: did.NotFound, Detail: "the ledger does not hold the DID, and other hosts are not asked here"}
	}
	return p.Hosts.Verified(ctx, id, opt)
}

// definite reports errors that are in the question, so that no record can answer it.
func definite(err error) bool {
	var e *did.Error
	return errors.As(err, &e) && (e.Code == did.InvalidOptions || e.Code == did.MethodNotSupported)
}

// withdrawn reports that the host of a did:web DID says that there is no document any
// more, which is how such a DID is deactivated: its keys of old must not outlive it. Of
// a time past the records still tell.
func withdrawn(id did.ID, opt did.Options, err error) bool {
	return id.Method() == "web" && opt.VersionTime.IsZero() && errors.Is(err, fetch.ErrNotFound)
}

// continues reports whether a log goes on from what was observed. Observations that
// were rewritten themselves decide nothing: the one before them does.
func continues(log *webvh.Log, last ledger.Observation) bool {
	return !last.Rewritten && slices.ContainsFunc(log.Versions, func(v webvh.Version) bool {
		return v.State.VersionID == last.VersionID
	})
}

// fromRecord answers from what was observed, or with the error of the host.
func (p *Pinned) fromRecord(o Observations, id did.ID, opt did.Options, reason string, failed error) (did.Resolution, error) {
	now := time.Now
	if p.Now != nil {
		now = p.Now
	}
	res, err := Observed(o, id, opt, reason, now())
	if failed != nil && did.CodeOf(err) == did.NotFound {
		return did.Resolution{}, failed
	}
	return res, err
}

// Observed resolves a DID by the records of a registry alone. did:webvh versions are
// looked up in the newest log that was observed and does not contradict those before;
// of a did:web DID versionTime selects the newest document that had been fetched by
// then. Errors are *did.Error: NotFound where the DID, or that version of it, was not
// observed.
func Observed(from Observations, id did.ID, opt did.Options, reason string, now time.Time) (did.Resolution, error) {
	if err := opt.Check(); err != nil {
		return did.Resolution{}, err
	}
	last, ok, err := from.Observation(id)
	if err != nil {
		return did.Resolution{}, err
	}
	if !ok {
		return did.Resolution{}, &did.Error{Code: did.NotFound, Detail: "the DID was never observed here"}
	}
	chosen, err := choose(from, id, opt, last)
	if err != nil {
		return did.Resolution{}, err
	}
	res, err := answer(chosen, opt)
	if err != nil {
		return did.Resolution{}, err
	}
	res.Source = &did.Source{Fetched: chosen.Fetched, Age: max(0, now.Sub(chosen.Fetched)), Observation: &did.Observed{
		Seq: uint64(chosen.Seq), Node: chosen.Node, Digest: chosen.Digest.String(), Rewritten: last.Rewritten, Reason: reason,
	}}
	return res, nil
}

// choose picks the observation that answers.
func choose(from Observations, id did.ID, opt did.Options, last ledger.Observation) (ledger.Observation, error) {
	early := id.Method() == "web" && !opt.VersionTime.IsZero() && last.Fetched.After(opt.VersionTime)
	if !last.Rewritten && !early {
		return last, nil
	}
	var found *ledger.Observation
	for after := 0; ; {
		page, err := from.Observations(id, after, ledger.MaxObservations)
		if err != nil {
			return ledger.Observation{}, err
		}
		for i := range page {
			o := &page[i]
			after = o.Number
			if !o.Rewritten && (!early || !o.Fetched.After(opt.VersionTime)) {
				found = o
			}
		}
		if len(page) < ledger.MaxObservations {
			break
		}
	}
	if found == nil {
		return ledger.Observation{}, &did.Error{Code: did.NotFound, Detail: "the DID had not been observed by then"}
	}
	return *found, nil
}

// answer resolves within one observation: by its log where that was kept, else by its
// document.
func answer(o ledger.Observation, opt did.Options) (did.Resolution, error) {
	if o.Log != nil {
		log, _ := webvh.VerifyLog(o.Log, o.Witness, o.Time.Time()) // what holds of it resolves
		return log.Resolve(o.DID, opt)
	}
	if o.DID.Method() == "web" {
		if err := opt.CheckUnversioned(); err != nil {
			return did.Resolution{}, err
		}
	}
	meta := did.Metadata{VersionID: o.VersionID, Deactivated: o.Deactivated}
	if o.DID.Method() == "webvh" && (opt.VersionNumber != 0 || !opt.VersionTime.IsZero() || opt.VersionID != "" && opt.VersionID != o.VersionID) {
		return did.Resolution{}, &did.Error{Code: did.NotFound, Detail: "of that observation only the newest version is kept"}
	}
	if o.Deactivated {
		return did.Resolution{Metadata: meta}, nil
	}
	doc, err := did.ParseDocument(o.Document)
	return did.Resolution{Document: doc, Metadata: meta}, err
}

var _ did.Resolver = (*Pinned)(nil)

package agent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

// A list that the agent publishes itself is signed for listValidity and signed
// again, when somebody asks, after half of it.
const (
	listValidity = 10 * time.Minute
	listTTL      = time.Minute
	// listSkew dates a list back: who verifies may have begun a moment before it was
	// signed, or have a clock that is slow.
	listSkew = time.Minute
)

// issueWithStatus is issue for a credential that can be revoked: it gets an index
// of a status list for each purpose asked for (options.statusPurpose, revocation
// unless said otherwise). With a registry, the credential is registered there, which
// ties the index to it; the registry keeps digest and proof, not the content. What the
// journal calls the credential is what was sent, and nothing that the registry answers.
func (a *Agent) issueWithStatus(r *http.Request) (int, any, error) {
	body, err := readObject(r)
	if err != nil {
		return 0, nil, err
	}
	how, err := readSigning(r, body, "credential", did.AssertionMethod)
	if err != nil {
		return 0, nil, err
	}
	purposes, err := statusPurposes(how.options)
	if err != nil {
		return 0, nil, err
	}
	draft, key, err := a.draft(r.Context(), body, how)
	if err != nil {
		return 0, nil, err
	}
	id, _ := draft.GetString("id")
	base, err := a.listBase(r.Context())
	if err != nil {
		return 0, nil, err
	}
	entries, err := a.book.allocate(key.DID(), purposes, id)
	if err != nil {
		return 0, nil, err
	}
	secured, err := a.sign(withEntries(draft, entries, base), key, how)
	if err != nil {
		return 0, nil, err
	}
	if a.Registry != nil && registrable(how) {
		if err := a.register(r.Context(), secured, entries); err != nil {
			return 0, nil, err
		}
	}
	return http.StatusCreated, issued{secured}, nil
}

// register has the registry record a credential that has those entries.
func (a *Agent) register(ctx context.Context, secured jcs.Value, entries []entry) error {
	digest := client.Digest(secured)
	if err := a.book.named(entries, digest); err != nil {
		return err
	}
	receipt, err := a.Registry.RegisterCredential(ctx, secured, false)
	if err == nil && receipt.Digest != digest {
		err = fmt.Errorf("%w: a receipt for %.80q, not %s", client.ErrMismatch, receipt.Digest, digest)
	}
	if err != nil {
		return fmt.Errorf("register the credential: %w", err)
	}
	return nil
}

// registrable reports whether a registry records credentials secured so. Of others it
// keeps the bits alone, which the issuer flips by themselves.
func registrable(how signing) bool { return how.media == "" && how.suite != proof.ECDSASD2023 }

// statusPurposes are those whose bits a registry or the agent can keep.
func statusPurposes(opt *api.Options) ([]string, error) {
	purposes := opt.Texts("statusPurpose")
	if len(purposes) == 0 {
		return []string{statuslist.Revocation}, nil
	}
	for i, p := range purposes {
		if p != statuslist.Revocation && p != statuslist.Suspension || slices.Contains(purposes[:i], p) {
			return nil, malformed("options.statusPurpose: want revocation, suspension or both")
		}
	}
	return purposes, nil
}

// withEntries adds the entries to those the credential has.
func withEntries(vc jcs.Value, entries []entry, base string) jcs.Value {
	var all []jcs.Value
	if old, ok := vc.Get("credentialStatus"); ok && old.IsArray() {
		all = slices.Collect(old.Elems())
	} else if ok {
		all = append(all, old)
	}
	for _, e := range entries {
		url := e.url(base)
		all = append(all, statuslist.Entry{
			ID: url + "#" + strconv.FormatUint(e.Index, 10), Purpose: e.Purpose, ListURL: url, Index: e.Index, Size: 1,
		}.Value())
	}
	if len(all) == 1 {
		return vc.With("credentialStatus", all[0])
	}
	return vc.With("credentialStatus", jcs.Array(all...))
}

// listBase is the URL below which lists are published: by the registry, or by the
// agent.
func (a *Agent) listBase(ctx context.Context) (string, error) {
	if a.Registry == nil {
		return a.BaseURL + "/status-lists/", nil
	}
	home, err := a.registryHome(ctx)
	return a.listsURL(home), err
}

// url is where a list is published.
func (l listName) url(base string) string {
	return base + url.PathEscape(string(l.Issuer)) + "/" + l.Purpose + "/" + strconv.FormatUint(l.N, 10)
}

// changeStatus sets or clears a bit (VC API, Update Status): the credential by its
// id, or the entry by its list and index. options.verificationMethod names the key that
// signs the change for a registry.
func (a *Agent) changeStatus(r *http.Request) (int, any, error) {
	body, err := readObject(r)
	if err != nil {
		return 0, nil, err
	}
	opt := api.ReadOptions(body, "credentialId", "credentialStatus", "status")
	method := opt.Text("verificationMethod")
	if err := opt.Rest(); err != nil {
		return 0, nil, err
	}
	entries, err := a.entriesOf(r.Context(), body)
	if err != nil {
		return 0, nil, err
	}
	value := true
	if v, ok := body.Get("status"); ok {
		if value, ok = v.Bool(); !ok {
			return 0, nil, malformed("status is not true or false")
		}
	}
	if !value && entries[0].Purpose == statuslist.Revocation {
		return 0, nil, malformed("a revocation cannot be undone")
	}
	for _, e := range entries {
		if err := a.change(r.Context(), e, value, method, len(entries) > 1); err != nil {
			return 0, nil, err
		}
	}
	return http.StatusOK, map[string]any{"credentialId": entries[0].Credential, "statusPurpose": entries[0].Purpose, "status": value}, nil
}

// change sets or clears one bit. One of several may have been so before.
func (a *Agent) change(ctx context.Context, e entry, value bool, method string, several bool) error {
	if a.Registry == nil {
		return a.book.mark(e, value)
	}
	err := a.changeInRegistry(ctx, e, value, method)
	var p *client.Problem
	if several && errors.As(err, &p) && (p.Code == "no-change" || value && p.Code == "final-status") {
		return nil
	}
	return err
}

// entriesOf are the entries that a request is about: at least one.
func (a *Agent) entriesOf(ctx context.Context, body jcs.Value) ([]entry, error) {
	status, ok := body.Get("credentialStatus")
	if !ok || !status.IsObject() {
		return nil, malformed(`want {"credentialId": …, "credentialStatus": {"statusPurpose": …}, "status": true}`)
	}
	for _, name := range []string{"statusPurpose", "statusListCredential", "statusListIndex"} {
		if member, ok := status.Get(name); ok && !member.IsString() {
			return nil, malformed("credentialStatus.%s: want a string", name)
		}
	}
	purpose, _ := status.GetString("statusPurpose")
	if purpose == "" {
		purpose = statuslist.Revocation
	}
	list, _ := status.GetString("statusListCredential")
	if list == "" {
		id, _ := body.GetString("credentialId")
		if found := a.book.find(id, purpose); len(found) > 0 && id != "" {
			return found, nil
		}
		return nil, api.NewProblem(api.NotFound, "the agent gave that credential no such status")
	}
	index, _ := status.GetString("statusListIndex")
	n, err := strconv.ParseUint(index, 10, 64)
	if err != nil {
		return nil, malformed("statusListIndex is not a number in a string")
	}
	base, err := a.listBase(ctx)
	if err != nil {
		return nil, err
	}
	if path, ok := strings.CutPrefix(list, base); ok {
		name, err := parseListPath(path)
		if err != nil {
			return nil, err
		}
		if e, ok := a.book.at(name, n); ok {
			return []entry{e}, nil
		}
	}
	return nil, api.NewProblem(api.NotFound, "the agent never gave away that index")
}

// parseListPath reads {issuer}/{purpose}/{n}.
func parseListPath(path string) (listName, error) {
	parts := strings.Split(path, "/")
	if len(parts) != 3 {
		return listName{}, api.NewProblem(api.NotFound, "no such status list")
	}
	issuer, err := url.PathUnescape(parts[0])
	n, errN := strconv.ParseUint(parts[2], 10, 32)
	if err != nil || errN != nil {
		return listName{}, api.NewProblem(api.NotFound, "no such status list")
	}
	return listName{did.ID(issuer), parts[1], n}, nil
}

// changeInRegistry has the registry record the change, signed by the issuer: of the
// credential that the entry was given to, or of the entry itself where the registry does
// not have that, such as after a crash before it was registered.
func (a *Agent) changeInRegistry(ctx context.Context, e entry, value bool, method string) error {
	key, err := a.key(ctx, wanted{controller: e.Issuer, method: method, purpose: did.AssertionMethod})
	if err != nil {
		return err
	}
	home, err := a.registryHome(ctx)
	if err != nil {
		return err
	}
	for _, target := range e.targets() {
		change, err := client.StatusChange{
			Ledger: home.Ledger, Target: target, Status: statusWord(e.Purpose, value), Issued: a.Now(),
		}.Sign(key.Signer, key.Method)
		if err != nil {
			return err
		}
		_, err = a.Registry.ChangeStatus(ctx, change)
		var p *client.Problem
		if errors.As(err, &p) && p.Code == unknownTarget && target == e.Digest {
			continue
		}
		if err != nil {
			return fmt.Errorf("change the status in the registry: %w", err)
		}
		return nil
	}
	return api.NewProblem(unknownTarget, "the registry knows neither the credential nor its entry")
}

const unknownTarget = api.Code("unknown-target")

// targets are what a change of an entry's status is of, as far as the agent itself knows:
// the digest of the credential that it computed, and the entry of its own list.
func (e entry) targets() []string {
	entry := record.ListEntry{List: record.ListID{
		Issuer: e.Issuer, Purpose: record.Purpose(e.Purpose), Number: uint32(e.N),
	}, Index: uint32(e.Index)}.String()
	if _, err := record.ParseHash(e.Digest); err != nil {
		return []string{entry}
	}
	return []string{e.Digest, entry}
}

func statusWord(purpose string, value bool) string {
	switch {
	case !value:
		return credential.Active
	case purpose == statuslist.Suspension:
		return credential.Suspended
	default:
		return credential.Revoked
	}
}

// statusList publishes one of the agent's own lists.
func (a *Agent) statusList(r *http.Request) (int, any, error) {
	n, err := strconv.ParseUint(r.PathValue("n"), 10, 32)
	if err != nil {
		return 0, nil, api.NewProblem(api.NotFound, "no such status list")
	}
	vc, err := a.signedList(r.Context(), listName{did.ID(r.PathValue("issuer")), r.PathValue("purpose"), n})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, document{listMedia(r.Header["Accept"]), vc.Canonical()}, nil
}

// publishedList is a list as it was signed.
type publishedList struct {
	vc      jcs.Value
	changes int
	signed  time.Time
}

// signedList signs a list anew when it has changed or half of its validity is over.
func (a *Agent) signedList(ctx context.Context, name listName) (jcs.Value, error) {
	set, changes, ok := a.book.bits(name)
	if !ok || a.Registry != nil {
		return jcs.Value{}, api.NewProblem(api.NotFound, "no such status list")
	}
	now := a.Now().UTC().Truncate(time.Second)
	if old, ok := a.lists.get(name); ok && old.changes == changes && now.Sub(old.signed) < listValidity/2 {
		return old.vc, nil
	}
	key, err := a.key(ctx, wanted{
		types: []multikey.Type{multikey.Ed25519, multikey.P256, multikey.P384}, controller: name.Issuer, purpose: did.AssertionMethod,
	})
	if err != nil {
		return jcs.Value{}, err
	}
	list, err := statuslist.NewList(statuslist.List{
		ID: name.url(a.BaseURL + "/status-lists/"), Issuer: string(name.Issuer), Purposes: []string{name.Purpose},
		ValidFrom: now.Add(-listSkew), ValidUntil: now.Add(listValidity), TTL: listTTL,
	}, statuslist.MinEntries)
	if err != nil {
		return jcs.Value{}, err
	}
	for _, index := range set {
		if err := list.Set(index, 1); err != nil {
			return jcs.Value{}, err
		}
	}
	vc, err := list.Credential()
	if err != nil {
		return jcs.Value{}, err
	}
	vc, err = proof.Sign(vc, key.Signer, proof.SignOptions{
		VerificationMethod: key.Method, Purpose: did.AssertionMethod, Created: now, Processor: a.Processor,
	})
	if err != nil {
		return jcs.Value{}, err
	}
	a.lists.put(name, publishedList{vc, changes, now})
	return vc, nil
}

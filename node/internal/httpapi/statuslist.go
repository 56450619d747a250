package httpapi

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/lists"
)

// listForm is a form in which a status list goes out.
type listForm struct {
	media string
	// sign writes the list down and signs it.
	sign func(s *listSigner, l *statuslist.List) ([]byte, error)
}

// listForms are served in this order of preference. The first goes out under names that say less, too.
var listForms = []listForm{
	{api.TypeCredential, (*listSigner).proof},
	{"application/vc+jwt", (*listSigner).jwt},
	{statuslist.MediaJWT, (*listSigner).tokenJWT},
	{statuslist.MediaCWT, (*listSigner).tokenCWT},
}

// negotiateList picks the form that an Accept header asks for: the highest weight, and among equals the
// first named; false if there is none.
func negotiateList(headers []string) (form listForm, ok bool) {
	if len(headers) == 0 || len(headers) == 1 && headers[0] == "" {
		return listForms[0], true
	}
	weight := 0.0
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			if f, q := listFormOf(item); q > weight {
				form, weight = f, q
			}
		}
	}
	return form, weight > 0
}

// listFormOf reads one range of an Accept header; a weight of 0 says that it is not served.
func listFormOf(item string) (listForm, float64) {
	media, attrs, err := mime.ParseMediaType(item)
	if err != nil {
		return listForm{}, 0
	}
	weight := 1.0
	if q, ok := attrs["q"]; ok {
		if weight, err = strconv.ParseFloat(q, 64); err != nil || !(weight >= 0 && weight <= 1) {
			return listForm{}, 0
		}
	}
	switch media {
	case "*/*", "application/*":
		return listForms[0], weight
	case api.TypeJSON, "application/ld+json", "application/vc+ld+json":
		return listForm{media, listForms[0].sign}, weight
	}
	for _, f := range listForms {
		if f.media == media {
			return f, weight
		}
	}
	return listForm{}, 0
}

var errListForm = api.NewProblem(api.NotAcceptable,
	"want "+api.TypeCredential+", application/vc+jwt, "+statuslist.MediaJWT+" or "+statuslist.MediaCWT)

// noList is the problem of a list that cannot be had (Bitstring Status List 1.0, 3.5).
func noList(format string, args ...any) *api.Problem {
	p := api.Problemf(api.StatusListUnavailable, format, args...)
	p.Type = statuslist.RetrievalError
	return p
}

// takeTimestamp takes the parameter of history: timestamp, a dateTimeStamp (Bitstring Status List 1.0,
// 3.2), or time, in seconds since 1970 (IETF Token Status List, 8.4). Zero if there is none.
func (q params) takeTimestamp(now time.Time) (time.Time, error) {
	text, stamped := q.take("timestamp")
	seconds, timed := q.take("time")
	var at time.Time
	switch {
	case stamped && timed:
		return at, api.NewProblem(api.InvalidParameter, "timestamp and time exclude each other")
	case stamped:
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil || len(text) > 64 || t.IsZero() {
			return at, api.NewProblem(api.InvalidParameter, "timestamp: want a dateTimeStamp such as 2026-06-01T12:00:00Z")
		}
		at = t.UTC()
	case timed:
		n, err := strconv.ParseUint(seconds, 10, 36)
		if err != nil {
			return at, api.NewProblem(api.InvalidParameter, "time: want seconds since 1970")
		}
		at = time.Unix(int64(n), 0).UTC()
	default:
		return at, nil
	}
	if at.After(now) {
		return at, noList("nothing is known of a time to come")
	}
	return at, nil
}

// listRequest is what a request for a list asks for.
type listRequest struct {
	bounds bounds
	at     time.Time // zero: the present
}

// takeListRequest reads the whole query but for what take has taken. A node that may not be current
// states nothing: without a bound of its own the request has that of verifications.
func (s *server) takeListRequest(q params) (listRequest, error) {
	var l listRequest
	var err error
	if l.bounds, err = q.takeBounds(); err != nil {
		return l, err
	}
	if l.at, err = q.takeTimestamp(s.now()); err != nil {
		return l, err
	}
	l.bounds = s.vouching(l.bounds)
	return l, q.rest()
}

// getStatusList serves a list that the registry makes, signed by this node, or the issuer's own.
func (s *server) getStatusList(w *reply, r *http.Request, rt route) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	req, err := s.takeListRequest(q)
	if err != nil {
		return err
	}
	form, ok := negotiateList(r.Header["Accept"])
	if !ok {
		return errListForm
	}
	if err := s.meet(r.Context(), req.bounds); err != nil {
		return err
	}
	key := listKey{rt.rest, form.media}
	if req.at.IsZero() {
		if val := s.signed.get(s, key); val != nil {
			s.stamp(w, s.Ledger.Size())
			return s.sendValue(w, r, val)
		}
	}
	slot, err := s.verifications.enter(r.Context(), s.Admission.Address(r))
	if err != nil {
		return err
	}
	defer slot.leave()
	v, err := s.view(w, r, bounds{})
	if err != nil {
		return err
	}
	val, err := s.listReply(r.Context(), v, key, form, req.at)
	v.Close() // before the reply: a client that reads slowly pins no state
	if err != nil {
		return err
	}
	return s.sendValue(w, r, val)
}

// listReply writes down a list as it is, or was at a time.
func (s *server) listReply(ctx context.Context, v *ledger.View, key listKey, form listForm, at time.Time) (*cached, error) {
	url := s.listURL(v, key.path)
	id, ok := record.ParseListURL(url, v.Domain())
	if !ok {
		return nil, noList("a list is named by its issuer's DID, percent-encoded, revocation or suspension, and a number")
	}
	state, past, err := asOfTime(v, at)
	if err != nil {
		return nil, err
	}
	if issued, ok, err := state.IssuedStatusList(url); err != nil || ok {
		if err == nil && !isProofForm(form) {
			err = errListForm
		}
		return issuedReply(form.media, issued.Content), err
	}
	own, err := s.book.Own(ctx, state, id)
	if errors.Is(err, lists.ErrUnknown) {
		return nil, noList("%v", err)
	}
	if err != nil {
		return nil, err
	}
	if past {
		return s.signList(ctx, v, own, url, form, at)
	}
	return s.signed.renew(s, key, own, v.Size(), func() (*cached, error) {
		return s.signList(ctx, v, own, url, form, time.Time{})
	})
}

func isProofForm(f listForm) bool {
	for _, other := range listForms[1:] {
		if f.media == other.media {
			return false
		}
	}
	return true
}

// listURL is the URL that a list has, whichever name the client knows the node by.
func (s *server) listURL(v *ledger.View, rest string) string {
	return s.Scheme + "://" + v.Domain() + record.ListPath + rest
}

// asOfTime returns the ledger as it was at a time: the present one if that is zero, or if a record of
// that time could still come.
func asOfTime(v *ledger.View, at time.Time) (state lists.State, past bool, err error) {
	if at.IsZero() || at.After(v.Time()) {
		return v, false, nil
	}
	seq, ok, err := v.SeqAt(at)
	if err != nil {
		return nil, false, err
	}
	if !ok {
		return nil, false, noList("the ledger begins later")
	}
	p, err := v.At(seq)
	return p, true, err
}

// issuedReply is a list that its issuer has signed, as it is in the ledger.
func issuedReply(media string, content []byte) *cached {
	val := &cached{status: http.StatusOK, media: media, body: content, vary: valueAccept}
	val.finish(valueNoCache)
	return val
}

// getIssuedList serves a list that its issuer has signed and had recorded, by its URL: of several issuers'
// the one of ?issuer=, else the first.
func (s *server) getIssuedList(w *reply, r *http.Request, _ route) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	url, ok := q.take("url")
	if !ok || url == "" {
		return api.NewProblem(api.InvalidParameter, "url: want the id of the list")
	}
	issuer, _ := q.take("issuer")
	req, err := s.takeListRequest(q)
	if err != nil {
		return err
	}
	form, ok := negotiateList(r.Header["Accept"])
	if !ok || !isProofForm(form) {
		return api.NewProblem(api.NotAcceptable, "want "+api.TypeCredential)
	}
	slot, err := s.verifications.enter(r.Context(), s.Admission.Address(r))
	if err != nil {
		return err
	}
	defer slot.leave()
	v, err := s.view(w, r, req.bounds)
	if err != nil {
		return err
	}
	defer v.Close()
	state, _, err := asOfTime(v, req.at)
	if err != nil {
		return err
	}
	find := state.IssuedStatusList
	if issuer != "" {
		find = func(url string) (ledger.IssuedList, bool, error) {
			return state.IssuedStatusListBy(url, did.ID(issuer))
		}
	}
	issued, ok, err := find(url)
	if err != nil {
		return err
	}
	if !ok {
		return noList("no such list is recorded")
	}
	return s.sendValue(w, r, issuedReply(form.media, issued.Content))
}

// postStatusList records a list that its issuer has signed.
func (s *server) postStatusList(w *reply, r *http.Request, _ route) error {
	if err := noQuery(r); err != nil {
		return err
	}
	list, err := readObject(w, r, jsonTypes)
	if err != nil {
		return err
	}
	op, err := record.NewStatusListOp(list)
	if err != nil {
		return refusalOf(err)
	}
	outcome, err := s.submit(r, op, claimOf(op))
	if err != nil {
		return err
	}
	return s.sendReceipt(w, r, s.receipt(op, outcome))
}

// statusLists is where one verification finds lists: in the ledger as of state, then elsewhere.
func (s *server) statusLists(state lists.State, elsewhere credential.Lists) credential.Lists {
	return lists.Source{Book: s.book, State: state, Foreign: elsewhere}
}

package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jose"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/ledger"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/internal/lists"
)

// How long a signed list may be relied on. A copy should be fetched again after listTTL, and nobody who
// checks dates takes one that is older than listValid for the present state. Clocks may differ by less.
const (
	listTTL   = 15 * time.Second
	listValid = 2 * time.Minute
)

// listSigner signs lists with the key of this node, which the registry's DID document has under
// assertionMethod.
type listSigner struct {
	key    multikey.PrivateKey
	method string
	now    time.Time
	// until is when the list expires.
	until time.Time
}

// listSigner finds out how this node signs.
func (s *server) listSigner(ctx context.Context, v *ledger.View) (*listSigner, error) {
	method := string(v.RegistryDID()) + "#" + s.NodeID
	res, err := v.Resolve(ctx, v.RegistryDID(), did.Options{})
	if err != nil {
		return nil, err
	}
	if s.Key == nil || res.Document == nil {
		return nil, api.NewProblem(api.StatusStale, "this node signs no status lists")
	}
	m, err := res.Document.Method(method, did.AssertionMethod)
	if err != nil || m.KeyErr != nil || m.Key != s.Key.Public() {
		return nil, api.NewProblem(api.StatusStale, "this node's key is not in the registry's document yet")
	}
	now := s.now().UTC().Truncate(time.Second)
	return &listSigner{key: *s.Key, method: method, now: now, until: now.Add(listValid)}, nil
}

// signList writes down and signs a list: the present one with a short life, or one of a time past, which
// holds at that time and no later.
func (s *server) signList(ctx context.Context, v *ledger.View, own lists.Own, url string, form listForm, at time.Time) (*cached, error) {
	signer, err := s.listSigner(ctx, v)
	if err != nil {
		return nil, err
	}
	list, err := own.List(url, v.RegistryDID())
	if err != nil {
		return nil, err
	}
	if list.ValidFrom = own.Since; own.Since.IsZero() {
		first, err := v.At(0)
		if err != nil {
			return nil, err
		}
		list.ValidFrom = first.Time()
	}
	list.ValidFrom = list.ValidFrom.Truncate(time.Second)
	control := controlList
	if at.IsZero() {
		list.TTL = listTTL
	} else {
		signer.until = at.Add(time.Second - 1).Truncate(time.Second)
		control = controlPastList
	}
	list.ValidUntil = signer.until
	val := &cached{status: http.StatusOK, media: form.media, vary: valueAccept}
	if val.body, err = form.sign(signer, list); err != nil {
		return nil, err
	}
	val.finish(control)
	return val, nil
}

var (
	controlList     = []string{"public, max-age=15"}
	controlPastList = []string{"public, max-age=3600"}
)

// proof secures the list by Data Integrity.
func (s *listSigner) proof(l *statuslist.List) ([]byte, error) {
	v, err := l.Credential()
	if err != nil {
		return nil, err
	}
	signed, err := proof.Sign(v, s.key, proof.SignOptions{
		VerificationMethod: s.method, Purpose: did.AssertionMethod, Created: s.now,
	})
	return signed.Canonical(), err
}

// jwt secures it as Securing Verifiable Credentials using JOSE and COSE 1.0 does.
func (s *listSigner) jwt(l *statuslist.List) ([]byte, error) {
	v, err := l.Credential()
	if err != nil {
		return nil, err
	}
	token, err := jose.Sign(jcs.Object(
		jcs.Member{Name: "typ", Value: jcs.FromString("vc+jwt")},
		jcs.Member{Name: "cty", Value: jcs.FromString("vc")},
		jcs.Member{Name: "kid", Value: jcs.FromString(s.method)},
		jcs.Member{Name: "iss", Value: jcs.FromString(l.Issuer)},
	), v.Canonical(), s.key)
	return []byte(token), err
}

// claims are those of a token with the same bits. A list of a time past was issued when it came about.
func (s *listSigner) claims(l *statuslist.List) statuslist.Claims {
	c := statuslist.Claims{
		Subject: l.ID, Issuer: l.Issuer, IssuedAt: s.now, ExpiresAt: s.until, TTL: l.TTL,
		List: statuslist.TokenView(l.Bits(), l.Purposes[0]),
	}
	if l.TTL == 0 {
		c.IssuedAt, c.ExpiresAt = l.ValidFrom, s.until.Add(time.Second)
	}
	return c
}

func (s *listSigner) tokenJWT(l *statuslist.List) ([]byte, error) {
	token, err := s.claims(l).SignJWT(s.method, s.key)
	return []byte(token), err
}

func (s *listSigner) tokenCWT(l *statuslist.List) ([]byte, error) {
	return s.claims(l).SignCWT(s.method, s.key)
}

package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/durable"
	"github.com/tabard-id/tabard/node/private"
)

// home is what never changes of a registry: the id of its ledger, and the domain below
// which its status lists live.
type home struct {
	Ledger string `json:"ledger"`
	Domain string `json:"domain"`
}

// pinnedHome is the home of the registry that the wallet belongs to. It is safe for
// concurrent use.
type pinnedHome struct {
	mu   sync.Mutex
	home home
}

func (p *pinnedHome) get() (home, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.home, p.home != home{}
}

// maxHome bounds the file, in bytes.
const maxHome = 4 << 10

// readHome returns what the wallet says of its registry; the zero home if it had none.
func (w *Wallet) readHome() (home, error) {
	var h home
	text, err := private.Read(w.path(homeFile), maxHome)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(text, &h); err != nil || h.Ledger == "" || h.Domain == "" {
		return h, errors.Join(fmt.Errorf("%s names no registry", w.path(homeFile)), err)
	}
	return h, nil
}

// pin makes the registry that says to be h the wallet's if it has none, and refuses one
// that is another.
func (a *Agent) pin(h home) (home, error) {
	a.pinned.mu.Lock()
	defer a.pinned.mu.Unlock()
	if a.pinned.home == h {
		return h, nil
	}
	if a.pinned.home != (home{}) {
		return home{}, api.Problemf(api.UnknownLedger, "the registry says that it is ledger %.80q at %.80q, and this wallet's is %q at %q: remove %s to use another one",
			h.Ledger, h.Domain, a.pinned.home.Ledger, a.pinned.home.Domain, a.Wallet.path(homeFile))
	}
	text, err := json.Marshal(h)
	if err == nil {
		err = durable.Replace(a.Wallet.path(homeFile), append(text, '\n'), 0o600)
	}
	if err != nil {
		return home{}, err
	}
	a.pinned.home = h
	return h, nil
}

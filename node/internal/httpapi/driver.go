package httpapi

import (
	"net/http"

	"github.com/tabard-id/tabard/did"
)

// What a Universal Resolver asks of a driver, and a client of a resolver: which methods there are, what
// is known of them, and DIDs to try them with.

// getMethods lists the DID methods that resolve here.
func (s *server) getMethods(w *reply, r *http.Request, _ route) error {
	return s.sendJSON(w, r, http.StatusOK, methodsResolved)
}

// methodProperties is what /1.0/properties says of a method.
type methodProperties struct {
	Specification string `json:"specification"`
	// Source is where documents come from: the ledger of this registry, the DID itself, or the web.
	Source []string `json:"source"`
	// Versions says that former versions resolve, by versionId and versionTime.
	Versions bool `json:"versions"`
}

// getProperties describes each method, and the ledger behind the registered ones.
func (s *server) getProperties(w *reply, r *http.Request, _ route) error {
	if _, err := onlyBounds(r); err != nil {
		return err
	}
	v := s.Ledger.View()
	defer v.Close()
	hosted := []string{"ledger"}
	if s.Foreign != nil {
		hosted = append(hosted, "https")
	}
	return s.sendJSON(w, r, http.StatusOK, map[string]any{
		"tabard": map[string]any{"ledger": v.LedgerID(), "domain": v.Domain(), "did": v.RegistryDID()},
		"webvh":  methodProperties{"https://identity.foundation/didwebvh/v1.0/", hosted, true},
		"web":    methodProperties{"https://w3c-ccg.github.io/did-method-web/", hosted, true}, // beside a did:webvh DID
		"key":    methodProperties{"https://w3c-ccg.github.io/did-key-spec/", []string{"did"}, false},
		"jwk":    methodProperties{"https://github.com/quartzjer/did-jwk/blob/main/spec.md", []string{"did"}, false},
	})
}

// getTestIdentifiers lists DIDs that resolve here, by method.
func (s *server) getTestIdentifiers(w *reply, r *http.Request, _ route) error {
	if _, err := onlyBounds(r); err != nil {
		return err
	}
	v := s.Ledger.View()
	defer v.Close()
	ids := map[string][]did.ID{
		"webvh": {}, "web": {},
		"key": {"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"},
		"jwk": {"did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"},
	}
	if registry := v.RegistryDID(); registry != "" {
		ids["webvh"] = []did.ID{registry}
		ids["web"] = []did.ID{besideID(registry)}
	}
	return s.sendJSON(w, r, http.StatusOK, ids)
}

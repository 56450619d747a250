package agent

import (
	"errors"
	"net/http"
	"slices"

	"github.com/tabard-id/tabard/did/credential"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/jsonld"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/node/api"
)

// dataIntegrity is the context that defines the members of proofs.
const dataIntegrity = "https://w3id.org/security/data-integrity/v2"

// inject appends the context of proofs to a document whose own contexts do not define
// them, as that of version 1.1 does not (Data Integrity 1.0, 2.4.2). A document whose
// contexts are not understood here stays as it is.
func (a *Agent) inject(doc jcs.Value, how signing) jcs.Value {
	contexts, ok := doc.Get("@context")
	if how.media != "" || !ok || !contexts.IsArray() {
		return doc
	}
	sample := jcs.Object(
		jcs.Member{Name: "@context", Value: contexts},
		jcs.Member{Name: "type", Value: jcs.FromString("DataIntegrityProof")},
		jcs.Member{Name: "cryptosuite", Value: jcs.FromString(how.suite)},
	)
	if !errors.Is(a.Processor.Check(sample), jsonld.ErrDataLoss) {
		return doc
	}
	return doc.With("@context", jcs.Array(append(slices.Collect(contexts.Elems()), jcs.FromString(dataIntegrity))...))
}

// honest refuses to sign what would not verify anywhere, and status entries, wherever
// they stand, that no verifier could read.
func (a *Agent) honest(doc jcs.Value, key Key, how signing) error {
	verifier := credential.Verifier{Processor: a.Processor}
	if err := verifier.CheckUnsigned(doc, key.Method, how.media != ""); err != nil {
		return unverifiable(err)
	}
	return checkEntries(doc)
}

// unverifiable is the problem of what would not verify, with the code that its verdict
// would have.
func unverifiable(err error) error {
	var refusal *credential.Refusal
	if !errors.As(err, &refusal) {
		return malformed("%v", err)
	}
	return &api.Problem{
		Type: refusal.Type, Title: refusal.Title, Status: http.StatusBadRequest, Code: api.Code(refusal.Code),
		Detail: "this would not verify: " + err.Error(),
	}
}

// checkEntries checks entries of status lists wherever they stand.
func checkEntries(v jcs.Value) error {
	if statuslist.IsEntry(v) {
		if _, err := statuslist.ParseEntry(v); err != nil {
			return malformed("%v", err)
		}
	}
	for item := range v.Elems() {
		if err := checkEntries(item); err != nil {
			return err
		}
	}
	for _, member := range v.Members() {
		if err := checkEntries(member); err != nil {
			return err
		}
	}
	return nil
}

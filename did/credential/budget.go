package credential

import (
	"errors"

	"github.com/tabard-id/tabard/did/jsonld"
)

// overBudget reports whether something could not be checked within the work that
// one document may cost.
func overBudget(err error) bool { return errors.Is(err, jsonld.ErrBudget) }

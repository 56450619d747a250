package record

import "github.com/tabard-id/tabard/did/jcs"

// ParseOp reads the payload of an operation as JSON, {"op":…, …}. Errors are ErrMalformed and
// ErrUnknownOp.
func ParseOp(payload jcs.Value) (Op, error) { return parseOp(payload) }

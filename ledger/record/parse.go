package record

import (
	"fmt"

	"github.com/tabard-id/tabard/did/jcs"
)

// ParseOp reads the payload of an operation as JSON, {"op":…, …}. Errors are ErrMalformed and
// ErrUnknownOp.
func ParseOp(payload jcs.Value) (Op, error) {
	// What DecodeOp would refuse later is not worth an entry of the replicated log.
	if depth(payload) > MaxDepth {
		return Op{}, fmt.Errorf("%w: %w: more than %d levels", ErrMalformed, jcs.ErrTooDeep, MaxDepth)
	}
	return parseOp(payload)
}

// depth is how far arrays and objects nest in v.
func depth(v jcs.Value) int {
	deepest := 0
	switch {
	case v.IsArray():
		for item := range v.Elems() {
			deepest = max(deepest, depth(item))
		}
	case v.IsObject():
		for _, member := range v.Members() {
			deepest = max(deepest, depth(member))
		}
	default:
		return 0
	}
	return deepest + 1
}

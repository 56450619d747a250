//go:build race

package ledger

import "flag"

// The race detector makes everything here some ten times as long. It needs to see each kind of history,
// not a hundred of each: those run without it.
func init() {
	if err := flag.Set("rapid.checks", "15"); err != nil {
		panic(err)
	}
}

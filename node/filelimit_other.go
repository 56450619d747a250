//go:build !unix

package node

// raiseFileLimit returns how many files a process may open where no limit is known.
func raiseFileLimit() (int, error) { return 1 << 16, nil }

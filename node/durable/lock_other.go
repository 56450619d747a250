//go:build !unix

package durable

import "os"

// lockFile does nothing where there are no advisory locks.
func lockFile(*os.File) error { return nil }

// syncNames does nothing where a directory cannot be synced.
func syncNames(*os.File) error { return nil }

//go:build !unix

package main

import (
	"context"
	"io"
)

// whileRead is that of Unix, where a pipe can be asked whether anybody reads it.
func whileRead(ctx context.Context, _ io.Writer) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

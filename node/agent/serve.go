package agent

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tabard-id/tabard/node/durable"
	"github.com/tabard-id/tabard/node/private"
)

// Bounds of the listener.
const (
	maxHeader     = 16 << 10
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = time.Minute
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 5 * time.Second
)

// Token returns the bearer token of the wallet's agent, which is made first if there is none.
func (w *Wallet) Token() (string, error) {
	path := w.path(tokenFile)
	text, err := private.Read(path, maxToken)
	if err == nil {
		token := strings.TrimSpace(string(text))
		if len(token) < 32 {
			return "", fmt.Errorf("%s: a token has at least 32 characters", path)
		}
		return token, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	var random [32]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", err
	}
	token := base64.RawURLEncoding.EncodeToString(random[:])
	return token, durable.Create(path, []byte(token+"\n"), 0o600)
}

// maxToken bounds the file of a token, in bytes.
const maxToken = 4 << 10

// Serve answers on the listeners until ctx ends, then finishes what it has begun.
func (a *Agent) Serve(ctx context.Context, listeners ...net.Listener) error {
	server := &http.Server{
		Handler: a.handler, MaxHeaderBytes: maxHeader, ReadHeaderTimeout: headerTimeout,
		ReadTimeout: readTimeout, WriteTimeout: max(writeTimeout, readTimeout+a.Timeout), IdleTimeout: idleTimeout,
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(l) }()
	}
	var served []error
	select {
	case err := <-failed:
		served = append(served, err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	err := server.Shutdown(stopping)
	for len(served) < len(listeners) {
		served = append(served, <-failed)
	}
	for _, each := range served {
		if !errors.Is(each, http.ErrServerClosed) {
			err = errors.Join(err, each)
		}
	}
	return err
}

// Listen listens on a loopback address. The name localhost is all of loopback: whoever
// asks for it by name may come by either family, and nobody else is to answer there.
func Listen(ctx context.Context, address string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	if host != "localhost" {
		l, err := lc.Listen(ctx, "tcp", address)
		return []net.Listener{l}, err
	}
	four, err := lc.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return nil, err
	}
	_, port, err = net.SplitHostPort(four.Addr().String())
	if err != nil {
		return nil, errors.Join(err, four.Close())
	}
	six, err := lc.Listen(ctx, "tcp6", net.JoinHostPort("::1", port))
	switch {
	case err == nil:
		return []net.Listener{four, six}, nil
	case errors.Is(err, errAddressInUse):
		return nil, errors.Join(fmt.Errorf("localhost is two addresses, and another process has one of them: %w", err), four.Close())
	default: // this machine has no IPv6
		return []net.Listener{four}, nil
	}
}

package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/tabard-id/tabard/node/internal/connections"
)

// Bounds of the public listener. Handlers bound bodies, and may extend the times
// for bodies that are allowed to be long.
const (
	maxHeader     = 32 << 10
	headerTimeout = 5 * time.Second
	readTimeout   = time.Minute
	writeTimeout  = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
)

func newServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		MaxHeaderBytes:    maxHeader,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          serverLog(logger),
	}
}

// serverLog has net/http's complaints, mostly about clients, at debug level.
func serverLog(logger *slog.Logger) *log.Logger {
	return slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
}

// listenHTTP opens the public listener, bounded, and under TLS if a certificate is given.
func (n *Node) listenHTTP(certificates *certificates) (net.Listener, *connections.Listener, error) {
	raw := n.cfg.HTTPListener
	if raw == nil {
		var lc net.ListenConfig
		var err error
		if raw, err = lc.Listen(context.Background(), "tcp", n.cfg.HTTP); err != nil {
			return nil, nil, fmt.Errorf("public listener: %w", err)
		}
	}
	bounded, err := connections.Limit(raw, connections.Config{
		Max: n.files.connections, MaxPerAddress: n.files.perAddress, Exempt: n.policy.Trusts,
		Registerer: n.metrics, Logger: n.log,
	})
	if err != nil {
		return nil, nil, errors.Join(err, raw.Close())
	}
	if certificates == nil {
		return bounded, bounded, nil
	}
	return tls.NewListener(bounded, &tls.Config{
		GetCertificate: certificates.get,
		MinVersion:     tls.VersionTLS12,
		// WebSocket needs HTTP/1.1, and without HTTP/2 every connection can become one.
		NextProtos: []string{"http/1.1"},
	}), bounded, nil
}

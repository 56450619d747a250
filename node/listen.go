package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"
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

// listenHTTP opens the public listener, under TLS if a certificate is given.
func listenHTTP(cfg Config, certificates *certificates) (net.Listener, error) {
	listener := cfg.HTTPListener
	if listener == nil {
		var lc net.ListenConfig
		var err error
		if listener, err = lc.Listen(context.Background(), "tcp", cfg.HTTP); err != nil {
			return nil, fmt.Errorf("public listener: %w", err)
		}
	}
	if certificates == nil {
		return listener, nil
	}
	return tls.NewListener(listener, &tls.Config{
		GetCertificate: certificates.get,
		MinVersion:     tls.VersionTLS12,
		// WebSocket needs HTTP/1.1, and without HTTP/2 every connection can become one.
		NextProtos: []string{"http/1.1"},
	}), nil
}

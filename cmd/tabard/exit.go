package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
)

// Exit statuses. Scripts may rely on them.
const (
	exitOK       = 0
	exitOther    = 1
	exitUsage    = 2 // the command line, the environment or the configuration file is wrong
	exitInvalid  = 3 // a proof, a log or a credential does not hold
	exitRevoked  = 4 // revoked, suspended or expired
	exitGone     = 5 // not found, or deactivated
	exitDenied   = 6 // the registry refuses the caller
	exitNoLeader = 7 // no leader, no node within reach, or none fresh enough
	exitConflict = 8 // somebody else was first
	exitData     = 9 // a node's own data: its disk failed, or a file is damaged
)

// exitError carries an exit status with an error. Without an error it is silent: everything worth
// saying has been printed.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func fail(code int, format string, args ...any) error {
	return &exitError{code, fmt.Errorf(format, args...)}
}

func usage(format string, args ...any) error { return fail(exitUsage, format, args...) }

// exitCode maps an error to the process's exit status.
func exitCode(err error) int {
	var exit *exitError
	var problem *client.Problem
	var resolution *did.Error
	var invalid *webvh.Error
	switch {
	case errors.As(err, &exit):
		return exit.code
	case errors.Is(err, node.ErrConfig), errors.Is(err, client.ErrScheme):
		return exitUsage
	case errors.Is(err, node.ErrData):
		return exitData
	case errors.As(err, &problem):
		return problemExit(string(problem.Code), problem.Status)
	case errors.As(err, &invalid): // before what it makes of a resolution
		return exitInvalid
	case errors.As(err, &resolution):
		return resolutionExit(resolution.Code)
	case errors.Is(err, client.ErrUnreachable), errors.Is(err, context.DeadlineExceeded):
		return exitNoLeader
	case errors.Is(err, client.ErrMismatch):
		return exitInvalid
	}
	return exitOther
}

// problemExits lists the problem codes whose exit status does not follow from the HTTP status.
var problemExits = map[string]int{
	"did-revoked":           exitRevoked,
	"final-status":          exitRevoked,
	"already-deactivated":   exitGone,
	"cascade-unsupported":   exitUsage,
	"not-authorised":        exitDenied,
	"issuer-not-authorised": exitDenied,
	"not-admitted":          exitDenied,
	"wrong-domain":          exitDenied,
	"reserved-path":         exitDenied,
	"path-taken":            exitConflict,
	"stale-predecessor":     exitConflict,
	"did-moved":             exitConflict,
	"no-change":             exitConflict,
	"issued-not-later":      exitConflict,
	"unknown-target":        exitGone,
	"issuer-unresolvable":   exitGone,
	"unauthorised-key":      exitInvalid,
	"proof-invalid":         exitInvalid,
	"status-stale":          exitNoLeader,
	"ledger-corrupt":        exitNoLeader,
}

func problemExit(code string, status int) int {
	if exit, ok := problemExits[code]; ok {
		return exit
	}
	if code == string(api.Unexpected) && status < http.StatusInternalServerError {
		return exitOther // whoever answers is no registry
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return exitDenied
	case http.StatusNotFound, http.StatusGone:
		return exitGone
	case http.StatusConflict, http.StatusPreconditionFailed:
		return exitConflict
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return exitNoLeader
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return exitInvalid
	}
	return exitOther
}

func resolutionExit(code did.ErrorCode) int {
	switch code {
	case "NOT_FOUND":
		return exitGone
	case "INVALID_DID", "INVALID_DID_URL", "INVALID_OPTIONS":
		return exitUsage
	case did.InvalidDIDDocument, did.InvalidVerificationMethod, did.InvalidRelationship:
		return exitInvalid
	}
	return exitOther
}

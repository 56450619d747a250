package node

import "errors"

// ErrConfig marks those errors of Start, StartDev and Wait that only another configuration mends: a
// cluster of several nodes without a secret, a node that is not among the peers, a ledger of another
// domain. Their text says what is wrong.
var ErrConfig = errors.New("node: configuration")

// configError is ErrConfig in words of its own.
type configError struct{ error }

func (e configError) Is(target error) bool { return target == ErrConfig }

func (e configError) Unwrap() error { return e.error }

// misconfigured marks err, if there is one, as ErrConfig.
func misconfigured(err error) error {
	if err == nil {
		return nil
	}
	return configError{err}
}

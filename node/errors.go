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

// ErrData marks those errors of Start and Wait that are about the node's own data: its disk has failed, a
// file is damaged, or the ledger holds what this version does not know. Nothing is written after such an
// error, and Wait returns at once: the process should end. Its text says what is wrong.
var ErrData = errors.New("node: data")

// dataError is ErrData in words of its own.
type dataError struct{ error }

func (e dataError) Is(target error) bool { return target == ErrData }

func (e dataError) Unwrap() error { return e.error }

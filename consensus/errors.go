package consensus

import "errors"

// The endings of Propose and ReadBarrier that callers branch on.
var (
	// ErrNoLeader means that no leader could be reached. A command ending so
	// was surely not proposed and may be sent again.
	ErrNoLeader = errors.New("consensus: no leader")

	// ErrOverloaded means that a queue on the way was full, or that the
	// deadline passed while the command waited in one. Surely not proposed.
	ErrOverloaded = errors.New("consensus: overloaded")

	// ErrClosed means that the replica is closing, or stopped after a fatal
	// error, before the command was proposed. Surely not proposed.
	ErrClosed = errors.New("consensus: closed")

	// ErrTooLarge means that the command exceeds Config.MaxCommandBytes.
	// Surely not proposed.
	ErrTooLarge = errors.New("consensus: command too large")

	// ErrOutcomeUnknown means that the command was handed to Raft, or sent to
	// the leader, and no answer came: it may be applied now, later or never.
	ErrOutcomeUnknown = errors.New("consensus: outcome unknown")
)

// ErrBehind means that the leader was heard, but that this node has yet to apply what the
// leader named: its state is older than the question.
var ErrBehind = errors.New("consensus: this node is catching up")

// ErrConfig marks an error of Start that only another Config mends.
var ErrConfig = errors.New("consensus: configuration")

// What is wrong with bytes read from disk or from a peer.
var (
	// ErrCorrupt marks bytes that fail their own digest or structure.
	ErrCorrupt = errors.New("corrupt")

	// ErrUnknownVersion marks bytes of a format this build does not know.
	ErrUnknownVersion = errors.New("unknown format version")

	// ErrDiverged marks a log entry that is sound in itself but does not follow
	// the entry before it: two nodes hold different histories.
	ErrDiverged = errors.New("log diverged")
)

// NotProposed reports whether err says that the command is in no node's log and
// never will be, so that sending it again cannot apply it twice.
func NotProposed(err error) bool {
	return !errors.Is(err, ErrOutcomeUnknown) &&
		(errors.Is(err, ErrNoLeader) || errors.Is(err, ErrOverloaded) ||
			errors.Is(err, ErrClosed) || errors.Is(err, ErrTooLarge))
}

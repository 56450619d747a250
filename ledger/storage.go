package ledger

// Storage describes what the ledger's store costs.
type Storage struct {
	// Written is how many bytes the store has written since it was opened: logs,
	// flushes and compactions together. Size is how many it takes up.
	Written, Size uint64
	// Compactions is how many are under way.
	Compactions int
}

// Storage returns the present state; zero once the ledger is closed.
func (l *Ledger) Storage() Storage {
	gen, _ := l.acquire()
	if gen == nil {
		return Storage{}
	}
	defer gen.refs.Done()
	return Storage(gen.db.Usage())
}

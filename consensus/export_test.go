package consensus

// EntryStore is what holds log and term on disk.
type EntryStore = entryStore

// WrapStore puts a fault between the replica and its disk.
func WrapStore(c *Config, wrap func(EntryStore) EntryStore) { c.hooks.store = wrap }

// ShrinkFile has the log's file exchanged for a copy when it has floor bytes of free
// space, and step told of each step.
func ShrinkFile(c *Config, floor int64, step func(string) error) {
	c.hooks.fileFloor, c.hooks.fileStep = floor, step
}

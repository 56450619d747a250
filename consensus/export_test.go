package consensus

// EntryStore is what holds log and term on disk.
type EntryStore = entryStore

// WrapStore puts a fault between the replica and its disk.
func WrapStore(c *Config, wrap func(EntryStore) EntryStore) { c.hooks.store = wrap }

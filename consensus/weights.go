package consensus

import "sort"

// weights knows about how many bytes the log has from an entry on. Only every few entries
// are remembered.
type weights struct {
	total int64
	at    []weight
}

// weight is how many bytes there were before an entry.
type weight struct {
	index  uint64
	before int64
}

const weightEvery = 64

// add counts an entry, which comes after all that were added.
func (w *weights) add(index uint64, bytes int) {
	if n := len(w.at); n == 0 || index >= w.at[n-1].index+weightEvery {
		w.at = append(w.at, weight{index, w.total})
	}
	w.total += int64(bytes)
}

// from returns the bytes of index and what follows it, and of at most a few entries more.
func (w *weights) from(index uint64) int64 {
	i := sort.Search(len(w.at), func(i int) bool { return w.at[i].index > index })
	switch {
	case len(w.at) == 0:
		return 0
	case i == 0:
		return w.total - w.at[0].before
	default:
		return w.total - w.at[i-1].before
	}
}

// forget drops what is known of entries before index.
func (w *weights) forget(index uint64) {
	i := sort.Search(len(w.at), func(i int) bool { return w.at[i].index > index })
	if i > 1 {
		w.at = append(w.at[:0], w.at[i-1:]...)
	}
}

// cut forgets the entries from index on, which are gone: their bytes still count.
func (w *weights) cut(index uint64) {
	i := sort.Search(len(w.at), func(i int) bool { return w.at[i].index >= index })
	w.at = w.at[:i]
}

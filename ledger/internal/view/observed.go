package view

// ScanObserved calls fn with the DIDs that were observed, in their order: those that
// begin with prefix and come after the DID after, which may be "".
func ScanObserved(s Scanner, prefix, after string, fn func(id string) error) error {
	from := key(famObserved, prefix)
	if after != "" && after >= prefix {
		from = key(famObserved, after, "\x00")
	}
	upper := key(famObserved, prefix, "\xff") // DIDs are ASCII
	return s.Scan(from, upper, func(k, _ []byte) error {
		return fn(string(k[1:]))
	})
}

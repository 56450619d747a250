package webvh

import "time"

// StateAfter judges an entry as if its witnesses had approved it.
func StateAfter(prev *State, e Entry) State {
	s, err := judge(prev, &e, Context{Now: e.Time})
	if err != nil {
		panic(err)
	}
	return s
}

// Multihash, ParseTime and InName are for tests.
func Multihash(data []byte) string { return multihash(data) }

func ParseTime(s string) (time.Time, bool) { return parseTime(s) }

func InName(b []byte, s string) bool { return inName(b, []byte(s)) }

package webvh

// Candidates judges entries that follow one another and prev, which is nil if the first
// of them begins the log, by every rule but those of witnesses: what a witness does
// before it approves ("Witnessing a DID Version Update"), when nobody can have approved
// yet. It returns the states after each entry before the first that is refused, and an
// *Error if one was.
func Candidates(prev *State, entries []Entry, c Context) ([]State, error) {
	base := 0
	if prev != nil {
		base = prev.Number
	}
	states := make([]State, 0, len(entries))
	for i := range entries {
		next, err := judge(prev, &entries[i], c)
		if err != nil {
			return states, err.at(base + i + 1)
		}
		states = append(states, next)
		prev = &states[i]
	}
	return states, nil
}

// Approvers is the witness parameter whose witnesses have to approve the entry that led
// from prev, nil for the first one, to next: the new list where it is the first, else
// the one that was active before.
func Approvers(prev *State, next State) Witness { return approvers(prev, &next) }

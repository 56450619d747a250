package credential

// overBudget reports whether a proof could not be checked within the work that one
// document may cost.
func overBudget(error) bool { return false }

package jcs

import (
	"cmp"
	"slices"
)

// compareNames orders strings by their UTF-16 code units (RFC 8785, 3.2.3).
//
// In valid UTF-8 that differs from the order of bytes in one case: characters
// beyond U+FFFF (lead byte F0 and up) are surrogates D800–DFFF in UTF-16 and
// come before U+E000–U+FFFF (lead bytes EE and EF).
func compareNames(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0) {
			return cmp.Compare(y, x)
		}
		return cmp.Compare(x, y)
	}
	return cmp.Compare(len(a), len(b))
}

// linear is the size up to which walking a list beats searching it.
const linear = 12

// find returns where name is, or would be inserted, in canonical order.
func find(items []Member, name string) (int, bool) {
	if len(items) <= linear {
		for i := range items {
			if items[i].Name == name {
				return i, true
			}
		}
	}
	return slices.BinarySearchFunc(items, name, func(m Member, name string) int {
		return compareNames(m.Name, name)
	})
}

// sortItems brings members into canonical order and reports whether they
// already were in it.
func sortItems(items []Member) (sorted bool) {
	sorted = true
	for i := 1; i < len(items); i++ {
		if compareNames(items[i-1].Name, items[i].Name) > 0 {
			sorted = false
			break
		}
	}
	if sorted {
		return true
	}
	if len(items) > 2*linear {
		slices.SortStableFunc(items, func(a, b Member) int { return compareNames(a.Name, b.Name) })
		return false
	}
	for i := 1; i < len(items); i++ {
		for j := i; j > 0 && compareNames(items[j-1].Name, items[j].Name) > 0; j-- {
			items[j-1], items[j] = items[j], items[j-1]
		}
	}
	return false
}

// firstDuplicate returns the first name that occurs twice in sorted members.
func firstDuplicate(items []Member) (string, bool) {
	for i := 1; i < len(items); i++ {
		if items[i-1].Name == items[i].Name {
			return items[i].Name, true
		}
	}
	return "", false
}

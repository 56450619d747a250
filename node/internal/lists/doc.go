// Package lists finds status lists for this registry: those it makes itself of what
// its ledger has recorded, those that issuers have signed and had recorded, and, where
// the ledger knows of none, those of other hosts.
//
// A list of the registry is a projection: its bits follow from the records up to a
// position, so that a verdict as of that position sees the revocation that is its
// newest record. Nothing is fetched for it and nothing verified again.
package lists

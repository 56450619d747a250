// Package ledger is the deterministic state machine of a registry: it judges
// operations, appends what they say as records, and answers questions about any
// state it has been in.
//
// Apply is a function of the state and of its arguments alone. It reads no clock,
// draws no random numbers, and depends on no order of goroutines or maps: nodes
// that apply the same commands at the same indexes have the same records, the same
// views and give the same outcomes, however the commands were batched and whenever
// a node was restarted. Every signature is checked on every node before a record
// is appended; to use all cores, the operations of a batch are first judged in
// parallel by the state before the batch, and then one by one: a judgement counts
// if nothing it looked at has been changed by the operations before it, else it is
// made anew.
//
// A batch and its index in the consensus log are stored in one atomic write, which
// is not synced: Flush makes all of them durable, and whatever a crash takes away
// is applied again. An operation that was accepted once is answered with its first
// receipt ever after.
//
// Anyone who has come by a credential can register it, with less than there is to say: its
// digest alone, or, where RDF is signed, in other words than the issuer's. What says more
// completes that, in a record of its own, and the credential has one status by all its
// digests.
//
// Besides DIDs, credentials and changes of their status the ledger has status lists:
// those that it makes of what is recorded, for credentials registered by content with an
// entry in a list of their issuer at the registry's domain, and those that issuers sign
// themselves; never both at one URL. It has observations of DIDs that live elsewhere,
// each signed by a node and followed through by all of them, and the presentations that
// DIDs are linked to. What credentials of an observed did:webvh issuer are signed with
// is judged by the log as it was last observed.
//
// Every state that the ledger has been in can be asked: see View.At.
//
// A snapshot is not believed: RestoreSnapshot judges its records again and makes the
// views anew.
//
// An error from Apply means that this node cannot tell what the others will do (an
// operation of a newer version, a corrupt command, a failing disk). It must stop;
// nothing of the batch has been applied.
package ledger

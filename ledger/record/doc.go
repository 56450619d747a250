// Package record is the ledger's codec: what a record, a command and an outcome
// are as bytes, what bounds them, and which codes say why an operation was
// refused. It is pure; what a record may do to the ledger is decided in package
// ledger.
//
// A record is the RFC 8785 form of {"body":…,"kind":…,"time":…} and nothing else;
// its bytes are the leaf of the Merkle tree (RFC 9162, 2.1.1). A command is what
// goes through consensus: a version byte, the SHA-256 of the payload, and the
// payload, itself the RFC 8785 form of an object whose "op" names the operation.
//
// Released encodings are never edited. The rules for changing them:
//   - a new kind of record or operation gets a new name; a ledger that does not
//     know a name stops rather than guess;
//   - a new member of a body or payload is optional, and absent means what the
//     absence meant before;
//   - a code keeps its number and name for ever;
//   - a command in another form gets another version byte.
package record

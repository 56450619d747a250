// Package webvh is the did:webvh DID method, version 1.0, as a pure library: it
// takes bytes and a time and says what they prove. It fetches nothing, reads no
// clock and draws no random numbers.
//
// A DID's log is verified entry by entry. Genesis judges a first entry, State.Next
// judges a later one by the State that its predecessors left behind, Extend does
// so for several that arrive together, and VerifyLog for a whole did.jsonl. All
// four run every check of "Read (Resolve)" on every entry; a refusal is an *Error
// that names the Rule broken. Where a log is valid up to a point, the versions
// before that point stay resolvable, as the specification has it.
//
// Create, Update, Deactivate and WitnessSign are the controller's and the
// witness's side. What they make has been through the same checks.
//
// The specification leaves some choices to implementations. Here:
//   - entries have the five members of "The DID Log File" and no others;
//   - if an entry has several proofs, each must be valid and by an authorised key;
//   - a proof names its key as did:key:K#K, and has no previousProof and no
//     @context, since entries have none it could agree with;
//   - a proof whose expires has passed does not hold, in however old an entry;
//   - the metadata's updated is the time of the version resolved, as DID Resolution
//     and the method's official results have it; the text of "Read (Resolve)", of the
//     last valid entry's time, agrees with them for the newest version only;
//   - an entry may be dated at most FutureTolerance ahead of the time of judgement;
//   - the null that early implementations wrote for updateKeys, nextKeyHashes,
//     witness, watchers and ttl is read as the parameter's default;
//   - domain names have at least two labels, and none that an IP parser would take.
package webvh

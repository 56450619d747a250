package did

import (
	"strconv"
	"time"

	"github.com/tabard-id/tabard/did/jcs"
)

// Source is where the answer to a question about a foreign DID comes from. It
// belongs into didResolutionMetadata: it is about the resolution, not about the
// document.
type Source struct {
	// Fetched is when the document came from its host.
	Fetched time.Time
	// Age is how long that was before the answer, never negative. An answer from a
	// cache is older than zero.
	Age time.Duration
	// Observation is set when the answer is what a registry recorded, not what the
	// host says now.
	Observation *Observed
}

// Observed names the record of a registry that an answer was taken from.
type Observed struct {
	// Seq is the record's position in the ledger.
	Seq uint64
	// Node is the verification method of the node that fetched the document.
	Node string
	// Digest is the SHA-256 of the document's RFC 8785 form, in hexadecimal.
	Digest string
	// Rewritten: the log was found to contradict what had been observed before.
	Rewritten bool
	// Reason says why the host was not asked, or what it answered; for people.
	Reason string
}

// Members returns what didResolutionMetadata says of the source:
//
//	{"fetched": time, "age": decimal seconds, "observation": {"seq", "fetched", "node", "digest", "age", "rewritten"?, "reason"?}?}
//
// Numbers are strings, as everywhere in metadata. A nil Source has none.
func (s *Source) Members() []jcs.Member {
	if s == nil {
		return nil
	}
	fetched := jcs.FromString(s.Fetched.UTC().Truncate(time.Second).Format(time.RFC3339))
	age := jcs.FromString(strconv.FormatInt(int64(max(0, s.Age)/time.Second), 10))
	members := []jcs.Member{{Name: "fetched", Value: fetched}, {Name: "age", Value: age}}
	o := s.Observation
	if o == nil {
		return members
	}
	list := []jcs.Member{
		{Name: "seq", Value: jcs.FromString(strconv.FormatUint(o.Seq, 10))},
		{Name: "fetched", Value: fetched},
		{Name: "node", Value: jcs.FromString(o.Node)},
		{Name: "digest", Value: jcs.FromString(o.Digest)},
		{Name: "age", Value: age},
	}
	if o.Rewritten {
		list = append(list, jcs.Member{Name: "rewritten", Value: jcs.FromBool(true)})
	}
	if o.Reason != "" {
		list = append(list, jcs.Member{Name: "reason", Value: jcs.FromString(o.Reason)})
	}
	return append(members, jcs.Member{Name: "observation", Value: jcs.Object(list...)})
}

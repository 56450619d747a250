package statuslist

import (
	"errors"
	"maps"
	"slices"

	"github.com/fxamacker/cbor/v2"

	"github.com/tabard-id/tabard/did/internal/lexical"
	"github.com/tabard-id/tabard/did/jcs"
)

// ClaimStatus is the claim of a CWT that status is of a JWT (IETF Token Status List,
// 6.3).
const ClaimStatus = 65535

// Status is what the status claim of a token refers to: at least one mechanism.
type Status struct {
	// List is the reference to a status list token; nil if there is none.
	List *Reference
	// Other are the names of the mechanisms that are not of this specification, in
	// order.
	Other []string
}

const statusList = "status_list"

// maxMechanisms bounds how many mechanisms a claim may refer to.
const maxMechanisms = 16

// ParseStatus reads the status claim of a JWT (6.2). Errors are *Error with
// MalformedValueError.
func ParseStatus(claim jcs.Value) (Status, error) {
	var s Status
	if claim.Len() > maxMechanisms {
		return s, malformed("status", "refers to more mechanisms than are looked at")
	}
	ref, err := ParseReference(claim)
	switch {
	case err == nil:
		s.List = &ref
	case !errors.Is(err, ErrNoReference):
		return Status{}, err
	}
	for name := range claim.Members() {
		if name != statusList {
			s.Other = append(s.Other, name)
		}
	}
	slices.Sort(s.Other)
	return s, nil
}

// ParseStatusCBOR is ParseStatus for the claim of a CWT, encoded (6.3).
func ParseStatusCBOR(claim []byte) (Status, error) {
	var members map[string]cbor.RawMessage
	if len(claim) == 0 || claim[0]>>5 != 5 || cborRead.Unmarshal(claim, &members) != nil || len(members) == 0 {
		return Status{}, malformed("status", "not a map that refers to a status mechanism")
	}
	if len(members) > maxMechanisms {
		return Status{}, malformed("status", "refers to more mechanisms than are looked at")
	}
	var s Status
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if name != statusList {
			s.Other = append(s.Other, name)
			continue
		}
		ref, err := referenceCBOR(members[name])
		if err != nil {
			return Status{}, err
		}
		s.List = &ref
	}
	return s, nil
}

// referenceCBOR reads a StatusListInfo.
func referenceCBOR(data []byte) (Reference, error) {
	var info struct {
		Index cbor.RawMessage `cbor:"idx"`
		URI   cbor.RawMessage `cbor:"uri"`
	}
	if data[0]>>5 != 5 || cborRead.Unmarshal(data, &info) != nil {
		return Reference{}, malformed("status.status_list", "not a map")
	}
	var ref Reference
	if len(info.Index) == 0 || info.Index[0]>>5 != 0 || cborRead.Unmarshal(info.Index, &ref.Index) != nil {
		return Reference{}, malformed("status.status_list.idx", "not an integer from 0 on")
	}
	if len(info.URI) == 0 || info.URI[0]>>5 != 3 || cborRead.Unmarshal(info.URI, &ref.URI) != nil || !lexical.IsURL(ref.URI) {
		return Reference{}, malformed("status.status_list.uri", "not a URI")
	}
	return ref, nil
}

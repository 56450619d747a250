package api

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// TypeBase is what a problem's type URL starts with; the code follows.
const TypeBase = "https://tabard.id/problems/"

// Outcomes of a write that did not end in a receipt.
const (
	NotApplied = "not-applied" // the write changed nothing and never will
	Unknown    = "unknown"     // it may have been applied or may yet be; the same operation may be sent again
)

// A Problem is the body of every refusal: RFC 9457, with a stable code.
type Problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail,omitempty"`
	Code     Code   `json:"code"`
	Instance string `json:"instance,omitempty"`

	// Outcome states what became of a write; empty for reads.
	Outcome string `json:"outcome,omitempty"`
	// Head is the DID's current versionId, with stale-predecessor.
	Head string `json:"head,omitempty"`
	// Retryable says that the same request may succeed later. RetryAfter is in seconds.
	Retryable  bool `json:"retryable,omitempty"`
	RetryAfter int  `json:"retryAfter,omitempty"`
}

// NewProblem returns the problem of a code; the detail is for people and may change. A code that is
// not in the table is reported as internal.
func NewProblem(code Code, detail string) *Problem {
	row, ok := table[code]
	if !ok {
		code, detail, row = Internal, fmt.Sprintf("unlisted code %q", string(code)), table[Internal]
	}
	p := &Problem{
		Type: TypeBase + string(code), Title: row.title, Status: row.status, Detail: detail, Code: code,
		Retryable: row.retryAfter > 0, RetryAfter: row.retryAfter,
	}
	if code == UnknownOption {
		p.Type = "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED"
	}
	if code == OutcomeUnknown {
		p.Outcome = Unknown
	}
	return p
}

// Problemf is NewProblem with a formatted detail.
func Problemf(code Code, format string, args ...any) *Problem {
	return NewProblem(code, fmt.Sprintf(format, args...))
}

// Refused returns p with the statement that the write it answers changed nothing, unless p already
// states an outcome.
func (p *Problem) Refused() *Problem {
	if p.Outcome != "" {
		return p
	}
	q := *p
	q.Outcome = NotApplied
	return &q
}

func (p *Problem) Error() string {
	if p.Detail == "" {
		return string(p.Code)
	}
	return string(p.Code) + ": " + p.Detail
}

// ReadProblem reads the body of a reply whose status is not a success. A body that is not a problem
// document becomes a problem with the code "unexpected" and the reply's status.
func ReadProblem(status int, body []byte) *Problem {
	var p Problem
	if err := json.Unmarshal(body, &p); err == nil && p.Code != "" {
		if p.Status == 0 {
			p.Status = status
		}
		return &p
	}
	const shown = 256
	if len(body) > shown {
		body = body[:shown]
	}
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: Unexpected, Detail: string(body)}
}

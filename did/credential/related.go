package credential

import (
	"fmt"
	"strings"
)

// relatedResources compares the resources that are at hand with the digests that
// the issuer gave (VC Data Model 2.0, 5.3). Nothing is fetched for it: those that
// are not at hand are not made use of either.
func (j *judgement) relatedResources() {
	if len(j.credential.Resources) == 0 {
		j.verdict.skip(CheckRelatedResource, CodeAbsent, "")
		return
	}
	var unknown []string
	for _, r := range j.credential.Resources {
		data, found := j.by.resource(r.ID)
		if !found {
			unknown = append(unknown, r.ID)
			continue
		}
		matches, known := r.digests.match(data)
		if !matches {
			j.verdict.fail(CheckRelatedResource, CodeDigestMismatch, fmt.Sprintf("%s has another digest here", r.ID), nil)
			return
		}
		if !known {
			unknown = append(unknown, r.ID)
		}
	}
	if len(unknown) > 0 {
		j.verdict.skip(CheckRelatedResource, CodeResourceUnknown, "not at hand: "+strings.Join(unknown, ", "))
		return
	}
	j.verdict.pass(CheckRelatedResource)
}

// resource returns the bytes behind a URL, if they are at hand.
func (v *Verifier) resource(url string) ([]byte, bool) {
	if text, ok := v.processor().Contexts().Text(url); ok || v.Resource == nil {
		return text, ok
	}
	return v.Resource(url)
}

// Mismatched returns the URL of the first related resource whose bytes, as text has
// them, have another digest than the credential says; "" if there is none. An issuer
// asks before signing, a Verifier by itself.
func (c *Credential) Mismatched(text func(url string) ([]byte, bool)) string {
	for _, r := range c.Resources {
		if data, found := text(r.ID); found {
			if matches, _ := r.digests.match(data); !matches {
				return r.ID
			}
		}
	}
	return ""
}
